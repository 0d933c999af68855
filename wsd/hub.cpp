#include "wsd/hub.h"

#include <algorithm>

#include "common/check.h"

namespace parlor::wsd {

bool Hub::Add(Session& session) {
  std::vector<Session*>& sockets = users_[session.login.user];
  sockets.push_back(&session);
  session.hub_index = all_.size();
  all_.push_back(&session);
  return sockets.size() == 1;
}

bool Hub::Remove(Session& session, bool* last) {
  if (last != nullptr) *last = false;
  if (session.hub_index >= all_.size() || all_[session.hub_index] != &session) return false;
  all_[session.hub_index] = all_.back();
  all_[session.hub_index]->hub_index = session.hub_index;
  all_.pop_back();

  const auto user = users_.find(session.login.user);
  PARLOR_CHECK(user != users_.end());
  std::vector<Session*>& sockets = user->second;
  const auto place = std::find(sockets.begin(), sockets.end(), &session);
  PARLOR_CHECK(place != sockets.end());
  sockets.erase(place);
  if (sockets.empty()) {
    users_.erase(user);
    if (last != nullptr) *last = true;
  }
  return true;
}

std::span<Session* const> Hub::Of(UserId user) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return {};
  return found->second;
}

}  // namespace parlor::wsd
