// What administrators remove, and news of it that come earlier or later.
#include <gmock/gmock.h>

#include "tests/wsd/gateway_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr ConversationId kRoom{50};
constexpr ConversationId kGroup{60};

class GatewayRemovalsTest : public GatewayTest {
 protected:
  static constexpr UserId kCarol{3};

  GatewayRemovalsTest()
      : ada_(SignIn(kAda, 'a', 7)), bob_(SignIn(kBob, 'b', 8)), carol_(SignIn(kCarol, 'c', 9)) {}

  MessageRemoved InRoom(uint64_t seq) {
    return {ConversationKind::kRoom, kRoom, Seq(seq), clock_.Now(), kAda, kBob};
  }
  MessageSent ByHttp(uint64_t seq, ConversationKind kind = ConversationKind::kRoom) {
    const bool is_room = kind == ConversationKind::kRoom;
    return {kind, is_room ? kRoom : kGroup,  Seq(seq),     clock_.Now(),
            kAda, is_room ? kBob : UserId(), "secret text"};
  }
  void Enter(UserId user) {
    PostEvent(PresenceChanged{kGroup, ++presence_seq_, user, "A", "B", true});
    for (Client* client : {&ada_, &bob_, &carol_}) Take(*client);
  }

  Client& ada_;
  Client& bob_;
  Client& carol_;
  uint64_t presence_seq_ = 0;
};

TEST_F(GatewayRemovalsTest, BothOfARoomHearOfIt) {
  PostEvent(InRoom(4), 1);
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("message_removed"), HasSubstr("\"seq\":4"),
                                            HasSubstr("\"chat_room_id\":50"))));
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("message_removed")));
  EXPECT_THAT(Take(carol_), IsEmpty());
}

TEST_F(GatewayRemovalsTest, ThoseInAGroupAndWhoseBotChatItIsHearOfIt) {
  Enter(kBob);
  PostEvent(MessageRemoved{ConversationKind::kGroup, kGroup, Seq(1), clock_.Now(), {}, {}}, 1);
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("\"chat_group_id\":60")));
  EXPECT_THAT(Take(ada_), IsEmpty());
  PostEvent(
      MessageRemoved{ConversationKind::kBot, ConversationId(70), Seq(1), clock_.Now(), kAda, {}},
      2);
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"chat_type\":\"bot\""),
                                            Not(HasSubstr("chat_room_id")))));
  EXPECT_THAT(Take(bob_), IsEmpty());
}

TEST_F(GatewayRemovalsTest, ARemovalDoesNotOvertakeItsMessage) {
  PostEvent(ByHttp(1), 1);
  Take(bob_);
  PostEvent(ByHttp(3), 3);  // held: 2 is missing
  PostEvent(InRoom(3), 4);
  EXPECT_THAT(Take(bob_), IsEmpty()) << "neither the message nor its removal";
  PostEvent(ByHttp(2), 2);
  EXPECT_THAT(Take(bob_),
              ElementsAre(HasSubstr("\"seq\":2"),
                          AllOf(HasSubstr("room_chat_message"), HasSubstr("\"seq\":3"),
                                HasSubstr("\"message\":\"\""), HasSubstr("\"removed\":true")),
                          AllOf(HasSubstr("message_removed"), HasSubstr("\"seq\":3"))));
}

TEST_F(GatewayRemovalsTest, NewsOfAMessageThatComeAfterItsRemovalDoNotShowItsText) {
  PostEvent(InRoom(1), 2);
  Take(bob_);
  PostEvent(ByHttp(1), 1);
  EXPECT_THAT(Take(bob_),
              ElementsAre(AllOf(Not(HasSubstr("secret")), HasSubstr("\"removed\":true")),
                          HasSubstr("message_removed")));
}

TEST_F(GatewayRemovalsTest, AFetchedMessageShowsItsNewState) {
  PostEvent(ByHttp(1), 1);
  PostEvent(ByHttp(3), 3);
  Take(bob_);
  clock_.Advance(100);
  gateway_->Tick();
  ASSERT_FALSE(lookups_.empty());
  Message missing{Seq(2), clock_.Now(), kAda, ""};
  missing.is_removed = true;
  PostFetched(std::get<FetchMissing>(lookups_.back()), {missing});
  EXPECT_THAT(Take(bob_), ElementsAre(AllOf(HasSubstr("\"seq\":2"), HasSubstr("\"removed\":true")),
                                      HasSubstr("message_removed"), HasSubstr("\"seq\":3")));
}

TEST_F(GatewayRemovalsTest, EverybodyHearsOfAGroupAndNothingOfItComesAfterwards) {
  Enter(kBob);
  PostEvent(ByHttp(1, ConversationKind::kGroup), 1);
  const bool counting = !lookups_.empty();
  for (Client* client : {&ada_, &bob_, &carol_}) Take(*client);
  PostEvent(GroupRemoved{kGroup}, 2);
  for (Client* client : {&ada_, &bob_, &carol_}) {
    EXPECT_THAT(Take(*client), ElementsAre(R"({"type":"group_removed","chat_group_id":60})"));
  }
  // What was under way: a message, a name, an entering, a removal, a mark, a count.
  PostEvent(ByHttp(2, ConversationKind::kGroup), 3);
  PostEvent(GroupUpdated{kGroup, "late", kAda}, 4);
  PostEvent(PresenceChanged{kGroup, 2, kAda, "A", "B", true}, 5);
  PostEvent(MemberRemoved{kGroup, kBob}, 6);
  PostEvent(ReadMarkMoved{kBob, ConversationKind::kGroup, kGroup, 0, clock_.Now()}, 7);
  ASSERT_TRUE(counting);
  Post(UnreadCounted{std::get<CountUnread>(lookups_.front()),
                     group_members::UnreadCounts{clock_.Now(), {{kAda, 1}}}});
  for (Client* client : {&ada_, &bob_, &carol_}) EXPECT_THAT(Take(*client), IsEmpty());
  EXPECT_EQ(events_done_.size(), 7U) << "their rows go all the same";
}

TEST_F(GatewayRemovalsTest, WhoIsErasedIsOutAndEverybodyElseHearsOfIt) {
  PostEvent(UserRemoved{kAda}, 5);
  EXPECT_EQ(CloseCodeOf(ada_), static_cast<int>(CloseCode::kSessionEnded));
  EXPECT_THAT(Take(bob_), ElementsAre(R"({"type":"user_removed","user_id":1})"));
  PostEvent(UserUpdated{kAda, "Ada", "Lovelace"}, 4);
  EXPECT_THAT(Take(bob_), IsEmpty()) << "an older name";
}

TEST_F(GatewayRemovalsTest, AQuestionThatWasRemovedIsAnsweredWithoutItsText) {
  Message question{Seq(1), clock_.Now(), kAda, "secret text"},
      answer{Seq(2), clock_.Now(), kBotUserId, "Yes."};
  PostEvent(
      MessageRemoved{ConversationKind::kBot, ConversationId(70), Seq(1), clock_.Now(), kAda, {}},
      1);
  Take(ada_);
  Post(BotAnswered{AskBot{kAda, ConversationId(70), question}, answer});
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("Yes."), Not(HasSubstr("secret")),
                                            HasSubstr("\"removed\":true"))));
}

}  // namespace
}  // namespace parlor::wsd
