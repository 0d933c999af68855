// The bot with a real database and, where a model answers, a real server.
#include "wsd/bot/bot.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/messages.h"
#include "tests/support/completions_server.h"
#include "tests/support/database_proxy.h"
#include "tests/wsd/thread_fixture.h"
#include "wsd/bot/rule_book.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

std::string ProxyPath() {
  return fs::temp_directory_path() / ("parlor-bot-" + std::to_string(getpid()) + ".sock");
}

class BotTest : public ThreadTest {
 protected:
  void TearDown() override {
    if (bot_) bot_->Stop(Now());
  }

  Bot& Thread() {
    if (!bot_) bot_ = std::make_unique<Bot>(config_, manual_, results_);
    return *bot_;
  }
  void Start() {
    const Status started = Thread().Start();
    ASSERT_TRUE(started.ok()) << started.message();
  }
  void StopNow() {
    bot_->Stop(Now());
    bot_.reset();
  }

  // A question as the writer hands it on, committed.
  AskBot Stored(UserId user, const std::string& text) {
    std::vector<Result<messages::Stored>> outcomes;
    const messages::Outgoing message{user, messages::ToBot{}, text, {}};
    Change([&](db::Transaction& tx) {
      outcomes.clear();
      return messages::Append(tx, {&message, 1}, manual_.Now(), &outcomes);
    });
    const messages::Stored& stored = *outcomes.at(0);
    return {user, stored.conversation, {stored.seq, stored.sent_at, user, text}};
  }
  void Ask(UserId user, const std::string& text) { ASSERT_TRUE(Thread().Push(Stored(user, text))); }
  std::string NextAnswer() {
    const BotAnswered answered = Next<BotAnswered>();
    return answered.answer.ok() ? answered.answer->body : answered.answer.status().message();
  }
  std::string Reply(const std::string& text) {
    Ask(ada_, text);
    return NextAnswer();
  }
  uint64_t Answers() { return Count("messages WHERE sender_id = 0"); }
  uint64_t BotThreads() const {
    uint64_t count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/task")) {
      std::string name;
      std::ifstream(entry.path() / "comm") >> name;
      count += name.starts_with("bot-") ? 1 : 0;
    }
    return count;
  }

  // ---- A model
  testing::CompletionsServer& StartModel(const std::string& mode) {
    server_ = std::make_unique<testing::CompletionsServer>();
    config_.bot.engine = "openai";
    config_.bot.openai_url = server_->Url();
    config_.bot.openai_model = mode;
    config_.bot.openai_key = "sk-very-secret";
    config_.bot.system_prompt = "";
    config_.bot.timeout_s = 300;  // tests wait for no time-out
    config_.bot.answer_limit_s = 300;
    return *server_;
  }
  // What the model is asked next: "user: …", "assistant: …".
  std::vector<std::string> NextRequest() {
    std::vector<std::string> turns;
    const Json request = server_->Request();
    for (const Json& turn : request["body"]["messages"]) {
      turns.push_back(turn["role"].get<std::string>() + ": " + turn["content"].get<std::string>());
    }
    return turns;
  }

  FakeClock manual_;
  UserId ada_ = db_.AddUser("Ada"), bob_ = db_.AddUser("Bob");
  std::unique_ptr<testing::CompletionsServer> server_;
  std::unique_ptr<Bot> bot_;
};

// ---- Rules

TEST_F(BotTest, QuestionGetsAStoredAnswer) {
  Start();
  Ask(ada_, "Hi!");
  const BotAnswered answered = Next<BotAnswered>();
  EXPECT_EQ(answered.request.user, ada_);
  EXPECT_EQ(answered.request.question.body, "Hi!");
  ASSERT_TRUE(answered.answer.ok());
  EXPECT_THAT(answered.answer->body, HasSubstr("Hello, Ada!"));
  EXPECT_EQ(answered.answer->sender, kBotUserId);
  EXPECT_FALSE(answered.answer->is_apology);
  const db::Rows stored =
      db_.Read("SELECT seq, sent_at_ms, body FROM messages WHERE sender_id = 0");
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored.As<Seq>(0, 0), answered.answer->seq);
  EXPECT_EQ(stored.Time(0, 1), answered.answer->sent_at);
  EXPECT_EQ(stored.Text(0, 2), answered.answer->body);
}

