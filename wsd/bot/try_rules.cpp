#include "wsd/bot/try_rules.h"

#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "common/protocol.h"
#include "wsd/bot/rule_book.h"
#include "wsd/bot/rules.h"

namespace parlor::wsd {
namespace {

Status CheckQuestion(std::string_view question) {
  if (question.empty() || question.size() > kMaxMessageBytes) {
    return Status::InvalidField("question", "The question must have 1 to 16000 bytes.");
  }
  if (!IsValidUtf8(question)) {
    return Status::InvalidField("question", "The question must be valid UTF-8.");
  }
  return Ok();
}

}  // namespace

Status TryRules(db::Database& database, const Clock& clock, std::string_view question,
                std::ostream& out) {
  PARLOR_RETURN_IF_ERROR(CheckQuestion(question));
  PARLOR_ASSIGN_OR_RETURN(std::vector<bot_chats::Rule> loaded, RuleBook::Load(database));
  const RuleSet rules(std::move(loaded), nullptr);
  const std::optional<RuleSet::Found> found = rules.Find(question, {"{name}", clock.Now()});
  if (found) {
    const bot_chats::Rule& rule = rules.rules()[found->index];
    out << "rule " << rule.id << " answers, as number " << found->index + 1 << " of "
        << rules.rules().size() << '\n'
        << "pattern: " << rule.pattern << '\n'
        << "answer: " << found->answer << '\n';
  } else {
    out << "none of the " << rules.rules().size() << " rules answers: the bot would apologize\n";
  }
  for (const RuleSet::Broken& broken : rules.FindBroken()) {
    out << "rule " << broken.rule << " is passed over: " << broken.why << '\n';
  }
  return Ok();
}

}  // namespace parlor::wsd
