#include "wsd/online_tracker.h"

#include <utility>

namespace parlor::wsd {

OnlineTracker::OnlineTracker(int64_t grace_ms, std::function<void(PresenceCommand)> tell)
    : grace_ms_(grace_ms), tell_(std::move(tell)) {}

void OnlineTracker::FirstConnection(UserId user) {
  if (departing_.erase(user) == 0) tell_(UserCame{user});
}

void OnlineTracker::LastVanished(UserId user, SessionId session, int64_t now_ms) {
  departing_[user] = Departure{++number_, session};
  order_.push_back({now_ms + grace_ms_, number_, user});
}

void OnlineTracker::LoggedOut(UserId user) {
  departing_.erase(user);
  tell_(UserLeft{user});
}

void OnlineTracker::SessionEnded(UserId user, SessionId session) {
  const auto found = departing_.find(user);
  if (found != departing_.end() && (!session || found->second.session == session)) LoggedOut(user);
}

void OnlineTracker::Tick(int64_t now_ms) {
  while (!order_.empty() && order_.front().at_ms <= now_ms) {
    const Due due = order_.front();
    order_.pop_front();
    const auto found = departing_.find(due.user);
    if (found != departing_.end() && found->second.number == due.number) LoggedOut(due.user);
  }
}

}  // namespace parlor::wsd
