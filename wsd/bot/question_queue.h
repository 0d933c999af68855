// The questions that wait for the bot, and which of them is next: by turns over the users, one of
// each in work at a time, each user's in their order. Pure data; the bot guards it with a lock.
//
// Bounded by who puts in (bot.max_waiting, at the gateway).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>

#include "wsd/commands.h"

namespace parlor::wsd {

struct WaitingQuestion {
  AskBot ask;
  int64_t answer_by_ms = 0;  // monotonic; later it gets an apology
};

// A question with its answer on the way into the table.
struct ComposedAnswer {
  WaitingQuestion question;
  std::string text;
  bool is_apology = false;
  bool by_rules = false;
};

class QuestionQueue {
 public:
  void Put(WaitingQuestion question);
  // The next one; its user's others wait until Done(). nullopt: there is none now.
  std::optional<WaitingQuestion> Take();
  // The next one whose time is over.
  std::optional<WaitingQuestion> TakeLate(int64_t now_ms);
  void Done(UserId user);

  // How many could be taken now.
  size_t ready() const { return ready_.size(); }

 private:
  WaitingQuestion TakeOf(UserId user);

  struct OfUser {
    std::deque<WaitingQuestion> waiting;
    bool in_work = false;
  };
  std::unordered_map<UserId, OfUser> users_;  // those with anything here
  std::list<UserId> ready_;  // who has something waiting and nothing in work, in turn
};

}  // namespace parlor::wsd
