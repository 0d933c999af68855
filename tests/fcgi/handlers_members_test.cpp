#include <gmock/gmock.h>

#include "tests/support/doubtful_worker.h"

namespace parlor::fcgi {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MemberHandlersTest : public WorkerFixture {
 protected:
  std::string Path() const { return "/chat_groups/" + std::to_string(group_.value); }
  Response Move(bool is_enter, const std::string& token) {
    return Handle(Method::kPost, Path(),
                  is_enter ? R"({"is_enter":true})" : R"({"is_enter":false})", token);
  }
  // Enters, and takes away what was pushed of it.
  void Enter(const std::string& token) {
    EXPECT_EQ(Move(true, token).status, 204);
    Pushed(1);
    database_.Run("DELETE FROM events");
  }
  std::string MemberPath(uint64_t user) const {
    return Path() + "/members/" + std::to_string(user);
  }
  int RemoveBy(const std::string& token, uint64_t user) {
    return Handle(Method::kDelete, MemberPath(user), "", token).status;
  }
  bool IsMember(uint64_t user) {
    return database_.Number("SELECT COUNT(*) FROM members WHERE user_id = " +
                            std::to_string(user)) == 1;
  }
  // A socket at a daemon that lives.
  void SetOnline(uint64_t user) {
    database_.Run(
        "INSERT INTO daemons (id, endpoint, started_at_ms, heartbeat_at_ms) VALUES "
        "(1, 'here', 1, " +
        std::to_string(clock_.Now().value) + ")");
    database_.Run("INSERT INTO online (user_id, daemon_id) VALUES (" + std::to_string(user) +
                  ", 1)");
  }

  const std::string ada_token_ = Login(AddAccount("ada@example.org"));
  const std::string bob_token_ = Login(AddAccount("bob@example.org"));
  const std::string eve_token_ = Login(AddAccount("eve@example.org"));
  const uint64_t ada_ = IdOf("ada@example.org"), bob_ = IdOf("bob@example.org"),
                 eve_ = IdOf("eve@example.org");
  const ConversationId group_ = database_.AddGroup(UserId(ada_), "Engines");
};

// ---- entering and leaving

TEST_F(MemberHandlersTest, WhoEntersIsAMemberAndPresentAndAnnounced) {
  const Response response = Move(true, bob_token_);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  const auto pushed = Pushed(1);
  EXPECT_THAT(pushed, ElementsAre(AllOf(HasSubstr("group_entered"), HasSubstr("Lovelace"),
                                        HasSubstr(R"("presence_seq":1)"))));
  ExpectPushedAsWritten(pushed);
  EXPECT_TRUE(IsMember(bob_));
  EXPECT_EQ(RowsOf("present"), 1U);
}

TEST_F(MemberHandlersTest, EnteringTwiceIsAnnouncedOnce) {
  Enter(bob_token_);
  EXPECT_EQ(Move(true, bob_token_).status, 204);
  EXPECT_THAT(Pushed(0), IsEmpty());
  EXPECT_EQ(RowsOf("events"), 0U);
}

TEST_F(MemberHandlersTest, WhoLeavesStaysAMember) {
  Enter(bob_token_);
  EXPECT_EQ(Move(false, bob_token_).status, 204);
  EXPECT_THAT(Pushed(1),
              ElementsAre(AllOf(HasSubstr("group_left"), HasSubstr(R"("presence_seq":2)"))));
  EXPECT_TRUE(IsMember(bob_));
  EXPECT_EQ(RowsOf("present"), 0U);
  EXPECT_EQ(Move(false, bob_token_).status, 204);
  EXPECT_THAT(Pushed(0), IsEmpty());
}

TEST_F(MemberHandlersTest, RealChangesCountAsMessages) {
  config_.limits.message_burst = 2;
  EXPECT_EQ(Move(true, bob_token_).status, 204);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Move(true, bob_token_).status, 204) << "changes nothing";
  EXPECT_EQ(Move(false, bob_token_).status, 204);
  Pushed(2);
  const Response response = Move(true, bob_token_);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(TextOf(response.body, "code"), "too_many_requests");
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
  EXPECT_THAT(Pushed(0), IsEmpty());
  EXPECT_EQ(RowsOf("present"), 0U);
  EXPECT_EQ(Move(true, eve_token_).status, 204) << "everybody has a rate of their own";
}

