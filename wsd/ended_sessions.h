// Sessions that ended lately, for the race between a sign-in that is being looked up and the news
// that its session has ended: the lookup may have read the row before it was deleted, and answer
// after the event was acted on.
//
// Whoever asks for a lookup notes Stamp() first; what ended after that is known here. Bounded in
// number and time; a question about a time that has been forgotten is told so, and asks again.
// Loop's thread.
#pragma once

#include <cstdint>
#include <utility>

#include "common/ids.h"
#include "common/sessions.h"
#include "wsd/recent_map.h"

namespace parlor::wsd {

class EndedSessions {
 public:
  static constexpr size_t kMaxRemembered = 100000;
  static constexpr int64_t kRememberMs = 120000;  // a lookup answers within seconds

  uint64_t Stamp() const { return ended_.sets(); }

  void SessionEnded(SessionId session, int64_t now_ms) { Remember({session, {}}, now_ms); }
  void UserSuspended(UserId user, int64_t now_ms) { Remember({{}, user}, now_ms); }

  enum class Verdict {
    kLive,
    kEnded,
    kForgotten,  // can't tell: look the token up again
  };
  // Whether `session`, as a lookup asked at `stamp` found it, has ended meanwhile.
  Verdict Judge(const sessions::Session& session, uint64_t stamp) const;

  void ForgetOld(int64_t now_ms) { ended_.ForgetOld(now_ms); }

 private:
  using Thing = std::pair<SessionId, UserId>;  // one of them

  void Remember(const Thing& thing, int64_t now_ms);
  bool EndedAfter(const Thing& thing, uint64_t stamp) const;

  RecentMap<Thing, uint64_t> ended_{kRememberMs, kMaxRemembered};  // what Stamp() said then
};

}  // namespace parlor::wsd
