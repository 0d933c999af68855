#include "wsd/unread_notices.h"

#include "common/check.h"

namespace parlor::wsd {

void UnreadNotices::MessageSent(ConversationId group) {
  const auto [found, is_new] = groups_.try_emplace(group);
  found->second.next.everybody = true;
  if (is_new) ready_.push_back(group);
}

void UnreadNotices::MemberRemoved(ConversationId group, UserId user) {
  const auto found = groups_.find(group);
  if (found != groups_.end() && found->second.counting) found->second.removed.insert(user);
}

void UnreadNotices::MarkMoved(ConversationId group, UserId user, uint64_t unread) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) found->second.next.marks[user] = unread;
}

std::vector<ConversationId> UnreadNotices::Due(int64_t now_ms) {
  while (!resting_.empty() && resting_.front().until_ms <= now_ms) {
    const ConversationId id = resting_.front().group;
    resting_.pop_front();
    if (groups_.at(id).next.any()) {
      ready_.push_back(id);
    } else {
      groups_.erase(id);
    }
  }
  std::vector<ConversationId> due;
  for (; !ready_.empty() && counting_ < options_.max_counting; ++counting_) {
    Group& group = groups_.at(ready_.front());
    group.counting = true;
    group.asked = std::exchange(group.next, {});
    due.push_back(ready_.front());
    ready_.pop_front();
  }
  return due;
}

UnreadNotices::Counts UnreadNotices::Counted(ConversationId id,
                                             std::span<const Counts::value_type> counts,
                                             int64_t now_ms) {
  Group& group = groups_.at(id);
  Counts told;
  for (const auto& [user, unread] : counts) {
    const auto mark = group.asked.marks.find(user);
    const bool changed = mark != group.asked.marks.end() && mark->second != unread;
    if (!changed && !group.asked.everybody) continue;
    if (group.removed.contains(user)) continue;
    told.emplace_back(user, unread);
    // A mark that has moved meanwhile: this, and not its own news, is what the user heard last.
    if (const auto next = group.next.marks.find(user); next != group.next.marks.end()) {
      next->second = unread;
    }
  }
  LetRest(id, group, now_ms);
  return told;
}

void UnreadNotices::Failed(ConversationId id, int64_t now_ms) {
  Group& group = groups_.at(id);
  group.next.everybody |= group.asked.everybody;
  group.next.marks.merge(group.asked.marks);
  LetRest(id, group, now_ms);
}

void UnreadNotices::LetRest(ConversationId id, Group& group, int64_t now_ms) {
  PARLOR_CHECK(group.counting);
  group.counting = false;
  group.asked = {};
  group.removed.clear();
  --counting_;
  resting_.push_back({now_ms + options_.interval_ms, id});
}

}  // namespace parlor::wsd
