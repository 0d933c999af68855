#include "common/bot_chats.h"

#include <thread>

#include "common/messages.h"
#include "tests/support/store_test.h"

namespace parlor::bot_chats {
namespace {

class BotChatsTest : public testing::StoreTest {
 protected:
  messages::Stored Ask(UserId user, std::string text, int64_t at_ms = 0) {
    std::vector<Result<messages::Stored>> outcomes;
    const messages::Outgoing message{user, messages::ToBot{}, std::move(text), {}};
    EXPECT_TRUE(In([&](db::Transaction& tx) {
                  return messages::Append(tx, {&message, 1}, After(at_ms), &outcomes);
                }).ok());
    return outcomes.at(0).value();
  }
  Result<Message> AnswerOn(db::Database& database, UserId user, Seq question, std::string text,
                           bool is_apology = false) {
    return In(database, [&](db::Transaction& tx) {
      return StoreAnswer(tx, user, question, {text, is_apology}, kNow);
    });
  }
  Message Answer(UserId user, Seq question, std::string text, bool is_apology = false) {
    return AnswerOn(db_.database(), user, question, std::move(text), is_apology).value();
  }
  std::vector<Message> Page(ConversationId chat) {
    return In([&](db::Transaction& tx) { return messages::ReadPage(tx, chat, {}); })->messages;
  }
  std::vector<std::string> BodiesUpTo(ConversationId chat, Seq last, uint32_t limit) {
    std::vector<std::string> bodies;
    const auto list =
        In([&](db::Transaction& tx) { return Context(tx, chat, last, limit); }).value();
    for (const Message& message : list) {
      bodies.push_back(message.body);
    }
    return bodies;
  }
  std::vector<std::string> UnansweredSince(int64_t at_ms, uint32_t limit = 100) {
    std::vector<std::string> questions;
    const auto list =
        In([&](db::Transaction& tx) { return FindUnanswered(tx, After(at_ms), limit); }).value();
    for (const Unanswered& found : list) {
      EXPECT_EQ(found.question.sender, found.user);
      EXPECT_EQ(*In([&](db::Transaction& tx) { return Find(tx, found.user); }), found.chat);
      questions.push_back(found.question.body);
    }
    return questions;
  }
  std::vector<std::string> Patterns(uint32_t limit = 1000) {
    std::vector<std::string> patterns;
    const auto list = In([&](db::Transaction& tx) { return LoadRules(tx, limit); }).value();
    for (const Rule& rule : list) {
      patterns.push_back(rule.pattern);
    }
    return patterns;
  }

  using Texts = std::vector<std::string>;
  UserId ada_ = db_.AddUser("Ada"), bob_ = db_.AddUser("Bob");
};

TEST_F(BotChatsTest, ChatIsThereFromTheFirstMessageOn) {
  const auto find = [&] { return In([&](db::Transaction& tx) { return Find(tx, ada_); }).value(); };
  EXPECT_EQ(find(), std::nullopt);
  const ConversationId chat = Ask(ada_, "hello").conversation;
  EXPECT_EQ(find(), chat);
  EXPECT_NE(Ask(bob_, "hello").conversation, chat);
}

TEST_F(BotChatsTest, AnswerFollowsTheQuestion) {
  const messages::Stored question = Ask(ada_, "hello");
  const Message answer = Answer(ada_, question.seq, "Hello, Ada.");
  EXPECT_EQ(answer.seq, Seq(2));
  EXPECT_EQ(answer.sent_at, After(1));
  EXPECT_EQ(answer.sender, kBotUserId);
  EXPECT_EQ(answer.body, "Hello, Ada.");
  const std::vector<Message> page = Page(question.conversation);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[1].sender, kBotUserId);
  EXPECT_EQ(page[1].body, "Hello, Ada.");
  EXPECT_FALSE(page[0].is_apology);
  EXPECT_FALSE(page[1].is_apology);
  EXPECT_EQ(db_.Number("SELECT last_seq FROM conversations"), 2u);
  EXPECT_EQ(db_.Number("SELECT last_sender_id FROM conversations"), 0u);
}

TEST_F(BotChatsTest, NobodysReadMarkMovesWithAnAnswer) {
  const messages::Stored question = Ask(ada_, "hello");
  Answer(ada_, question.seq, "Hello.");
  EXPECT_EQ(Count("members"), 1u);
  EXPECT_EQ(db_.Number("SELECT read_seq FROM members"), question.seq.value);
}

TEST_F(BotChatsTest, ApologyIsMarkedWhereverItIsRead) {
  const messages::Stored question = Ask(ada_, "hello");
  EXPECT_TRUE(Answer(ada_, question.seq, "Sorry.", true).is_apology);
  EXPECT_TRUE(Page(question.conversation).at(1).is_apology);
  const auto range = In([&](db::Transaction& tx) {
    return messages::ReadRange(tx, question.conversation, kNow, Seq(1), Seq(9), 9);
  });
  EXPECT_FALSE(range->at(0).is_apology);
  EXPECT_TRUE(range->at(1).is_apology);
}

TEST_F(BotChatsTest, QuestionIsAnsweredOnce) {
  const messages::Stored question = Ask(ada_, "hello");
  const Message first = Answer(ada_, question.seq, "Sorry.", true);
  Ask(ada_, "still there?");
  const Message again = Answer(ada_, question.seq, "Something else.");
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.sent_at, first.sent_at);
  EXPECT_EQ(again.sender, kBotUserId);
  EXPECT_EQ(again.body, "Sorry.");
  EXPECT_TRUE(again.is_apology);
  EXPECT_EQ(Count("messages"), 3u);
}

