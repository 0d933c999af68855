// Groups: who is present, who hears what, what the others are told is unread.
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

constexpr ConversationId kGroup{50};
constexpr ConversationId kOtherGroup{51};
const Status kAway(ErrorCode::kUnavailable, "away");

class GatewayGroupsTest : public GatewayTest {
 protected:
  static constexpr UserId kCarol{3};

  explicit GatewayGroupsTest(bool load = true) : GatewayTest(Configuration(), load) {}

  static std::string GroupText(ConversationId group, const std::string& id = "") {
    return R"({"chat_type":"group","chat_group_id":)" + std::to_string(group.value) +
           R"(,"message":"hello")" + (id.empty() ? "" : R"(,"client_msg_id":")" + id + "\"") + "}";
  }
  void Change(UserId user, bool is_enter, uint64_t seq, ConversationId group = kGroup) {
    PostEvent(PresenceChanged{group, seq, user, "Ada", "Lovelace", is_enter}, ++event_);
  }
  void Enter(UserId user, ConversationId group = kGroup) {
    Change(user, true, ++changes_[group], group);
  }
  void Leave(UserId user, ConversationId group = kGroup) {
    Change(user, false, ++changes_[group], group);
  }
  MessageSent HttpMessage(uint64_t seq) {
    return {ConversationKind::kGroup, kGroup, Seq(seq), clock_.Now(), kCarol, UserId(), "by http"};
  }
  // The question for counts that must be waiting, taken.
  CountUnread TakeCount() {
    EXPECT_FALSE(lookups_.empty());
    const auto command = std::get<CountUnread>(lookups_.front());
    lookups_.erase(lookups_.begin());
    return command;
  }
  void AnswerCount(std::vector<std::pair<UserId, uint64_t>> unread) {
    Post(UnreadCounted{TakeCount(), group_members::UnreadCounts{clock_.Now(), std::move(unread)}});
  }
  // What was queued for nobody in particular.
  void Forget(std::initializer_list<Client*> clients) {
    for (Client* client : clients) Take(*client);
  }

  uint64_t event_ = 0;
  std::map<ConversationId, uint64_t> changes_;
};

// ---- Messages

class GroupMessagesTest : public GatewayGroupsTest {
 protected:
  GroupMessagesTest()
      : ada_(SignIn(kAda, 'a', 7)),
        ada_tab_(SignIn(kAda, 'a', 7)),
        bob_(SignIn(kBob, 'b', 8)),
        carol_(SignIn(kCarol, 'c', 9)) {
    Enter(kAda);
    Enter(kBob);
    Enter(kCarol, kOtherGroup);
    Forget({&ada_, &ada_tab_, &bob_, &carol_});
  }
  Client& ada_;
  Client& ada_tab_;
  Client& bob_;
  Client& carol_;  // present in another group
};

TEST_F(GroupMessagesTest, AllWhoArePresentGetItOnEachSocketOnceAndNobodyElse) {
  Say(ada_, GroupText(kGroup));
  ASSERT_THAT(writes_, SizeIs(1));
  EXPECT_EQ(std::get<messages::ToGroup>(writes_[0].message.to).group, kGroup);
  EXPECT_THAT(Take(bob_), IsEmpty()) << "not before it is committed";
  Commit();
  const auto message =
      AllOf(HasSubstr("group_chat_message"), HasSubstr("\"user_id\":1"),
            HasSubstr("\"chat_group_id\":50"), HasSubstr("\"seq\":1"), HasSubstr("hello"));
  EXPECT_THAT(Take(ada_), ElementsAre(message)) << "the one who sends too";
  EXPECT_THAT(Take(ada_tab_), ElementsAre(message));
  EXPECT_THAT(Take(bob_), ElementsAre(message));
  EXPECT_THAT(Take(carol_), IsEmpty());
  EXPECT_EQ(gateway_->counters().deliveries, 3U);
}

TEST_F(GroupMessagesTest, SenderWhoIsNotPresentGetsHisAckAlone) {
  Say(carol_, GroupText(kGroup, "x1"));
  Commit();
  EXPECT_THAT(Take(carol_),
              ElementsAre(AllOf(HasSubstr("\"ack\""), HasSubstr("\"chat_group_id\":50"),
                                HasSubstr("\"x1\""), Not(HasSubstr("chat_room_id")))));
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("group_chat_message")));
}

