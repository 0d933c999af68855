#include <gmock/gmock.h>

#include "tests/support/doubtful_worker.h"

namespace parlor::fcgi {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char* const kBadIds[] = {
    "x", "0", "-1", "1x", "+1", "1.0", "%31", "99999999999999999999", "9007199254740992"};

class GroupHandlersTest : public WorkerFixture {
 protected:
  Response Create(const std::string& name, const std::string& token) {
    return Handle(Method::kPost, "/chat_groups", R"({"name":")" + name + "\"}", token);
  }
  // The path of a new group of Ada's; what was pushed of it is taken away.
  std::string AddGroup(const std::string& name = "Engines") {
    const Response response = Create(name, ada_token_);
    EXPECT_EQ(response.status, 201) << response.body;
    Pushed(1);
    database_.Run("DELETE FROM events");
    return "/chat_groups/" + std::to_string(NewestGroup());
  }
  uint64_t NewestGroup() { return database_.Number("SELECT MAX(id) FROM chat_groups"); }
  // Somebody becomes a member, without being present or announced.
  void Join(uint64_t user) { database_.AddMember(ConversationId(NewestGroup()), UserId(user)); }
  Response Put(const std::string& path, const std::string& body, const std::string& token) {
    return Handle(Method::kPut, path, body, token);
  }

  const std::string ada_token_ = Login(AddAccount("ada@example.org"));
  const std::string bob_token_ = Login(AddAccount("bob@example.org"));
  const uint64_t ada_ = IdOf("ada@example.org"), bob_ = IdOf("bob@example.org");
};

// ---- making and listing

TEST_F(GroupHandlersTest, ANewGroupIsItsCreatorsAndToldToEverybody) {
  const Response response = Create("  Engines ", ada_token_);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body, R"({"chat_group_id":)" + std::to_string(NewestGroup()) +
                               R"(,"name":"Engines","owner_id":)" + std::to_string(ada_) +
                               R"(,"members":1,"is_member":true,"last_timestamp":null,)"
                               R"("last_seq":0,"unread":0})");
  const auto pushed = Pushed(1);
  EXPECT_THAT(pushed, ElementsAre(AllOf(HasSubstr("group_update"), HasSubstr("Engines"))));
  ExpectPushedAsWritten(pushed);
  EXPECT_EQ(RowsOf("members"), 1U);
  EXPECT_EQ(RowsOf("present"), 0U);
}

TEST_F(GroupHandlersTest, ANumberIsANameToo) {
  const Response response = Handle(Method::kPost, "/chat_groups", R"({"name":42})", ada_token_);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(TextOf(response.body, "name"), "42");
  EXPECT_EQ(Put("/chat_groups", R"({"name":43})", ada_token_).status, 200);
  EXPECT_EQ(database_.Read("SELECT name FROM chat_groups").Text(0, 0), "43");
}

TEST_F(GroupHandlersTest, ABadNameMakesNoGroup) {
  const std::string long_name(101, 'x');
  for (const std::string& body :
       {std::string("{}"), std::string(R"({"name":""})"), std::string(R"({"name":" "})"),
        std::string(R"({"name":null})"), std::string(R"({"name":true})"),
        std::string(R"({"name":[1]})"), R"({"name":")" + long_name + "\"}"}) {
    const Response response = Handle(Method::kPost, "/chat_groups", body, ada_token_);
    EXPECT_EQ(response.status, 422) << body;
    EXPECT_EQ(TextOf(response.body, "field"), "name") << body;
  }
  EXPECT_EQ(Handle(Method::kPost, "/chat_groups", "{", ada_token_).status, 400);
  EXPECT_EQ(RowsOf("conversations"), 0U);
  EXPECT_THAT(Pushed(0), IsEmpty());
}

TEST_F(GroupHandlersTest, EverybodySeesAllGroupsAsThemselves) {
  AddGroup("Engines");
  AddGroup("Looms");
  const Response hers = Handle(Method::kGet, "/chat_groups", "", ada_token_);
  const Response his = Handle(Method::kGet, "/chat_groups", "", bob_token_);
  EXPECT_EQ(hers.status, 200);
  EXPECT_THAT(hers.body,
              AllOf(HasSubstr("Engines"), HasSubstr("Looms"), HasSubstr(R"("is_member":true)")));
  EXPECT_THAT(his.body, AllOf(HasSubstr("Engines"), HasSubstr("Looms"),
                              Not(HasSubstr(R"("is_member":true)"))));
}