TEST_F(MemberHandlersTest, WhoIsPresentInTooManyGroupsEntersNoMore) {
  config_.limits.present_groups = 1;
  Enter(bob_token_);
  const ConversationId other = database_.AddGroup(UserId(ada_));
  const Response response = Handle(Method::kPost, "/chat_groups/" + std::to_string(other.value),
                                   R"({"is_enter":true})", bob_token_);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(TextOf(response.body, "code"), "conflict");
  EXPECT_EQ(RowsOf("events"), 0U);
}

TEST_F(MemberHandlersTest, IsEnterIsABoolean) {
  for (const char* body : {"{}", R"({"is_enter":null})", R"({"is_enter":"true"})",
                           R"({"is_enter":1})", R"({"is_enter":[]})"}) {
    const Response response = Handle(Method::kPost, Path(), body, bob_token_);
    EXPECT_EQ(response.status, 422) << body;
    EXPECT_EQ(TextOf(response.body, "field"), "is_enter") << body;
  }
  EXPECT_EQ(Handle(Method::kPost, Path(), "", bob_token_).status, 400);
  EXPECT_EQ(RowsOf("present"), 0U);
}

TEST_F(MemberHandlersTest, NobodyEntersAGroupThatIsNotThere) {
  for (const char* body : {R"({"is_enter":true})", R"({"is_enter":false})"}) {
    EXPECT_EQ(Handle(Method::kPost, "/chat_groups/999999", body, bob_token_).status, 404);
  }
}

// ---- who is in it

TEST_F(MemberHandlersTest, AnybodyMayAskWhoIsInAGroup) {
  Enter(bob_token_);
  SetOnline(ada_);
  const std::string path = "/users/group/" + std::to_string(group_.value);
  const Response response = Handle(Method::kGet, path, "", eve_token_);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            R"({"users":[{"user_id":)" + std::to_string(ada_) +
                R"(,"first_name":"Ada","last_name":"Lovelace","online":true,"present":false},)"
                R"({"user_id":)" +
                std::to_string(bob_) +
                R"(,"first_name":"Ada","last_name":"Lovelace","online":false,"present":true}]})");
  const Response online = Handle(Method::kGet, path, R"({"online":true})", eve_token_);
  EXPECT_THAT(online.body, HasSubstr(std::to_string(ada_)));
  EXPECT_EQ(online.body.find(R"("online":false)"), std::string::npos);
  EXPECT_EQ(Handle(Method::kGet, path, R"({"limit":"x"})", eve_token_).status, 422);
  EXPECT_EQ(Handle(Method::kGet, "/users/group/999999", "", eve_token_).status, 404);
}

// ---- leaving for good

TEST_F(MemberHandlersTest, AMemberLeavesForGood) {
  Enter(bob_token_);
  EXPECT_EQ(RemoveBy(bob_token_, bob_), 204);
  const auto pushed = Pushed(2);
  EXPECT_THAT(pushed, ElementsAre(HasSubstr("group_left"), HasSubstr("group_member_removed")));
  ExpectPushedAsWritten(pushed);
  EXPECT_FALSE(IsMember(bob_));
  EXPECT_EQ(RowsOf("present"), 0U);
}

TEST_F(MemberHandlersTest, WhoWasNotPresentIsRemovedWithoutAnAnnouncement) {
  database_.AddMember(group_, UserId(bob_));
  EXPECT_EQ(RemoveBy(ada_token_, bob_), 204);
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("group_member_removed")));
}

