#include "common/groups.h"

#include <utility>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::groups {
namespace {

using db::P;

Status NotFound() { return Status(ErrorCode::kNotFound, "There is no such group."); }

GroupSummary ToSummary(const db::Rows& rows, size_t row) {
  GroupSummary group;
  group.id = rows.As<ConversationId>(row, 0);
  group.name = rows.Text(row, 1);
  group.owner = rows.As<UserId>(row, 2);
  group.members = rows.U64(row, 3);
  group.is_member = rows.U64(row, 4) != 0;
  group.last_sent_at = rows.Time(row, 5);
  group.last_seq = rows.As<Seq>(row, 6);
  group.unread = rows.U64(row, 7);
  return group;
}

// The group that is meant when a change names none.
Result<ConversationId> OnlyGroupOf(db::Transaction& tx, UserId owner) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kGroupsOfOwner, {P(owner)}));
  if (rows.size() == 1) return rows.As<ConversationId>(0, 0);
  return Status(ErrorCode::kGroupIdRequired,
                rows.empty() ? "You own no group: say which one with chat_group_id."
                             : "You own several groups: say which one with chat_group_id.");
}

// What is known of the one who is to own the group; the row is locked.
struct Heir {
  bool exists = false;
  bool suspended = false;
};

Result<Heir> LockHeir(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kLockUser, {P(user)}));
  if (rows.empty()) return Heir{};
  return Heir{true, rows.U64(0, 2) != 0};
}

// The owner's row is locked, so that of many who try at once only as many as may succeed.
Result<bool> OwnsTooMany(db::Transaction& tx, UserId owner, const LimitsConfig& limits) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kCountGroupsOfOwner, {P(owner)}));
  return rows.I64(0, 0) >= limits.groups_per_owner;
}

Status CheckHeir(db::Transaction& tx, ConversationId group, UserId user, const Heir& heir,
                 const LimitsConfig& limits) {
  bool member = false;
  if (heir.exists) {
    PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                            tx.Query(queries::kMembership, {P(group), P(user), P(group), P(user)}));
    member = rows.U64(0, 0) != 0;
  }
  if (!member) return Status::InvalidField("owner_id", "The new owner must be a member.");
  if (heir.suspended) return Status::InvalidField("owner_id", "This account is suspended.");
  PARLOR_ASSIGN_OR_RETURN(const bool too_many, OwnsTooMany(tx, user, limits));
  if (too_many)
    return Status::InvalidField("owner_id", "This user owns as many groups as one may.");
  return Ok();
}

}  // namespace

Result<GroupSummary> Create(db::Transaction& tx, UserId owner, std::string_view name,
                            const LimitsConfig& limits, TimestampMs now) {
  PARLOR_RETURN_IF_ERROR(tx.Query(queries::kLockUser, {P(owner)}).status());
  PARLOR_ASSIGN_OR_RETURN(const bool too_many, OwnsTooMany(tx, owner, limits));
  if (too_many) return Status(ErrorCode::kConflict, "You own as many groups as one may.");
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kCreateConversation,
                                    {static_cast<uint64_t>(ConversationKind::kGroup), P(now)})
                             .status());
  GroupSummary group;
  PARLOR_ASSIGN_OR_RETURN(group.id.value, tx.LastInsertId());
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kCreateGroup, {P(group.id), P(name), P(owner)}).status());
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kAddMember, {P(group.id), P(owner), uint64_t{0}, P(now)}).status());
  group.name = name;
  group.owner = owner;
  group.members = 1;
  group.is_member = true;
  return group;
}

Result<std::vector<GroupSummary>> List(db::Transaction& tx, UserId caller,
                                       const GroupQuery& query) {
  const std::string pattern = db::ContainsPattern(query.name);
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.Query(query.member_only ? queries::kListMyGroups : queries::kListGroups,
               {P(caller), P(query.after), int64_t{!query.name.empty()}, P(pattern),
                db::LimitOf(query.limit)}));
  std::vector<GroupSummary> groups;
  groups.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) groups.push_back(ToSummary(rows, row));
  return groups;
}

Result<GroupSummary> Get(db::Transaction& tx, ConversationId group, UserId caller) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kGetGroup, {P(caller), P(group)}));
  if (rows.empty()) return NotFound();
  return ToSummary(rows, 0);
}

Status CheckExists(db::Transaction& tx, ConversationId group) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kGroupExists, {P(group)}));
  return rows.empty() ? NotFound() : Ok();
}

Result<ChangeOutcome> Change(db::Transaction& tx, UserId caller, const GroupChange& change,
                             const LimitsConfig& limits) {
  ConversationId id = change.group.value_or(ConversationId());
  if (!change.group) {
    PARLOR_ASSIGN_OR_RETURN(id, OnlyGroupOf(tx, caller));
  }
  Heir heir;
  if (change.owner) {
    PARLOR_ASSIGN_OR_RETURN(heir, LockHeir(tx, *change.owner));
  }
  PARLOR_ASSIGN_OR_RETURN(const db::Rows group, tx.Query(queries::kLockGroup, {P(id)}));
  const bool owns = !group.empty() && group.As<UserId>(0, 0) == caller;
  // Handed over or deleted since it was looked up.
  if (!owns && !change.group) return tx.TryAgain();
  if (group.empty()) return NotFound();
  if (!owns) return Status(ErrorCode::kForbidden, "Only the owner can change a group.");

  const UserId owner = change.owner.value_or(caller);
  if (owner != caller) PARLOR_RETURN_IF_ERROR(CheckHeir(tx, id, owner, heir, limits));
  const std::string& name = change.name ? *change.name : group.Text(0, 1);
  ChangeOutcome outcome;
  outcome.changed = owner != caller || name != group.Text(0, 1);
  if (outcome.changed) {
    PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kChangeGroup, {P(name), P(owner), P(id)}).status());
  }
  PARLOR_ASSIGN_OR_RETURN(outcome.group, Get(tx, id, caller));
  return outcome;
}

}  // namespace parlor::groups
