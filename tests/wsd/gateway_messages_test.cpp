// Messages, limits, keepalive, closing, the end.
#include <gmock/gmock.h>

#include "tests/wsd/gateway_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GatewayMessagesTest : public GatewayTest {
 protected:
  GatewayMessagesTest() : ada_(SignIn(kAda, 'a', 7)), bob_(SignIn(kBob, 'b', 8)) {}
  Client& ada_;
  Client& bob_;
};

TEST_F(GatewayMessagesTest, ReceiverGetsTheMessageSenderNothing) {
  Say(ada_, MessageText(kBob));
  EXPECT_THAT(Take(bob_), IsEmpty()) << "not before it is committed";
  Commit();
  EXPECT_THAT(Take(bob_),
              ElementsAre(AllOf(HasSubstr("room_chat_message"), HasSubstr("\"user_id\":1"),
                                HasSubstr("\"other_user_id\":2"), HasSubstr("\"seq\":1"))));
  EXPECT_THAT(Take(ada_), IsEmpty());
}

TEST_F(GatewayMessagesTest, SenderWithAnIdGetsItsAckAndThenTheMessage) {
  Client& other_tab = SignIn(kAda, 'a', 7);
  Say(ada_, MessageText(kBob, "x1"));
  Commit();
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"ack\""), HasSubstr("\"x1\""),
                                            HasSubstr("\"duplicate\":false")),
                                      HasSubstr("room_chat_message")));
  EXPECT_THAT(Take(other_tab), ElementsAre(HasSubstr("room_chat_message")));
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("room_chat_message")));
}

TEST_F(GatewayMessagesTest, DuplicateIsAcknowledgedAndNotDelivered) {
  Say(ada_, MessageText(kBob, "x1"));
  const messages::Stored stored{ConversationId(50), Seq(4), clock_.Now(), true};
  Post(BatchWritten{{{writes_.at(0), stored}}});
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"duplicate\":true")));
  EXPECT_THAT(Take(bob_), IsEmpty());
}

TEST_F(GatewayMessagesTest, MessageOfASenderWhoIsGoneIsDelivered) {
  Say(ada_, MessageText(kBob, "x1"));
  Vanish(ada_);
  Commit();
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("room_chat_message")));
}

TEST_F(GatewayMessagesTest, ErrorOfTheStoreGoesToTheSender) {
  Say(ada_, MessageText(UserId(99), "x1"));
  FailWrites(Status(ErrorCode::kNotFound, "There is no such user."));
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"not_found\""), HasSubstr("\"x1\""))));
  EXPECT_TRUE(gateway_->Drained());
}

TEST_F(GatewayMessagesTest, FullWriterQueueSaysUnavailable) {
  full_ = true;
  Say(ada_, MessageText(kBob, "x1"));
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"unavailable\""), HasSubstr("\"x1\""))));
  EXPECT_EQ(gateway_->counters().writer_queue_full, 1U);
  EXPECT_TRUE(gateway_->Drained());
}

TEST_F(GatewayMessagesTest, HttpMessageIsDeliveredInOrderWithOurs) {
  Say(ada_, MessageText(kBob));
  Commit();  // seq 1
  Say(ada_, MessageText(kBob));
  seq_ = 2;
  Commit();  // seq 3: 2 was sent by HTTP, its event is under way
  EXPECT_EQ(Take(bob_).size(), 1U);
  const MessageSent event{
      ConversationKind::kRoom, ConversationId(50), Seq(2), clock_.Now(), kBob, kAda, "by http"};
  PostEvent(event, 9);
  PostEvent(event, 9);  // repeated after a restart
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("by http"), HasSubstr("\"seq\":3")));
  EXPECT_EQ(events_done_.size(), 2U);
}

TEST_F(GatewayMessagesTest, LostEventIsReadFromTheDatabase) {
  Say(ada_, MessageText(kBob));
  Commit();
  Say(ada_, MessageText(kBob));
  seq_ = 2;
  Commit();
  Take(bob_);
  Pass(300);
  ASSERT_EQ(lookups_.size(), 1U);
  const auto request = std::get<FetchMissing>(lookups_[0]);
  const Message missing{Seq(2), clock_.Now(), kBob, "missed"};
  PostFetched(request, {missing});
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("missed"), HasSubstr("\"seq\":3")));
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("missed")));
}

TEST_F(GatewayMessagesTest, ReadMarksAndNamesAreToldToWhomTheyConcern) {
  PostEvent(ReadMarkMoved{kAda, ConversationKind::kRoom, ConversationId(50), 3, clock_.Now()}, 1);
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("notification_update")));
  EXPECT_THAT(Take(bob_), IsEmpty());
  PostEvent(UserUpdated{kAda, "Ada", "L"}, 2);
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("user_update")));
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("user_update")));
}

// ---- Bad input

