// Signing in, tokens in later frames, sessions that end, presence.
#include <gmock/gmock.h>

#include "tests/wsd/gateway_fixture.h"

namespace parlor::wsd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Status kAway(ErrorCode::kUnavailable, "away");

using SignInTest = GatewayTest;

TEST_F(SignInTest, TokenIsAnsweredWithReady) {
  Client& client = Connect();
  Say(client, InitText('a'));
  EXPECT_THAT(Take(client), IsEmpty());
  AnswerSignIn(kAda, 7);
  EXPECT_THAT(Take(client), ElementsAre(R"({"type":"ready","user_id":1,"session_id":7})"));
}

TEST_F(SignInTest, FirstFrameWithoutAUsableTokenIsClosedAtOnce) {
  for (const char* first : {"{}", "no json", R"({"token":"short"})", R"({"type":"hello"})", "[]",
                            R"({"chat_type":"room","other_user_id":2,"message":"x"})"}) {
    Client& client = Connect();
    Say(client, first);
    EXPECT_EQ(CloseCodeOf(client), 4401) << first;
  }
  EXPECT_TRUE(lookups_.empty());
}

TEST_F(SignInTest, UnknownTokenIsClosed) {
  Client& client = Connect();
  Say(client, InitText('a'));
  Answer(TakeLookup(), std::optional<sessions::Session>());
  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(SignInTest, SilenceIsClosedAfterTheInitTimeout) {
  Client& client = Connect();
  Pass(config_.socket.init_timeout_ms - 200);
  EXPECT_EQ(CloseCodeOf(client), 0);
  Pass(300);
  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(SignInTest, SlowDatabaseIsNotTheClientsFault) {
  Client& client = Connect();
  Say(client, InitText('a'));
  Pass(config_.socket.init_timeout_ms + 1000);
  EXPECT_EQ(CloseCodeOf(client), 0);
  Answer(TakeLookup(), kAway);
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("\"unavailable\"")));
  EXPECT_EQ(client.peer.close_code, 1012);
}

TEST_F(SignInTest, FullLookupQueueSaysUnavailable) {
  full_ = true;
  Client& client = Connect();
  Say(client, InitText('a'));
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("\"unavailable\"")));
  EXPECT_EQ(client.peer.close_code, 1012);
}

TEST_F(SignInTest, FramesThatComeMeanwhileWaitInOrder) {
  Client& client = Connect();
  Say(client, InitText('a'));
  EXPECT_FALSE(client.peer.paused);
  for (const char* id : {"1", "2", "3"}) Say(client, MessageText(kBob, id));
  EXPECT_TRUE(client.peer.paused);
  EXPECT_TRUE(writes_.empty());
  AnswerSignIn(kAda, 7);
  EXPECT_FALSE(client.peer.paused);
  ASSERT_EQ(writes_.size(), 3U);
  EXPECT_EQ(writes_[0].message.client_msg_id, "1");
  EXPECT_EQ(writes_[2].message.client_msg_id, "3");
}

TEST_F(SignInTest, NotMoreIsHeldThanTheBound) {
  Client& client = Connect();
  Say(client, InitText('a'));
  for (size_t i = 0; i <= Session::kMaxHeldFrames; ++i) Say(client, MessageText(kBob));
  EXPECT_EQ(CloseCodeOf(client), 4429);
}

TEST_F(SignInTest, MessageInTheFirstFrameIsSentAfterReady) {
  Client& client = Connect();
  Say(client, R"({"token":")" + TokenText('a') +
                  R"(","chat_type":"room","other_user_id":2,"message":"x"})");
  AnswerSignIn(kAda, 7);
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("ready")));
  EXPECT_EQ(writes_.size(), 1U);
}

