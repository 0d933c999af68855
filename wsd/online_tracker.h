// When a user comes and when he has left, as this daemon tells it to the presence thread: at once
// with his first connection; `grace_ms` after his last one vanished (a reload must not flap); at
// once when he logged out. Pure; loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>

#include "common/ids.h"
#include "wsd/commands.h"

namespace parlor::wsd {

class OnlineTracker {
 public:
  // `tell` gets UserCame and UserLeft, alternating for each user.
  OnlineTracker(int64_t grace_ms, std::function<void(PresenceCommand)> tell);

  void FirstConnection(UserId user);
  // The last connection vanished; it was signed in by `session`.
  void LastVanished(UserId user, SessionId session, int64_t now_ms);
  // The last connection was closed because its session ended.
  void LoggedOut(UserId user);
  // The session ended (or, without one, all of the user's): ends a grace that runs for it.
  void SessionEnded(UserId user, SessionId session);

  void Tick(int64_t now_ms);
  size_t departing() const { return departing_.size(); }

 private:
  struct Departure {
    uint64_t number =
        0;  // of the grace: a user may leave again while an old one is still in order_
    SessionId session;
  };
  struct Due {
    int64_t at_ms = 0;
    uint64_t number = 0;
    UserId user;
  };

  const int64_t grace_ms_;
  const std::function<void(PresenceCommand)> tell_;
  uint64_t number_ = 0;
  std::unordered_map<UserId, Departure> departing_;
  std::deque<Due> order_;  // by time, because the grace is the same for all
};

}  // namespace parlor::wsd
