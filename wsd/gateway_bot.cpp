// The bot chat: questions on their way to the bot, answers on their way to the user.
#include <utility>

#include "wsd/gateway.h"

namespace parlor::wsd {

// Before anything is stored. False: refused, and said so. When the bot is full, what has a
// client_msg_id may be the repeat of a question that has its answer or its place already, which
// gets the first one's ack as ever: only the database knows.
bool Gateway::AdmitQuestion(Session& session, messages::Outgoing& message) {
  auto* question = std::get_if<messages::ToBot>(&message.to);
  if (question == nullptr || bot_load_.Take(message.sender)) return true;
  question->only_repeat = true;
  if (message.client_msg_id) return true;
  ++counters_.bot_busy;
  SendError(session, messages::BotIsBusy(), std::nullopt);
  return false;
}

bool Gateway::HasPlaceAtBot(const messages::Outgoing& message) {
  const auto* question = std::get_if<messages::ToBot>(&message.to);
  return question != nullptr && !question->only_repeat;
}

// Committed and acknowledged. A repeat asks nothing: its first one has its answer or will have it.
void Gateway::OnQuestion(messages::Outgoing question, const messages::Stored& stored) {
  const UserId user = question.sender;
  const bool has_place = HasPlaceAtBot(question);
  Message message{stored.seq, stored.sent_at, user, std::move(question.body)};
  const bool asked =
      !stored.duplicate && threads_.ask_bot(AskBot{user, stored.conversation, std::move(message)});
  if (asked) {
    ++counters_.bot_questions;
  } else if (has_place) {
    bot_load_.Release(user);  // refused: at the end; the next start answers it
  }
}

void Gateway::On(const BotAnswered& answer) {
  const UserId user = answer.request.user;
  bot_load_.Release(user);
  if (answer.answer.ok()) {
    ++counters_.bot_answers;
    Message question = answer.request.question;
    ClearIfRemoved(answer.request.chat, question);
    return SendToUser(user, EncodeBotMessages(question, *answer.answer));
  }
  ++counters_.bot_failures;  // the daemon ends, and the next start answers; or the chat is gone
}

}  // namespace parlor::wsd
