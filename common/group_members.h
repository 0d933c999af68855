// Who belongs to a group (durable), and who looks at it now (present). Store over db.h, part of a
// transaction of the caller; the order of locks is that of groups.h.
//
// First in and last out are decided by rows of `present`, so they are right with any number of
// workers and daemons. Each change gets the next presence_seq of its group; the functions that
// change something write the event of each change into `events` and return it with its id, for the
// push after the commit.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/config.h"
#include "common/db.h"
#include "common/protocol.h"

namespace parlor::group_members {

struct Change {
  PresenceChanged event;
  EventId id;  // its row
};

// Makes the user a member (who has read everything up to now) and present. nullopt: was present
// already. kNotFound: no such group, or no such user. kInvalidToken: the user has been suspended,
// after his session was looked at. kConflict: present in limits.present_groups groups already.
Result<std::optional<Change>> Enter(db::Transaction& tx, ConversationId group, UserId user,
                                    const LimitsConfig& limits, TimestampMs now);
// No longer present; stays a member. nullopt: was not present. kNotFound: no such group.
Result<std::optional<Change>> Leave(db::Transaction& tx, ConversationId group, UserId user,
                                    TimestampMs now);

// Ends the membership of `member`, and with it his presence and his read mark. In this order:
// kNotFound: no such group; kForbidden: the caller is neither `member` nor the owner; kConflict:
// the owner must hand the group over first; kNotFound: no member. The optional is his presence;
// that he is no member any more (MemberRemoved) is for the caller to tell.
Result<std::optional<Change>> Remove(db::Transaction& tx, ConversationId group, UserId caller,
                                     UserId member, TimestampMs now);

// None of `users` is present anywhere any more. For those who went offline; at most 1,000, in any
// order. The rows of the users are locked by the function. By group, and in it by user. Five
// statements, and two for each change.
Result<std::vector<Change>> LeaveEverywhere(db::Transaction& tx, std::span<const UserId> users,
                                            TimestampMs now);

// Members by id; `query` narrows them as in users::List, whose `online` is meant. kNotFound: no
// such group.
Result<std::vector<GroupMember>> List(db::Transaction& tx, ConversationId group,
                                      const UserQuery& query, TimestampMs now);

// ---- For the daemon's loop

// The state of a group after `presence_seq` changes.
struct Snapshot {
  ConversationId group;
  uint64_t presence_seq = 0;
  std::vector<UserId> present;
};
// Of one group (nothing if there is none), or with ConversationId() of all. One statement, so each
// group's number and users belong together.
Result<std::vector<Snapshot>> LoadPresence(db::Transaction& tx, ConversationId group);

// Users after `after`, by id, at most `limit`, who are present somewhere, entered last before
// `entered_before`, and are online at no daemon that was heard of since `alive_since`.
Result<std::vector<UserId>> LeftOver(db::Transaction& tx, UserId after, TimestampMs entered_before,
                                     TimestampMs alive_since, uint32_t limit);

struct UnreadCounts {
  TimestampMs last_sent_at;  // only when there is somebody in `unread`
  // By id, present or not, online or not.
  std::vector<std::pair<UserId, uint64_t>> unread;
};
// Of those of `users` who are members, in any order; without users, of all members. One statement,
// which reads the row of each user whom it is for; nothing is locked or written, and no table is
// read of who is online: that is for the caller, who knows it better. Nobody when there is no such
// group.
Result<UnreadCounts> CountUnread(db::Transaction& tx, ConversationId group,
                                 std::span<const UserId> users);

}  // namespace parlor::group_members
