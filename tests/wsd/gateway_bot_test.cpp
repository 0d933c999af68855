// The bot chat: questions, answers, and too many questions.
#include <gmock/gmock.h>

#include "tests/wsd/gateway_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Config SmallBot() {
  Config config;
  config.bot.max_waiting_per_user = 2;
  config.bot.max_waiting = 4;
  return config;
}

class GatewayBotTest : public GatewayTest {
 protected:
  GatewayBotTest()
      : GatewayTest(SmallBot()), ada_(SignIn(kAda, 'a', 7)), bob_(SignIn(kBob, 'b', 8)) {}

  static std::string BotText(const std::string& id = "") {
    return std::string(R"({"chat_type":"bot","message":"hello")") +
           (id.empty() ? "" : R"(,"client_msg_id":")" + id + "\"") + "}";
  }
  AskBot TakeQuestion() {
    EXPECT_FALSE(questions_.empty());
    AskBot question = std::move(questions_.front());
    questions_.erase(questions_.begin());
    return question;
  }
  void AnswerQuestion(const AskBot& question) {
    const Message answer{Seq(question.question.seq.value + 1), clock_.Now(), kBotUserId, "Hi!"};
    Post(BotAnswered{question, answer});
  }

  Client& ada_;
  Client& bob_;
};

TEST_F(GatewayBotTest, QuestionIsStoredAcknowledgedAndThenAsked) {
  Say(ada_, BotText("x1"));
  ASSERT_THAT(writes_, SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<messages::ToBot>(writes_[0].message.to));
  EXPECT_THAT(questions_, IsEmpty()) << "not before it is committed";
  Commit();
  EXPECT_THAT(Take(ada_),
              ElementsAre(AllOf(HasSubstr("\"ack\""), HasSubstr("\"x1\""), HasSubstr("\"seq\":1"),
                                Not(HasSubstr("chat_room_id")), Not(HasSubstr("chat_group_id")))));
  ASSERT_THAT(questions_, SizeIs(1));
  EXPECT_EQ(questions_[0].user, kAda);
  EXPECT_EQ(questions_[0].chat, ConversationId(50));
  EXPECT_EQ(questions_[0].question.seq, Seq(1));
  EXPECT_EQ(questions_[0].question.sender, kAda);
  EXPECT_EQ(questions_[0].question.body, "hello");
}

TEST_F(GatewayBotTest, AnswerGoesToAllSocketsOfTheUserAndToNobodyElse) {
  Client& ada_tab = SignIn(kAda, 'a', 7);
  Say(ada_, BotText());
  Commit();
  EXPECT_THAT(Take(ada_), IsEmpty());
  AnswerQuestion(TakeQuestion());
  const auto both = AllOf(HasSubstr("bot_chat_message"), HasSubstr("hello"), HasSubstr("Hi!"));
  EXPECT_THAT(Take(ada_), ElementsAre(both));
  EXPECT_THAT(Take(ada_tab), ElementsAre(both));
  EXPECT_THAT(Take(bob_), IsEmpty());
  EXPECT_EQ(gateway_->counters().bot_answers, 1U);
}

TEST_F(GatewayBotTest, RepeatIsAcknowledgedAndNotAsked) {
  for (int i = 0; i < 10; ++i) {
    Say(ada_, BotText("x1"));
    const messages::Stored stored{ConversationId(50), Seq(4), clock_.Now(), true};
    Post(BatchWritten{{{std::exchange(writes_, {}).at(0), stored}}});
    EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"duplicate\":true")));
  }
  EXPECT_THAT(questions_, IsEmpty());
}

TEST_F(GatewayBotTest, MoreThanSomeUnansweredQuestionsAreRefusedAndNotStored) {
  for (int i = 0; i < 4; ++i) Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"busy\"")));
  EXPECT_THAT(writes_, SizeIs(3)) << "one in work and two that wait";
  Commit();
  Take(ada_);
  Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"busy\"")));
  EXPECT_EQ(gateway_->counters().bot_busy, 2U);
  AnswerQuestion(TakeQuestion());
  Take(ada_);
  Say(ada_, BotText());
  Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"busy\""))) << "one place was free";
  EXPECT_THAT(writes_, SizeIs(1));
  Say(ada_, MessageText(kBob));
  EXPECT_THAT(writes_, SizeIs(2)) << "rooms have nothing to do with it";
}

