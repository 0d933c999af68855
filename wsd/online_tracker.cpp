#include "wsd/online_tracker.h"

#include <utility>

namespace parlor::wsd {

OnlineTracker::OnlineTracker(int64_t grace_ms, std::function<void(PresenceCommand)> tell)
    : grace_ms_(grace_ms), tell_(std::move(tell)) {}

void OnlineTracker::Connected(UserId user, SessionId session, bool first) {
  const auto found = absences_.find(user);
  const bool unseen = found != absences_.end() && std::exchange(found->second.gone, false);
  if (first && !unseen) tell_(UserCame{user});
  SessionEnded(user, session);
}

void OnlineTracker::Vanished(UserId user, SessionId session, bool last, int64_t now_ms) {
  Absence& absence = absences_[user];
  std::erase_if(absence.graces, [&](const Grace& grace) { return grace.session == session; });
  absence.graces.push_back({++number_, session});
  absence.gone = last;
  order_.push_back({now_ms + grace_ms_, number_, user});
}

void OnlineTracker::LoggedOut(UserId user, SessionId session) {
  absences_[user].gone = true;
  SessionEnded(user, session);
}

void OnlineTracker::SessionEnded(UserId user, SessionId session) {
  const auto found = absences_.find(user);
  if (found == absences_.end()) return;
  std::erase_if(found->second.graces,
                [&](const Grace& grace) { return !session || grace.session == session; });
  Settle(found);
}

void OnlineTracker::Tick(int64_t now_ms) {
  while (!order_.empty() && order_.front().at_ms <= now_ms) {
    const Due due = order_.front();
    order_.pop_front();
    const auto found = absences_.find(due.user);
    if (found == absences_.end()) continue;
    std::erase_if(found->second.graces,
                  [&](const Grace& grace) { return grace.number == due.number; });
    Settle(found);
  }
}

// Without a grace there is nothing to remember.
void OnlineTracker::Settle(Absences::iterator absence) {
  if (!absence->second.graces.empty()) return;
  const UserId user = absence->first;
  const bool left = absence->second.gone;
  absences_.erase(absence);
  if (left) tell_(UserLeft{user});
}

}  // namespace parlor::wsd
