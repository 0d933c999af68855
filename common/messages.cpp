#include "common/messages.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "common/message_targets.h"
#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::messages {
namespace {

using db::P;

// A client's own id of a message; compared byte by byte (VARBINARY pads nothing).
using ClientKey = std::tuple<ConversationId, UserId, std::string_view>;

// Bits of messages.flags. queries::kContext, bot_chats.cpp and sql/admin/ know them by their
// numbers.
constexpr uint64_t kApologyFlag = 1;
constexpr uint64_t kByRulesFlag = 2;
constexpr uint64_t kRemovedFlag = 4;  // set by sql/admin/ alone, which empties the body

uint64_t FlagsOf(const Outgoing& message) {
  const auto* answer = std::get_if<FromBot>(&message.to);
  if (answer == nullptr) return 0;
  return (answer->is_apology ? kApologyFlag : 0) | (answer->by_rules ? kByRulesFlag : 0);
}

// The locked row of a conversation.
struct Tail {
  uint64_t last_seq = 0;
  int64_t last_sent_at_ms = 0;
  UserId last_sender;
  bool written = false;
};

// One Append after its targets are known.
class Batch {
 public:
  Batch(db::Transaction& tx, std::span<const Outgoing> messages,
        std::span<const Result<ConversationId>> targets, TimestampMs now)
      : tx_(tx), messages_(messages), targets_(targets), now_(now) {}

  Status Store(std::vector<Result<Stored>>* outcomes);

 private:
  Status LockConversations();
  Status FindRepeats();
  Result<Stored> Place(size_t index);  // gives seq and time, or finds the repeat
  Status InsertMessages();
  Status UpdateConversations();
  Status MoveMarks();
  Result<db::Changed> RaiseMarks();
  Status CheckStillMembers();
  Status CheckNotErased();

  db::Transaction& tx_;
  const std::span<const Outgoing> messages_;
  const std::span<const Result<ConversationId>> targets_;
  const TimestampMs now_;

  std::map<ConversationId, Tail> tails_;
  std::map<ClientKey, Stored> known_;   // of the database and of this batch
  std::vector<std::string> known_ids_;  // what the keys of rows from the database point to
  std::vector<std::pair<size_t, Stored>> new_;
  std::map<std::pair<ConversationId, UserId>, uint64_t> marks_;
};

Status Batch::Store(std::vector<Result<Stored>>* outcomes) {
  for (const auto& target : targets_) {
    if (target.ok()) tails_[*target];
  }
  if (!tails_.empty()) {
    PARLOR_RETURN_IF_ERROR(LockConversations());
    PARLOR_RETURN_IF_ERROR(FindRepeats());
  }
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (targets_[i].ok()) {
      outcomes->emplace_back(Place(i));
    } else {
      outcomes->emplace_back(targets_[i].status());
    }
  }
  if (new_.empty()) return Ok();
  PARLOR_RETURN_IF_ERROR(InsertMessages());
  PARLOR_RETURN_IF_ERROR(UpdateConversations());
  return MoveMarks();
}

// In id order, like everybody. From here to the commit nobody else writes to these conversations.
Status Batch::LockConversations() {
  db::SqlText sql(
      "SELECT id, last_seq, last_sent_at_ms, last_sender_id FROM conversations "
      "FORCE INDEX (PRIMARY) WHERE kind <> 0 AND id IN ");
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx_.QueryText(db::List(sql, tails_).Raw(" ORDER BY id FOR UPDATE").str()));
  // One that was deleted since it was looked up: from the start, and it will be missed there.
  if (rows.size() != tails_.size()) return tx_.TryAgain();
  for (size_t row = 0; row < rows.size(); ++row) {
    tails_[rows.As<ConversationId>(row, 0)] = {rows.U64(row, 1), rows.I64(row, 2),
                                               rows.As<UserId>(row, 3)};
  }
  return Ok();
}

