// Where the messages of a batch go: the first half of messages::Append.
#pragma once

#include <span>
#include <vector>

#include "common/messages.h"

namespace parlor::messages {

// For each message of `batch` its conversation, or why it can't be sent (kInvalidField, kNotFound,
// kForbidden). Rooms and bot chats that do not exist yet are made: two statements each, and four
// for all of them; the look-ups are one statement for each kind of target in the batch. The Status
// is about the transaction.
Status ResolveTargets(db::Transaction& tx, std::span<const Outgoing> batch, TimestampMs now,
                      std::vector<Result<ConversationId>>* targets);

}  // namespace parlor::messages