TEST_F(BotTest, TimeIsTheClocks) {
  Start();
  EXPECT_THAT(Reply("What time is it?"), HasSubstr("It is 17:04 UTC, Ada."));
}

TEST_F(BotTest, WithoutARuleThereIsAnApology) {
  db_.Run("DELETE FROM bot_rules");
  Start();
  Ask(ada_, "Hi!");
  const BotAnswered answered = Next<BotAnswered>();
  ASSERT_TRUE(answered.answer.ok());
  EXPECT_EQ(answered.answer->body, Bot::kApology);
  EXPECT_TRUE(answered.answer->is_apology);
  EXPECT_EQ(Count("messages WHERE sender_id = 0 AND flags = 1"), 1U);
}

TEST_F(BotTest, RulesChangedBySqlAreLiveAfterTheRefresh) {
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
  db_.Run("INSERT INTO bot_rules (priority, pattern, answer) VALUES (1, '^hi', 'Ahoy, {name}')");
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));  // not read again with every question
  manual_.Advance(config_.bot.rules_refresh_ms);
  EXPECT_EQ(Reply("Hi!"), "Ahoy, Ada");
  db_.Run("UPDATE bot_rules SET answer = 'Avast' WHERE priority = 1");
  manual_.Advance(config_.bot.rules_refresh_ms);
  EXPECT_EQ(Reply("Hi!"), "Avast");
  db_.Run("UPDATE bot_rules SET enabled = FALSE WHERE priority = 1");
  manual_.Advance(config_.bot.rules_refresh_ms);
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
}