TEST_F(GatewayMessagesTest, TenthBadFrameInAMinuteIsAnsweredAndCloses) {
  for (int i = 0; i < 9; ++i) Say(ada_, "{");
  EXPECT_EQ(Take(ada_).size(), 9U);
  EXPECT_EQ(ada_.peer.close_code, 0);
  Say(ada_, R"({"chat_type":"bot","message":""})");
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"invalid_field\"")));
  EXPECT_EQ(ada_.peer.close_code, 4400);
}

TEST_F(GatewayMessagesTest, InvalidFieldOfTheStoreCountsAsABadFrame) {
  for (int i = 0; i < 10; ++i) Say(ada_, MessageText(kAda));
  FailWrites(Status::InvalidField("other_user_id", "Yourself."));
  EXPECT_EQ(Take(ada_).size(), 10U);
  EXPECT_EQ(ada_.peer.close_code, 4400);
}

TEST_F(GatewayMessagesTest, BadFramesOfAnHourDoNotAddUp) {
  for (int i = 0; i < 60; ++i) {
    Say(ada_, "{");
    Take(ada_);
    clock_.Advance(10000);
  }
  EXPECT_EQ(ada_.peer.close_code, 0);
}

TEST_F(GatewayMessagesTest, UnknownFramesAreIgnored) {
  for (int i = 0; i < 50; ++i) Say(ada_, R"({"type":"from the future"})");
  EXPECT_THAT(Take(ada_), IsEmpty());
  EXPECT_EQ(ada_.peer.close_code, 0);
}

TEST_F(GatewayMessagesTest, BinaryAndInvalidUtf8AreClosed) {
  gateway_->Receive(*ada_.session, "x", true, true);
  EXPECT_EQ(CloseCodeOf(ada_), 1003);
  Say(bob_, "{\"token\":\"\xff\"}");
  EXPECT_EQ(CloseCodeOf(bob_), 1007);
}

TEST_F(GatewayMessagesTest, SizeIsCheckedWhilePiecesComeIn) {
  const std::string piece(1024, ' ');
  for (int64_t sent = 0; sent < config_.socket.max_frame_bytes; sent += 1024) {
    gateway_->Receive(*ada_.session, piece, false, false);
  }
  EXPECT_EQ(CloseCodeOf(ada_), 0);
  gateway_->Receive(*ada_.session, "x", false, false);
  EXPECT_EQ(CloseCodeOf(ada_), 4413);
  EXPECT_LT(ada_.session->incoming.capacity(), 1000U) << "the memory is given back";
}

TEST_F(GatewayMessagesTest, PiecesArePutTogether) {
  const std::string text = MessageText(kBob, "x1");
  for (size_t i = 0; i < text.size(); ++i) {
    gateway_->Receive(*ada_.session, text.substr(i, 1), i + 1 == text.size(), false);
  }
  EXPECT_EQ(writes_.size(), 1U);
}

// ---- Rates

TEST_F(GatewayMessagesTest, RateIsTheUsersOverAllConnections) {
  Client& other_tab = SignIn(kAda, 'a', 7);
  for (int i = 0; i < 100; ++i) Say(ada_, MessageText(kBob));
  for (int i = 0; i < 101; ++i) Say(other_tab, MessageText(kBob, "x"));
  EXPECT_EQ(writes_.size(), 200U);
  EXPECT_THAT(Take(other_tab), ElementsAre(AllOf(HasSubstr("\"too_fast\""), HasSubstr("\"x\""),
                                                 HasSubstr("retry_after_ms"))));
  Say(bob_, MessageText(kAda));
  EXPECT_EQ(writes_.size(), 201U);
  clock_.Advance(50);
  Say(other_tab, MessageText(kBob));
  EXPECT_EQ(writes_.size(), 202U);
}

TEST_F(GatewayMessagesTest, HttpSendsUseTheSameRate) {
  for (uint64_t seq = 1; seq <= 200; ++seq) {
    PostEvent(MessageSent{ConversationKind::kRoom, ConversationId(50), Seq(seq), clock_.Now(), kAda,
                          kBob, "h"},
              seq);
    Take(ada_);
    Take(bob_);
  }
  Say(ada_, MessageText(kBob));
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"too_fast\"")));
  Pass(1100);
  EXPECT_EQ(raises_.size(), 1U) << "the workers are told";
}

TEST_F(GatewayMessagesTest, HundredRefusalsInTenSecondsClose) {
  for (int i = 0; i < 200; ++i) Say(ada_, MessageText(kBob));
  for (int i = 0; i < 99; ++i) {
    Say(ada_, MessageText(kBob));
    Take(ada_);
  }
  EXPECT_EQ(ada_.peer.close_code, 0);
  Say(ada_, MessageText(kBob));
  EXPECT_EQ(CloseCodeOf(ada_), 4429);
}

// ---- Slow, silent and closing connections

