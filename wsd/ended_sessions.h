// Sessions that ended lately, for the race between a sign-in that is being looked up and the news
// that its session has ended: the lookup may have read the row before it was deleted, and answer
// after the event was acted on.
//
// Whoever asks for a lookup notes Stamp() first; what ended after that is known here. Bounded in
// number and time; a question about a time that has been forgotten is told so, and asks again.
// Loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "common/ids.h"
#include "common/sessions.h"

namespace parlor::wsd {

class EndedSessions {
 public:
  static constexpr size_t kMaxRemembered = 100000;
  static constexpr int64_t kRememberMs = 120000;  // a lookup answers within seconds

  uint64_t Stamp() const { return stamp_; }

  void SessionEnded(SessionId session, int64_t now_ms);
  void UserSuspended(UserId user, int64_t now_ms);

  enum class Verdict {
    kLive,
    kEnded,
    kForgotten,  // can't tell: look the token up again
  };
  // Whether `session`, as a lookup asked at `stamp` found it, has ended meanwhile.
  Verdict Judge(const sessions::Session& session, uint64_t stamp) const;

  void ForgetOld(int64_t now_ms);

 private:
  struct Entry {
    uint64_t stamp = 0;
    int64_t at_ms = 0;
    SessionId session;  // or
    UserId user;
  };
  void Remember(SessionId session, UserId user, int64_t now_ms);
  void ForgetOldest();

  uint64_t stamp_ = 0;
  uint64_t forgotten_ = 0;  // everything up to this stamp
  std::deque<Entry> order_;
  std::unordered_map<SessionId, uint64_t> sessions_;
  std::unordered_map<UserId, uint64_t> users_;
};

}  // namespace parlor::wsd
