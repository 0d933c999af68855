// Reading who is in a group: nothing here locks or writes.
#include <algorithm>

#include "common/group_members.h"
#include "common/groups.h"
#include "common/presence_store.h"
#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::group_members {
namespace {

using db::P;

// As kCountUnread; PRIMARY of members, a row each.
Result<db::Rows> UnreadOf(db::Transaction& tx, ConversationId group,
                          std::span<const UserId> users) {
  std::vector<UserId> sorted(users.begin(), users.end());
  std::sort(sorted.begin(), sorted.end());
  db::SqlText sql(
      "SELECT m.user_id, c.last_seq - m.read_seq, c.last_sent_at_ms FROM conversations c "
      "STRAIGHT_JOIN members m FORCE INDEX (PRIMARY) ON m.conversation_id = c.id WHERE c.id = ");
  sql.Value(group.value).Raw(" AND m.user_id IN ");
  return tx.QueryText(db::List(sql, sorted).Raw(" ORDER BY m.user_id").str());
}

}  // namespace

Result<std::vector<GroupMember>> List(db::Transaction& tx, ConversationId group,
                                      const UserQuery& query, TimestampMs now) {
  PARLOR_RETURN_IF_ERROR(groups::CheckExists(tx, group));
  const std::string pattern = db::ContainsPattern(query.name);
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.Query(queries::kListMembers, {P(presence_store::AliveSince(now)), P(group), P(query.after),
                                       int64_t{!query.name.empty()}, P(pattern),
                                       int64_t{query.online_only}, db::LimitOf(query.limit)}));
  std::vector<GroupMember> members;
  members.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    members.push_back(
        {{rows.As<UserId>(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.U64(row, 3) != 0},
         rows.U64(row, 4) != 0});
  }
  return members;
}

Result<std::vector<Snapshot>> LoadPresence(db::Transaction& tx, ConversationId group) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, group
                                                   ? tx.Query(queries::kPresenceOfGroup, {P(group)})
                                                   : tx.Query(queries::kPresenceOfAll, {}));
  std::vector<Snapshot> snapshots;
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto id = rows.As<ConversationId>(row, 0);
    if (snapshots.empty() || snapshots.back().group != id) {
      snapshots.push_back({id, rows.U64(row, 1), {}});
    }
    if (!rows.IsNull(row, 2)) snapshots.back().present.push_back(rows.As<UserId>(row, 2));
  }
  return snapshots;
}

Result<std::vector<UserId>> LeftOver(db::Transaction& tx, UserId after, TimestampMs entered_before,
                                     TimestampMs alive_since, uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.Query(queries::kLeftOver, {P(after), P(alive_since), P(entered_before), int64_t{limit}}));
  return db::IdsOf<UserId>(rows);
}

Result<UnreadCounts> CountUnread(db::Transaction& tx, ConversationId group,
                                 std::span<const UserId> users) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, users.empty()
                                                   ? tx.Query(queries::kCountUnread, {P(group)})
                                                   : UnreadOf(tx, group, users));
  UnreadCounts counts;
  counts.unread.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    counts.unread.emplace_back(rows.As<UserId>(row, 0), rows.U64(row, 1));
    counts.last_sent_at = rows.Time(row, 2);
  }
  return counts;
}

}  // namespace parlor::group_members