TEST_F(GroupMessagesTest, AckComesBeforeTheMessage) {
  Say(ada_, GroupText(kGroup, "x1"));
  Commit();
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"ack\""), HasSubstr("group_chat_message")));
}

TEST_F(GroupMessagesTest, DuplicateIsAcknowledgedAndNotDelivered) {
  Say(ada_, GroupText(kGroup, "x1"));
  Post(BatchWritten{{{writes_.at(0), messages::Stored{kGroup, Seq(4), clock_.Now(), true}}}});
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("\"duplicate\":true")));
  EXPECT_THAT(Take(bob_), IsEmpty());
  EXPECT_THAT(lookups_, IsEmpty()) << "nothing to count";
}

TEST_F(GroupMessagesTest, WhoIsNoMemberIsTold) {
  Say(carol_, GroupText(kGroup, "x1"));
  FailWrites(Status(ErrorCode::kForbidden, "You are not a member."));
  EXPECT_THAT(Take(carol_), ElementsAre(AllOf(HasSubstr("\"forbidden\""), HasSubstr("\"x1\""))));
  EXPECT_THAT(Take(bob_), IsEmpty());
}

TEST_F(GroupMessagesTest, PresentIsWhoIsSoWhenItIsDelivered) {
  Say(ada_, GroupText(kGroup));
  Leave(kBob);
  Enter(kCarol);
  Forget({&ada_, &bob_, &carol_});
  Commit();
  EXPECT_THAT(Take(ada_), SizeIs(1));
  EXPECT_THAT(Take(bob_), IsEmpty());
  EXPECT_THAT(Take(carol_), SizeIs(1));
}

TEST_F(GroupMessagesTest, HttpMessagesAreInOneOrderWithOurs) {
  Say(ada_, GroupText(kGroup));
  Commit();  // seq 1
  Say(ada_, GroupText(kGroup));
  seq_ = 2;
  Commit();  // seq 3
  EXPECT_THAT(Take(bob_), SizeIs(1));
  PostEvent(HttpMessage(2), 900);
  PostEvent(HttpMessage(2), 900);
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("by http"), HasSubstr("\"seq\":3")));
  EXPECT_THAT(Take(carol_), IsEmpty()) << "the sender is not present";
}

TEST_F(GroupMessagesTest, LostOrderClosesThosePresentAndNobodyElse) {
  Say(ada_, GroupText(kGroup));
  Commit();
  Forget({&ada_, &ada_tab_, &bob_});
  for (uint64_t seq = 3; seq < 1005; ++seq) PostEvent(HttpMessage(seq), 1000 + seq);
  for (Client* client : {&ada_, &ada_tab_, &bob_}) EXPECT_EQ(CloseCodeOf(*client), 1012);
  EXPECT_EQ(CloseCodeOf(carol_), 0);
  EXPECT_EQ(gateway_->counters().resyncs, 1U);
}

// ---- Entering and leaving

TEST_F(GroupMessagesTest, EnteringIsToldToThosePresentTheOneWhoEntersIncluded) {
  Enter(kCarol);
  const char* expected =
      R"({"type":"group_chat_activitity","message":"Ada Lovelace entered the group",)"
      R"("chat_group_id":50,"user_id":3,"is_enter":true})";
  for (Client* client : {&ada_, &ada_tab_, &bob_, &carol_}) {
    EXPECT_THAT(Take(*client), ElementsAre(expected));
  }
  EXPECT_EQ(events_done_.back().id, EventId(event_));
}

TEST_F(GroupMessagesTest, LeavingIsToldToThoseWhoStayAndNotToTheOneWhoHasLeft) {
  Leave(kBob);
  const auto left = AllOf(HasSubstr("Ada Lovelace left the group"), HasSubstr("\"user_id\":2"),
                          HasSubstr("\"is_enter\":false"));
  EXPECT_THAT(Take(ada_), ElementsAre(left));
  EXPECT_THAT(Take(ada_tab_), ElementsAre(left));
  EXPECT_THAT(Take(bob_), IsEmpty());
  EXPECT_THAT(Take(carol_), IsEmpty());
}