TEST_F(BotChatsTest, ManyAtOnceAnswerOnceAndAgree) {
  const Seq question = Ask(ada_, "hello").seq;
  std::vector<Message> answers(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      const SystemClock clock;
      db::Database database(db_.config(), clock);
      answers[i] = AnswerOn(database, ada_, question, std::to_string(i)).value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count("messages"), 2u);
  for (const Message& answer : answers) {
    EXPECT_EQ(answer.seq, Seq(2));
    EXPECT_EQ(answer.body, answers[0].body);
  }
}

// A client may call his own message as the bot calls its answers.
TEST_F(BotChatsTest, UsersIdsAreNotTheBots) {
  std::vector<Result<messages::Stored>> outcomes;
  const messages::Outgoing message{ada_, messages::ToBot{}, "hello", "re:1"};
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return messages::Append(tx, {&message, 1}, kNow, &outcomes);
              }).ok());
  EXPECT_EQ(UnansweredSince(0), (Texts{"hello"}));
  EXPECT_EQ(Answer(ada_, Seq(1), "Hello.").seq, Seq(2));
}

TEST_F(BotChatsTest, BotBeginsNoChat) {
  EXPECT_EQ(Code(AnswerOn(db_.database(), ada_, Seq(1), "Hello.")), ErrorCode::kNotFound);
  EXPECT_EQ(Code(AnswerOn(db_.database(), UserId(999), Seq(1), "Hello.")), ErrorCode::kNotFound);
  EXPECT_EQ(Count("conversations"), 0u);
}

