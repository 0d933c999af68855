// The bot: answers what users write to it, after it was committed and acknowledged.
//
// Its own threads, each with a database connection and an engine, made when they are first needed:
// bot.threads at most, and with the rules, which answer in microseconds, two. So a bot that nobody
// asks costs one thread that waits. The rules are read from their table every bot.rules_refresh_ms
// by whichever thread finds them old, and shared. One question of a user is in work at a time, the
// others wait in their order. The configured engine is asked first; if it fails the rules are, with
// the failure in the log; if they have nothing either, or bot.answer_limit_s is over, an apology is
// stored. The answer is stored before it is reported. With a model one more thread sends the
// apologies for what still waits when its time is over, while all others wait for the model.
//
// An answer that can't be stored (the database is away) is kept and tried again, with pauses, by
// whichever thread is free, for as long as the daemon lives; when its time is over meanwhile, the
// apology is stored instead. So a question that was stored always gets an answer.
//
// At the start, questions that an earlier daemon left unanswered are found: those of the last
// minutes are answered, older ones of the last day get the apology.
//
// Limits: the gateway lets no more than max_waiting_per_user + 1 questions of a user and
// max_waiting of all be unanswered (BotLoad), and answers `busy` beyond that before anything is
// stored; so the queue here and what is kept are bounded by max_waiting, and Push() is false only
// when closed. Failure: BotAnswered with an error means that the daemon ends (the next start
// answers), or that the user's chat is gone. Owned by Daemon (main.cpp), used from the loop's
// thread.
#pragma once

#include <memory>

#include "common/clock.h"
#include "common/config.h"
#include "common/status.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/thread.h"

namespace parlor::wsd {

struct BotNumbers;  // answerer.h

class Bot {
 public:
  static constexpr int64_t kAnsweredMs = int64_t{5} * 60 * 1000;       // found: answered
  static constexpr int64_t kApologizedMs = int64_t{24} * 3600 * 1000;  // older: an apology
  static constexpr const char* kApology =
      "Sorry, I have no answer to that right now. Please try again in a moment.";

  Bot(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~Bot();  // Stop() at once

  // kInvalidField when the configuration can't work.
  Status Start();
  bool Push(AskBot question);
  void Close();
  // What is in work is answered, or at the deadline given up, and what is kept is tried once more;
  // what waits stays unanswered in the table, for the next start.
  void Stop(Deadline deadline);

  const BotNumbers& numbers() const;  // any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlor::wsd
