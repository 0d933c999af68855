// Conversations seen from a member: the list of rooms, read marks, notifications.
#pragma once

#include <optional>
#include <vector>

#include "common/db.h"
#include "common/protocol.h"

namespace parlor::conversations {

// The caller's rooms, the one with the newest message first.
Result<std::vector<RoomSummary>> ListRooms(db::Transaction& tx, UserId user);

// The other user of the room; kNotFound unless `user` is one of its two.
Result<UserId> OtherUserOfRoom(db::Transaction& tx, ConversationId room, UserId user);

// Rooms and groups of the user that have a message, newest first.
Result<std::vector<Notification>> ListNotifications(db::Transaction& tx, UserId user);

struct MarkOutcome {
  bool moved = false;
  uint64_t unread = 0;
  TimestampMs last_sent_at;
};
// Moves the user's read mark up to `mark.up_to` or the newest message; never backwards, never
// beyond the newest. kNotFound unless the user is a member of a conversation of that kind.
Result<MarkOutcome> MoveReadMark(db::Transaction& tx, UserId user, const ReadMark& mark);

}  // namespace parlor::conversations
