#include "wsd/online_tracker.h"

#include <utility>

namespace parlor::wsd {

OnlineTracker::OnlineTracker(int64_t grace_ms, std::function<void(PresenceCommand)> tell)
    : grace_ms_(grace_ms), tell_(std::move(tell)) {}

void OnlineTracker::Connected(UserId user, SessionId session, bool first) {
  const auto found = absences_.find(user);
  bool unseen = false;  // that he was away
  if (found != absences_.end()) {
    Absence& absence = found->second;
    unseen = std::exchange(absence.came, true) && absence.gone;
    absence.gone = false;
  }
  if (first && !unseen) tell_(UserCame{user});
  if (found != absences_.end()) EndGrace(found, session);
}

void OnlineTracker::Vanished(UserId user, SessionId session, bool last, int64_t now_ms) {
  absences_[user].gone = last;
  AddGrace(user, session, now_ms);
}

void OnlineTracker::Expected(UserId user, int64_t now_ms) {
  const auto [absence, is_new] = absences_.try_emplace(user);
  if (is_new) absence->second.came = false;
  absence->second.gone = true;
  AddGrace(user, SessionId(), now_ms);
}

void OnlineTracker::LoggedOut(UserId user, SessionId session) {
  const auto absence = absences_.try_emplace(user).first;
  absence->second.gone = true;
  EndGrace(absence, session);
}

void OnlineTracker::SessionEnded(UserId user, SessionId session, bool was_here) {
  const auto found = absences_.find(user);
  if (found != absences_.end()) {
    EndGrace(found, session);
  } else if (!was_here) {
    tell_(UserLeft{user});
  }
}

void OnlineTracker::EndGrace(Absences::iterator absence, SessionId session) {
  std::erase_if(absence->second.graces, [&](const Grace& grace) {
    return !session || !grace.session || grace.session == session;
  });
  Settle(absence);
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

void OnlineTracker::AddGrace(UserId user, SessionId session, int64_t now_ms) {
  std::vector<Grace>& graces = absences_[user].graces;
  std::erase_if(graces, [&](const Grace& grace) { return grace.session == session; });
  graces.push_back({++number_, session});
  order_.push_back({now_ms + grace_ms_, number_, user});
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
