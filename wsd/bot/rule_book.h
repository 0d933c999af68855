// The bot's rules as they are now: read from the table bot_rules, shared by the bot's threads.
//
// Rules older than bot.rules_refresh_ms are read again by the thread that wants them (the others go
// on with the old ones meanwhile), and compiled only when they have changed. While the database is
// away the old ones stay. Any thread; each brings its own connection.
#pragma once

#include <memory>
#include <mutex>

#include "common/clock.h"
#include "common/db.h"
#include "wsd/bot/rules.h"

namespace parlor::wsd {

class RuleBook {
 public:
  RuleBook(int64_t refresh_ms, const Clock& clock) : refresh_ms_(refresh_ms), clock_(clock) {}

  // Never null; empty when they could never be read.
  std::shared_ptr<const RuleSet> Current(db::Database& database);

 private:
  bool IsFresh() const;  // under mutex_
  void Read(db::Database& database);

  const int64_t refresh_ms_;
  const Clock& clock_;
  std::mutex reading_;        // one reads
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const RuleSet> rules_;
  int64_t read_at_ms_ = 0;
};

}  // namespace parlor::wsd
