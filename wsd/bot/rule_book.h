// The bot's rules as they are now: read from the table bot_rules, shared by the bot's threads.
//
// Rules older than bot.rules_refresh_ms are read again by the thread that wants them, and compiled
// only when they have changed. Meanwhile the others go on with the old ones while these are younger
// than kUsableMs, and else wait for the reading: whatever was changed longer ago is in the next
// answer. If they can't be read (the database is away) the old ones stay. Any thread; each brings
// its own connection.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "common/clock.h"
#include "common/db.h"
#include "wsd/bot/rules.h"

namespace parlor::wsd {

class RuleBook {
 public:
  static constexpr int64_t kUsableMs = 4000;  // an edit is promised to be live within 5 s

  RuleBook(int64_t refresh_ms, const Clock& clock) : refresh_ms_(refresh_ms), clock_(clock) {}

  // The table as it is now; at most RuleSet::kMaxRules.
  static Result<std::vector<bot_chats::Rule>> Load(db::Database& database);

  // Never null; empty when they could never be read.
  std::shared_ptr<const RuleSet> Current(db::Database& database);

 private:
  bool IsYoungerThan(int64_t age_ms) const;  // under mutex_
  void Read(db::Database& database);

  const int64_t refresh_ms_;
  const Clock& clock_;
  std::mutex reading_;        // one reads
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const RuleSet> rules_;
  int64_t read_at_ms_ = 0;
};

}  // namespace parlor::wsd
