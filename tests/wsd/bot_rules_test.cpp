// The bot's rules: how they answer, what a hostile one can do, and the ones that are shipped.
#include "wsd/bot/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/protocol.h"
#include "tests/support/database.h"

namespace parlor::wsd {
namespace {

using bot_chats::Rule;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TimestampMs kNow{1795367052123};  // Sunday, 2026-11-22T17:04:12.123Z

RuleSet Rules(std::vector<std::pair<std::string, std::string>> rules) {
  std::vector<Rule> numbered;
  for (auto& [pattern, answer] : rules) {
    numbered.push_back({numbered.size() + 1, std::move(pattern), std::move(answer)});
  }
  return RuleSet(std::move(numbered), nullptr);
}

std::string Answer(const RuleSet& rules, std::string_view text) {
  return rules.Answer(text, {"Ada", kNow}).value_or("nothing");
}

std::string Logged(const std::function<void()>& body) {
  ::testing::internal::CaptureStderr();
  body();
  return ::testing::internal::GetCapturedStderr();
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// ---- Which rule

TEST(BotRulesTest, FindSaysWhichRuleItIs) {
  const RuleSet rules = Rules({{"(cat", "never"}, {"c.t", " "}, {"(c)at", "{1}, {name}"}});
  const std::optional<RuleSet::Found> found = rules.Find("a cat", {"{name}", kNow});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->index, 2u) << "the first is broken, the second has nothing to say";
  EXPECT_EQ(found->answer, "c, {name}");
  EXPECT_FALSE(rules.Find("a dog", {"Ada", kNow}).has_value());
  const std::vector<RuleSet::Broken> broken = rules.FindBroken();
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].rule, 1u);
  EXPECT_THAT(broken[0].why, HasSubstr("missing )"));
}

TEST(BotRulesTest, FirstRuleThatIsFoundAnswers) {
  const RuleSet rules = Rules({{"cat", "one"}, {"c.t", "two"}, {"^dog$", "three"}});
  EXPECT_EQ(Answer(rules, "a cat"), "one");
  EXPECT_EQ(Answer(rules, "a cut"), "two");
  EXPECT_EQ(Answer(rules, "dog"), "three");
  EXPECT_EQ(Answer(rules, "my dog"), "nothing");
  EXPECT_EQ(Answer(Rules({}), "dog"), "nothing");
}

TEST(BotRulesTest, CaseIsOfNoMatterInAnyScript) {
  const RuleSet rules = Rules({{"grüezi", "1"}, {"ПРИВЕТ", "2"}});
  EXPECT_EQ(Answer(rules, "GRÜEZI"), "1");
  EXPECT_EQ(Answer(rules, "привет"), "2");
}

TEST(BotRulesTest, RuleWithAnEmptyAnswerIsNoAnswer) {
  EXPECT_EQ(Answer(Rules({{"x", ""}, {"x", " \n"}, {"(x)(y)?", "{2}"}, {"x", "last"}}), "x"),
            "last");
}

TEST(BotRulesTest, RestIsNotTriedWhenTheTimeIsOver) {
  const RuleSet rules = Rules({{"a", "one"}, {"b", "two"}});
  int asked = 0;
  EXPECT_EQ(rules.Answer("b", {"Ada", kNow}, [&] { return ++asked == 2; }), std::nullopt);
  EXPECT_EQ(asked, 2);
}

// ---- What it says

TEST(BotRulesTest, GroupsArePutIn) {
  const RuleSet rules = Rules({{"(\\pL+) loves (\\pL+)( dearly)?", "{2} loves {1}{3}, {1}!"}});
  EXPECT_EQ(Answer(rules, "Ada loves Bob"), "Bob loves Ada, Ada!");
  EXPECT_EQ(Answer(rules, "Ada loves Bob dearly"), "Bob loves Ada dearly, Ada!");
}

