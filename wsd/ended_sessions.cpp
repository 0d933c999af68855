#include "wsd/ended_sessions.h"

namespace parlor::wsd {
namespace {

template <typename Map, typename Key>
bool After(const Map& map, Key key, uint64_t stamp) {
  const auto found = map.find(key);
  return found != map.end() && found->second > stamp;
}

template <typename Map, typename Key>
void EraseIf(Map& map, Key key, uint64_t stamp) {
  const auto found = map.find(key);
  if (found != map.end() && found->second == stamp) map.erase(found);
}

}  // namespace

void EndedSessions::SessionEnded(SessionId session, int64_t now_ms) {
  Remember(session, UserId(), now_ms);
}

void EndedSessions::UserSuspended(UserId user, int64_t now_ms) {
  Remember(SessionId(), user, now_ms);
}

EndedSessions::Verdict EndedSessions::Judge(const sessions::Session& session,
                                            uint64_t stamp) const {
  if (After(sessions_, session.id, stamp) || After(users_, session.user, stamp)) {
    return Verdict::kEnded;
  }
  return stamp < forgotten_ ? Verdict::kForgotten : Verdict::kLive;
}

void EndedSessions::ForgetOld(int64_t now_ms) {
  while (!order_.empty() && now_ms - order_.front().at_ms > kRememberMs) ForgetOldest();
}

void EndedSessions::Remember(SessionId session, UserId user, int64_t now_ms) {
  ++stamp_;
  if (session) sessions_[session] = stamp_;
  if (user) users_[user] = stamp_;
  order_.push_back({stamp_, now_ms, session, user});
  if (order_.size() > kMaxRemembered) ForgetOldest();
}

void EndedSessions::ForgetOldest() {
  const Entry& entry = order_.front();
  forgotten_ = entry.stamp;
  EraseIf(sessions_, entry.session, entry.stamp);
  EraseIf(users_, entry.user, entry.stamp);
  order_.pop_front();
}

}  // namespace parlor::wsd