// After the lock, so that whoever sent the same id before us has committed. One range of
// messages_client each.
Status Batch::FindRepeats() {
  db::SqlText sql(
      "SELECT conversation_id, sender_id, client_msg_id, seq, sent_at_ms FROM messages "
      "FORCE INDEX (messages_client) WHERE ");
  const char* separator = "";
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (!targets_[i].ok() || !messages_[i].client_msg_id) continue;
    sql.Raw(std::exchange(separator, " OR ")).Raw("conversation_id=").Value(targets_[i]->value);
    sql.Raw(" AND sender_id=").Value(messages_[i].sender.value);
    sql.Raw(" AND client_msg_id=").Hex(*messages_[i].client_msg_id);
  }
  if (*separator == '\0') return Ok();
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx_.QueryText(sql.str()));
  known_ids_.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    known_ids_.push_back(rows.Text(row, 2));
    const auto conversation = rows.As<ConversationId>(row, 0);
    known_[{conversation, rows.As<UserId>(row, 1), known_ids_.back()}] = {
        conversation, rows.As<Seq>(row, 3), rows.Time(row, 4), true};
  }
  return Ok();
}

Result<Stored> Batch::Place(size_t index) {
  const Outgoing& message = messages_[index];
  const ConversationId conversation = *targets_[index];
  const auto* question = std::get_if<ToBot>(&message.to);
  const bool refused = question != nullptr && question->only_repeat;
  Stored* known = nullptr;
  if (message.client_msg_id) {
    const ClientKey key{conversation, message.sender, *message.client_msg_id};
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    if (!refused) known = &known_[key];
  }
  if (refused) return BotIsBusy();
  Tail& tail = tails_[conversation];
  tail.last_sent_at_ms = std::max(now_.value, tail.last_sent_at_ms + 1);
  tail.last_sender = message.sender;
  tail.written = true;
  const Stored stored{conversation, Seq(++tail.last_seq), TimestampMs(tail.last_sent_at_ms)};
  if (known != nullptr) {
    *known = stored;
    known->duplicate = true;  // for those that come after
  }
  // The bot is nobody's member.
  if (message.sender != kBotUserId) marks_[{conversation, message.sender}] = stored.seq.value;
  new_.emplace_back(index, stored);
  return stored;
}

Status Batch::InsertMessages() {
  db::SqlText sql(
      "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body, client_msg_id, "
      "flags) VALUES ");
  const char* separator = "(";
  for (const auto& [index, stored] : new_) {
    const Outgoing& message = messages_[index];
    sql.Raw(std::exchange(separator, ",(")).Value(stored.conversation.value).Raw(",");
    sql.Value(stored.sent_at.value).Raw(",").Value(stored.seq.value).Raw(",");
    sql.Value(message.sender.value).Raw(",").Text(message.body).Raw(",");
    message.client_msg_id ? sql.Hex(*message.client_msg_id) : sql.Null();
    sql.Raw(",").Value(FlagsOf(message)).Raw(")");
  }
  return tx_.ExecuteText(sql.str()).status();
}

// Many rows are joined from a derived table; a lone one, the usual case on a quiet server, costs
// half as much as a prepared statement.
Status Batch::UpdateConversations() {
  std::erase_if(tails_, [](const auto& entry) { return !entry.second.written; });
  if (tails_.size() == 1) {
    const auto& [id, tail] = *tails_.begin();
    return tx_
        .Execute(queries::kMoveTail,
                 {tail.last_seq, tail.last_sent_at_ms, P(tail.last_sender), P(id)})
        .status();
  }
  db::SqlText sql(
      "UPDATE conversations c JOIN (SELECT 0 AS id, 0 AS seq, 0 AS sent_at_ms, 0 AS sender_id");
  for (const auto& [id, tail] : tails_) {
    sql.Raw(" UNION ALL SELECT ").Value(id.value).Raw(",").Value(tail.last_seq).Raw(",");
    sql.Value(tail.last_sent_at_ms).Raw(",").Value(tail.last_sender.value);
  }
  sql.Raw(
      ") v ON v.id = c.id SET c.last_seq = v.seq, c.last_sent_at_ms = v.sent_at_ms, "
      "c.last_sender_id = v.sender_id");
  return tx_.ExecuteText(sql.str()).status();
}

