// What answers a question. Two engines: rules (rules_engine.h) and a model behind the
// chat-completions protocol (openai_engine.h). Each object is used by one thread of the bot.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/protocol.h"
#include "common/status.h"

namespace parlor::wsd {

struct Question {
  UserId user;
  std::string first_name;        // of the user
  std::vector<Message> context;  // the conversation, oldest first; the last one is the question
  TimestampMs asked_at;
  int64_t answer_by_ms = 0;  // monotonic: later nobody waits
};

class BotEngine {
 public:
  virtual ~BotEngine() = default;
  // The answer, or why there is none (for the log; kUnavailable as a rule). Never later than
  // answer_by_ms by more than a second.
  virtual Result<std::string> Answer(const Question& question) = 0;
};

}  // namespace parlor::wsd