TEST_F(MemberHandlersTest, OnlyTheOwnerRemovesOthers) {
  database_.AddMember(group_, UserId(bob_));
  database_.AddMember(group_, UserId(eve_));
  EXPECT_EQ(RemoveBy(eve_token_, bob_), 403);
  EXPECT_TRUE(IsMember(bob_));
  EXPECT_THAT(Pushed(0), IsEmpty());
  EXPECT_EQ(RemoveBy(ada_token_, bob_), 204);
  EXPECT_FALSE(IsMember(bob_));
}

TEST_F(MemberHandlersTest, TheOwnerStaysUntilTheGroupIsAnothers) {
  const Response response = Handle(Method::kDelete, MemberPath(ada_), "", ada_token_);
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.body, HasSubstr(R"("code":"conflict")"));
  database_.AddMember(group_, UserId(bob_));
  EXPECT_EQ(Handle(Method::kPut, Path(), R"({"owner_id":)" + std::to_string(bob_) + "}", ada_token_)
                .status,
            200);
  EXPECT_EQ(RemoveBy(ada_token_, ada_), 204);
}

TEST_F(MemberHandlersTest, WhoIsNoMemberCantBeRemoved) {
  EXPECT_EQ(RemoveBy(ada_token_, bob_), 404);
  EXPECT_EQ(RemoveBy(bob_token_, bob_), 404);
  EXPECT_EQ(RemoveBy(ada_token_, 999'999), 404);
  for (const std::string id : {"x", "0", "-1", "1x", "9007199254740992"}) {
    EXPECT_EQ(Handle(Method::kDelete, Path() + "/members/" + id, "", ada_token_).status, 404) << id;
  }
}

TEST_F(MemberHandlersTest, AMembersPathTellsItsMethods) {
  const Response response = Handle(Method::kGet, MemberPath(bob_), "", ada_token_);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "DELETE");
}

// ---- logout

TEST_F(MemberHandlersTest, LogoutLeavesPresenceToTheDaemonWhichKnowsTheOtherSockets) {
  Enter(bob_token_);
  EXPECT_EQ(Handle(Method::kGet, "/logout", "", bob_token_).status, 204);
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("session_ended")));
  EXPECT_EQ(RowsOf("present"), 1U);
  EXPECT_TRUE(IsMember(bob_));
}

// ---- a COMMIT whose answer is lost

class DoubtedMemberTest : public DoubtfulWorker<MemberHandlersTest> {};

TEST_F(DoubtedMemberTest, EnteringIsDoneOnceAndWrittenOnce) {
  using enum testing::DatabaseProxy::Cut;
  const Response stored =
      HandleWithCut(kAfterCommit, Method::kPost, Path(), R"({"is_enter":true})", bob_token_);
  EXPECT_EQ(stored.status, 204);
  EXPECT_THAT(Pushed(0), IsEmpty());  // nobody knows whose it was; the daemon finds the row
  EXPECT_EQ(RowsOf("events"), 1U);
  const Response again =
      HandleWithCut(kBeforeCommit, Method::kPost, Path(), R"({"is_enter":false})", bob_token_);
  EXPECT_EQ(again.status, 204);
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr(R"("presence_seq":2)")));
  EXPECT_EQ(RowsOf("events"), 2U);
  EXPECT_EQ(RowsOf("present"), 0U);
}

TEST_F(DoubtedMemberTest, ARemovalInDoubtIsFoundOutAbout) {
  using enum testing::DatabaseProxy::Cut;
  for (const auto cut : {kAfterCommit, kBeforeCommit}) {
    database_.AddMember(group_, UserId(bob_));
    const Response response = HandleWithCut(cut, Method::kDelete, MemberPath(bob_), "", ada_token_);
    EXPECT_EQ(response.status, 204) << response.body;
    EXPECT_FALSE(IsMember(bob_));
    Pushed(cut == kAfterCommit ? 0 : 1);
  }
  EXPECT_EQ(RowsOf("events"), 2U);
  EXPECT_EQ(RemoveBy(ada_token_, bob_), 404);
}

}  // namespace
}  // namespace parlor::fcgi