TEST_F(GatewayMessagesTest, QueueBeyondItsBoundIsClosed) {
  for (int i = 0; i < 40; ++i) Post(OnlineChanged{kAda, true});
  EXPECT_EQ(Take(ada_).size(), 40U);
  for (int i = 0; i < 100; ++i) {
    Post(OnlineChanged{kAda, true});
    Take(ada_);
  }
  EXPECT_EQ(ada_.peer.close_code, 0);
  EXPECT_EQ(CloseCodeOf(bob_), 4408);
  EXPECT_EQ(gateway_->counters().closed.at(4408), 1U);
}

TEST_F(GatewayMessagesTest, ConnectionThatTakesNoCloseFrameIsDropped) {
  Say(ada_, "\xff");
  Pass(Gateway::kCloseFlushMs + 200);
  EXPECT_TRUE(ada_.peer.dropped);
}

TEST_F(GatewayMessagesTest, ConnectionThatDoesNotHangUpAfterTheCloseFrameIsDropped) {
  Say(ada_, "\xff");
  EXPECT_EQ(CloseCodeOf(ada_), 1007);  // the close frame has gone out
  Pass(Gateway::kCloseReplyMs - 200);
  EXPECT_FALSE(ada_.peer.dropped);
  Pass(500);
  EXPECT_TRUE(ada_.peer.dropped);
}

TEST_F(GatewayMessagesTest, WhatIsQueuedGoesOutBeforeTheCloseFrame) {
  Say(ada_, "{");
  Say(ada_, "\xff");
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("malformed_json")));
  EXPECT_EQ(ada_.peer.close_code, 1007);
}

TEST_F(GatewayMessagesTest, NothingIsSentAfterTheClientsClose) {
  Post(OnlineChanged{kAda, true});
  gateway_->PeerCloses(*bob_.session);
  Post(OnlineChanged{kAda, false});
  EXPECT_THAT(Take(bob_), IsEmpty());
  EXPECT_EQ(bob_.peer.close_code, 0);
}

TEST_F(GatewayMessagesTest, SilentConnectionIsPingedTwiceAndThenDropped) {
  const int64_t interval = config_.socket.ping_interval_ms;
  Pass(interval - 200);
  Take(ada_);
  EXPECT_EQ(ada_.peer.pings, 0);
  Pass(400);
  Take(ada_);
  EXPECT_EQ(ada_.peer.pings, 1);
  Pass(interval);
  Take(ada_);
  EXPECT_EQ(ada_.peer.pings, 2);
  EXPECT_FALSE(ada_.peer.dropped);
  Pass(interval);
  EXPECT_TRUE(ada_.peer.dropped);
  EXPECT_EQ(gateway_->counters().dropped_silent, 2U);
}

TEST_F(GatewayMessagesTest, PauseOfTheWholeProcessIsNotTheClientsSilence) {
  const int64_t interval = config_.socket.ping_interval_ms;
  clock_.Advance(10 * interval);
  gateway_->Tick();
  Take(ada_);
  EXPECT_EQ(ada_.peer.pings, 1);
  Pass(interval - 100);
  Take(ada_);
  EXPECT_EQ(ada_.peer.pings, 1);
  EXPECT_FALSE(ada_.peer.dropped);
}

TEST_F(GatewayMessagesTest, AnyFrameIsASignOfLife) {
  for (int i = 0; i < 10; ++i) {
    Pass(20000);
    Say(ada_, R"({"type":"x"})");
    gateway_->Pong(*bob_.session);
  }
  Take(ada_);
  Take(bob_);
  EXPECT_EQ(ada_.peer.pings, 0);
  EXPECT_EQ(bob_.peer.pings, 0);
  EXPECT_FALSE(bob_.peer.dropped);
}

// ---- The end

TEST_F(GatewayMessagesTest, WhatWasTakenIsCommittedAndAcknowledgedBeforeTheEnd) {
  Say(ada_, MessageText(kBob, "x1"));
  gateway_->StartDraining();
  EXPECT_FALSE(gateway_->Drained());
  Say(ada_, MessageText(kBob, "x2"));
  Commit();
  EXPECT_TRUE(gateway_->Drained());
  while (gateway_->CloseSome(1)) {
  }
  EXPECT_THAT(Take(ada_), ElementsAre(AllOf(HasSubstr("\"unavailable\""), HasSubstr("x2")),
                                      HasSubstr("\"ack\""), HasSubstr("room_chat_message")));
  EXPECT_EQ(ada_.peer.close_code, 1012);
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("room_chat_message")));
  EXPECT_EQ(bob_.peer.close_code, 1012);
  Vanish(ada_);
  Vanish(bob_);
  Pass(20000);
  EXPECT_EQ(Presence(), "+1 +2") << "the presence thread takes the whole daemon off the list";
}

}  // namespace
}  // namespace parlor::wsd
