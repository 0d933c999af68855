// Who is present in which group, as this daemon knows it: loaded from the database when the daemon
// starts, then kept by the events of workers and of the presence thread.
//
// Each change has a number in its group (PresenceChanged::presence_seq), so changes are applied in
// the order of their commits however they arrive: one that has been applied is dropped, one that is
// ahead is held until what is missing comes. An event can be late (the sweep of the table brings
// what the push lost) but not lost; should one stay away for longer than gap_wait_ms (an
// administrator deleted its row), the group is loaded again. Before Load() everything is held.
//
// A snapshot is taken in silence: the few changes that only it told of are not announced, and one
// of them that arrives later is dropped like a repeat. While nothing is missing, nothing is silent.
//
// Limit: max_held changes a group; beyond it the oldest is dropped and the group is loaded again at
// once. A group that was ever touched is kept (about 150 bytes): its number is what tells a repeat.
// Pure: time comes in, actions go out. Loop's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/group_members.h"
#include "common/protocol.h"

namespace parlor::wsd {

class GroupPresence {
 public:
  using Users = std::unordered_set<UserId>;
  struct Options {
    int64_t gap_wait_ms = 3000;
    int64_t retry_ms = 1000;
    size_t max_held = 1000;
  };
  // `changed` is called right after a change was applied: who is present then is to be told. It
  // must not come back here but to ask.
  GroupPresence(const Options& options, std::function<void(const PresenceChanged&)> changed);

  // All groups, whatever was known before. A group that it does not name and that comes later is
  // new, and empty.
  void Load(std::span<const group_members::Snapshot> groups, int64_t now_ms);
  bool loaded() const { return loaded_; }

  void Offer(const PresenceChanged& change, int64_t now_ms);

  // The groups to be loaded again; each is answered by Reloaded() or ReloadFailed().
  std::vector<ConversationId> Tick(int64_t now_ms);
  // The snapshot is taken as it is, in silence; what is held behind it is applied as ever. Without
  // one: the group is no more.
  void Reloaded(ConversationId group, std::span<const group_members::Snapshot> snapshot,
                int64_t now_ms);
  void ReloadFailed(ConversationId group, int64_t now_ms);
  // The group is no more.
  void Remove(ConversationId group);

  const Users& Of(ConversationId group) const;
  bool IsPresent(ConversationId group, UserId user) const;
  // How many are present, over all groups: who is in two counts twice.
  size_t present() const { return present_; }
  // Everybody who is present somewhere; each once.
  Users Everybody() const;

 private:
  struct Group {
    uint64_t seq = 0;  // the last change that was applied
    Users present;
    std::map<uint64_t, PresenceChanged> held;
    std::optional<int64_t> reload_at_ms;  // something is missing
    bool reloading = false;
  };

  void Take(const group_members::Snapshot& snapshot);
  void Apply(Group& group, const PresenceChanged& change);
  void Drain(ConversationId id, Group& group, int64_t now_ms);

  const Options options_;
  const std::function<void(const PresenceChanged&)> changed_;
  size_t present_ = 0;
  bool loaded_ = false;
  bool following_ = false;  // changes are applied; not so: held for the Load() that comes
  std::unordered_map<ConversationId, Group> groups_;
  std::unordered_set<ConversationId> waiting_;  // those that hold something
};

}  // namespace parlor::wsd