// An UPDATE, not an upsert: who was removed from a group meanwhile does not come back by it. It
// takes the members' rows, so a removal comes before it and is seen here, or waits for our commit.
Status Batch::MoveMarks() {
  if (marks_.empty()) return Ok();
  PARLOR_ASSIGN_OR_RETURN(const db::Changed moved, RaiseMarks());
  // Each mark is below the seq of its sender's new message, so every row of a member changes.
  if (moved.rows == marks_.size()) return Ok();
  PARLOR_RETURN_IF_ERROR(CheckStillMembers());
  return CheckNotErased();
}

Result<db::Changed> Batch::RaiseMarks() {
  if (marks_.size() == 1) {
    const auto& [member, seq] = *marks_.begin();
    return tx_.Execute(queries::kRaiseMark, {seq, P(member.first), P(member.second)});
  }
  db::SqlText sql("UPDATE members m JOIN (SELECT 0 AS conversation_id, 0 AS user_id, 0 AS seq");
  for (const auto& [member, seq] : marks_) {
    sql.Raw(" UNION ALL SELECT ").Value(member.first.value).Raw(",").Value(member.second.value);
    sql.Raw(",").Value(seq);
  }
  sql.Raw(
      ") v ON v.conversation_id = m.conversation_id AND v.user_id = m.user_id SET m.read_seq = "
      "GREATEST(m.read_seq, v.seq)");
  return tx_.ExecuteText(sql.str());
}

// Some mark did not move. If its sender was a member of a group when the batch was looked up, and
// is none now: from the start, and he will be refused there. Anything else (a row that somebody
// with a script has spoiled) must not keep the whole batch from being stored.
Status Batch::CheckStillMembers() {
  std::set<std::pair<ConversationId, UserId>> senders;
  for (const auto& [index, stored] : new_) {
    const Outgoing& message = messages_[index];
    if (!std::holds_alternative<ToGroup>(message.to)) continue;
    senders.emplace(stored.conversation, message.sender);
  }
  if (senders.empty()) return Ok();
  db::SqlText sql("SELECT COUNT(*) FROM members WHERE ");
  const char* separator = "";
  for (const auto& [group, sender] : senders) {
    sql.Raw(std::exchange(separator, " OR ")).Raw("conversation_id=").Value(group.value);
    sql.Raw(" AND user_id=").Value(sender.value);
  }
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx_.QueryText(sql.str()));
  return rows.U64(0, 0) == senders.size() ? Ok() : tx_.TryAgain();
}

// Who writes in a room was perhaps erased since the batch was looked up: his rows of `members` go
// in the transaction that marks him as erased, so a mark is there to wait for, or missing here.
// From the start, and he will be refused there: his text must not stay behind.
Status Batch::CheckNotErased() {
  std::set<UserId> senders;
  for (const auto& [index, stored] : new_) {
    if (std::holds_alternative<ToUser>(messages_[index].to)) {
      senders.insert(messages_[index].sender);
    }
  }
  if (senders.empty()) return Ok();
  db::SqlText sql("SELECT COUNT(*) FROM users WHERE erased_at_ms IS NOT NULL AND id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx_.QueryText(db::List(sql, senders).str()));
  return rows.U64(0, 0) == 0 ? Ok() : tx_.TryAgain();
}

// Rows read at once: what is in memory stays small, however long the messages are.
constexpr uint64_t kSliceRows = kMaxPageBackward + 1;

// A page on its way, filled from its cursor on.
struct Filling {
  size_t max_bytes = std::numeric_limits<size_t>::max();
  MessagePage page;
  size_t bytes = 0;

  // Sets has_more instead of taking what is too much.
  void Take(const db::Rows& rows, uint64_t limit) {
    std::vector<Message>& messages = page.messages;
    for (size_t row = 0; row < rows.size(); ++row) {
      Message message = ToMessage(rows, row);
      bytes += message.body.size();
      page.has_more = messages.size() == limit || (!messages.empty() && bytes > max_bytes);
      if (page.has_more) return;
      messages.push_back(std::move(message));
    }
  }
};

}  // namespace

