// Answers one question after the other: asks the engine, then the rules, then apologizes; and
// stores what came of it. Each of the bot's threads has one; it is used by that thread alone, but
// for Interrupt().
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/bot_chats.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/log.h"
#include "wsd/bot/engine.h"
#include "wsd/bot/question_queue.h"
#include "wsd/bot/rule_book.h"
#include "wsd/bot/rules_engine.h"
#include "wsd/meter.h"

namespace parlor::wsd {

// What was answered by whom, and how often the model failed. Any thread.
struct BotNumbers {
  Count by_model, by_rules, apologies;  // stored
  Count model_failures;
};

// What the threads share; outlives them.
struct BotShared {
  BotShared(const Config& c, const Clock& k)
      : config(c),
        clock(k),
        book(c.bot.rules_refresh_ms, k),
        failures(k, kFailureIntervalMs, kFailures) {}

  static constexpr int64_t kFailureIntervalMs = 10'000;
  static constexpr int64_t kFailures = 5;

  const Config config;
  const Clock& clock;
  RuleBook book;
  BotNumbers numbers;
  log::Every failures;            // a model that is away fails with every question
  std::atomic<bool> stop{false};  // give up what is in work
};

class Answerer {
 public:
  // Before its time is over a question is taken from the model, so that the rules can answer in it.
  static constexpr int64_t kForTheRulesMs = 500;

  // `model` may be null: the rules alone.
  Answerer(BotShared& shared, std::unique_ptr<BotEngine> model);

  // Always an answer, an apology if need be; an empty text when it was given up for the end.
  ComposedAnswer Compose(WaitingQuestion waiting);

  // The answer as it is stored now: the apology when its time is over before. kUnavailable: it
  // could not be stored, try again. kNotFound: there is no such chat any more.
  Result<Message> Store(const ComposedAnswer& answer);

  // The questions since `since` that nobody has answered.
  Result<std::vector<bot_chats::Unanswered>> FindUnanswered(TimestampMs since, uint32_t limit);

  // Any thread: waiting for the database ends.
  void Interrupt() { database_.Interrupt(); }

 private:
  struct Said {
    std::string text;
    bool is_apology = false;
    bool by_rules = false;
  };
  bool IsLate(const WaitingQuestion& waiting) const;
  Question Prepare(const WaitingQuestion& waiting);
  Said Say(const WaitingQuestion& waiting);
  Status ReadContext(const AskBot& ask, Question& question);
  Count& Counted(const bot_chats::Answer& answer);
  void NoteFailure(const AskBot& ask, const char* doing, const Status& status);

  BotShared& shared_;
  db::Database database_;
  const std::unique_ptr<BotEngine> model_;
  RulesEngine rules_;
};

}  // namespace parlor::wsd