TEST_F(BotChatsTest, ForeignTextIsMadeStorable) {
  const auto stored = [&](const std::string& text) {
    const messages::Stored question = Ask(ada_, "?");
    const std::string body = Answer(ada_, question.seq, text).body;
    EXPECT_EQ(Page(question.conversation).back().body, body);
    return body;
  };
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(stored("a\xffz"), "a" + bad + "z");
  EXPECT_EQ(stored(std::string("a\0z", 3)), "a" + bad + "z");
  EXPECT_EQ(stored("cut \xf0\x9f\x98"), "cut " + bad);
  EXPECT_EQ(stored("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(stored(std::string(16'001, 'x')), std::string(16'000, 'x'));
  EXPECT_EQ(stored(std::string(15'998, 'x') + "\xe2\x82\xac"), std::string(15'998, 'x'));
  EXPECT_EQ(stored(std::string(15'997, 'x') + "\xe2\x82\xac"),
            std::string(15'997, 'x') + "\xe2\x82\xac");
  EXPECT_EQ(stored(std::string(15'998, 'x') + "\xff").size(), 15'998u);
}

// ---- what the bot reads

TEST_F(BotChatsTest, ContextIsWithoutWhatTheRulesAnswered) {
  const messages::Stored one = Ask(ada_, "one");
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return StoreAnswer(tx, ada_, one.seq, {"by a rule", false, true}, kNow);
              }).ok());
  const messages::Stored two = Ask(ada_, "two");
  Answer(ada_, two.seq, "by a model");
  EXPECT_EQ(BodiesUpTo(one.conversation, Seq(9), 3),
            (std::vector<std::string>{"one", "two", "by a model"}));
  EXPECT_EQ(Page(one.conversation).size(), 4U);
  EXPECT_FALSE(Page(one.conversation).at(1).is_apology);
}

TEST_F(BotChatsTest, ContextIsTheNewestUpToTheQuestionOldestFirst) {
  const ConversationId chat = Ask(ada_, "one").conversation;
  Answer(ada_, Seq(1), "first");
  Ask(ada_, "two");
  Ask(ada_, "three");
  Ask(bob_, "other");
  EXPECT_EQ(BodiesUpTo(chat, Seq(3), 10), (Texts{"one", "first", "two"}));
  EXPECT_EQ(BodiesUpTo(chat, Seq(3), 2), (Texts{"first", "two"}));
  EXPECT_EQ(BodiesUpTo(chat, Seq(4), 1), (Texts{"three"}));
  EXPECT_EQ(BodiesUpTo(chat, Seq(9), 1), (Texts{"three"}));
  EXPECT_EQ(BodiesUpTo(ConversationId(999), Seq(9), 9), Texts{});
}

TEST_F(BotChatsTest, UnansweredAreFoundOldestFirst) {
  EXPECT_EQ(UnansweredSince(0), Texts{});
  Ask(ada_, "answered", 0);
  Answer(ada_, Seq(1), "Yes.");
  Ask(bob_, "from Bob", 20);
  Ask(ada_, "from Ada", 10);
  Ask(bob_, "more", 30);
  EXPECT_EQ(UnansweredSince(0), (Texts{"from Ada", "from Bob", "more"}));
  EXPECT_EQ(UnansweredSince(20), (Texts{"from Bob", "more"}));
  EXPECT_EQ(UnansweredSince(21), (Texts{"more"}));
  EXPECT_EQ(UnansweredSince(31), Texts{});
  EXPECT_EQ(UnansweredSince(0, 2), (Texts{"from Ada", "from Bob"}));
}

TEST_F(BotChatsTest, QuestionBehindAnAnswerToAnotherIsStillFound) {
  Ask(ada_, "one");
  Ask(ada_, "two");
  Answer(ada_, Seq(1), "1");
  EXPECT_EQ(UnansweredSince(0), (Texts{"two"}));
  Answer(ada_, Seq(2), "Sorry.", true);
  EXPECT_EQ(UnansweredSince(0), Texts{});
}

TEST_F(BotChatsTest, MessagesOfPeopleAreNoQuestions) {
  std::vector<Result<messages::Stored>> outcomes;
  const ConversationId group = db_.AddGroup(ada_);
  const messages::Outgoing batch[] = {{ada_, messages::ToUser{bob_}, "to Bob", {}},
                                      {ada_, messages::ToGroup{group}, "to all", {}}};
  ASSERT_TRUE(
      In([&](db::Transaction& tx) { return messages::Append(tx, batch, kNow, &outcomes); }).ok());
  EXPECT_EQ(UnansweredSince(0), Texts{});
}

TEST_F(BotChatsTest, UnansweredOfManyUsersAreAllFound) {
  db_.Run(
      "INSERT INTO users (id, email, email_key, first_name, last_name, password_hash, "
      "created_at_ms) WITH RECURSIVE n AS (SELECT 1000 AS i UNION ALL SELECT i + 1 FROM n "
      "WHERE i < 1600) SELECT i, i, i, 'A', 'B', '*', 1 FROM n");
  std::vector<messages::Outgoing> batch;
  for (uint64_t id = 1000; id < 1600; ++id)
    batch.push_back({UserId(id), messages::ToBot{}, "x", {}});
  std::vector<Result<messages::Stored>> outcomes;
  ASSERT_TRUE(
      In([&](db::Transaction& tx) { return messages::Append(tx, batch, kNow, &outcomes); }).ok());
  Ask(ada_, "oldest", -1);
  Ask(bob_, "newest", 1);
  const Texts all = UnansweredSince(-10, 1000);
  ASSERT_EQ(all.size(), 602u);
  EXPECT_EQ(all.front(), "oldest");
  EXPECT_EQ(all.back(), "newest");
  EXPECT_EQ(UnansweredSince(-10, 1), (Texts{"oldest"}));
}

TEST_F(BotChatsTest, FirstNameIsThatOfTheUser) {
  const auto name = [&](UserId user) {
    return In([&](db::Transaction& tx) { return FirstNameOf(tx, user); });
  };
  EXPECT_EQ(*name(ada_), "Ada");
  EXPECT_EQ(Code(name(UserId(999))), ErrorCode::kNotFound);
}

TEST_F(BotChatsTest, RulesAreThoseThatAreOnByPriorityThenId) {
  db_.Run("DELETE FROM bot_rules");
  EXPECT_EQ(Patterns(), Texts{});
  db_.Run(
      "INSERT INTO bot_rules (id, priority, pattern, answer, enabled) VALUES "
      "(11, 100, 'c', 'C', TRUE), (12, 50, 'a', 'A {1}', TRUE), (13, 100, 'd', 'D', TRUE), "
      "(14, -1, 'off', 'x', FALSE), (10, 100, 'b', 'B', TRUE)");
  EXPECT_EQ(Patterns(), (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(Patterns(2), (Texts{"a", "b"}));
  const auto rules = In([&](db::Transaction& tx) { return LoadRules(tx, 1); }).value();
  EXPECT_EQ(rules.at(0), (Rule{12, "a", "A {1}"}));
  db_.Run("UPDATE bot_rules SET enabled = NOT enabled");
  EXPECT_EQ(Patterns(), (Texts{"off"}));
}

TEST_F(BotChatsTest, RuleOfAnAdministratorIsOnAndHasPriority100) {
  db_.Run("DELETE FROM bot_rules");
  db_.Run("INSERT INTO bot_rules (pattern, answer) VALUES ('new', 'x')");
  db_.Run("INSERT INTO bot_rules (priority, pattern, answer) VALUES (99, 'before', 'x')");
  EXPECT_EQ(Patterns(), (Texts{"before", "new"}));
}

}  // namespace
}  // namespace parlor::bot_chats
