#include "common/rooms.h"

#include <string_view>

namespace parlor::rooms {
namespace {

constexpr std::string_view kUsers =  // PRIMARY
    "SELECT user_low, user_high FROM chat_rooms WHERE id = ?";

}  // namespace

Result<std::pair<UserId, UserId>> Users(db::Transaction& tx, ConversationId room) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(kUsers, {db::P(room)}));
  if (rows.empty()) return Status(ErrorCode::kNotFound, "There is no such chat room.");
  return std::pair(rows.As<UserId>(0, 0), rows.As<UserId>(0, 1));
}

}  // namespace parlor::rooms