TEST_F(GroupMessagesTest, ChangesAreToldInTheOrderOfTheirCommitsAndOnce) {
  Change(kCarol, false, 4);
  EXPECT_THAT(Take(ada_), IsEmpty());
  Change(kCarol, true, 3);
  Change(kCarol, true, 3);  // the sweep found it as well
  EXPECT_THAT(Take(ada_), ElementsAre(HasSubstr("entered"), HasSubstr("left")));
  EXPECT_THAT(Take(carol_), ElementsAre(HasSubstr("entered")));
}

TEST_F(GroupMessagesTest, GroupWithALostChangeIsLoadedAgain) {
  Change(kCarol, true, 4);
  lookups_.clear();
  full_ = true;
  Pass(GroupPresence::Options{}.gap_wait_ms + 100);
  full_ = false;
  EXPECT_THAT(lookups_, IsEmpty());
  Pass(GroupPresence::Options{}.retry_ms + 100);
  ASSERT_THAT(lookups_, SizeIs(1));
  EXPECT_EQ(std::get<LoadPresence>(lookups_[0]).group, kGroup);
  AnswerPresence(kAway);
  Pass(GroupPresence::Options{}.retry_ms + 100);
  AnswerPresence(Snapshots{{kGroup, 3, {kBob}}});
  EXPECT_THAT(Take(ada_), IsEmpty());
  EXPECT_THAT(Take(bob_), ElementsAre(HasSubstr("\"user_id\":3")));
  EXPECT_EQ(gateway_->counters().presence_reloads, 3U);
}

TEST_F(GroupMessagesTest, AfterABackupWasRestoredTheDaemonMustStartAnew) {
  EXPECT_FALSE(gateway_->must_start_anew());
  Post(DatabaseWentBack{});
  EXPECT_TRUE(gateway_->must_start_anew());
}

TEST_F(GroupMessagesTest, GroupsAreToldToEverybodyOldNewsToNobody) {
  PostEvent(GroupUpdated{kGroup, "New", kAda}, 500);
  for (Client* client : {&ada_, &ada_tab_, &bob_, &carol_}) {
    EXPECT_THAT(Take(*client), ElementsAre(AllOf(HasSubstr("group_chat_update"), HasSubstr("New"),
                                                 HasSubstr("\"owner_id\":1"))));
  }
  PostEvent(GroupUpdated{kGroup, "Old", kAda}, 499);
  EXPECT_THAT(Take(ada_), IsEmpty());
  EXPECT_EQ(events_done_.back().id, EventId(499)) << "its row may go all the same";
  EXPECT_EQ(gateway_->counters().late_events, 1U);
}

TEST_F(GroupMessagesTest, RemovalIsNotToldAfterTheNewerEnteringOfTheRemoved) {
  PostEvent(PresenceChanged{kGroup, ++changes_[kGroup], kCarol, "C", "C", true}, 800);
  Forget({&ada_, &carol_});
  PostEvent(MemberRemoved{kGroup, kCarol}, 799);  // its push was lost
  EXPECT_THAT(Take(ada_), IsEmpty());
  EXPECT_THAT(Take(carol_), IsEmpty());
  EXPECT_EQ(events_done_.back().id, EventId(799));
}

TEST_F(GroupMessagesTest, RemovalIsToldToTheRemovedAndThosePresentOnEachSocketOnce) {
  const auto removed = AllOf(HasSubstr("group_member_removed"), HasSubstr("\"chat_group_id\":50"));
  PostEvent(MemberRemoved{kGroup, kAda});  // before the news that her presence has ended
  EXPECT_THAT(Take(ada_), ElementsAre(removed));
  EXPECT_THAT(Take(ada_tab_), ElementsAre(removed));
  EXPECT_THAT(Take(bob_), ElementsAre(removed));
  EXPECT_THAT(Take(carol_), IsEmpty());
  Leave(kAda);
  Forget({&bob_});
  PostEvent(MemberRemoved{kGroup, kAda});
  EXPECT_THAT(Take(ada_), ElementsAre(removed));
  EXPECT_THAT(Take(bob_), ElementsAre(removed));
  EXPECT_THAT(Take(carol_), IsEmpty());
}

// ---- Unread, for members who look elsewhere

