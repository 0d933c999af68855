// How fast a user may send: the generic cell rate algorithm, one number a user.
//
// The daemon keeps the buckets of its users in memory (SendRate) and decides for the socket; a
// worker decides for HTTP on the row in `send_rates` (Charge). They tell each other: the daemon
// writes the buckets that are in heavy use to the table once a second, and charges its own for
// messages that come by the bus.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "common/config.h"
#include "common/db.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor::send_rate {

// The bucket of one user; pure. `arrival` is the theoretical arrival time of the next message.
struct Bucket {
  TimestampMs arrival;
};
// Takes one message out (1000 / messages_per_second whole milliseconds each), or kTooFast with
// retry_after_ms and no change. An arrival later than messages can have put it (the clock was set
// back) counts as a full bucket that has room for one: nobody is locked out until the old time.
Status Take(Bucket& bucket, const LimitsConfig& limits, TimestampMs now);

// Whether more than half of the burst is used up.
bool IsHeavy(const Bucket& bucket, const LimitsConfig& limits, TimestampMs now);

// Take() on the user's row. kTooFast as above.
Status Charge(db::Transaction& tx, UserId user, const LimitsConfig& limits, TimestampMs now);

// Raises rows to at least these arrivals. Sorted by the function; at most 1,000.
Status Raise(db::Transaction& tx, std::span<const std::pair<UserId, Bucket>> buckets);

}  // namespace parlor::send_rate
