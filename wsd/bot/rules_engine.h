// The engine that knows no model: the rules of the table bot_rules answer. Used by one thread; the
// book is shared.
#pragma once

#include "common/clock.h"
#include "common/db.h"
#include "wsd/bot/engine.h"
#include "wsd/bot/rule_book.h"

namespace parlor::wsd {

class RulesEngine final : public BotEngine {
 public:
  RulesEngine(RuleBook& book, db::Database& database, const Clock& clock)
      : book_(book), database_(database), clock_(clock) {}

  // kNotFound: no rule has an answer. kUnavailable: they are not through with the text in time.
  Result<std::string> Answer(const Question& question) override;

 private:
  RuleBook& book_;
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace parlor::wsd