TEST_F(GroupMessagesTest, MembersWhoAreNotPresentAreToldAtOnceTheOthersNot) {
  Client& carol_tab = SignIn(kCarol, 'c', 9);
  Client& stranger = SignIn(UserId(4), 'd', 10);
  Say(ada_, GroupText(kGroup));
  Commit();
  Forget({&ada_, &ada_tab_, &bob_});
  EXPECT_THAT(lookups_, SizeIs(1));
  AnswerCount({{kAda, 0}, {kBob, 1}, {kCarol, 5}, {UserId(77), 3}});
  const auto notice = AllOf(HasSubstr("notification_update"), HasSubstr("\"chat_group_id\":50"),
                            HasSubstr("\"unread\":5"));
  EXPECT_THAT(Take(carol_), ElementsAre(notice));
  EXPECT_THAT(Take(carol_tab), ElementsAre(notice));
  for (Client* client : {&ada_, &ada_tab_, &bob_, &stranger}) EXPECT_THAT(Take(*client), IsEmpty());
  EXPECT_EQ(gateway_->counters().notices, 1U);
}

TEST_F(GroupMessagesTest, CountIsForThoseWhoAreOnlineHereAndNotPresentOrForAllWhenTheyAreMany) {
  Say(ada_, GroupText(kGroup));
  Commit();
  const CountUnread few = TakeCount();
  EXPECT_THAT(few.users, ElementsAre(kCarol)) << "whatever the database says of who is online";
  Post(UnreadCounted{few, group_members::UnreadCounts{}});
  for (uint64_t i = 1; i < 500; ++i) SignIn(UserId(100 + i), 'd', 100 + i);
  Pass(config_.socket.unread_interval_ms);
  Say(ada_, GroupText(kGroup));
  Commit();
  const CountUnread most = TakeCount();
  EXPECT_THAT(most.users, SizeIs(500));
  Post(UnreadCounted{most, group_members::UnreadCounts{}});
  SignIn(UserId(99), 'e', 99);
  Pass(config_.socket.unread_interval_ms);
  Say(ada_, GroupText(kGroup));
  Commit();
  EXPECT_THAT(TakeCount().users, IsEmpty()) << "all members";
}

TEST_F(GroupMessagesTest, AtMostOneNoticeAnIntervalTheLastWithTheFinalCount) {
  Say(ada_, GroupText(kGroup));
  Commit();
  AnswerCount({{kCarol, 1}});
  for (int i = 0; i < 5; ++i) {
    Say(ada_, GroupText(kGroup));
    Commit();
    Pass(100);
  }
  EXPECT_THAT(Take(carol_), SizeIs(1));
  EXPECT_THAT(lookups_, IsEmpty());
  Pass(config_.socket.unread_interval_ms - 500);
  AnswerCount({{kCarol, 6}});
  EXPECT_THAT(Take(carol_), ElementsAre(HasSubstr("\"unread\":6")));
  Pass(60000);
  EXPECT_THAT(lookups_, IsEmpty());
}

TEST_F(GroupMessagesTest, FailedCountIsAskedAgain) {
  Say(ada_, GroupText(kGroup));
  Commit();
  Post(UnreadCounted{TakeCount(), kAway});
  EXPECT_THAT(lookups_, IsEmpty());
  Pass(config_.socket.unread_interval_ms);
  AnswerCount({{kCarol, 1}});
  EXPECT_THAT(Take(carol_), SizeIs(1));
}

TEST_F(GroupMessagesTest, CountThatCanNotBeAnsweredWaitsForTheNextMessage) {
  Say(ada_, GroupText(kGroup));
  Commit();
  Post(UnreadCounted{TakeCount(), Status(ErrorCode::kInternal, "no such column")});
  Pass(60000);
  EXPECT_THAT(lookups_, IsEmpty());
}

TEST_F(GroupMessagesTest, FullLookupQueueDelaysTheCount) {
  Say(ada_, GroupText(kGroup));
  WriteMessage write = writes_.at(0);
  full_ = true;
  Post(BatchWritten{{{write, messages::Stored{kGroup, Seq(1), clock_.Now(), false}}}});
  full_ = false;
  Pass(config_.socket.unread_interval_ms);
  AnswerCount({{kCarol, 1}});
  EXPECT_THAT(Take(carol_), SizeIs(1));
}