Message ToMessage(const db::Rows& rows, size_t row) {
  const uint64_t flags = rows.U64(row, 4);
  return {rows.As<Seq>(row, 0), rows.Time(row, 1),           rows.As<UserId>(row, 2),
          rows.Text(row, 3),    (flags & kApologyFlag) != 0, (flags & kRemovedFlag) != 0};
}

Status BotIsBusy() { return Status(ErrorCode::kBusy, "The bot is busy. Wait for its answer."); }

ConversationKind KindOf(const Target& to) {
  if (std::holds_alternative<ToUser>(to)) return ConversationKind::kRoom;
  if (std::holds_alternative<ToGroup>(to)) return ConversationKind::kGroup;
  return ConversationKind::kBot;
}

Status Append(db::Transaction& tx, std::span<const Outgoing> batch, TimestampMs now,
              std::vector<Result<Stored>>* outcomes) {
  outcomes->clear();
  outcomes->reserve(batch.size());
  std::vector<Result<ConversationId>> targets;
  PARLOR_RETURN_IF_ERROR(ResolveTargets(tx, batch, now, &targets));
  return Batch(tx, batch, targets, now).Store(outcomes);
}

Result<bool> IsStored(db::Transaction& tx, ConversationId conversation, UserId sender,
                      std::string_view client_msg_id) {
  PARLOR_RETURN_IF_ERROR(tx.Query(queries::kLockConversation, {P(conversation)}).status());
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.Query(queries::kFindByClientId, {P(conversation), P(sender), db::Bytes{client_msg_id}}));
  return !rows.empty();
}

Result<MessagePage> ReadPage(db::Transaction& tx, ConversationId conversation,
                             const PageRequest& page) {
  const bool forward = page.timestamp && !page.before;
  const uint64_t most = forward ? kMaxPageForward : kMaxPageBackward;
  const uint64_t limit = std::clamp<uint64_t>(page.limit.value_or(most), 1, most);

  int64_t border_ms = std::numeric_limits<int64_t>::max();
  if (page.timestamp) {
    // "Before 12.3456" includes the message at 12.345; "after" it does not.
    border_ms = page.timestamp->floor.value + (!forward && page.timestamp->has_remainder ? 1 : 0);
  }
  Filling filling;
  if (forward) filling.max_bytes = kMaxPageBytes;
  MessagePage& result = filling.page;
  for (;;) {
    // One more than asked for tells whether there are more.
    const uint64_t wanted = std::min(limit + 1 - result.messages.size(), kSliceRows);
    PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                            tx.Query(forward ? queries::kPageAfter : queries::kPageBefore,
                                     {P(conversation), border_ms, wanted}));
    filling.Take(rows, limit);
    if (result.has_more || rows.size() < wanted) break;
    border_ms = result.messages.back().sent_at.value;
  }
  if (!forward) std::reverse(result.messages.begin(), result.messages.end());
  return std::move(result);
}

Result<std::vector<Message>> ReadRange(db::Transaction& tx, ConversationId conversation,
                                       TimestampMs since, Seq first, Seq last, uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kReadRange, {P(conversation), P(since), P(first),
                                                         P(last), uint64_t{limit}}));
  std::vector<Message> messages;
  messages.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) messages.push_back(ToMessage(rows, row));
  return messages;
}

}  // namespace parlor::messages