TEST_F(GroupHandlersTest, AListOfGroupsIsNarrowedByQueryOrBody) {
  AddGroup("Engines");
  AddGroup("Looms");
  Request request;
  request.method = Method::kGet;
  request.path = "/chat_groups";
  request.token = bob_token_;
  request.query = "q=LOOM";
  request.body = R"({"q":"engine"})";
  EXPECT_THAT(Handle(request).body, AllOf(HasSubstr("Looms"), Not(HasSubstr("Engines"))));
  request.query = "";
  EXPECT_THAT(Handle(request).body, AllOf(HasSubstr("Engines"), Not(HasSubstr("Looms"))));
  request.body = "";
  request.query = "is_member=true";
  EXPECT_EQ(Handle(request).body, R"({"chat_groups":[]})");
  request.query = "limit=0";
  EXPECT_EQ(Handle(request).status, 422);
}

// ---- renaming and handing over

TEST_F(GroupHandlersTest, OnlyTheOwnerChangesAGroup) {
  const std::string path = AddGroup();
  Join(bob_);
  EXPECT_EQ(Put(path, R"({"name":"Looms"})", bob_token_).status, 403);
  EXPECT_EQ(Put("/chat_groups",
                R"({"chat_group_id":)" + std::to_string(NewestGroup()) + R"(,"name":"Looms"})",
                bob_token_)
                .status,
            403);
  EXPECT_THAT(Pushed(0), IsEmpty());
  const Response response = Put(path, R"({"name":"Looms"})", ada_token_);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TextOf(response.body, "name"), "Looms");
  const auto pushed = Pushed(1);
  EXPECT_THAT(pushed, ElementsAre(HasSubstr("Looms")));
  ExpectPushedAsWritten(pushed);
}

TEST_F(GroupHandlersTest, WhatIsSoAlreadyIsToldToNobody) {
  const std::string path = AddGroup("Engines");
  EXPECT_EQ(Put(path, R"({"name":"Engines"})", ada_token_).status, 200);
  EXPECT_EQ(Put(path, R"({"owner_id":)" + std::to_string(ada_) + "}", ada_token_).status, 200);
  EXPECT_THAT(Pushed(0), IsEmpty());
  EXPECT_EQ(RowsOf("events"), 0U);
}

TEST_F(GroupHandlersTest, WithoutAnIdItIsTheOnlyGroup) {
  const Response none = Put("/chat_groups", R"({"name":"Looms"})", ada_token_);
  EXPECT_EQ(none.status, 409);
  EXPECT_THAT(none.body, HasSubstr("group_id_required"));
  AddGroup();
  EXPECT_EQ(Put("/chat_groups", R"({"name":"Looms"})", ada_token_).status, 200);
  EXPECT_EQ(Pushed(1).size(), 1U);
  AddGroup();
  const Response several = Put("/chat_groups", R"({"name":"Mills"})", ada_token_);
  EXPECT_EQ(several.status, 409);
  EXPECT_THAT(several.body, HasSubstr("group_id_required"));
}

TEST_F(GroupHandlersTest, AGroupIsHandedOverToAMemberAlone) {
  const std::string path = AddGroup();
  const std::string to_bob = R"({"owner_id":)" + std::to_string(bob_) + "}";
  const Response stranger = Put(path, to_bob, ada_token_);
  EXPECT_EQ(stranger.status, 422);
  EXPECT_EQ(TextOf(stranger.body, "field"), "owner_id");
  Join(bob_);
  const Response response = Put(path, to_bob, ada_token_);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("owner_id":)" + std::to_string(bob_)));
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr(R"("owner_id":)" + std::to_string(bob_))));
  EXPECT_EQ(Put(path, R"({"name":"Mine"})", ada_token_).status, 403);
}

TEST_F(GroupHandlersTest, PathAndBodyNameOneGroup) {
  const std::string path = AddGroup();
  const uint64_t group = NewestGroup();
  const auto named = [&](uint64_t id) {
    return Put(path, R"({"chat_group_id":)" + std::to_string(id) + R"(,"name":"Looms"})",
               ada_token_);
  };
  const Response other = named(group + 1);
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(TextOf(other.body, "field"), "chat_group_id");
  EXPECT_EQ(named(group).status, 200);
}

TEST_F(GroupHandlersTest, AChangeOfNothingIsNone) {
  const std::string path = AddGroup();
  EXPECT_EQ(Put(path, "{}", ada_token_).status, 422);
  EXPECT_EQ(Put(path, R"({"owner_id":0})", ada_token_).status, 422);
  EXPECT_EQ(Put("/chat_groups", R"({"chat_group_id":"1","name":"x"})", ada_token_).status, 422);
}

