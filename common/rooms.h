// Rooms seen from the daemon, which needs both users of one.
#pragma once

#include <utility>

#include "common/db.h"
#include "common/ids.h"

namespace parlor::rooms {

// The two users of the room, the smaller id first; kNotFound for what is not a room.
Result<std::pair<UserId, UserId>> Users(db::Transaction& tx, ConversationId room);

}  // namespace parlor::rooms
