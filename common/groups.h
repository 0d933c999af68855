// Groups: made, listed, renamed, handed over. Who is in them: group_members.h. Store over db.h,
// part of a transaction of the caller; errors are those of db.h, plus what each function names.
//
// Everything that changes a group or who is in it locks in this order: the rows of the users whom
// it is about (by id), the rows of chat_groups (by id), conversations, members, present. So the
// changes of one group are in one order, and what is written to `events` meanwhile has ids in that
// order. (Sending a message fits in: users of rooms to be made, conversations, members.)
#pragma once

#include <vector>

#include "common/config.h"
#include "common/db.h"
#include "common/protocol.h"

namespace parlor::groups {

// The creator is the owner and the first member; not present. Names need not be unique. kConflict:
// owns limits.groups_per_owner groups already.
Result<GroupSummary> Create(db::Transaction& tx, UserId owner, std::string_view name,
                            const LimitsConfig& limits, TimestampMs now);

// By id, as `caller` sees them. `name` is looked for as users::List does.
Result<std::vector<GroupSummary>> List(db::Transaction& tx, UserId caller, const GroupQuery& query);
Result<GroupSummary> Get(db::Transaction& tx, ConversationId group, UserId caller);  // kNotFound

// kNotFound unless there is such a group.
Status CheckExists(db::Transaction& tx, ConversationId group);

struct ChangeOutcome {
  GroupSummary group;
  bool changed = false;  // false: it was so already
};
// Without change.group: the one group that the caller owns, kGroupIdRequired if that is none or
// several. kNotFound; kForbidden unless the caller owns it; kInvalidField (owner_id) when the new
// owner is no member, is suspended or owns limits.groups_per_owner groups. After an error nothing
// has changed.
Result<ChangeOutcome> Change(db::Transaction& tx, UserId caller, const GroupChange& change,
                             const LimitsConfig& limits);

}  // namespace parlor::groups