// ---- messages

TEST_F(GroupHandlersTest, AMessageToAGroupIsStoredToldAndRead) {
  const std::string path = AddGroup();
  const Response response =
      Handle(Method::kPost, path + "/messages", R"({"message":"hello"})", ada_token_);
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(response.body, AllOf(HasSubstr(R"("chat_group_id":)" + std::to_string(NewestGroup())),
                                   HasSubstr(R"("seq":1)"), HasSubstr(R"("duplicate":false)"),
                                   Not(HasSubstr("other_user_id"))));
  const auto pushed = Pushed(1);
  EXPECT_THAT(pushed, ElementsAre(AllOf(HasSubstr("hello"), HasSubstr(R"("chat_type":"group")"))));
  ExpectPushedAsWritten(pushed);
  EXPECT_THAT(Handle(Method::kGet, path, "", bob_token_).body, HasSubstr(R"("message":"hello")"));
}

TEST_F(GroupHandlersTest, OnlyMembersWriteToAGroup) {
  const std::string path = AddGroup();
  const auto post = [&] {
    return Handle(Method::kPost, path + "/messages", R"({"message":"x"})", bob_token_).status;
  };
  EXPECT_EQ(post(), 403);
  EXPECT_EQ(RowsOf("messages"), 0U);
  Join(bob_);
  EXPECT_EQ(post(), 201);
}

TEST_F(GroupHandlersTest, ARepeatInAGroupIsAnsweredWithTheFirst) {
  const std::string path = AddGroup() + "/messages";
  const Response first =
      Handle(Method::kPost, path, R"({"message":"hello","client_msg_id":"a"})", ada_token_);
  const Response repeat =
      Handle(Method::kPost, path, R"({"message":"changed","client_msg_id":"a"})", ada_token_);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(repeat.status, 200);
  EXPECT_THAT(repeat.body, HasSubstr(R"("duplicate":true)"));
  EXPECT_EQ(TextOf(repeat.body, "message"), "hello");
  EXPECT_EQ(Pushed(1).size(), 1U);
}

TEST_F(GroupHandlersTest, RoomsAndGroupsShareOneMessageRate) {
  const std::string path = AddGroup() + "/messages";  // the first of them: everybody is told
  for (int64_t i = 2; i < config_.limits.message_burst; ++i) {
    ASSERT_EQ(Handle(Method::kPost, path, R"({"message":"x"})", ada_token_).status, 201) << i;
  }
  const std::string to_bob = R"({"other_user_id":)" + std::to_string(bob_) + R"(,"message":"x"})";
  EXPECT_EQ(Handle(Method::kPost, "/chat_rooms", to_bob, ada_token_).status, 201);
  const Response response = Handle(Method::kPost, path, R"({"message":"x"})", ada_token_);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("too_many_requests"));
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
}

TEST_F(GroupHandlersTest, AGroupCountsAsAMessage) {
  config_.limits.message_burst = 2;
  EXPECT_EQ(Create("One", ada_token_).status, 201);
  EXPECT_EQ(Create("Two", ada_token_).status, 201);
  const Response response = Create("Three", ada_token_);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("too_many_requests"));
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
  EXPECT_EQ(Pushed(2).size(), 2U);
  EXPECT_EQ(RowsOf("chat_groups"), 2U);
}

TEST_F(GroupHandlersTest, WhoOwnsTooManyGroupsMakesNoMore) {
  config_.limits.groups_per_owner = 1;
  EXPECT_EQ(Create("One", ada_token_).status, 201);
  const Response response = Create("Two", ada_token_);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(TextOf(response.body, "code"), "conflict");
  EXPECT_EQ(Pushed(1).size(), 1U);
  Join(bob_);
  EXPECT_EQ(Create("Bob's", bob_token_).status, 201);
  const std::string path = "/chat_groups/" + std::to_string(NewestGroup());
  Join(ada_);
  const Response handed = Put(path, R"({"owner_id":)" + std::to_string(ada_) + "}", bob_token_);
  EXPECT_EQ(handed.status, 422);
  EXPECT_EQ(TextOf(handed.body, "field"), "owner_id");
}

