// How attempts at transactions fail, and how often: counted by db.h, told by worker_stats.h, shown
// by the daemon's metrics. Pure values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parlor {

enum class DatabaseError : size_t {
  kUnreachable,  // no connection could be made
  kLost,         // the connection broke
  kBusy,         // a lock was not to be had: it is tried again
  kRefused,      // the server refused the statement
};

// The names, in the enumerators' order.
inline constexpr std::array<std::string_view, 4> kDatabaseErrorKinds = {"unreachable", "lost",
                                                                        "busy", "refused"};

using DatabaseErrors = std::array<uint64_t, kDatabaseErrorKinds.size()>;  // one count each

}  // namespace parlor
