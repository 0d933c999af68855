#include "common/conversations.h"

#include <algorithm>

#include "common/queries.h"

namespace parlor::conversations {
namespace {

using db::P;

Status NotFound() { return Status(ErrorCode::kNotFound, "There is no such conversation."); }

// The seq up to which `mark` says it was read.
Result<uint64_t> Target(db::Transaction& tx, const ReadMark& mark, uint64_t newest) {
  if (!mark.up_to) return newest;
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kSeqAt, {P(mark.conversation), P(mark.up_to->floor)}));
  // One committed after `newest` was read would make `unread` negative.
  return rows.empty() ? 0 : std::min(rows.U64(0, 0), newest);
}

}  // namespace

Result<std::vector<RoomSummary>> ListRooms(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kListRooms, {P(user)}));
  std::vector<RoomSummary> rooms;
  rooms.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    rooms.push_back({rows.As<ConversationId>(row, 0), rows.As<UserId>(row, 1), rows.Time(row, 2),
                     rows.As<Seq>(row, 3), rows.U64(row, 4)});
  }
  return rooms;
}

Result<UserId> OtherUserOfRoom(db::Transaction& tx, ConversationId room, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kOtherUserOfRoom,
                                                        {P(user), P(room), P(user), P(user)}));
  if (rows.empty()) return NotFound();
  return rows.As<UserId>(0, 0);
}

Result<std::vector<Notification>> ListNotifications(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kListNotifications, {P(user)}));
  std::vector<Notification> notifications;
  notifications.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    notifications.push_back({rows.As<ConversationId>(row, 0),
                             static_cast<ConversationKind>(rows.U64(row, 1)),
                             rows.As<UserId>(row, 2), rows.U64(row, 3), rows.Time(row, 4)});
  }
  return notifications;
}

Result<MarkOutcome> MoveReadMark(db::Transaction& tx, UserId user, const ReadMark& mark) {
  // Only the member's row is locked: writers, who lock the conversation first, are never waited for
  // in the wrong order.
  PARLOR_ASSIGN_OR_RETURN(const db::Rows member,
                          tx.Query(queries::kLockMark, {P(mark.conversation), P(user)}));
  if (member.empty()) return NotFound();
  PARLOR_ASSIGN_OR_RETURN(const db::Rows conversation,
                          tx.Query(queries::kNewestOfConversation,
                                   {P(mark.conversation), static_cast<uint64_t>(mark.kind)}));
  if (conversation.empty()) return NotFound();
  const uint64_t newest = conversation.U64(0, 0);
  const uint64_t read = member.U64(0, 0);
  PARLOR_ASSIGN_OR_RETURN(const uint64_t target, Target(tx, mark, newest));

  MarkOutcome outcome{target > read, newest - std::max(read, target), conversation.Time(0, 1)};
  if (outcome.moved) {
    PARLOR_RETURN_IF_ERROR(
        tx.Execute(queries::kSetMark, {target, P(mark.conversation), P(user)}).status());
  }
  return outcome;
}

}  // namespace parlor::conversations