TEST_F(GroupMessagesTest, ReadMarkThatMovesDuringTheCountHasTheLastWord) {
  Say(ada_, GroupText(kGroup));
  Commit();
  PostEvent(ReadMarkMoved{kCarol, ConversationKind::kGroup, kGroup, 0, clock_.Now()}, 600);
  AnswerCount({{kCarol, 1}});  // was read before
  Pass(config_.socket.unread_interval_ms);
  AnswerCount({{kCarol, 0}});
  EXPECT_THAT(Take(carol_), ElementsAre(HasSubstr("\"unread\":0"), HasSubstr("\"unread\":1"),
                                        HasSubstr("\"unread\":0")));
}

TEST_F(GroupMessagesTest, WhereEverybodyOnlineIsPresentNothingIsCounted) {
  Enter(kCarol);
  Say(ada_, GroupText(kGroup));
  Commit();
  EXPECT_THAT(lookups_, IsEmpty());
  Leave(kCarol);
  Pass(config_.socket.unread_interval_ms);
  EXPECT_THAT(lookups_, IsEmpty()) << "she was present when it was said";
  Say(ada_, GroupText(kGroup));
  Commit();
  EXPECT_EQ(TakeCount().group, kGroup);
}

TEST_F(GroupMessagesTest, PresentUsersWithoutAConnectionDoNotHideTheOthers) {
  Enter(UserId(66));
  Enter(UserId(67));
  Say(ada_, GroupText(kGroup));
  Commit();
  EXPECT_EQ(TakeCount().group, kGroup) << "as many present as online, but Carol is not";
}

// ---- Presence without a connection

class GroupPresenceAtStartTest : public GatewayGroupsTest {
 protected:
  GroupPresenceAtStartTest() : GatewayGroupsTest(false) {}
};

TEST_F(GroupPresenceAtStartTest, NobodySignsInBeforePresenceIsLoaded) {
  const LoadPresence command = TakeLoad();
  EXPECT_FALSE(command.group);
  Client& early = Connect();
  Say(early, InitText('a'));
  AnswerSignIn(kAda, 7);
  EXPECT_THAT(Take(early), ElementsAre(HasSubstr("\"unavailable\"")));
  EXPECT_EQ(early.peer.close_code, 1012);
  EXPECT_EQ(Presence(), "");
  Post(PresenceLoaded{command, kAway});
  Pass(Gateway::kLoadRetryMs - 100);
  EXPECT_THAT(lookups_, IsEmpty());
  Pass(100);
  AnswerPresence(Snapshots());
  SignIn(kAda, 'a', 7);
  Pass(60000);
  EXPECT_THAT(lookups_, IsEmpty()) << "asked no more";
}