TEST_F(SignInTest, FaultyFirstFrameWithAValidTokenSignsInAndIsAnswered) {
  Client& client = Connect();
  const std::string faulty = R"(","chat_type":"room","other_user_id":2,"message":"",)"
                             R"("client_msg_id":"x1"})";
  Say(client, R"({"token":")" + TokenText('a') + faulty);
  AnswerSignIn(kAda, 7);
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("ready"), AllOf(HasSubstr("\"invalid_field\""),
                                                                  HasSubstr("\"x1\""))));
  EXPECT_EQ(client.peer.close_code, 0);
  EXPECT_EQ(gateway_->counters().bad_frames, 1U);
  EXPECT_TRUE(writes_.empty());
}

TEST_F(SignInTest, FaultyFirstFrameWithoutAValidTokenIsClosed) {
  Client& client = Connect();
  Say(client, R"({"chat_type":"room","token":")" + TokenText('a') + "\"}");
  Answer(TakeLookup(), std::optional<sessions::Session>());
  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(SignInTest, TokenOfAFaultyLaterFrameCounts) {
  Client& client = SignIn(kAda, 'a', 7);
  Say(client, R"({"chat_type":"room","token":")" + TokenText('b') + "\"}");
  AnswerSignIn(kBob, 8);
  EXPECT_THAT(Take(client), IsEmpty());
  EXPECT_EQ(client.peer.close_code, 4401);
}

TEST_F(SignInTest, SameTokenInALaterFrameIsNotLookedUp) {
  Client& client = SignIn(kAda, 'a', 7);
  Say(client, InitText('a'));
  EXPECT_TRUE(lookups_.empty());
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("\"session_id\":7")));
}

TEST_F(SignInTest, AnotherTokenOfTheUserRebinds) {
  Client& client = SignIn(kAda, 'a', 7);
  Say(client, InitText('b'));
  AnswerSignIn(kAda, 8);
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("\"session_id\":8")));
  PostEvent(SessionEnded{kAda, SessionId(7)});
  EXPECT_EQ(CloseCodeOf(client), 0) << "it is not bound to that session any more";
  PostEvent(SessionEnded{kAda, SessionId(8)});
  EXPECT_EQ(CloseCodeOf(client), 4403);
  EXPECT_EQ(Presence(), "+1 -1");
}

TEST_F(SignInTest, TokenOfSomebodyElseOrOfNobodyIsClosed) {
  Client& first = SignIn(kAda, 'a', 7);
  Say(first, InitText('b'));
  AnswerSignIn(kBob, 8);
  EXPECT_EQ(CloseCodeOf(first), 4401);
  Client& second = SignIn(kAda, 'a', 7);
  Say(second, InitText('c'));
  Answer(TakeLookup(), std::optional<sessions::Session>());
  EXPECT_EQ(CloseCodeOf(second), 4401);
  Client& third = SignIn(kAda, 'a', 7);
  Say(third, R"({"token":"garbage"})");
  EXPECT_EQ(CloseCodeOf(third), 4401);
}

TEST_F(SignInTest, DatabaseAwayWhileRebindingKeepsTheOldSession) {
  Client& client = SignIn(kAda, 'a', 7);
  Say(client, InitText('b'));
  Say(client, MessageText(kBob));
  Answer(TakeLookup(), kAway);
  EXPECT_THAT(Take(client), ElementsAre(HasSubstr("\"unavailable\"")));
  EXPECT_EQ(client.peer.close_code, 0);
  EXPECT_EQ(writes_.size(), 1U);
}

TEST_F(SignInTest, LogoutWhileTheTokenIsLookedUpIsNotMissed) {
  Client& client = Connect();
  Say(client, InitText('a'));
  PostEvent(SessionEnded{kAda, SessionId(7)});
  AnswerSignIn(kAda, 7);  // was read before the row went
  EXPECT_EQ(CloseCodeOf(client), 4401);
  EXPECT_EQ(Presence(), "-1") << "he may be present in groups";
}

