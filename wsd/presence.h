// The presence thread: tells the database who has a socket here, and hears from it who thereby came
// online or went offline everywhere.
//
// It registers this daemon, sends a heartbeat every 5 s, moves sessions' expiry on, raises rate
// buckets, and purges what is long over, in small portions, every minute. If its row has gone (an
// administrator, a restored dump) it registers again and sets its users online again, silently.
//
// Commands collapse while they wait: the last state of a user, the last use of a session, the
// highest bucket of a user. So UserCame and UserLeft are never refused (at most one entry a user),
// and survive a database that is away for however long; kMaxSideWork sessions and buckets wait,
// beyond that Push() is false and the next use tells again. Owned by the loop.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class Presence {
 public:
  static constexpr int64_t kHeartbeatMs = 5000;
  static constexpr int64_t kPurgeMs = 60000;
  static constexpr size_t kMaxSideWork = 20000;

  Presence(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~Presence();

  Status Start();
  bool Push(PresenceCommand command);
  void Close();
  bool Finished() const;
  void Stop(Deadline deadline);  // works off what waits, then takes this daemon off the list

  // Looks at the clock now instead of at the next second. For tests with a clock of their own.
  void Wake();

 private:
  // What waits, collapsed.
  struct Work {
    std::unordered_map<UserId, bool> users;  // true: came
    std::unordered_map<SessionId, sessions::Session> touched;
    std::unordered_map<UserId, send_rate::Bucket> rates;
    bool empty() const { return users.empty() && touched.empty() && rates.empty(); }
  };

  void Run();
  bool TakeWork();  // waits; false: closed and nothing left
  void Turn();
  bool Register();
  bool BeatHeart();
  bool ApplyUsers();
  bool ApplyUsersPart(const std::vector<UserId>& came, const std::vector<UserId>& left);
  void Report(const std::vector<UserId>& users, bool online);
  void ApplyTouches();
  void ApplyRates();
  void Purge();
  void SignOff();
  bool Failed(std::string_view doing, const Status& status);

  const Config config_;
  const Clock& clock_;
  Queue<LoopItem>& results_;
  const std::string endpoint_;
  db::Database database_;
  Thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  Work waiting_;
  bool closed_ = false;
  bool woken_ = false;

  // The thread's own.
  Work work_;
  DaemonId daemon_;
  std::unordered_set<UserId> here_;  // whom the database has as online at this daemon
  int64_t next_heartbeat_ms_ = 0;
  int64_t next_purge_ms_ = 0;
  bool away_ = false;
};

}  // namespace parlor::wsd