TEST_F(GroupPresenceAtStartTest, UnknownTokenIsStillNotSignedIn) {
  Client& client = Connect();
  Say(client, InitText('a'));
  const auto command = std::get<Authenticate>(lookups_.back());
  Answer(command, std::optional<sessions::Session>());
  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(GroupPresenceAtStartTest, WhoIsLeftOverFromACrashLeavesAfterAGraceUnlessHeComes) {
  AnswerPresence(Snapshots{{kGroup, 7, {kAda, kBob}}, {kOtherGroup, 1, {kBob}}});
  Client& ada = SignIn(kAda, 'a', 7);
  EXPECT_THAT(Take(ada), IsEmpty()) << "she comes back in silence";
  Pass(config_.socket.offline_grace_ms - 200);
  EXPECT_EQ(Presence(), "+1");
  Pass(300);
  EXPECT_EQ(Presence(), "-2");
  Change(kBob, false, 8);  // what the presence thread then tells
  EXPECT_THAT(Take(ada), ElementsAre(HasSubstr("left the group")));
}

TEST_F(GroupPresenceAtStartTest, ChangesFromBeforeTheLoadAreNotLost) {
  Change(kBob, true, 8);
  AnswerPresence(Snapshots{{kGroup, 7, {kAda}}});
  Client& ada = SignIn(kAda, 'a', 7);
  PostEvent(MessageSent{ConversationKind::kGroup, kGroup, Seq(1), clock_.Now(), kBob, {}, "x"}, 90);
  EXPECT_THAT(Take(ada), SizeIs(1));
  Pass(config_.socket.offline_grace_ms + 200);
  EXPECT_EQ(Presence(), "+1 -2");
}

TEST_F(GroupPresenceAtStartTest, FirstTickAsksWhenNobodyDid) {
  full_ = true;
  gateway_->Start();
  full_ = false;
  lookups_.clear();
  Pass(Gateway::kLoadRetryMs + 100);
  EXPECT_THAT(lookups_, SizeIs(1));
}

TEST_F(GatewayGroupsTest, WhoEntersByHttpHasOneGraceToOpenASocket) {
  Enter(kAda);
  Enter(kBob);
  Pass(5000);
  Client& ada = SignIn(kAda, 'a', 7);
  Pass(config_.socket.offline_grace_ms);
  EXPECT_EQ(Presence(), "+1 -2");
  Say(ada, GroupText(kGroup));
  Commit();
  EXPECT_THAT(Take(ada), ElementsAre(HasSubstr("group_chat_message")));
}

TEST_F(GatewayGroupsTest, WhoEntersInHisGraceIsNotSentAwayAtItsEnd) {
  Vanish(SignIn(kAda, 'a', 7));
  Pass(config_.socket.offline_grace_ms - 1000);
  Enter(kAda);
  Pass(5000);
  SignIn(kAda, 'a', 7);
  Pass(60000);
  EXPECT_EQ(Presence(), "+1");
}

TEST_F(GatewayGroupsTest, LogoutOfOneOfTwoSessionsLeavesThePresenceToTheOther) {
  Client& phone = SignIn(kAda, 'a', 7);
  SignIn(kAda, 'b', 8);
  Enter(kAda);
  Take(phone);
  PostEvent(SessionEnded{kAda, SessionId(8)});
  Pass(60000);
  EXPECT_EQ(Presence(), "+1");
  Say(phone, GroupText(kGroup));
  Commit();
  EXPECT_THAT(Take(phone), ElementsAre(HasSubstr("group_chat_message")));
}

TEST_F(GatewayGroupsTest, LogoutWithoutASocketLeavesAtOnceWhetherOrNotHisEnteringWasHeardOf) {
  PostEvent(SessionEnded{kAda, SessionId(7)});
  EXPECT_EQ(Presence(), "-1");
  Enter(kBob);
  PostEvent(SessionEnded{kBob, SessionId(8)});
  EXPECT_EQ(Presence(), "-2") << "once";
}

TEST_F(GatewayGroupsTest, LogoutOfTheLastSessionLeavesAtOnce) {
  SignIn(kAda, 'a', 7);
  Enter(kAda);
  PostEvent(SessionEnded{kAda, SessionId(7)});
  EXPECT_EQ(Presence(), "+1 -1");
}

TEST_F(GatewayGroupsTest, SuspensionEndsTheWaitForWhoIsPresentWithoutASocket) {
  Enter(kAda);
  PostEvent(UserSuspended{kAda});
  EXPECT_EQ(Presence(), "-1");
}

TEST_F(GatewayGroupsTest, AThousandWhoLeaveAtOnceAreToldToWhoStays) {
  Client& ada = SignIn(kAda, 'a', 7);
  for (uint64_t user = 1; user <= 1001; ++user) {
    Enter(UserId(user));
    Take(ada);
  }
  int heard = 0;
  for (uint64_t user = 2; user <= 1001; ++user) {
    Leave(UserId(user));
    heard += static_cast<int>(Take(ada).size());
  }
  EXPECT_EQ(heard, 1000);
  EXPECT_EQ(CloseCodeOf(ada), 0);
}

TEST_F(GatewayGroupsTest, OldNewsOfNamesAndMarksAreNotTold) {
  Client& ada = SignIn(kAda, 'a', 7);
  PostEvent(UserUpdated{kBob, "New", "B"}, 11);
  PostEvent(UserUpdated{kBob, "Old", "B"}, 10);
  PostEvent(ReadMarkMoved{kAda, ConversationKind::kRoom, kGroup, 1, clock_.Now()}, 13);
  PostEvent(ReadMarkMoved{kAda, ConversationKind::kRoom, kGroup, 2, clock_.Now()}, 12);
  EXPECT_THAT(Take(ada), ElementsAre(HasSubstr("New"), HasSubstr("\"unread\":1")));
  PostEvent(UserUpdated{kBob, "Script", "B"});
  EXPECT_THAT(Take(ada), ElementsAre(HasSubstr("Script"))) << "without an id it counts";
}

}  // namespace
}  // namespace parlor::wsd
