#include "common/rooms.h"

#include "common/queries.h"

namespace parlor::rooms {

Result<std::pair<UserId, UserId>> Users(db::Transaction& tx, ConversationId room) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kUsersOfRoom, {db::P(room)}));
  if (rows.empty()) return Status(ErrorCode::kNotFound, "There is no such chat room.");
  return std::pair(rows.As<UserId>(0, 0), rows.As<UserId>(0, 1));
}

}  // namespace parlor::rooms