TEST_F(GatewayBotTest, WhenFullTheDatabaseSaysWhetherItIsARepeat) {
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  Commit();
  Take(ada_);
  Say(ada_, BotText("x1"));
  Say(ada_, BotText("x2"));
  std::vector<WriteMessage> writes = std::exchange(writes_, {});
  ASSERT_THAT(writes, SizeIs(2));
  for (const WriteMessage& write : writes) {
    EXPECT_TRUE(std::get<messages::ToBot>(write.message.to).only_repeat);
  }
  const messages::Stored first{ConversationId(50), Seq(1), clock_.Now(), true};
  const Status busy(ErrorCode::kBusy, "busy");
  Post(BatchWritten{{{std::move(writes.at(0)), first}, {std::move(writes.at(1)), busy}}});
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"ack\""), HasSubstr("\"x1\"")),
                                      AllOf(HasSubstr("\"busy\""), HasSubstr("\"x2\""))));
  EXPECT_EQ(gateway_->counters().bot_busy, 1U);
  Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"busy\""))) << "neither had or freed a place";
}

TEST_F(GatewayBotTest, AllUsersTogetherAreBoundedToo) {
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  Say(bob_, BotText());
  EXPECT_THAT(Take(bob_), IsEmpty());
  Say(bob_, BotText());
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("\"busy\"")));
  EXPECT_THAT(writes_, SizeIs(4));
}

TEST_F(GatewayBotTest, WhateverHappensToAQuestionItsPlaceIsFreeAgain) {
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  FailWrites(Status(ErrorCode::kUnavailable, "away"));
  full_ = true;
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  full_ = false;
  EXPECT_THAT(Take(ada_), SizeIs(6));
  for (int i = 0; i < 3; ++i) {
    Say(ada_, BotText());
    const messages::Stored stored{ConversationId(50), Seq(4), clock_.Now(), false};
    full_ = true;  // the bot takes nothing: it is about to end
    Post(BatchWritten{{{std::exchange(writes_, {}).at(0), stored}}});
    full_ = false;
  }
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), IsEmpty());
  EXPECT_THAT(writes_, SizeIs(3));
}

TEST_F(GatewayBotTest, QuestionLeftForTheNextStartIsNoFrameAndFreesItsPlace) {
  Say(ada_, BotText());
  Commit();
  Post(BotAnswered{TakeQuestion(), Status(ErrorCode::kUnavailable, "away")});
  EXPECT_THAT(Take(ada_), IsEmpty()) << "its answer comes after the next start";
  EXPECT_EQ(gateway_->counters().bot_failures, 1U);
  for (int i = 0; i < 3; ++i) Say(ada_, BotText());
  EXPECT_THAT(Take(ada_), IsEmpty()) << "its place is free";
}

TEST_F(GatewayBotTest, AnswerToAQuestionOfAnEarlierRunIsDelivered) {
  AnswerQuestion({kAda, ConversationId(50), Message{Seq(3), clock_.Now(), kAda, "hello"}});
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("bot_chat_message")));
}

TEST_F(GatewayBotTest, QuestionOfAUserWhoIsGoneIsAsked) {
  Say(ada_, BotText());
  Vanish(ada_);
  Commit();
  AnswerQuestion(TakeQuestion());
  EXPECT_THAT(Take(bob_), IsEmpty());
}

TEST_F(GatewayBotTest, TheEndDoesNotWaitForTheBot) {
  Say(ada_, BotText("x1"));
  gateway_->StartDraining();
  EXPECT_FALSE(gateway_->Drained());
  Commit();
  EXPECT_TRUE(gateway_->Drained());
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"ack\"")));
}

}  // namespace
}  // namespace parlor::wsd
