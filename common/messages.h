// Messages: the one way in (a batch in one transaction) and the pages out. The same code runs in
// the daemon's writer threads and in the workers, so every promise about order and repeats is kept
// here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/db.h"
#include "common/protocol.h"

namespace parlor::messages {

struct ToUser {  // a room: found or created by its pair
  UserId other;
};
struct ToGroup {
  ConversationId group;
};
struct ToBot {  // the sender's own bot chat: found or created
  // The bot takes no more questions: kBusy, unless it is the repeat of one that was stored before.
  bool only_repeat = false;
};
// The bot's answer in the bot chat of `user`, which it never makes; the sender is kBotUserId. No
// read mark moves.
struct FromBot {
  UserId user;
  bool is_apology = false;
  bool by_rules = false;  // no word of a model
};

// What ToBot::only_repeat says to a question that is no repeat.
Status BotIsBusy();

using Target = std::variant<ToUser, ToGroup, ToBot, FromBot>;

ConversationKind KindOf(const Target& to);

struct Outgoing {
  UserId sender;
  Target to;
  std::string body;  // 1–16,000 bytes, checked by the codec
  std::optional<std::string> client_msg_id;
};

struct Stored {
  ConversationId conversation;
  Seq seq;
  TimestampMs sent_at;
  bool duplicate = false;  // an earlier message with this client_msg_id: nothing was stored
};

// Stores `batch` in order: one lock of the conversation rows (in id order), seq and strictly
// increasing times (max(now, last + 1 ms)), repeats by client_msg_id (also inside the batch), one
// multi-row INSERT, the senders' read marks. `outcomes` gets one entry a message: kInvalidField (to
// oneself), kNotFound (no such user, group or bot chat), kForbidden (no member of the group when
// the batch is stored), kBusy (see ToBot), or where it was stored. The returned Status is about the
// transaction: after an error nothing of the batch is stored. The number of statements does not
// depend on the number of messages or members, only on that of rooms to be made: 8 with START
// TRANSACTION and COMMIT when there are none (7 without any client_msg_id), one more for each
// further kind of target. A suspended user can be written to.
Status Append(db::Transaction& tx, std::span<const Outgoing> batch, TimestampMs now,
              std::vector<Result<Stored>>* outcomes);

// Whether a message with this client_msg_id is there, once whoever wrote to the conversation at the
// time of the call has ended: he holds its row to the end, and it is locked here first.
Result<bool> IsStored(db::Transaction& tx, ConversationId conversation, UserId sender,
                      std::string_view client_msg_id);

inline constexpr uint32_t kMaxPageBackward = 100;
inline constexpr uint32_t kMaxPageForward = 1000;
inline constexpr size_t kMaxPageBytes = 524288;  // of bodies, forward: 1000 could be 16 MB

// One page (protocol.md §2, GET /chat_rooms/{id}): at least one message if there are any, and
// forward no more than fit into kMaxPageBytes (100 backward are 1.6 MB at most). Range scans of the
// primary key, 101 rows each at most: one for a page of up to 100.
Result<MessagePage> ReadPage(db::Transaction& tx, ConversationId conversation,
                             const PageRequest& page);

// Messages with first <= seq <= last that were sent at or after `since`, oldest first: what a
// daemon reads when it missed something. At most `limit`.
Result<std::vector<Message>> ReadRange(db::Transaction& tx, ConversationId conversation,
                                       TimestampMs since, Seq first, Seq last, uint32_t limit);

// A row of seq, sent_at_ms, sender_id, body, flags: what every statement that reads messages begins
// with.
Message ToMessage(const db::Rows& rows, size_t row);

}  // namespace parlor::messages
