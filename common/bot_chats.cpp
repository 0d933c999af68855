#include "common/bot_chats.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/messages.h"
#include "common/queries.h"
#include "common/utf8.h"

namespace parlor::bot_chats {
namespace {

using db::P;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What can be stored of a foreign program's text.
std::string Storable(std::string_view text) {
  std::string out;
  out.reserve(std::min(text.size(), kMaxMessageBytes));
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = DecodeUtf8(text, i);
    const std::string_view piece = c.valid && c.value != 0 ? text.substr(i, c.bytes) : kReplacement;
    if (out.size() + piece.size() > kMaxMessageBytes) break;
    out += piece;
    i += c.bytes;
  }
  return out;
}

using Chats = std::map<ConversationId, UserId>;
constexpr size_t kChatsAtOnce = 500;

// One range of PRIMARY a chat, and one look into messages_client a question. Joined, because NOT
// EXISTS makes MariaDB read the whole index first.
std::string UnansweredSql(const Chats& chats, TimestampMs since, uint32_t limit) {
  db::SqlText sql(
      "SELECT q.seq, q.sent_at_ms, q.sender_id, q.body, q.flags, q.conversation_id FROM messages q "
      "FORCE INDEX (PRIMARY) LEFT JOIN messages a FORCE INDEX (messages_client) ON "
      "a.conversation_id = q.conversation_id AND a.sender_id = 0 AND "
      "a.client_msg_id = CAST(CONCAT('re:', q.seq) AS BINARY) "
      "WHERE a.seq IS NULL AND q.sender_id <> 0 AND q.flags & 4 = 0 AND (");
  const char* separator = "";
  for (const auto& [chat, user] : chats) {
    sql.Raw(std::exchange(separator, " OR ")).Raw("q.conversation_id=").Value(chat.value);
    sql.Raw(" AND q.sent_at_ms>=").Value(since.value);
  }
  sql.Raw(") ORDER BY q.sent_at_ms, q.conversation_id LIMIT ").Value(uint64_t{limit});
  return sql.str();
}

Status AddUnanswered(db::Transaction& tx, const Chats& chats, TimestampMs since, uint32_t limit,
                     std::vector<Unanswered>& unanswered) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(UnansweredSql(chats, since, limit)));
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto chat = rows.As<ConversationId>(row, 5);
    unanswered.push_back({chats.at(chat), chat, messages::ToMessage(rows, row)});
  }
  return Ok();
}

}  // namespace

Result<std::optional<ConversationId>> Find(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kFindBotChat, {P(user)}));
  if (rows.empty()) return std::optional<ConversationId>();
  return std::optional(rows.As<ConversationId>(0, 0));
}

Result<Message> StoreAnswer(db::Transaction& tx, UserId user, Seq question, const Answer& answer,
                            TimestampMs now) {
  const messages::Outgoing message{kBotUserId,
                                   messages::FromBot{user, answer.is_apology, answer.by_rules},
                                   Storable(answer.text), "re:" + std::to_string(question.value)};
  std::vector<Result<messages::Stored>> outcomes;
  PARLOR_RETURN_IF_ERROR(messages::Append(tx, {&message, 1}, now, &outcomes));
  PARLOR_ASSIGN_OR_RETURN(const messages::Stored stored, outcomes.at(0));
  if (!stored.duplicate) {
    return Message{stored.seq, stored.sent_at, kBotUserId, message.body, answer.is_apology};
  }
  PARLOR_ASSIGN_OR_RETURN(
      const std::vector<Message> found,
      messages::ReadRange(tx, stored.conversation, stored.sent_at, stored.seq, stored.seq, 1));
  if (found.empty()) return tx.TryAgain();  // deleted by an administrator just now
  return found.front();
}

Result<std::vector<Message>> Context(db::Transaction& tx, ConversationId chat, Seq last,
                                     uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kContext, {P(chat), P(last), uint64_t{limit}}));
  std::vector<Message> context;
  context.reserve(rows.size());
  for (size_t row = rows.size(); row > 0; --row) {
    context.push_back(messages::ToMessage(rows, row - 1));
  }
  return context;
}

Result<std::vector<Unanswered>> FindUnanswered(db::Transaction& tx, TimestampMs since,
                                               uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kRecentBotChats, {P(since)}));
  Chats chats;
  std::vector<Unanswered> unanswered;
  for (size_t row = 0; row < rows.size(); ++row) {
    chats[rows.As<ConversationId>(row, 0)] = rows.As<UserId>(row, 1);
    if (chats.size() < kChatsAtOnce && row + 1 < rows.size()) continue;
    PARLOR_RETURN_IF_ERROR(AddUnanswered(tx, chats, since, limit, unanswered));
    chats.clear();
  }
  std::stable_sort(unanswered.begin(), unanswered.end(), [](const auto& a, const auto& b) {
    return a.question.sent_at < b.question.sent_at;
  });
  if (unanswered.size() > limit) unanswered.resize(limit);
  return unanswered;
}

Result<std::vector<Rule>> LoadRules(db::Transaction& tx, uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kLoadRules, {uint64_t{limit}}));
  std::vector<Rule> rules;
  rules.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    rules.push_back({rows.U64(row, 0), rows.Text(row, 1), rows.Text(row, 2)});
  }
  return rules;
}

Result<std::string> FirstNameOf(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kFirstName, {P(user)}));
  if (rows.empty()) return Status(ErrorCode::kNotFound, "There is no such user.");
  return rows.Text(0, 0);
}

}  // namespace parlor::bot_chats
