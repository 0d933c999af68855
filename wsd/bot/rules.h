// The bot's rules, compiled: which one answers a text, and what.
//
// The first rule in order whose pattern is found in the text answers. Patterns are RE2's: time and
// memory are bounded whatever a pattern and a text look like. What would keep a backtracking
// matcher busy for ever costs at most some kMaxInstructions steps for each byte. A rule that can't
// be compiled or is too large is logged once with its id and passed over; so are those beyond
// kMaxRules. Immutable: shared by the bot's threads. rules.cpp is the only includer of re2.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bot_chats.h"
#include "common/ids.h"

namespace parlor::wsd {

// What the placeholders of an answer stand for.
struct RuleValues {
  std::string_view name;  // {name}
  TimestampMs now;        // {time}: 17:04; {date}: Sunday, 22 November 2026; both in UTC
};

class RuleSet {
 public:
  static constexpr size_t kMaxRules = 200;
  // What a compiled pattern and the states that RE2 caches for it may take. Usual ones take a few
  // KiB; only rules made for that fill it.
  static constexpr int64_t kMaxRuleBytes = int64_t{1024} * 1024;
  // Instructions of a compiled pattern: what one byte of a text costs at most. A class of Unicode
  // (\pL) has a thousand.
  static constexpr int kMaxInstructions = 8000;

  // What `previous` (may be null) has compiled is taken over, so that a change costs what changed
  // and a bad rule is not logged with every change of another.
  RuleSet(std::vector<bot_chats::Rule> rules, const RuleSet* previous);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  const std::vector<bot_chats::Rule>& rules() const { return rules_; }
  size_t usable() const;  // those that can answer

  // What can't be used, and why. Compiles these again: for people who look, not for each question.
  struct Broken {
    uint64_t rule;
    std::string why;
  };
  std::vector<Broken> FindBroken() const;

  struct Found {
    size_t index;  // in rules()
    std::string answer;
  };
  // The first rule that answers. The answer has 1 to 16,000 bytes, cut between two characters. {1}
  // to {9} stand for what the pattern's groups found, empty for those that took no part; braces
  // that stand for nothing stay. nullopt: no rule has an answer, or `give_up`, asked before each
  // rule, was true.
  std::optional<Found> Find(std::string_view text, const RuleValues& values,
                            const std::function<bool()>& give_up = nullptr) const;

  // The answer of Find.
  std::optional<std::string> Answer(std::string_view text, const RuleValues& values,
                                    const std::function<bool()>& give_up = nullptr) const;

 private:
  struct Compiled;
  std::vector<bot_chats::Rule> rules_;
  std::vector<std::shared_ptr<const Compiled>> compiled_;  // as rules_; null: unusable
};

}  // namespace parlor::wsd
