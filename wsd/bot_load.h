// How many questions to the bot are unanswered, of each user and of all: from before a question is
// handed to a writer until its answer, or what went wrong, is back. Keeps the bot's queue bounded
// before anything is stored. Answers to questions of an earlier run of the daemon were never
// counted; they free a place all the same, so a user who has some may be ahead of his bound by as
// many. Loop's thread.
#pragma once

#include <unordered_map>

#include "common/config.h"
#include "common/ids.h"

namespace parlor::wsd {

class BotLoad {
 public:
  explicit BotLoad(const BotConfig& config)
      : max_of_user_(static_cast<size_t>(config.max_waiting_per_user) + 1),  // and one in work
        max_(static_cast<size_t>(config.max_waiting)) {}

  // False: too many, and nothing is counted.
  bool Take(UserId user) {
    const auto found = users_.find(user);
    if (waiting_ >= max_ || (found != users_.end() && found->second >= max_of_user_)) return false;
    ++users_[user];
    ++waiting_;
    return true;
  }
  void Release(UserId user) {
    const auto found = users_.find(user);
    if (found == users_.end()) return;
    --waiting_;
    if (--found->second == 0) users_.erase(found);
  }
  size_t waiting() const { return waiting_; }

 private:
  const size_t max_of_user_, max_;
  size_t waiting_ = 0;
  std::unordered_map<UserId, size_t> users_;  // those that have any
};

}  // namespace parlor::wsd
