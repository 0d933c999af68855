#include "wsd/bot/rules_engine.h"

#include <memory>
#include <optional>
#include <utility>

namespace parlor::wsd {

Result<std::string> RulesEngine::Answer(const Question& question) {
  if (question.context.empty()) return Status(ErrorCode::kNotFound, "nothing was asked");
  const std::shared_ptr<const RuleSet> rules = book_.Current(database_);
  const auto late = [&] { return clock_.MonotonicMs() >= question.answer_by_ms; };
  const RuleValues values{question.first_name, clock_.Now()};
  std::optional<std::string> answer = rules->Answer(question.context.back().body, values, late);
  if (answer) return *std::move(answer);
  if (late()) return Status(ErrorCode::kUnavailable, "the rules took too long");
  return Status(ErrorCode::kNotFound, "no rule has an answer");
}

}  // namespace parlor::wsd