TEST_F(SignInTest, SessionEndClosesAllItsSocketsAndNoOther) {
  Client& tab = SignIn(kAda, 'a', 7);
  Client& other_tab = SignIn(kAda, 'a', 7);
  Client& phone = SignIn(kAda, 'b', 8);
  PostEvent(SessionEnded{kAda, SessionId(7)}, 3);
  EXPECT_EQ(CloseCodeOf(tab), 4403);
  EXPECT_EQ(CloseCodeOf(other_tab), 4403);
  EXPECT_EQ(CloseCodeOf(phone), 0);
  EXPECT_EQ(Presence(), "+1");
  ASSERT_EQ(events_done_.size(), 1U);
  EXPECT_EQ(events_done_[0].id, EventId(3));
}

TEST_F(SignInTest, NothingGoesInOrOutAfterTheSessionEnded) {
  Client& ada = SignIn(kAda, 'a', 7);
  Client& bob = SignIn(kBob, 'b', 8);
  PostEvent(SessionEnded{kAda, SessionId(7)});
  Take(ada);
  Say(ada, MessageText(kBob));
  EXPECT_TRUE(writes_.empty());
  Say(bob, MessageText(kAda));
  Commit();
  EXPECT_THAT(Take(ada), IsEmpty());
}

TEST_F(SignInTest, EndedSocketThatDoesNotDrainIsDroppedWithinASecond) {
  Client& ada = SignIn(kAda, 'a', 7);
  PostEvent(SessionEnded{kAda, SessionId(7)});
  Pass(900);
  EXPECT_TRUE(ada.peer.dropped);
}

TEST_F(SignInTest, SuspensionClosesAllSessions) {
  Client& tab = SignIn(kAda, 'a', 7);
  Client& phone = SignIn(kAda, 'b', 8);
  PostEvent(UserSuspended{kAda});
  EXPECT_EQ(CloseCodeOf(tab), 4403);
  EXPECT_EQ(CloseCodeOf(phone), 4403);
  EXPECT_EQ(Presence(), "+1 -1");
}

TEST_F(SignInTest, ExpiredSessionIsClosed) {
  Client& client = Connect();
  Say(client, InitText('a'));
  const Authenticate command = TakeLookup();
  sessions::Session login = Login(kAda, 7, command.token);
  login.max_expires_at = TimestampMs(clock_.Now().value + 5000);
  Answer(command, std::optional(login));
  Pass(4900);
  EXPECT_EQ(CloseCodeOf(client), 0);
  Pass(300);
  EXPECT_EQ(CloseCodeOf(client), 4403);
}

TEST_F(SignInTest, UseMovesTheExpiryOnAtMostHourly) {
  Client& client = SignIn(kAda, 'a', 7);
  clock_.Advance(sessions::kTouchEveryMs - 1);
  Say(client, R"({"type":"x"})");
  EXPECT_TRUE(touches_.empty()) << "the login itself was use";
  clock_.Advance(1);
  for (int i = 0; i < 5; ++i) Say(client, R"({"type":"x"})");
  EXPECT_EQ(touches_.size(), 1U);
  clock_.Advance(sessions::kTouchEveryMs);
  gateway_->Pong(*client.session);
  EXPECT_EQ(touches_.size(), 2U);
  EXPECT_EQ(client.session->login.expires_at, TimestampMs(clock_.Now().value + kWeekMs));
}

// ---- Presence

TEST_F(SignInTest, UserIsOnlineWithTheFirstTabAndOfflineTheGraceAfterTheLast) {
  Client& tab = SignIn(kAda, 'a', 7);
  Client& other_tab = SignIn(kAda, 'a', 7);
  EXPECT_EQ(Presence(), "+1");
  Vanish(tab);
  Pass(config_.socket.offline_grace_ms + 1000);
  EXPECT_EQ(Presence(), "") << "a tab is left";
  Vanish(other_tab);
  Pass(config_.socket.offline_grace_ms - 200);
  EXPECT_EQ(Presence(), "");
  Pass(400);
  EXPECT_EQ(Presence(), "-1");
}

