#include "wsd/bot/answerer.h"

#include <algorithm>
#include <utility>

#include "wsd/bot/bot.h"

namespace parlor::wsd {

Answerer::Answerer(BotShared& shared, std::unique_ptr<BotEngine> model)
    : shared_(shared),
      database_(shared.config.database, shared.clock),
      model_(std::move(model)),
      rules_(shared.book, database_, shared.clock) {}

bool Answerer::IsLate(const WaitingQuestion& waiting) const {
  return shared_.clock.MonotonicMs() >= waiting.answer_by_ms;
}

ComposedAnswer Answerer::Compose(WaitingQuestion waiting) {
  Said said = Say(waiting);
  return {std::move(waiting), std::move(said.text), said.is_apology, said.by_rules};
}

Count& Answerer::Counted(const bot_chats::Answer& answer) {
  if (answer.is_apology) return shared_.numbers.apologies;
  return answer.by_rules ? shared_.numbers.by_rules : shared_.numbers.by_model;
}

Result<Message> Answerer::Store(const ComposedAnswer& answer) {
  const AskBot& ask = answer.question.ask;
  Message stored;
  bot_chats::Answer now;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        // With each try: what was in time when it was composed may have waited for the database.
        now = IsLate(answer.question)
                  ? bot_chats::Answer{Bot::kApology, true, false}
                  : bot_chats::Answer{answer.text, answer.is_apology, answer.by_rules};
        PARLOR_ASSIGN_OR_RETURN(stored, bot_chats::StoreAnswer(tx, ask.user, ask.question.seq, now,
                                                               shared_.clock.Now()));
        return Ok();
      });
  if (status.ok()) {
    Counted(now).Add();
    return stored;
  }
  const char* doing = status.code() == ErrorCode::kNotFound
                          ? "storing the bot's answer: its chat is gone"
                          : "storing the bot's answer: it will be tried again";
  NoteFailure(ask, doing, status);
  return status;
}

Answerer::Said Answerer::Say(const WaitingQuestion& waiting) {
  if (!IsLate(waiting)) {
    Question question = Prepare(waiting);
    if (model_ != nullptr) {
      question.answer_by_ms = waiting.answer_by_ms - kForTheRulesMs;
      Result<std::string> answer = model_->Answer(question);
      if (answer.ok()) return {*std::move(answer)};
      if (shared_.stop) return {};
      shared_.numbers.model_failures.Add();
      NoteFailure(waiting.ask, "asking the model: the rules answer instead", answer.status());
      question.answer_by_ms = waiting.answer_by_ms;
    }
    Result<std::string> answer = rules_.Answer(question);
    if (answer.ok()) return {.text = *std::move(answer), .by_rules = true};
    if (shared_.stop) return {};
    NoteFailure(waiting.ask, "asking the rules: an apology is the answer", answer.status());
    return {Bot::kApology, true};
  }
  NoteFailure(waiting.ask, "answering: an apology is the answer",
              Status(ErrorCode::kUnavailable, "bot.answer_limit_s is over"));
  return {Bot::kApology, true};
}

Question Answerer::Prepare(const WaitingQuestion& waiting) {
  const AskBot& ask = waiting.ask;
  Question question{ask.user, {}, {}, ask.question.sent_at, waiting.answer_by_ms};
  const Status status = ReadContext(ask, question);
  if (!status.ok()) {
    // The question itself is here: better an answer without the context than none.
    log::Warning("reading a bot chat", {{"user", ask.user}, {"error", status}});
    question.context.clear();
  }
  question.context.push_back(ask.question);
  return question;
}

// The context is what had been said when this question's turn came: answers to questions before it
// belong to it though they came later, questions behind it don't.
Status Answerer::ReadContext(const AskBot& ask, Question& question) {
  const auto before = static_cast<uint32_t>(shared_.config.bot.context_messages - 1);
  const auto behind = static_cast<uint32_t>(shared_.config.bot.max_waiting_per_user + 1);
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(question.first_name, bot_chats::FirstNameOf(tx, ask.user));
        if (model_ == nullptr) return Ok();  // the rules look at the question alone
        PARLOR_ASSIGN_OR_RETURN(
            question.context,
            bot_chats::Context(tx, ask.chat, Seq(kMaxJsonInteger), before + 1 + behind));
        return Ok();
      });
  PARLOR_RETURN_IF_ERROR(status);
  std::erase_if(question.context, [&](const Message& message) {
    return message.sender != kBotUserId && message.seq >= ask.question.seq;
  });
  if (question.context.size() > before) {
    question.context.erase(question.context.begin(),
                           question.context.end() - static_cast<std::ptrdiff_t>(before));
  }
  return Ok();
}

Result<std::vector<bot_chats::Unanswered>> Answerer::FindUnanswered(TimestampMs since,
                                                                    uint32_t limit) {
  std::vector<bot_chats::Unanswered> found;
  const Status status =
      database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(found, bot_chats::FindUnanswered(tx, since, limit));
        return Ok();
      });
  if (!status.ok()) return status;
  return found;
}

void Answerer::NoteFailure(const AskBot& ask, const char* doing, const Status& status) {
  shared_.failures.Write(log::Level::kWarning, doing,
                         {{"user", ask.user}, {"seq", ask.question.seq}, {"error", status}});
}

}  // namespace parlor::wsd
