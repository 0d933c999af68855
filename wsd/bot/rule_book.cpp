#include "wsd/bot/rule_book.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/bot_chats.h"
#include "common/log.h"

namespace parlor::wsd {

std::shared_ptr<const RuleSet> RuleBook::Current(db::Database& database) {
  {
    std::lock_guard lock(mutex_);
    if (IsYoungerThan(refresh_ms_)) return rules_;
  }
  std::unique_lock reading(reading_, std::try_to_lock);
  if (!reading.owns_lock()) {
    std::lock_guard lock(mutex_);
    if (IsYoungerThan(std::max(refresh_ms_, kUsableMs))) return rules_;
  }
  if (!reading.owns_lock()) reading.lock();  // nothing yet, or too old: whoever reads is waited for
  {
    std::lock_guard lock(mutex_);
    if (IsYoungerThan(refresh_ms_)) return rules_;
  }
  Read(database);
  std::lock_guard lock(mutex_);
  return rules_;
}

bool RuleBook::IsYoungerThan(int64_t age_ms) const {
  return rules_ != nullptr && clock_.MonotonicMs() - read_at_ms_ < age_ms;
}

Result<std::vector<bot_chats::Rule>> RuleBook::Load(db::Database& database) {
  std::vector<bot_chats::Rule> rules;
  PARLOR_RETURN_IF_ERROR(
      database.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
        PARLOR_ASSIGN_OR_RETURN(rules, bot_chats::LoadRules(tx, RuleSet::kMaxRules));
        return Ok();
      }));
  return rules;
}

// A failure counts as a look too, from its end: the database is not asked with every question while
// it is away.
void RuleBook::Read(db::Database& database) {
  const int64_t now_ms = clock_.MonotonicMs();
  Result<std::vector<bot_chats::Rule>> loaded = Load(database);
  const Status status = loaded.status();
  std::vector<bot_chats::Rule> rules;
  if (status.ok()) rules = std::move(loaded).value();
  if (!status.ok()) log::Warning("reading the bot's rules: the old ones stay", {{"error", status}});
  std::shared_ptr<const RuleSet> before;
  {
    std::lock_guard lock(mutex_);
    before = rules_;
  }
  std::shared_ptr<const RuleSet> after = before;
  if (before == nullptr || (status.ok() && rules != before->rules())) {
    after = std::make_shared<const RuleSet>(std::move(rules), before.get());
    log::Info("reading the bot's rules", {{"usable", after->usable()}});
  }
  std::lock_guard lock(mutex_);
  rules_ = std::move(after);
  read_at_ms_ = status.ok() ? now_ms : clock_.MonotonicMs();
}

}  // namespace parlor::wsd
