// Daemons and who is online at them, as the database knows it. First in and last out are decided
// here, by rows, so they are right with several daemons.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/db.h"
#include "common/ids.h"

namespace parlor::presence_store {

inline constexpr int64_t kDeadAfterMs = 15000;  // without a heartbeat
// A daemon whose last heartbeat was at this time or later lives.
inline TimestampMs AliveSince(TimestampMs now) { return TimestampMs(now.value - kDeadAfterMs); }

// A daemon and what its last heartbeat said, by its own clock: to be compared for being the same.
struct Beat {
  DaemonId daemon;
  TimestampMs heartbeat;
  bool operator==(const Beat&) const = default;
};

// A new incarnation of the daemon at `endpoint`; removes what an earlier one there left behind. So
// no two daemons that live may have one endpoint: a path is not enough, other machines have it too.
Result<DaemonId> RegisterDaemon(db::Transaction& tx, std::string_view endpoint, TimestampMs now);
// `last`: what the last heartbeat that succeeded said (or the registration). False when our row is
// gone or says less than that: the database went back to an earlier state (a restored dump).
Result<bool> Heartbeat(db::Transaction& tx, DaemonId daemon, TimestampMs last, TimestampMs now);
Status RemoveDaemon(db::Transaction& tx, DaemonId daemon);
// All daemons, living and dead.
Result<std::vector<Beat>> Beats(db::Transaction& tx);
// Removes a daemon with its rows, unless there was a heartbeat since.
Status PurgeDaemon(db::Transaction& tx, const Beat& last);

// Users who came to or left this daemon. Returns those who thereby came online (0 → 1) or went
// offline (1 → 0) everywhere. Rows of dead daemons count for nothing. Sorted, multi-row; at most
// 1,000 users. Safe to repeat only as a whole: a repeat reports no change.
Result<std::vector<UserId>> SetOnline(db::Transaction& tx, DaemonId daemon,
                                      std::span<const UserId> users, TimestampMs now);
Result<std::vector<UserId>> SetOffline(db::Transaction& tx, DaemonId daemon,
                                       std::span<const UserId> users, TimestampMs now);

// Those of `users` who are online at a living daemon; sorted; at most 1,000 users. Who holds the
// users' rows (as SetOnline and SetOffline do) knows that it stays so.
Result<std::vector<UserId>> OnlineSomewhere(db::Transaction& tx, std::span<const UserId> users,
                                            TimestampMs now);

}  // namespace parlor::presence_store
