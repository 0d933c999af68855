// Bot chats: one conversation for each user, and the rules that answer. Store over db.h, part of a
// transaction of the caller.
//
// An answer names its question in its client_msg_id ("re:" and the question's seq), so a question
// is answered at most once, over all threads, daemons and restarts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/db.h"
#include "common/protocol.h"

namespace parlor::bot_chats {

// The user's bot chat; nullopt before the first message.
Result<std::optional<ConversationId>> Find(db::Transaction& tx, UserId user);

struct Answer {
  std::string_view text;
  bool is_apology = false;
  bool by_rules = false;
};
// Stores the answer to the question with `question` as its seq, or finds the one that was stored
// before (then `answer` is not looked at, and the result is the stored one to the byte). The text
// is cut at 16,000 bytes between two characters; invalid UTF-8 and NUL become U+FFFD. kNotFound:
// the user has no bot chat.
Result<Message> StoreAnswer(db::Transaction& tx, UserId user, Seq question, const Answer& answer,
                            TimestampMs now);

// What a model is shown: the newest `limit` messages up to and with `last`, oldest first. Without
// what the rules answered: a model would take it for its own words.
Result<std::vector<Message>> Context(db::Transaction& tx, ConversationId chat, Seq last,
                                     uint32_t limit);

// A question that has no answer: it is being worked on, or its daemon was killed.
struct Unanswered {
  UserId user;
  ConversationId chat;
  Message question;
};
// The questions sent at or after `since` that have no answer, oldest first; at most `limit`. Also
// one that was overtaken by the answer to another of the same user. Looks at every bot chat (one a
// user who ever asked): for the start of a daemon, not for every minute.
Result<std::vector<Unanswered>> FindUnanswered(db::Transaction& tx, TimestampMs since,
                                               uint32_t limit);

struct Rule {
  uint64_t id = 0;
  std::string pattern;  // RE2, without regard to case, anywhere in the text
  std::string answer;   // with {1} … {9} for the pattern's groups, {name}, {time}, {date}
  friend bool operator==(const Rule&, const Rule&) = default;
};
// Those that are on, in the order in which they are tried. At most `limit`.
Result<std::vector<Rule>> LoadRules(db::Transaction& tx, uint32_t limit);

// What {name} stands for; kNotFound.
Result<std::string> FirstNameOf(db::Transaction& tx, UserId user);

}  // namespace parlor::bot_chats