TEST_F(BotTest, BrokenAndHostileRulesStopNothing) {
  db_.Run(
      "INSERT INTO bot_rules (priority, pattern, answer) VALUES (1, '(', 'x'), "
      "(2, '(a+)+$', 'y'), (3, '((a{1,100}){1,100}){1,100}', 'z')");
  Start();
  EXPECT_THAT(Reply(std::string(15'999, 'a') + "!"), HasSubstr("I don't know"));
}

TEST_F(BotTest, IdleBotIsOneThreadAndTheRulesNeedNoMoreThanTwo) {
  config_.bot.threads = 8;
  Start();
  EXPECT_TRUE(Eventually([&] { return BotThreads() == 1; }));
  for (int i = 0; i < 20; ++i) Ask(db_.AddUser(), "Hi!");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(NextAnswer(), HasSubstr("Hello"));
  EXPECT_LE(BotThreads(), 2U);
}

// ---- A model

TEST_F(BotTest, ModelAnswersWithTheConversationInMind) {
  StartModel("ok");
  Start();
  EXPECT_EQ(Reply("One"), "You said: One");
  EXPECT_EQ(Reply("Two"), "You said: Two");
  EXPECT_EQ(NextRequest(), std::vector<std::string>{"user: One"});
  EXPECT_EQ(NextRequest(),
            (std::vector<std::string>{"user: One", "assistant: You said: One", "user: Two"}));
}

TEST_F(BotTest, ModelIsShownSoManyMessages) {
  StartModel("count");
  config_.bot.context_messages = 3;
  Start();
  for (const char* counted : {"1 messages", "3 messages", "3 messages"}) {
    EXPECT_EQ(Reply("x"), counted);
  }
}

TEST_F(BotTest, OnlyTheNewestQuestionIsShownWithAContextOfOne) {
  StartModel("count");
  config_.bot.context_messages = 1;
  Start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reply("x"), "1 messages");
}

TEST_F(BotTest, OneQuestionOfAUserIsInWorkAtATime) {
  testing::CompletionsServer& server = StartModel("gate");
  Start();
  Ask(ada_, "A1");
  Ask(ada_, "A2");
  Ask(bob_, "B1");
  const std::set<std::vector<std::string>> first = {NextRequest(), NextRequest()};
  EXPECT_EQ(first, (std::set<std::vector<std::string>>{{"user: A1"}, {"user: B1"}}));
  server.Release();
  EXPECT_EQ((std::set<std::string>{NextAnswer(), NextAnswer()}),
            (std::set<std::string>{"You said: A1", "You said: B1"}));
  // The answer came after the second question, and belongs before it all the same.
  EXPECT_EQ(NextRequest(),
            (std::vector<std::string>{"user: A1", "assistant: You said: A1", "user: A2"}));
  server.Release();
  EXPECT_EQ(NextAnswer(), "You said: A2");
}

TEST_F(BotTest, NoMoreQuestionsAreInWorkThanThereAreThreads) {
  testing::CompletionsServer& server = StartModel("gate");
  config_.bot.threads = 1;
  Start();
  Ask(ada_, "A1");
  Ask(bob_, "B1");
  EXPECT_EQ(NextRequest(), std::vector<std::string>{"user: A1"});
  server.Release();
  EXPECT_EQ(NextAnswer(), "You said: A1");
  EXPECT_EQ(NextRequest(), std::vector<std::string>{"user: B1"});
  server.Release();
  EXPECT_EQ(NextAnswer(), "You said: B1");
}

TEST_F(BotTest, LongestQuestionAndItsAnswerFit) {
  StartModel("ok");
  Start();
  const std::string longest(16'000, 'x');
  EXPECT_EQ(Reply(longest), ("You said: " + longest).substr(0, 16'000));
}

TEST_F(BotTest, FailingModelFallsBackToTheRulesAndIsLogged) {
  StartModel("status-500");
  ::testing::internal::CaptureStderr();
  Start();
  const std::string answer = Reply("Quite confidential!");
  const std::string hello = Reply("Hi!");
  StopNow();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(answer, HasSubstr("I don't know"));
  EXPECT_THAT(hello, HasSubstr("Hello, Ada!"));
  EXPECT_THAT(log, AllOf(HasSubstr("asking the model"), HasSubstr("answered 500"),
                         HasSubstr("user=" + std::to_string(ada_.value)), Not(HasSubstr("secret")),
                         Not(HasSubstr("confidential"))));
  EXPECT_EQ(Count("messages WHERE sender_id = 0 AND flags = 2"), 2U);
}

TEST_F(BotTest, ModelThatIsNotThereFallsBackToTheRules) {
  StartModel("ok");
  config_.bot.openai_url = "http://127.0.0.1:1/v1";
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello, Ada!"));
}

TEST_F(BotTest, HangingModelLeavesTheRulesTheirTime) {
  StartModel("hold");
  config_.bot.timeout_s = 300;
  config_.bot.answer_limit_s = 1;  // it is cut off after half of it
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello, Ada!"));
}

TEST_F(BotTest, FailingModelWithoutARuleIsAnApology) {
  db_.Run("DELETE FROM bot_rules");
  StartModel("html");
  Start();
  EXPECT_EQ(Reply("Hi!"), Bot::kApology);
  EXPECT_EQ(Count("messages WHERE sender_id = 0 AND flags = 1"), 1U);
}

TEST_F(BotTest, WaitingQuestionGetsItsApologyInTimeWhileAllThreadsWait) {
  StartModel("hold");
  config_.bot.threads = 1;
  Start();
  Ask(ada_, "A1");
  EXPECT_EQ(NextRequest(), std::vector<std::string>{"user: A1"});
  Ask(bob_, "B1");
  manual_.Advance(config_.bot.answer_limit_s * 1000 - 1);
  Ask(db_.AddUser(), "C1");  // still has time
  manual_.Advance(1);
  const BotAnswered answered = Next<BotAnswered>();
  EXPECT_EQ(answered.request.user, bob_);
  ASSERT_TRUE(answered.answer.ok());
  EXPECT_TRUE(answered.answer->is_apology);
  EXPECT_EQ(Answers(), 1U);
}

// ---- The end, and the next start

TEST_F(BotTest, StoppingGivesUpASlowRequestAndTheNextStartAnswersOnce) {
  StartModel("hold");
  Start();
  Ask(ada_, "Hi!");
  NextRequest();
  StopNow();
  const BotAnswered given_up = Next<BotAnswered>();
  ASSERT_FALSE(given_up.answer.ok());
  EXPECT_EQ(given_up.answer.status().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Answers(), 0U);

  config_.bot.engine = "rules";
  config_.bot.threads = 1;
  manual_.Advance(1000);
  Start();
  const BotAnswered answered = Next<BotAnswered>();
  EXPECT_EQ(answered.request.user, ada_);
  EXPECT_EQ(answered.request.question.body, "Hi!");
  EXPECT_TRUE(answered.answer.ok());
  StopNow();

  Start();
  Ask(bob_, "Hi!");  // after what the start finds: there is one thread
  EXPECT_EQ(Next<BotAnswered>().request.user, bob_);
  EXPECT_TRUE(Nothing<BotAnswered>());
  EXPECT_EQ(Answers(), 2U);
}

TEST_F(BotTest, WhatWaitsAtTheEndIsAnsweredByTheNextStartInOrder) {
  testing::CompletionsServer& server = StartModel("gate");
  Start();
  for (const char* text : {"A1", "A2", "A3"}) Ask(ada_, text);
  NextRequest();
  Thread().Close();
  EXPECT_FALSE(Thread().Push(Stored(bob_, "too late")));
  server.Release();
  EXPECT_EQ(NextAnswer(), "You said: A1");  // what was in work is answered
  Thread().Stop(Soon());
  StopNow();
  EXPECT_EQ(Answers(), 1U);

  config_.bot.openai_model = "ok";
  config_.bot.threads = 1;
  manual_.Advance(1000);
  Start();
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(NextAnswer());
  EXPECT_THAT(answers, ::testing::UnorderedElementsAre("You said: A2", "You said: A3",
                                                       "You said: too late"));
  EXPECT_LT(std::find(answers.begin(), answers.end(), "You said: A2"),
            std::find(answers.begin(), answers.end(), "You said: A3"));
}

TEST_F(BotTest, OldQuestionsGetAnApologyAndThoseOfTheLastMinutesAnAnswer) {
  Stored(db_.AddUser(), "Of the day before");
  manual_.Advance(Bot::kApologizedMs - Bot::kAnsweredMs);
  Stored(ada_, "Hi!");
  manual_.Advance(Bot::kAnsweredMs + 1);
  Stored(bob_, "Hi!");
  manual_.Advance(1);
  config_.bot.threads = 1;
  Start();
  const BotAnswered late = Next<BotAnswered>();
  EXPECT_EQ(late.request.user, ada_);
  ASSERT_TRUE(late.answer.ok());
  EXPECT_TRUE(late.answer->is_apology);
  const BotAnswered answered = Next<BotAnswered>();
  EXPECT_EQ(answered.request.user, bob_);
  ASSERT_TRUE(answered.answer.ok());
  EXPECT_FALSE(answered.answer->is_apology);
  Reply("And now?");
  EXPECT_TRUE(Nothing<BotAnswered>());
  EXPECT_EQ(Answers(), 3U);
}

TEST_F(BotTest, ClockThatWasSetBackLosesNoQuestion) {
  Stored(ada_, "Hi!");
  manual_.SetWallClock(TimestampMs(manual_.Now().value - 3'600'000));
  Start();
  EXPECT_THAT(NextAnswer(), HasSubstr("Hello, Ada!"));
}

TEST_F(BotTest, WhatTheModelDidNotSayIsNotShownToItAsItsOwnWords) {
  testing::CompletionsServer& server = StartModel("status-500");
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello, Ada!"));
  StopNow();
  NextRequest();
  config_.bot.openai_url = server.Url();
  config_.bot.openai_model = "ok";
  Start();
  Reply("Two");
  EXPECT_EQ(NextRequest(), std::vector<std::string>{"user: Hi!\n\nTwo"});
}

TEST_F(BotTest, WithoutAModelsAddressTheModelCantStart) {
  config_.bot.engine = "openai";
  const Status status = Thread().Start();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kInvalidField);
}

// ---- The database goes away

class BotDatabaseTest : public BotTest {
 protected:
  BotDatabaseTest() : proxy_(ProxyPath(), config_.database.socket) {
    config_.database.socket = proxy_.path();
    config_.database.retry_limit_ms = 50;
    config_.bot.threads = 1;
  }
  ~BotDatabaseTest() override {
    if (bot_) StopNow();
  }

  testing::DatabaseProxy proxy_;
};

TEST_F(BotDatabaseTest, AnswerThatCantBeStoredIsKeptUntilItCan) {
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
  const AskBot one = Stored(ada_, "Hello!"), two = Stored(bob_, "Hello!");
  const int turned_away = proxy_.turned_away();
  proxy_.SetAway(true);
  ASSERT_TRUE(Thread().Push(one));
  ASSERT_TRUE(Thread().Push(two));
  ASSERT_TRUE(Eventually([&] { return proxy_.turned_away() > turned_away + 20; }));
  EXPECT_TRUE(Nothing<BotAnswered>());
  proxy_.SetAway(false);
  EXPECT_THAT(NextAnswer(), HasSubstr("Hello"));
  EXPECT_THAT(NextAnswer(), HasSubstr("Hello"));
  EXPECT_THAT(Reply("Bye"), HasSubstr("Goodbye"));
  EXPECT_TRUE(Nothing<BotAnswered>());
  EXPECT_EQ(Answers(), 4U);
}

TEST_F(BotDatabaseTest, AnswerThatComesTooLateIsTheApology) {
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
  const AskBot question = Stored(ada_, "Hello!");
  const int turned_away = proxy_.turned_away();
  proxy_.SetAway(true);
  ASSERT_TRUE(Thread().Push(question));
  ASSERT_TRUE(Eventually([&] { return proxy_.turned_away() > turned_away + 5; }));
  manual_.Advance(config_.bot.answer_limit_s * 1000);
  proxy_.SetAway(false);
  const BotAnswered answered = Next<BotAnswered>();
  ASSERT_TRUE(answered.answer.ok());
  EXPECT_EQ(answered.answer->body, Bot::kApology);
  EXPECT_TRUE(answered.answer->is_apology);
}

TEST_F(BotDatabaseTest, AnswerThatIsKeptAtTheEndComesWithTheNextStart) {
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
  const AskBot question = Stored(ada_, "Hello!");
  proxy_.SetAway(true);
  ASSERT_TRUE(Thread().Push(question));
  StopNow();
  EXPECT_TRUE(Nothing<BotAnswered>() || !Next<BotAnswered>().answer.ok());
  proxy_.SetAway(false);
  Start();
  EXPECT_THAT(NextAnswer(), HasSubstr("Hello"));
  EXPECT_EQ(Answers(), 2U);
}

TEST_F(BotTest, AnswerIntoAChatThatIsGoneIsGivenUp) {
  Start();
  const AskBot question = Stored(ada_, "Hello!");
  db_.Run("DELETE FROM bot_chats");
  ASSERT_TRUE(Thread().Push(question));
  const BotAnswered answered = Next<BotAnswered>();
  ASSERT_FALSE(answered.answer.ok());
  EXPECT_EQ(answered.answer.status().code(), ErrorCode::kNotFound);
}

TEST_F(BotDatabaseTest, AnswerIsStoredOnceWhenItsCommitIsInDoubt) {
  config_.database.retry_limit_ms = 20'000;
  Start();
  EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
  for (const auto how :
       {testing::DatabaseProxy::Cut::kAfterCommit, testing::DatabaseProxy::Cut::kDuringCommit}) {
    const uint64_t before = Answers();
    proxy_.CutCommits(how, 4);  // of what is read and of what is stored
    EXPECT_THAT(Reply("Hi!"), HasSubstr("Hello"));
    EXPECT_EQ(Answers(), before + 1);
  }
}

TEST_F(BotDatabaseTest, QuestionThatCameDuringTheStartIsAnsweredOnce) {
  Stored(ada_, "Hello!");
  manual_.Advance(1000);
  proxy_.SetAway(true);
  Start();
  ASSERT_TRUE(Eventually([&] { return proxy_.turned_away() > 2; }));
  Ask(bob_, "Hi!");  // is here, and would be found as well
  proxy_.SetAway(false);
  const std::set<UserId> answered = {Next<BotAnswered>().request.user,
                                     Next<BotAnswered>().request.user};
  EXPECT_EQ(answered, (std::set<UserId>{ada_, bob_}));
  EXPECT_THAT(Reply("Bye"), HasSubstr("Goodbye"));
  EXPECT_TRUE(Nothing<BotAnswered>());
  EXPECT_EQ(Answers(), 3U);
}

TEST_F(BotDatabaseTest, OldRulesStayWhileTheDatabaseIsAway) {
  db::Database database(config_.database, manual_);
  RuleBook book(1000, manual_);
  const auto first = book.Current(database);
  EXPECT_GT(first->usable(), 0U);
  proxy_.SetAway(true);
  manual_.Advance(1000);
  EXPECT_EQ(book.Current(database), first);
  proxy_.SetAway(false);
  manual_.Advance(1000);
  EXPECT_EQ(book.Current(database), first);  // unchanged: not compiled again
  db_.Run("DELETE FROM bot_rules WHERE priority < 1000");
  manual_.Advance(1000);
  EXPECT_EQ(book.Current(database)->usable(), 1U);
}

// Two users ask at once after a silence: one's thread reads, and the reading takes its time.
TEST_F(BotDatabaseTest, OldRulesAreUsedDuringAReadingOnlyWhileTheyAreYoung) {
  config_.database.retry_limit_ms = 20'000;
  db::Database one(config_.database, manual_), two(config_.database, manual_),
      locking(db_.config(), manual_);
  RuleBook book(1000, manual_);
  const auto before = book.Current(one);
  ASSERT_GT(before->usable(), 1U);
  db_.Run("DELETE FROM bot_rules WHERE priority < 1000");
  std::future<size_t> reading, asking;
  const Status done = locking.Transact(db::Repeat::kOnce, [&](db::Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(tx.ExecuteText("LOCK TABLES bot_rules WRITE").status());
    manual_.Advance(RuleBook::kUsableMs - 1);
    reading = std::async(std::launch::async, [&] { return book.Current(one)->usable(); });
    EXPECT_TRUE(Eventually([&] {
      return Count(
                 "information_schema.processlist WHERE db = DATABASE() AND state LIKE "
                 "'Waiting for table metadata lock'") == 1;
    }));
    EXPECT_EQ(book.Current(two), before);
    manual_.Advance(1);
    asking = std::async(std::launch::async, [&] { return book.Current(two)->usable(); });
    EXPECT_EQ(asking.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
    return tx.ExecuteText("UNLOCK TABLES").status();
  });
  EXPECT_TRUE(done.ok()) << done.message();
  EXPECT_EQ(reading.get(), 1U);
  EXPECT_EQ(asking.get(), 1U);
}

TEST_F(BotDatabaseTest, WithoutADatabaseThereAreNoRulesYet) {
  db::Database database(config_.database, manual_);
  RuleBook book(1000, manual_);
  proxy_.SetAway(true);
  EXPECT_EQ(book.Current(database)->usable(), 0U);
  proxy_.SetAway(false);
  manual_.Advance(1000);
  EXPECT_GT(book.Current(database)->usable(), 0U);
}

}  // namespace
}  // namespace parlor::wsd