TEST(BotRulesTest, NameTimeAndDateArePutIn) {
  EXPECT_EQ(Answer(Rules({{"x", "{name}: {time}, {date}"}}), "x"),
            "Ada: 17:04, Sunday, 22 November 2026");
  EXPECT_EQ(Rules({{"x", "{date} {time}"}}).Answer("x", {"", TimestampMs(951'825'600'000)}),
            "Tuesday, 29 February 2000 12:00");
}

TEST(BotRulesTest, OtherBracesStay) {
  const std::string odd = "{} {0} {10} {2} {Name} { name} {name {x} } { {{name}} {";
  EXPECT_EQ(Answer(Rules({{"(x)", odd}}), "x"),
            "{} {0} {10} {2} {Name} { name} {name {x} } { {Ada} {");
}

TEST(BotRulesTest, WhatTheUserSaysIsNoTemplate) {
  EXPECT_EQ(Answer(Rules({{"say (.*)", "{1}!"}}), "say {name} {1} \\1"), "{name} {1} \\1!");
  EXPECT_EQ(Rules({{"x", "{name}"}}).Answer("x", {"{time}", kNow}), "{time}");
}

TEST(BotRulesTest, AnswerIsCutBetweenTwoCharacters) {
  const RuleSet rules = Rules({{"(.*)", "a{1}{1}"}});
  std::string text;
  while (text.size() < 15'998) text += "ä";
  const std::string answer = Answer(rules, text);
  EXPECT_EQ(answer, "a" + text);  // 15,999: the next character has two bytes
  EXPECT_TRUE(IsValidUtf8(answer));
  EXPECT_EQ(Answer(Rules({{"(.*)", "{1}{1}"}}), std::string(16'000, 'x')).size(), 16'000U);
}

TEST(BotRulesTest, LongAnswerWithManyGroupsIsBounded) {
  std::string all;
  for (int i = 0; i < 1000; ++i) all += "{1}";
  EXPECT_EQ(Answer(Rules({{"(.*)", all}}), std::string(16'000, 'x')).size(), 16'000U);
}

// ---- Bad rules

TEST(BotRulesTest, RuleThatCantBeCompiledIsLoggedAndPassedOver) {
  const std::string log = Logged([] {
    const RuleSet rules = Rules({{"(", "one"}, {"a\\", "two"}, {"(?=x)", "three"}, {"x", "four"}});
    EXPECT_EQ(rules.usable(), 1U);
    EXPECT_EQ(Answer(rules, "x("), "four");
  });
  EXPECT_THAT(log, AllOf(HasSubstr("rule=1 "), HasSubstr("rule=2 "), HasSubstr("rule=3 "),
                         Not(HasSubstr("rule=4"))));
}

TEST(BotRulesTest, BadRuleIsLoggedOnce) {
  const RuleSet before({{7, "(", "x"}, {8, "a", "a"}}, nullptr);
  const std::string log = Logged([&] {
    const RuleSet after({{7, "(", "y"}, {8, "b", "b"}, {9, "[", "z"}}, &before);
    EXPECT_EQ(Answer(after, "b"), "b");
    EXPECT_EQ(Answer(after, "a"), "nothing");
  });
  EXPECT_THAT(log, AllOf(Not(HasSubstr("rule=7")), HasSubstr("rule=9 ")));
}

TEST(BotRulesTest, NewAnswerOfAKnownPatternCounts) {
  const RuleSet before({{1, "x", "old"}}, nullptr);
  const RuleSet after({{1, "x", "new"}}, &before);
  EXPECT_EQ(Answer(after, "x"), "new");
}

TEST(BotRulesTest, TooLargePatternsArePassedOver) {
  const std::string log = Logged([] {
    const RuleSet rules = Rules({{"((a{1,100}){1,100}){1,100}", "1"},
                                 {"(\\pL{1,100})+", "2"},
                                 {"[^a-m]{1000}[n-z]{1000}", "3"},
                                 {"a{1001}", "4"},
                                 {"x", "last"}});
    EXPECT_EQ(rules.usable(), 1U);
    EXPECT_EQ(Answer(rules, std::string(16'000, 'a') + "x"), "last");
  });
  EXPECT_THAT(log, HasSubstr("too large"));
}

TEST(BotRulesTest, MoreRulesThanAreUsedAreLeftOut) {
  std::vector<Rule> many;
  for (uint64_t id = 1; id <= RuleSet::kMaxRules + 1; ++id) {
    many.push_back({id, "x" + std::to_string(id) + "$", "found"});
  }
  const std::string log = Logged([&] {
    const RuleSet rules(many, nullptr);
    EXPECT_EQ(rules.usable(), RuleSet::kMaxRules);
    EXPECT_EQ(Answer(rules, "x200"), "found");
    EXPECT_EQ(Answer(rules, "x201"), "nothing");
  });
  EXPECT_THAT(log, HasSubstr("limit=200"));
}

// A matcher that backtracks needs 2^n steps for the first of these, and more than the age of the
// universe for n = 16,000. Bounded by the work done, not by the clock on the wall: the tests may
// run beside others.
TEST(BotRulesTest, HostilePatternsDoLittleWork) {
  // And in which of the three texts it is found.
  const std::pair<const char*, const char*> hostile[] = {{"(a+)+$", "--f"},
                                                         {"(a|aa)+$", "--f"},
                                                         {"(a|a?)+$", "fff"},
                                                         {"(.*)*x$", "---"},
                                                         {"^(([a-z])+.)+[A-Z]([a-z])+$", "--f"},
                                                         {"(.*a){20}b", "--f"},
                                                         {"a*a*a*a*a*a*a*a*b", "--f"},
                                                         {"(x+x+)+y", "---"},
                                                         {"[ab]*a[ab]{400}c", "---"},
                                                         {"(a?){400}a{400}c", "---"}};
  const std::string texts[] = {std::string(15'999, 'a') + "!", std::string(15'999, 'x') + "!", [] {
                                 std::string random;
                                 for (uint32_t state = 1; random.size() < 16'000;) {
                                   state = state * 1664525 + 1013904223;
                                   random += (state >> 16) % 2 == 0 ? 'a' : 'b';
                                 }
                                 return random;
                               }()};
  for (const auto& [pattern, found] : hostile) {
    const RuleSet rules = Rules({{pattern, "found"}, {".*", "rest"}});
    ASSERT_EQ(rules.usable(), 2U) << pattern;
    std::string answers;
    for (const std::string& text : texts) {
      const double before = CpuSeconds();
      answers += Answer(rules, text) == "found" ? 'f' : '-';
      EXPECT_LT(CpuSeconds() - before, 1.0) << pattern;
    }
    EXPECT_EQ(answers, found) << pattern;
  }
}

// ---- The rules that are shipped

class ShippedRulesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    testing::TestDatabase db;
    std::vector<Rule> rules;
    const Status status =
        db.database().Transact(db::Repeat::kOnce, [&](db::Transaction& tx) -> Status {
          PARLOR_ASSIGN_OR_RETURN(rules, bot_chats::LoadRules(tx, 1000));
          return Ok();
        });
    ASSERT_TRUE(status.ok()) << status.message();
    rules_ = std::make_unique<RuleSet>(std::move(rules), nullptr);
  }
  static void TearDownTestSuite() { rules_.reset(); }

  static std::string Say(std::string_view text) { return Answer(*rules_, text); }

  static std::unique_ptr<RuleSet> rules_;
};

std::unique_ptr<RuleSet> ShippedRulesTest::rules_;

TEST_F(ShippedRulesTest, AllAreUsable) {
  EXPECT_GE(rules_->usable(), 25U);
  EXPECT_EQ(rules_->usable(), rules_->rules().size());
}

TEST_F(ShippedRulesTest, MigrationBringsTheSame) {
  const auto dump = [](testing::TestDatabase& db) {
    std::vector<std::string> rows;
    const db::Rows rules =
        db.Read("SELECT id, priority, pattern, answer, enabled FROM bot_rules ORDER BY id");
    for (size_t row = 0; row < rules.size(); ++row) {
      for (size_t column = 0; column < 5; ++column) rows.push_back(rules.Text(row, column));
    }
    return rows;
  };
  testing::TestDatabase schema;
  testing::TestDatabase migrated(testing::TestDatabase::Tables::kNone);
  std::string output;
  ASSERT_EQ(testing::RunSqlScript("", "sql/migrate.sh", migrated.config().name, &output), 0)
      << output;
  EXPECT_EQ(dump(schema), dump(migrated));
}

TEST_F(ShippedRulesTest, ConversationIsNotEmbarrassing) {
  const std::pair<const char*, const char*> talk[] = {
      {"Hi", "Hello, Ada!"},
      {"hello!", "Hello, Ada!"},
      {"Hey bot", "Hello, Ada!"},
      {"Hello there", "Hello, Ada!"},
      {"Good morning", "Good morning, Ada!"},
      {"good evening :)", "Good evening, Ada!"},
      {"Hallo", "Hallo, Ada!"},
      {"¡Hola!", "Hola, Ada!"},
      {"Привет!", "Привет, Ada!"},
      {"你好", "你好, Ada!"},
      {"Guten Tag", "Guten Tag, Ada!"},
      {"How are you?", "How are you?"},
      {"hi, how are you", "I'm here and well"},
      {"How's it going?", "I'm here and well"},
      {"I'm fine, thanks", "glad to hear"},
      {"I am so tired today", "sorry that you are tired"},
      {"My name is Grace.", "Nice to meet you, Grace!"},
      {"hi, my name's Jean-Luc", "Nice to meet you, Jean-Luc!"},
      {"I don't want to live anymore", "talk to somebody now"},
      {"I feel like dying", "talk to somebody now"},
      {"I'm dying", "talk to somebody now"},
      {"I am worthless", "talk to somebody now"},
      {"I want to hurt myself", "talk to somebody now"},
      {"i harm myself", "talk to somebody now"},
      {"I will kill myself", "talk to somebody now"},
      {"I want to end it all", "talk to somebody now"},
      {"i wish i was dead", "talk to somebody now"},
      {"I am stupid", "please talk to somebody you trust"},
      {"I am nothing", "please talk to somebody you trust"},
      {"I am a failure", "please talk to somebody you trust"},
      {"I feel like a failure", "please talk to somebody you trust"},
      {"I'm so scared", "sorry that you are scared"},
      {"I am hurt", "sorry that you are hurt"},
      {"my name is not important", "That is all right, Ada"},
      {"call me later", "That is all right, Ada"},
      {"time", "It is 17:04 UTC"},
      {"time please", "It is 17:04 UTC"},
      {"date", "Today is Sunday, 22 November 2026"},
      {"what year is it", "Today is Sunday, 22 November 2026"},
      {"good, you?", "glad to hear"},
      {"not bad, you?", "glad to hear"},
      {"how do I message bob", "made with the first message"},
      {"how do I find Ada?", "any part of the name"},
      {"where are my messages?", "They are in their chats"},
      {"what happens when I close the tab?", "messages wait for you here"},
      {"why do I get busy?", "wait for my answer"},
      {"how do I add Bob to my group?", "Nobody can be added"},
      {"I'm not good at this", "Nobody is good at everything"},
      {"can you report the weather", "That is beyond me"},
      {"What's the time complexity of quicksort?", "That is beyond me"},
      {"I want to talk to a human", "choose somebody from the list of people"},
      {"Thanks for nothing", "of no use"},
      {"I am a teacher", "I see, Ada"},
      {"I'm confused", "I see, Ada"},
      {"I'm sorry", "No harm done"},
      {"I am looking for a friend", "search it by any part of a name"},
      {"Who are you?", "the bot of this Parlor server"},
      {"What's your name?", "the bot of this Parlor server"},
      {"are you a real person?", "I'm no person"},
      {"are you human", "I'm no person"},
      {"What time is it?", "It is 17:04 UTC"},
      {"what's the time", "It is 17:04 UTC"},
      {"What day is it today?", "Today is Sunday, 22 November 2026"},
      {"what is the date", "Today is Sunday, 22 November 2026"},
      {"help", "Ask me about rooms, groups"},
      {"What can you do?", "Ask me about rooms, groups"},
      {"What is Parlor?", "Parlor is a chat"},
      {"How does this work?", "Parlor is a chat"},
      {"Thanks!", "You're welcome"},
      {"thank you very much", "You're welcome"},
      {"Bye", "Goodbye, Ada"},
      {"good night", "Goodbye, Ada"},
      {"ok see you tomorrow", "Goodbye, Ada"},
      {"tell me a joke", "Oct 31"},
      {"you are stupid", "I'm sorry"},
      {"good bot", "kind of you"},
      {"ok", "All right"},
      {"why?", "that I don't know"},
      {"Why is the sky blue?", "that I don't know"},
      {"I want to die", "talk to somebody now"},
      {"What is the capital of France?", "I don't know what to say"},
      {"sup", "I'm here and well"},
      {"Are you there?", "I'm here and well"},
      {"How old are you?", "the bot of this Parlor server"},
      {"Do you love me?", "the bot of this Parlor server"},
      {"I am not happy", "sorry that you are not happy"},
      {"I'm not feeling well", "sorry that you are not feeling well"},
      {"What is my name?", "You are Ada"},
      {"call me Grace", "Nice to meet you, Grace!"},
      {"Nice to meet you", "kind of you"},
      {"Sprechen Sie Deutsch?", "English best"},
      {"can you tell me the time please", "It is 17:04 UTC"},
      {"is it monday today?", "Today is Sunday"},
      {"no thanks", "All right"},
      {"ok thanks, bye", "Goodbye, Ada"},
      {"how do I get started?", "Parlor is a chat"},
      {"asdf", "I don't know what to say"},
      {"🙂", "I don't know what to say"},
      {"\n", "I don't know what to say"},
  };
  for (const auto& [text, said] : talk) EXPECT_THAT(Say(text), HasSubstr(said)) << text;
}

TEST_F(ShippedRulesTest, ExplainsParlor) {
  const std::pair<const char*, const char*> questions[] = {
      {"Hi, how do I create a group?", "POST /chat_groups with name"},
      {"how can i make a new group", "POST /chat_groups with name"},
      {"How do I rename my group?", "can rename it"},
      {"can I change the group name", "can rename it"},
      {"How do I hand my group over?", "owner_id"},
      {"make Bob the new owner of the group", "owner_id"},
      {"How do I join a group?", "is_enter true"},
      {"how to enter the group", "is_enter true"},
      {"How can I invite a friend?", "no invitations"},
      {"how do I leave a group", "stay a member"},
      {"who is in the group?", "GET /users/group/{id}"},
      {"list the group members", "GET /users/group/{id}"},
      {"How do I delete a group?", "can't be deleted"},
      {"how can I kick someone out of my group", "can remove a member"},
      {"who are the members", "who its members are"},
      {"how do I send a message to Bob?", "you and one other person"},
      {"Can I chat with a real person?", "you and one other person"},
      {"Can other people see this chat?", "two people alone"},
      {"I can't log in", "your e-mail address and your password"},
      {"what is a group?", "a chat for many"},
      {"What is a room?", "you and one other person"},
      {"How do I talk to somebody?", "you and one other person"},
      {"how do i write to a friend", "you and one other person"},
      {"What are notifications?", "have not read yet"},
      {"how do i see unread messages", "have not read yet"},
      {"where are my old messages?", "scroll up"},
      {"How do I change my password?", "8 to 128 characters"},
      {"I forgot my password", "ask the administrators"},
      {"How do I change my name?", "first and last name"},
      {"edit my profile", "first and last name"},
      {"How do I log out?", "ends the session"},
      {"logout", "ends the session"},
      {"How do I delete my account?", "administrators"},
      {"How can I find people?", "search it by any part of a name"},
      {"who is online?", "search it by any part of a name"},
      {"How long can a message be?", "16,000 bytes"},
      {"is there a message limit", "16,000 bytes"},
      {"Can I delete a message?", "neither edited nor deleted"},
      {"can i send pictures", "text only"},
      {"Is this private?", "two people alone"},
      {"who can read my messages?", "two people alone"},
      {"How do I register?", "a link comes by mail"},
      {"is there an API?", "docs/protocol.md"},
      {"somebody is sending spam", "administrators"},
  };
  for (const auto& [text, said] : questions) EXPECT_THAT(Say(text), HasSubstr(said)) << text;
}

TEST_F(ShippedRulesTest, NoPlaceholderIsLeftOver) {
  for (const Rule& rule : rules_->rules()) {
    EXPECT_TRUE(IsValidUtf8(rule.answer));
    for (const char* misspelt : {"{Name}", "{user}", "{0}", "{ "}) {
      EXPECT_THAT(rule.answer, Not(HasSubstr(misspelt))) << rule.id;
    }
  }
  EXPECT_EQ(rules_->rules().back().pattern, ".*");
}

}  // namespace
}  // namespace parlor::wsd
