#include "common/group_members.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/events.h"
#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::group_members {
namespace {

using db::P;

constexpr size_t kMaxUsers = 1000;

Status NoSuchGroup() { return Status(ErrorCode::kNotFound, "There is no such group."); }

struct Names {
  std::string first, last;
  bool suspended = false;  // as LockUser saw it
};

// nullopt: there is no such user.
Result<std::optional<Names>> LockUser(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kLockUser, {P(user)}));
  if (rows.empty()) return std::optional<Names>();
  return std::optional(Names{rows.Text(0, 0), rows.Text(0, 1), rows.U64(0, 2) != 0});
}

struct Group {
  UserId owner;
  uint64_t presence_seq = 0;
};

Result<Group> LockGroup(db::Transaction& tx, ConversationId group) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kLockGroup, {P(group)}));
  if (rows.empty()) return NoSuchGroup();
  return Group{rows.As<UserId>(0, 0), rows.U64(0, 2)};
}

struct Membership {
  bool member = false;
  bool present = false;
};

Result<Membership> MembershipOf(db::Transaction& tx, ConversationId group, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kMembership, {P(group), P(user), P(group), P(user)}));
  return Membership{rows.U64(0, 0) != 0, rows.U64(0, 1) != 0};
}

// One row. With the group's row locked only somebody with a script can have been faster.
Status Insert(db::Transaction& tx, std::string_view sql, std::initializer_list<db::Param> params) {
  const auto inserted = tx.Execute(sql, params);
  if (tx.WasDuplicate()) return tx.TryAgain();
  return inserted.status();
}

Status AddMember(db::Transaction& tx, ConversationId group, UserId user, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows newest, tx.Query(queries::kLockNewest, {P(group)}));
  if (newest.empty()) return tx.TryAgain();
  PARLOR_RETURN_IF_ERROR(
      Insert(tx, queries::kAddMember, {P(group), P(user), newest.U64(0, 0), P(now)}));
  return tx.Execute(queries::kMemberCame, {P(group)}).status();
}

// The user's row is locked: nobody enters another group for him meanwhile.
Status CheckPlaces(db::Transaction& tx, UserId user, const LimitsConfig& limits) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kCountPlaces, {P(user)}));
  if (rows.I64(0, 0) < limits.present_groups) return Ok();
  return {ErrorCode::kConflict,
          "You are present in as many groups as one may be. Leave one first."};
}

// The event of a change that has got its number.
Result<Change> Told(db::Transaction& tx, PresenceChanged event, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const EventId id, events::Add(tx, event, now));
  return Change{std::move(event), id};
}

// A change of who is present gets the next number of its group, whose row is locked.
Result<std::optional<Change>> Numbered(db::Transaction& tx, ConversationId group,
                                       const Group& locked, UserId user, const Names& names,
                                       bool is_enter, TimestampMs now) {
  const uint64_t seq = locked.presence_seq + 1;
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kSetPresenceSeq, {seq, P(group)}).status());
  PARLOR_ASSIGN_OR_RETURN(Change change,
                          Told(tx, {group, seq, user, names.first, names.last, is_enter}, now));
  return std::optional(std::move(change));
}

// Takes the row of `present` away, if there is one.
Result<std::optional<Change>> EndPresence(db::Transaction& tx, ConversationId group,
                                          const Group& locked, UserId user, const Names& names,
                                          TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const db::Changed removed,
                          tx.Execute(queries::kRemovePresent, {P(group), P(user)}));
  if (removed.rows == 0) return std::optional<Change>();
  return Numbered(tx, group, locked, user, names, /*is_enter=*/false, now);
}

// ---- many users at once

Result<std::map<UserId, Names>> LockUsers(db::Transaction& tx, std::span<const UserId> users) {
  std::vector<UserId> sorted(users.begin(), users.end());
  std::sort(sorted.begin(), sorted.end());
  db::SqlText sql("SELECT id, first_name, last_name FROM users FORCE INDEX (PRIMARY) WHERE id IN ");
  db::List(sql, sorted).Raw(" ORDER BY id FOR UPDATE");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.str()));
  std::map<UserId, Names> found;
  for (size_t row = 0; row < rows.size(); ++row) {
    found[rows.As<UserId>(row, 0)] = {rows.Text(row, 1), rows.Text(row, 2), false};
  }
  return found;
}

std::vector<UserId> IdsOf(const std::map<UserId, Names>& users) {
  std::vector<UserId> ids;
  ids.reserve(users.size());
  for (const auto& [user, names] : users) ids.push_back(user);
  return ids;
}

using Places = std::map<ConversationId, std::vector<UserId>>;

// Where the users are present. Their rows are locked, so that stays true.
Result<Places> PlacesOf(db::Transaction& tx, std::span<const UserId> users) {
  db::SqlText sql(
      "SELECT conversation_id, user_id FROM present FORCE INDEX (present_user) WHERE user_id IN ");
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.QueryText(db::List(sql, users).Raw(" ORDER BY conversation_id, user_id").str()));
  Places places;
  for (size_t row = 0; row < rows.size(); ++row) {
    places[rows.As<ConversationId>(row, 0)].push_back(rows.As<UserId>(row, 1));
  }
  return places;
}