TEST_F(GroupHandlersTest, ARoomIsNoGroup) {
  EXPECT_EQ(
      Handle(Method::kPost, "/chat_rooms",
             R"({"other_user_id":)" + std::to_string(bob_) + R"(,"message":"secret"})", ada_token_)
          .status,
      201);
  Pushed(1);
  const std::string path =
      "/chat_groups/" + std::to_string(database_.Number("SELECT id FROM chat_rooms"));
  EXPECT_EQ(Handle(Method::kGet, path, "", ada_token_).status, 404);
  EXPECT_EQ(Handle(Method::kPost, path, R"({"is_enter":true})", ada_token_).status, 404);
  EXPECT_EQ(Handle(Method::kPost, path + "/messages", R"({"message":"x"})", ada_token_).status,
            404);
  EXPECT_EQ(Put(path, R"({"name":"x"})", ada_token_).status, 404);
}

// ---- ids

TEST_F(GroupHandlersTest, WhatIsNoNumberNamesNoGroup) {
  AddGroup();
  for (const std::string id : kBadIds) {
    const std::string path = "/chat_groups/" + id;
    EXPECT_EQ(Handle(Method::kGet, path, "", ada_token_).status, 404) << id;
    EXPECT_EQ(Put(path, R"({"name":"x"})", ada_token_).status, 404) << id;
    EXPECT_EQ(Handle(Method::kPost, path, R"({"is_enter":true})", ada_token_).status, 404) << id;
    EXPECT_EQ(Handle(Method::kPost, path + "/messages", R"({"message":"x"})", ada_token_).status,
              404)
        << id;
    EXPECT_EQ(Handle(Method::kDelete, path + "/members/1", "", ada_token_).status, 404) << id;
    EXPECT_EQ(Handle(Method::kGet, "/users/group/" + id, "", ada_token_).status, 404) << id;
  }
}

TEST_F(GroupHandlersTest, AStrangerLearnsNothingAboutGroups) {
  const std::string path = AddGroup();
  for (const std::string& token : {std::string(), std::string(43, 'A')}) {
    EXPECT_EQ(Handle(Method::kGet, path, "", token).status, 401);
    EXPECT_EQ(Handle(Method::kPost, path, "{broken", token).status, 401);
    EXPECT_EQ(Handle(Method::kPost, path + "/messages", "{broken", token).status, 401);
    EXPECT_EQ(Handle(Method::kDelete, path + "/members/x", "", token).status, 401);
    EXPECT_EQ(Handle(Method::kGet, "/users/group/x", "", token).status, 401);
    EXPECT_EQ(Handle(Method::kGet, "/chat_bot", "{broken", token).status, 401);
  }
}

// ---- a COMMIT whose answer is lost

class DoubtedGroupTest : public DoubtfulWorker<GroupHandlersTest> {};

TEST_F(DoubtedGroupTest, AGroupThatMayBeThereIsNotMadeAgain) {
  using enum testing::DatabaseProxy::Cut;
  for (const auto cut : {kAfterCommit, kBeforeCommit}) {
    const Response response =
        HandleWithCut(cut, Method::kPost, "/chat_groups", R"({"name":"Engines"})", ada_token_);
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("unavailable"));
    EXPECT_NE(HeaderOf(response, "Retry-After"), "");
  }
  EXPECT_EQ(proxy_.commits_cut(), 2);
  EXPECT_EQ(RowsOf("chat_groups"), 1U);
  EXPECT_EQ(RowsOf("events"), 1U);  // the daemon finds it
  EXPECT_THAT(Pushed(0), IsEmpty());
}

TEST_F(DoubtedGroupTest, AHandOverInDoubtIsNotRefusedToItsOwner) {
  const std::string path = AddGroup();
  Join(bob_);
  const Response response =
      HandleWithCut(testing::DatabaseProxy::Cut::kAfterCommit, Method::kPut, path,
                    R"({"owner_id":)" + std::to_string(bob_) + "}", ada_token_);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(database_.Number("SELECT owner_id FROM chat_groups"), bob_);
}

TEST_F(DoubtedGroupTest, AMessageWithAnIdIsFoundOutAbout) {
  using enum testing::DatabaseProxy::Cut;
  const std::string path = AddGroup() + "/messages";
  for (const auto cut : {kAfterCommit, kBeforeCommit}) {
    const std::string id = cut == kAfterCommit ? "a" : "b";
    const Response response =
        HandleWithCut(cut, Method::kPost, path,
                      R"({"message":"hello","client_msg_id":")" + id + "\"}", ada_token_);
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("duplicate":false)"));
    EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("hello")));
  }
  EXPECT_EQ(
      HandleWithCut(kAfterCommit, Method::kPost, path, R"({"message":"x"})", ada_token_).status,
      503);
  EXPECT_EQ(RowsOf("messages"), 3U);
}

}  // namespace
}  // namespace parlor::fcgi
