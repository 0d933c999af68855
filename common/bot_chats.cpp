#include "common/bot_chats.h"

#include <algorithm>

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

}  // namespace

Result<std::optional<ConversationId>> Find(db::Transaction& tx, UserId user) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kFindBotChat, {P(user)}));
  if (rows.empty()) return std::optional<ConversationId>();
  return std::optional(rows.As<ConversationId>(0, 0));
}

Result<Message> StoreAnswer(db::Transaction& tx, UserId user, Seq question, std::string_view text,
                            bool is_apology, TimestampMs now) {
  const messages::Outgoing answer{kBotUserId, messages::FromBot{user, is_apology}, Storable(text),
                                  "re:" + std::to_string(question.value)};
  std::vector<Result<messages::Stored>> outcomes;
  PARLOR_RETURN_IF_ERROR(messages::Append(tx, {&answer, 1}, now, &outcomes));
  PARLOR_ASSIGN_OR_RETURN(const messages::Stored stored, outcomes.at(0));
  if (!stored.duplicate) {
    return Message{stored.seq, stored.sent_at, kBotUserId, answer.body, is_apology};
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
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kFindUnanswered,
                                                        {P(since), P(since), uint64_t{limit}}));
  std::vector<Unanswered> unanswered;
  unanswered.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    unanswered.push_back(
        {rows.As<UserId>(row, 5), rows.As<ConversationId>(row, 6), messages::ToMessage(rows, row)});
  }
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
