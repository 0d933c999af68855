// When the members of a group who are online but do not look at it are told how much is unread: the
// first message after silence at once, then at most once every interval_ms and group, and the last
// time with the final counts. What is told is counted by the lookup thread; this decides only when
// to count, and who hears the result.
//
// A count is for everybody if there was a message since the last one was asked for. A read mark
// that moves is told by itself; but a count that was under way, or the news of an older mark that
// come late, could then be the last word. So as long as a group is remembered (a count is under
// way, or was told within the interval) its marks are counted once more, for those whose mark it
// was, who hear the result only if it is not what they heard last.
//
// Limits: no more than max_counting counts are under way; beyond it groups wait in their order,
// each once, so that under load notices get rarer and none is lost. A group is forgotten when it
// was quiet for the interval. Pure: time comes in. Loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/ids.h"

namespace parlor::wsd {

class UnreadNotices {
 public:
  struct Options {
    int64_t interval_ms = 1000;
    // They share a thread with the sign-ins, which wait for one of them at most (lookup.h).
    size_t max_counting = 64;
  };
  using Counts = std::vector<std::pair<UserId, uint64_t>>;

  explicit UnreadNotices(const Options& options) : options_(options) {}

  void MessageSent(ConversationId group);
  // No member any more: a count that is under way was read before and is not for him.
  void MemberRemoved(ConversationId group, UserId user);
  // `unread`: what the user was told of it.
  void MarkMoved(ConversationId group, UserId user, uint64_t unread);

  // The groups to count now; each is answered by Counted() or Failed(). Cheap when there are none.
  std::vector<ConversationId> Due(int64_t now_ms);
  // Who of `counts` is to be told now. Empty counts: there was nobody to count for.
  Counts Counted(ConversationId group, std::span<const Counts::value_type> counts, int64_t now_ms);
  void Failed(ConversationId group, int64_t now_ms);  // tried again after the interval

  size_t remembered() const { return groups_.size(); }

 private:
  using Marks = std::unordered_map<UserId, uint64_t>;  // what they were told last
  struct Interest {
    bool everybody = false;
    Marks marks;
    bool any() const { return everybody || !marks.empty(); }
  };
  // In exactly one of three states: in ready_, under way, or in resting_.
  struct Group {
    bool counting = false;
    Interest next;                       // since the last count was asked for
    Interest asked;                      // what the count under way is for
    std::unordered_set<UserId> removed;  // meanwhile
  };
  struct Rest {
    int64_t until_ms = 0;
    ConversationId group;
  };
  void LetRest(ConversationId id, Group& group, int64_t now_ms);

  const Options options_;
  std::unordered_map<ConversationId, Group> groups_;
  std::deque<ConversationId> ready_;
  std::deque<Rest> resting_;  // by time, because the interval is the same for all
  size_t counting_ = 0;
};

}  // namespace parlor::wsd
