#include "wsd/group_presence.h"

#include <utility>

namespace parlor::wsd {

GroupPresence::GroupPresence(const Options& options,
                             std::function<void(const PresenceChanged&)> changed)
    : options_(options), changed_(std::move(changed)) {}

void GroupPresence::Load(std::span<const group_members::Snapshot> groups, int64_t now_ms) {
  if (!following_) {
    for (auto& [id, group] : groups_) group.present.clear();
    present_ = 0;
  }
  loaded_ = true;
  following_ = true;
  for (const group_members::Snapshot& snapshot : groups) Take(snapshot);
  const std::vector<ConversationId> waiting(waiting_.begin(), waiting_.end());
  for (const ConversationId id : waiting) Drain(id, groups_[id], now_ms);
}

void GroupPresence::Offer(const PresenceChanged& change, int64_t now_ms) {
  const ConversationId id = change.group;
  const uint64_t seq = change.presence_seq;
  Group& group = groups_[id];
  if (following_ && group.held.empty() && seq == group.seq + 1) return Apply(group, change);
  if (seq <= group.seq) return;
  group.held.try_emplace(seq, change);
  waiting_.insert(id);
  if (group.held.size() > options_.max_held) {
    group.held.erase(group.held.begin());
    group.reload_at_ms = now_ms;
  }
  if (following_) Drain(id, group, now_ms);
}

std::vector<ConversationId> GroupPresence::Tick(int64_t now_ms) {
  std::vector<ConversationId> reload;
  if (!following_) return reload;
  for (const ConversationId id : waiting_) {
    Group& group = groups_.at(id);
    if (group.reloading || !group.reload_at_ms || now_ms < *group.reload_at_ms) continue;
    group.reloading = true;
    reload.push_back(id);
  }
  return reload;
}

void GroupPresence::Reloaded(ConversationId id, std::span<const group_members::Snapshot> snapshot,
                             int64_t now_ms) {
  const auto found = groups_.find(id);
  if (!following_ || found == groups_.end()) return;  // it may be of what is mistrusted
  if (snapshot.empty()) return Remove(id);
  Group& group = found->second;
  group.reloading = false;
  if (group.held.empty()) return;  // what was missing has come by itself
  group.reload_at_ms.reset();
  Take(snapshot.front());
  Drain(id, group, now_ms);
}

void GroupPresence::ReloadFailed(ConversationId id, int64_t now_ms) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  found->second.reloading = false;
  found->second.reload_at_ms = now_ms + options_.retry_ms;
}

void GroupPresence::Remove(ConversationId id) {
  present_ -= Of(id).size();
  groups_.erase(id);
  waiting_.erase(id);
}

const GroupPresence::Users& GroupPresence::Of(ConversationId group) const {
  static const Users nobody;
  const auto found = groups_.find(group);
  return found == groups_.end() ? nobody : found->second.present;
}

bool GroupPresence::IsPresent(ConversationId group, UserId user) const {
  return Of(group).contains(user);
}

GroupPresence::Users GroupPresence::Everybody() const {
  Users everybody;
  for (const auto& [id, group] : groups_) {
    everybody.insert(group.present.begin(), group.present.end());
  }
  return everybody;
}

// One that is older than what is known was read before what has come meanwhile.
void GroupPresence::Take(const group_members::Snapshot& snapshot) {
  Group& group = groups_[snapshot.group];
  if (snapshot.presence_seq < group.seq) return;
  group.seq = snapshot.presence_seq;
  present_ -= group.present.size();
  group.present = Users(snapshot.present.begin(), snapshot.present.end());
  present_ += group.present.size();
  group.held.erase(group.held.begin(), group.held.upper_bound(group.seq));
}

void GroupPresence::Apply(Group& group, const PresenceChanged& change) {
  group.seq = change.presence_seq;
  if (change.is_enter) {
    present_ += group.present.insert(change.user).second ? 1 : 0;
  } else {
    present_ -= group.present.erase(change.user);
  }
  changed_(change);
}

// Applies what is held as far as nothing is missing; what then is left waits for a gap.
void GroupPresence::Drain(ConversationId id, Group& group, int64_t now_ms) {
  const uint64_t before = group.seq;
  while (!group.held.empty() && group.held.begin()->first == group.seq + 1) {
    const auto next = group.held.extract(group.held.begin());
    Apply(group, next.mapped());
  }
  if (group.held.empty()) {
    waiting_.erase(id);
    group.reload_at_ms.reset();
  } else if (!group.reload_at_ms || group.seq != before) {
    group.reload_at_ms = now_ms + options_.gap_wait_ms;
  }
}

}  // namespace parlor::wsd