// The groups' rows with their presence_seq. One that was deleted since took its rows of `present`
// along, and is none of them.
Result<std::map<ConversationId, uint64_t>> LockGroups(db::Transaction& tx, const Places& places) {
  std::vector<ConversationId> ids;
  for (const auto& [group, users] : places) ids.push_back(group);
  db::SqlText sql("SELECT id, presence_seq FROM chat_groups FORCE INDEX (PRIMARY) WHERE id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.QueryText(db::List(sql, ids).Raw(" ORDER BY id FOR UPDATE").str()));
  std::map<ConversationId, uint64_t> seqs;
  for (size_t row = 0; row < rows.size(); ++row) {
    seqs[rows.As<ConversationId>(row, 0)] = rows.U64(row, 1);
  }
  return seqs;
}

// By the users alone: they leave all that they are in, and the index is theirs.
Result<uint64_t> RemovePresent(db::Transaction& tx, std::span<const UserId> users) {
  db::SqlText sql("DELETE p FROM present p FORCE INDEX (present_user) WHERE p.user_id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Changed removed, tx.ExecuteText(db::List(sql, users).str()));
  return removed.rows;
}

Status SetPresenceSeqs(db::Transaction& tx, const std::map<ConversationId, uint64_t>& seqs) {
  db::SqlText sql("UPDATE chat_groups g JOIN (SELECT 0 AS id, 0 AS seq");
  for (const auto& [group, seq] : seqs) {
    sql.Raw(" UNION ALL SELECT ").Value(group.value).Raw(",").Value(seq);
  }
  return tx.ExecuteText(sql.Raw(") v ON v.id = g.id SET g.presence_seq = v.seq").str()).status();
}

}  // namespace

Result<std::optional<Change>> Enter(db::Transaction& tx, ConversationId group, UserId user,
                                    const LimitsConfig& limits, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<Names> names, LockUser(tx, user));
  PARLOR_ASSIGN_OR_RETURN(const Group locked, LockGroup(tx, group));
  if (!names) return Status(ErrorCode::kNotFound, "There is no such user.");
  // Whoever suspended him waits for us, or we for them: his sockets are closed, and he would stay.
  if (names->suspended) return Status(ErrorCode::kInvalidToken, "This account is suspended.");
  PARLOR_ASSIGN_OR_RETURN(const Membership was, MembershipOf(tx, group, user));
  if (!was.present) PARLOR_RETURN_IF_ERROR(CheckPlaces(tx, user, limits));
  if (!was.member) PARLOR_RETURN_IF_ERROR(AddMember(tx, group, user, now));
  if (was.present) return std::optional<Change>();

  PARLOR_RETURN_IF_ERROR(Insert(tx, queries::kAddPresent, {P(group), P(user), P(now)}));
  return Numbered(tx, group, locked, user, *names, /*is_enter=*/true, now);
}

Result<std::optional<Change>> Leave(db::Transaction& tx, ConversationId group, UserId user,
                                    TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<Names> names, LockUser(tx, user));
  PARLOR_ASSIGN_OR_RETURN(const Group locked, LockGroup(tx, group));
  if (!names) return std::optional<Change>();
  return EndPresence(tx, group, locked, user, *names, now);
}

Result<std::optional<Change>> Remove(db::Transaction& tx, ConversationId group, UserId caller,
                                     UserId member, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<Names> names, LockUser(tx, member));
  PARLOR_ASSIGN_OR_RETURN(const Group locked, LockGroup(tx, group));
  if (caller != member && caller != locked.owner) {
    return Status(ErrorCode::kForbidden, "Only the owner can remove others from a group.");
  }
  if (member == locked.owner) {
    return Status(ErrorCode::kConflict, "Hand the group over to another member first.");
  }
  PARLOR_ASSIGN_OR_RETURN(const db::Changed removed,
                          tx.Execute(queries::kRemoveMember, {P(group), P(member)}));
  if (removed.rows == 0 || !names) {
    return Status(ErrorCode::kNotFound, "There is no such member of this group.");
  }
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kMemberWent, {P(group)}).status());
  return EndPresence(tx, group, locked, member, *names, now);
}

Result<std::vector<Change>> LeaveEverywhere(db::Transaction& tx, std::span<const UserId> users,
                                            TimestampMs now) {
  PARLOR_CHECK(users.size() <= kMaxUsers);
  std::vector<Change> changes;
  if (users.empty()) return changes;
  PARLOR_ASSIGN_OR_RETURN(const auto names, LockUsers(tx, users));
  if (names.empty()) return changes;
  const std::vector<UserId> known = IdsOf(names);
  PARLOR_ASSIGN_OR_RETURN(const Places places, PlacesOf(tx, known));
  if (places.empty()) return changes;
  PARLOR_ASSIGN_OR_RETURN(auto seqs, LockGroups(tx, places));
  PARLOR_ASSIGN_OR_RETURN(const uint64_t removed, RemovePresent(tx, known));

  std::vector<PresenceChanged> left;
  for (auto& [group, seq] : seqs) {
    for (const UserId user : places.at(group)) {
      const Names& name = names.at(user);
      left.push_back({group, ++seq, user, name.first, name.last, false});
    }
  }
  // Somebody with a script has deleted a row without our locks: the numbers would be wrong.
  if (removed != left.size()) return tx.TryAgain();
  if (left.empty()) return changes;
  PARLOR_RETURN_IF_ERROR(SetPresenceSeqs(tx, seqs));
  changes.reserve(left.size());
  for (PresenceChanged& event : left) {
    PARLOR_ASSIGN_OR_RETURN(Change change, Told(tx, std::move(event), now));
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace parlor::group_members
