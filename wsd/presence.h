// The presence thread: tells the database who has a socket here, and hears from it who thereby came
// online or went offline everywhere.
//
// It registers this daemon, sends a heartbeat every 5 s, moves sessions' expiry on, raises rate
// buckets, and purges what is long over, in small portions, every minute. If its row has gone or
// says less than it said itself, the database went back to an earlier state (a dump was restored):
// it registers again, sets its users online again, silently, and tells the loop (DatabaseWentBack),
// which ends the daemon.
//
// Who has left, and is thereby (or was before) online nowhere, is taken out of the groups that he
// was present in, in the same transaction; the loop hears of it by EventArrived with the rows of
// `events`. The same, with the purge of every minute, for those who were left present: they are
// online nowhere, and entered more than that minute and a grace ago. After a commit in doubt it
// does not: if that was stored, the sweep finds the rows.
//
// Commands collapse while they wait: the last state of a user (and that he had left before he came
// again), the last use of a session, the highest bucket of a user. So UserCame and UserLeft are
// never refused (at most one entry a user) and survive a database that is away for however long;
// kMaxSideWork sessions and as many buckets wait or are in work, beyond that Push() is false: the
// next use tells again. Owned by Daemon (main.cpp), used from the loop's thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/meter.h"
#include "wsd/silent_daemons.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class Presence {
 public:
  static constexpr int64_t kHeartbeatMs = 5000;
  static constexpr int64_t kPurgeMs = 60000;
  static constexpr size_t kMaxSideWork = 20000;

  Presence(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~Presence();  // Stop() at once

  // `endpoint`: Server::Place(). A row of that name is what an earlier run of this daemon left.
  Status Start(std::string endpoint);
  bool Push(PresenceCommand command);
  void Close();
  void Stop(Deadline deadline);  // takes this daemon, and all its users with it, off the list

  // Any thread: sessions and buckets that wait or are in work, of kMaxSideWork each at most.
  size_t Waiting() const;
  // Push() calls that found no room.
  size_t Refused() const { return static_cast<size_t>(refused_.value()); }

  // Looks at the clock now and not at the next tick. For tests with a clock of their own.
  void Wake();

 private:
  // What waits, collapsed.
  enum class Move { kCame, kLeft, kLeftAndCame };
  struct Work {
    std::unordered_map<UserId, Move> users;
    std::unordered_map<SessionId, sessions::Session> sessions;
    std::unordered_map<UserId, send_rate::Bucket> rates;
    bool empty() const { return users.empty() && sessions.empty() && rates.empty(); }
  };
  using Users = std::vector<UserId>;

  bool Refuse();
  void Run();
  bool TakeWork();
  static void Add(std::unordered_map<UserId, Move>& users, UserId user, Move move);
  void Turn();
  Status StayRegistered();
  Status Register();
  Result<bool> BeatOrRegister();
  void NoteInWork();
  Status ApplyUsers();
  Status Apply(bool came);
  Status ApplyPart(bool came, std::span<const UserId> users);
  Status ApplySplit(bool came, std::span<const UserId> users, const Status& error);
  void Applied(bool came, UserId user);
  Result<Users> ChangeUsers(bool came, std::span<const UserId> users);
  Result<Users> SetOffline(db::Transaction& tx, std::span<const UserId> users);
  void Report(const Users& users, bool online);
  void ReportPresence();
  Status ApplySessions();
  Status ApplyRates();
  void SignOff();

  // presence_purge.cpp: what is long over
  Status Purge();
  Status PurgeSilent(db::Transaction& tx);
  Status LeaveLeftOver();
  Users KnownToNobody(const Users& users);

  const Config config_;
  const Clock& clock_;
  Queue<LoopItem>& results_;
  db::Database database_;
  Thread thread_;

  Count refused_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  Work waiting_;
  size_t sessions_in_work_ = 0, rates_in_work_ = 0;  // of work_, when the thread last looked
  bool closed_ = false;
  bool woken_ = false;

  // The thread's own.
  std::string endpoint_;
  SilentDaemons silent_;
  Work work_;
  // What commits in doubt said has changed (true: came online), until it is reported.
  std::unordered_map<UserId, bool> in_doubt_;
  std::vector<group_members::Change> no_longer_present_;  // of the transaction under way
  DaemonId daemon_;                                       // none: not registered yet
  std::unordered_set<UserId> here_;  // whom the database has as online at this daemon
  std::optional<int64_t> next_heartbeat_ms_;
  std::optional<int64_t> next_purge_ms_;
  int64_t registered_at_ms_ = 0;
  TimestampMs last_heartbeat_;  // the newest time that is surely in the daemon's row
  bool went_back_ = false;      // to be told when registered again
  bool away_ = false;
};

}  // namespace parlor::wsd
