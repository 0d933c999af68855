// When a user comes and when he has left, as this daemon tells it to the presence thread: at once
// with his first connection; when his last one has gone, as soon as no session of his is in its
// grace. A session is in its grace for `grace_ms` after a connection of it vanished (a reload must
// not flap, also when the user logs out elsewhere meanwhile), unless it connects again or ends
// before: so who logs out of the only session that he used is offline at once.
//
// Who is present in a group without a connection here (he entered by HTTP, or was left over by a
// daemon that crashed) is expected: he has a grace to come, after which he has left, whether or not
// he had ever come; the presence thread then ends his presence in groups. Pure; loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "common/ids.h"
#include "wsd/commands.h"

namespace parlor::wsd {

class OnlineTracker {
 public:
  // `tell` gets UserCame and UserLeft, alternating for each user but for those who left without
  // having come: they were expected, or a session of theirs ended.
  OnlineTracker(int64_t grace_ms, std::function<void(PresenceCommand)> tell);

  // `first`: the user had no other here.
  void Connected(UserId user, SessionId session, bool first);
  // A connection vanished that was signed in by `session`; `last`: the user has no other here.
  void Vanished(UserId user, SessionId session, bool last, int64_t now_ms);
  // For a user without a connection here: a grace of no session, until he connects or a session of
  // his ends. One more begins it anew; others of his go on beside it.
  void Expected(UserId user, int64_t now_ms);
  // The user's last connection was closed because its session ended.
  void LoggedOut(UserId user, SessionId session);
  // The session ended (or, without one, all of the user's): ends a grace that runs for it, and one
  // of no session. `was_here`: the user had a connection until now; had he none, and has no other
  // session's grace, he has left, known or not: he may be present in groups all the same.
  void SessionEnded(UserId user, SessionId session, bool was_here);

  void Tick(int64_t now_ms);

 private:
  struct Grace {
    uint64_t number = 0;  // a session may vanish again while its old grace is still in order_
    SessionId session;
  };
  struct Absence {
    std::vector<Grace> graces;  // one a session
    bool gone = false;          // no connection is left: the end of the last grace is told
    bool came = true;           // was told of as here; not so: only expected
  };
  using Absences = std::unordered_map<UserId, Absence>;
  struct Due {
    int64_t at_ms = 0;
    uint64_t number = 0;
    UserId user;
  };
  void EndGrace(Absences::iterator absence, SessionId session);
  void AddGrace(UserId user, SessionId session, int64_t now_ms);
  void Settle(Absences::iterator absence);

  const int64_t grace_ms_;
  const std::function<void(PresenceCommand)> tell_;
  uint64_t number_ = 0;
  Absences absences_;      // of users with a grace
  std::deque<Due> order_;  // by time, because the grace is the same for all
};

}  // namespace parlor::wsd