TEST_F(SignInTest, ReloadIsNotSeen) {
  Vanish(SignIn(kAda, 'a', 7));
  Pass(5000);
  SignIn(kAda, 'a', 7);
  Pass(60000);
  EXPECT_EQ(Presence(), "+1");
}

TEST_F(SignInTest, LogoutAfterTheTabWasClosedIsAnnouncedAtOnce) {
  Vanish(SignIn(kAda, 'a', 7));
  PostEvent(SessionEnded{kAda, SessionId(7)});
  EXPECT_EQ(Presence(), "+1 -1");
}

TEST_F(SignInTest, LogoutElsewhereDuringAReloadIsNotSeen) {
  Client& phone = SignIn(kAda, 'a', 7);
  SignIn(kAda, 'b', 8);
  Vanish(phone);
  Pass(1000);
  PostEvent(SessionEnded{kAda, SessionId(8)});
  SignIn(kAda, 'a', 7);
  Pass(60000);
  EXPECT_EQ(Presence(), "+1");
}

TEST_F(SignInTest, ReportOfEachTickSaysHowItIs) {
  EXPECT_EQ(gateway_->board().Read(), nullptr);
  SignIn(kAda, 'a', 7);
  SignIn(kAda, 'a', 7);
  Connect();
  Pass(100);
  const auto report = gateway_->board().Read();
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->at_ms, clock_.MonotonicMs());
  EXPECT_EQ(report->connections, 3U);
  EXPECT_EQ(report->signed_in, 2U);
  EXPECT_EQ(report->online_users, 1U);
  EXPECT_EQ(report->counters.sign_ins, 2U);
  EXPECT_TRUE(report->presence_loaded);
  EXPECT_FALSE(report->draining);
}

TEST_F(SignInTest, TickThatComesLateAndEventThatWasSlowAreMeasured) {
  gateway_->Tick();
  clock_.Advance(Gateway::kTickMs + 30);
  gateway_->Tick();
  EXPECT_DOUBLE_EQ(gateway_->board().delay.Read().sum, 0.03);
  EventArrived event{UserSuspended{kBob}, EventId(), {"", clock_.Now()}};
  clock_.Advance(40);
  Post(event);
  event.origin.at = TimestampMs();
  Post(event);
  EXPECT_DOUBLE_EQ(gateway_->board().event_lag.Read().sum, 0.04);
  EXPECT_EQ(gateway_->board().event_lag.Read().total(), 1U) << "one did not say when";
}

TEST_F(SignInTest, RecordsOfAConnectionHaveTheIdOfItsHandshake) {
  log::Init("parlor", log::Level::kDebug);
  ::testing::internal::CaptureStderr();
  RecordingPeer peer;
  Session& session = gateway_->Open(peer, "7f00");
  gateway_->Receive(session, "{}", true, false);
  gateway_->Gone(session);
  const std::string log = ::testing::internal::GetCapturedStderr();
  log::Init("parlor", log::Level::kInfo);
  for (const std::string doing : {"opening a connection", "closing a connection", "is gone"}) {
    const size_t at = log.find(doing);
    ASSERT_NE(at, std::string::npos) << doing << " in " << log;
    const std::string line = log.substr(at, log.find('\n', at) - at);
    EXPECT_NE(line.find("request_id=7f00"), std::string::npos) << line;
  }
}

TEST_F(SignInTest, EveryoneHearsOfChangesTheUserToo) {
  Client& ada = SignIn(kAda, 'a', 7);
  Client& bob = SignIn(kBob, 'b', 8);
  Client& stranger = Connect();
  Post(OnlineChanged{kBob, true});
  const char* expected = R"({"type":"user_activity","user_id":2,"login":true})";
  EXPECT_THAT(Take(ada), ElementsAre(expected));
  EXPECT_THAT(Take(bob), ElementsAre(expected));
  EXPECT_THAT(Take(stranger), IsEmpty());
}

}  // namespace
}  // namespace parlor::wsd
