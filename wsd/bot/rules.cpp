#include "wsd/bot/rules.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "common/log.h"
#include "common/protocol.h"

namespace parlor::wsd {
namespace {

constexpr size_t kMaxGroups = 9;  // {1} to {9}
using Groups = std::array<re2::StringPiece, kMaxGroups + 1>;

constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};

re2::RE2::Options PatternOptions() {
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(RuleSet::kMaxRuleBytes);
  return options;
}

std::string Time(TimestampMs now) { return FormatTimestamp(now).substr(11, 5); }

std::string Date(TimestampMs now) {
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now.value)));
  const std::chrono::year_month_day date(day);
  return std::string(kDays[std::chrono::weekday(day).c_encoding()]) + ", " +
         std::to_string(static_cast<unsigned>(date.day())) + " " +
         kMonths[static_cast<unsigned>(date.month()) - 1] + " " +
         std::to_string(static_cast<int>(date.year()));
}

// Appends what fits into a message. False: not all of it did.
bool AppendBounded(std::string& out, std::string_view text) {
  const size_t room = kMaxMessageBytes - out.size();
  if (text.size() <= room) {
    out += text;
    return true;
  }
  size_t end = room;  // not in the middle of a character
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  out += text.substr(0, end);
  return false;
}

// What the placeholder `name` stands for.
std::optional<std::string> ValueOf(std::string_view name, const Groups& groups, size_t group_count,
                                   const RuleValues& values) {
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
    const auto group = static_cast<size_t>(name[0] - '0');
    if (group > group_count) return std::nullopt;
    return std::string(groups[group].data() == nullptr
                           ? std::string_view()
                           : std::string_view(groups[group].data(), groups[group].size()));
  }
  if (name == "name") return std::string(values.name);
  if (name == "time") return Time(values.now);
  if (name == "date") return Date(values.now);
  return std::nullopt;
}

// Puts the values in. Not into what they themselves bring: a user's text is no template.
std::string Expand(std::string_view answer, const Groups& groups, size_t group_count,
                   const RuleValues& values) {
  std::string out;
  bool fits = true;
  while (fits && !answer.empty()) {
    const size_t open = std::min(answer.find('{'), answer.size());
    fits = AppendBounded(out, answer.substr(0, open));
    answer.remove_prefix(open);
    if (!fits || answer.empty()) break;
    const size_t close = answer.find('}');
    const std::optional<std::string> value =
        close == std::string_view::npos
            ? std::nullopt
            : ValueOf(answer.substr(1, close - 1), groups, group_count, values);
    fits = AppendBounded(out, value ? std::string_view(*value) : answer.substr(0, 1));
    answer.remove_prefix(value ? close + 1 : 1);
  }
  return out;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

struct RuleSet::Compiled {
  explicit Compiled(const std::string& text) : pattern(text, PatternOptions()) {}

  // Why it can't be used; empty when it can.
  std::string Trouble() const {
    if (!pattern.ok()) return pattern.error();
    if (std::max(pattern.ProgramSize(), pattern.ReverseProgramSize()) > kMaxInstructions) {
      return "pattern too large";
    }
    return "";
  }

  re2::RE2 pattern;
};

RuleSet::RuleSet(std::vector<bot_chats::Rule> rules, const RuleSet* previous)
    : rules_(std::move(rules)) {
  if (rules_.size() >= kMaxRules) {
    log::Warning("reading the bot's rules: there may be more than are used",
                 {{"limit", kMaxRules}});
    rules_.resize(kMaxRules);
  }
  std::map<std::pair<uint64_t, std::string_view>, std::shared_ptr<const Compiled>> known;
  for (size_t i = 0; previous != nullptr && i < previous->rules_.size(); ++i) {
    const bot_chats::Rule& rule = previous->rules_[i];
    known.emplace(std::pair(rule.id, std::string_view(rule.pattern)), previous->compiled_[i]);
  }
  for (const bot_chats::Rule& rule : rules_) {
    const auto before = known.find({rule.id, rule.pattern});
    if (before != known.end()) {
      compiled_.push_back(before->second);
      continue;
    }
    auto compiled = std::make_shared<const Compiled>(rule.pattern);
    const std::string trouble = compiled->Trouble();
    if (!trouble.empty()) {
      log::Warning("reading the bot's rules: one is passed over",
                   {{"rule", rule.id}, {"error", trouble}});
      compiled = nullptr;
    }
    compiled_.push_back(std::move(compiled));
  }
}

RuleSet::~RuleSet() = default;

size_t RuleSet::usable() const {
  return static_cast<size_t>(
      std::count_if(compiled_.begin(), compiled_.end(),
                    [](const auto& compiled) { return compiled != nullptr; }));
}

std::vector<RuleSet::Broken> RuleSet::FindBroken() const {
  std::vector<Broken> broken;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (compiled_[i] == nullptr) {
      broken.push_back({rules_[i].id, Compiled(rules_[i].pattern).Trouble()});
    }
  }
  return broken;
}

std::optional<std::string> RuleSet::Answer(std::string_view text, const RuleValues& values,
                                           const std::function<bool()>& give_up) const {
  std::optional<Found> found = Find(text, values, give_up);
  if (!found) return std::nullopt;
  return std::move(found->answer);
}

std::optional<RuleSet::Found> RuleSet::Find(std::string_view text, const RuleValues& values,
                                            const std::function<bool()>& give_up) const {
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (compiled_[i] == nullptr) continue;
    if (give_up && give_up()) return std::nullopt;
    const re2::RE2& pattern = compiled_[i]->pattern;
    const size_t group_count =
        std::min(static_cast<size_t>(pattern.NumberOfCapturingGroups()), kMaxGroups);
    Groups groups;
    // Nothing asked for what no placeholder can show: without groups RE2 only has to say yes or no.
    const int submatches = group_count == 0 ? 0 : static_cast<int>(group_count) + 1;
    if (!pattern.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                       re2::RE2::UNANCHORED, groups.data(), submatches)) {
      continue;
    }
    std::string answer = Expand(rules_[i].answer, groups, group_count, values);
    if (!IsBlank(answer)) return Found{i, std::move(answer)};
  }
  return std::nullopt;
}

}  // namespace parlor::wsd
