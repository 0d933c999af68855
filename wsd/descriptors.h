// How many files and sockets the process may have open, set on purpose before the loop starts.
#pragma once

#include <cstdint>
#include <vector>

#include "common/status.h"

namespace parlor::wsd {

// What is kept free of client connections: database, bus, curl, logs, libwebsockets' own. An accept
// that fails for want of descriptors spins and floods the log; ZeroMQ aborts.
inline constexpr int64_t kReservedDescriptors = 200;

// Sets the limit (soft and, where allowed, hard) to `wanted`; 0: what was inherited, but not more
// than libwebsockets can handle. Returns the limit; an error if it is not granted.
Result<int64_t> SetDescriptorLimit(int64_t wanted);

// Connections that fit: `wanted` (0: as many as fit), never more than `descriptors` leave.
int64_t ConnectionLimit(int64_t wanted, int64_t descriptors);

// The sockets on which this process listens.
std::vector<int> ListeningDescriptors();

}  // namespace parlor::wsd
