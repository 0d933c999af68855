#include <gmock/gmock.h>

#include "tests/support/doubtful_worker.h"

namespace parlor::fcgi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RoomHandlersTest : public WorkerFixture {
 protected:
  Response Post(const std::string& message, const std::string& client_msg_id = "") {
    std::string body =
        R"({"other_user_id":)" + std::to_string(bob_.value) + R"(,"message":")" + message + "\"";
    if (!client_msg_id.empty()) body += R"(,"client_msg_id":")" + client_msg_id + "\"";
    return Handle(Method::kPost, "/chat_rooms", body + "}", ada_token_);
  }
  std::string RoomPath() {
    return "/chat_rooms/" + std::to_string(database_.Number("SELECT id FROM chat_rooms"));
  }

  const std::string ada_token_ = Login(AddAccount("ada@example.org"));
  const UserId bob_ = database_.AddUser("Bob", "Babbage");
  const std::string eve_token_ = Login(AddAccount("eve@example.org"));
};

TEST_F(RoomHandlersTest, AMessageIsStoredToldAndRead) {
  const Response response = Post("hello");
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(response.body, HasSubstr(R"("seq":1)"));
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("hello")));
  EXPECT_THAT(Handle(Method::kGet, RoomPath(), "", ada_token_).body,
              HasSubstr(R"("message":"hello")"));
  EXPECT_THAT(Handle(Method::kGet, "/chat_rooms", "", ada_token_).body,
              HasSubstr(R"("last_seq":1)"));
}

TEST_F(RoomHandlersTest, ARepeatIsAnsweredWithTheFirstAndToldToNobody) {
  const Response first = Post("hello", "id-1");
  const Response repeat = Post("changed meanwhile", "id-1");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(repeat.status, 200);
  EXPECT_THAT(repeat.body, HasSubstr(R"("duplicate":true)"));
  EXPECT_EQ(TextOf(repeat.body, "message"), "hello");
  EXPECT_EQ(TextOf(repeat.body, "timestamp"), TextOf(first.body, "timestamp"));
  EXPECT_EQ(Pushed(1).size(), 1U);
  EXPECT_EQ(RowsOf("events"), 1U);
}

TEST_F(RoomHandlersTest, NobodyAndOneselfGetNoMessage) {
  const auto post = [&](uint64_t user) {
    return Handle(Method::kPost, "/chat_rooms",
                  R"({"other_user_id":)" + std::to_string(user) + R"(,"message":"x"})", ada_token_)
        .status;
  };
  EXPECT_EQ(post(999'999), 404);
  EXPECT_EQ(post(database_.Number("SELECT id FROM users WHERE email_key = 'ada@example.org'")),
            422);
  EXPECT_EQ(RowsOf("conversations"), 0U);
}

TEST_F(RoomHandlersTest, ARoomIsItsTwoUsersAlone) {
  Post("hello");
  const Response response = Handle(Method::kGet, RoomPath(), "", eve_token_);
  const Response missing = Handle(Method::kGet, "/chat_rooms/999999", "", eve_token_);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, missing.body);
}

TEST_F(RoomHandlersTest, WhatIsNoNumberNamesNoRoom) {
  for (const char* id : {"x", "0", "-1", "1x", "+1", "99999999999999999999", "9007199254740992"}) {
    EXPECT_EQ(Handle(Method::kGet, std::string("/chat_rooms/") + id, "", ada_token_).status, 404)
        << id;
  }
}

TEST_F(RoomHandlersTest, TooManyMessagesAreTurnedAwayForAWhile) {
  for (int64_t i = 0; i < config_.limits.message_burst; ++i) {
    ASSERT_EQ(Post("x").status, 201) << i;
  }
  const Response response = Post("x");
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("too_many_requests"));
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
  clock_.Advance(1000);
  EXPECT_EQ(Post("x").status, 201);
}

TEST_F(RoomHandlersTest, AReadMarkThatMovesIsToldAndOneThatStaysIsNot) {
  Post("hello");
  Pushed(1);
  database_.Run("UPDATE members SET read_seq = 0");
  const std::string mark =
      R"({"chat_room_id":)" + std::to_string(database_.Number("SELECT id FROM chat_rooms")) + "}";
  EXPECT_EQ(Handle(Method::kPut, "/notifications", mark, ada_token_).status, 204);
  EXPECT_EQ(Pushed(1).size(), 1U);
  EXPECT_EQ(Handle(Method::kPut, "/notifications", mark, ada_token_).status, 204);
  EXPECT_THAT(Pushed(0), IsEmpty());
  EXPECT_EQ(Handle(Method::kPut, "/notifications", mark, eve_token_).status, 404);
  EXPECT_THAT(Handle(Method::kGet, "/notifications", "", ada_token_).body,
              HasSubstr(R"("unread":0)"));
}

TEST_F(RoomHandlersTest, ThePeopleHaveATagAndAreNotSentTwice) {
  const Response first = Handle(Method::kGet, "/users", "", ada_token_);
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr("Babbage"));
  EXPECT_EQ(first.body.find('@'), std::string::npos);
  EXPECT_EQ(HeaderOf(first, "Cache-Control"), "no-store");
  Request request;
  request.method = Method::kGet;
  request.path = "/users";
  request.token = ada_token_;
  request.if_none_match = HeaderOf(first, "ETag");
  const Response second = Handle(request);
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(HeaderOf(second, "ETag"), HeaderOf(first, "ETag"));
  EXPECT_EQ(HeaderOf(second, "Cache-Control"), "no-store");
  EXPECT_TRUE(second.body.empty());
  database_.AddUser("Charles", "Wheatstone");
  EXPECT_EQ(Handle(request).status, 200);
}

// ---- a COMMIT whose answer is lost

class DoubtedPostTest : public DoubtfulWorker<RoomHandlersTest> {
 protected:
  Response PostWithCut(testing::DatabaseProxy::Cut cut, const std::string& client_msg_id,
                       int times = 1) {
    const std::string body =
        R"({"other_user_id":)" + std::to_string(bob_.value) + R"(,"message":"hello")" +
        (client_msg_id.empty() ? "" : R"(,"client_msg_id":")" + client_msg_id + "\"") + "}";
    return HandleWithCut(cut, Method::kPost, "/chat_rooms", body, ada_token_, times);
  }
};

TEST_F(DoubtedPostTest, TheFirstRequestIsNoDuplicateWhetherStoredOrNot) {
  using enum testing::DatabaseProxy::Cut;
  for (const auto cut : {kAfterCommit, kBeforeCommit}) {
    const Response response = PostWithCut(cut, cut == kAfterCommit ? "a" : "b");
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("duplicate":false)"));
    EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("hello")));
  }
  EXPECT_EQ(proxy_.commits_cut(), 2);
  EXPECT_EQ(RowsOf("messages"), 2U);
  EXPECT_EQ(RowsOf("events"), 2U);
}

TEST_F(DoubtedPostTest, SeveralLostCommitsInARowAreNoDuplicateEither) {
  using enum testing::DatabaseProxy::Cut;
  for (const auto cut : {kAfterCommit, kBeforeCommit}) {
    const Response response = PostWithCut(cut, cut == kAfterCommit ? "a" : "b", 2);
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("hello")));
  }
  EXPECT_EQ(proxy_.commits_cut(), 4);
  EXPECT_EQ(RowsOf("messages"), 2U);
}

TEST_F(DoubtedPostTest, TheSecondAttemptIsFreeIfTheFirstWasStored) {
  for (int64_t i = 1; i < config_.limits.message_burst; ++i) ASSERT_EQ(Post("x").status, 201) << i;
  EXPECT_EQ(PostWithCut(testing::DatabaseProxy::Cut::kAfterCommit, "last").status, 201);
  EXPECT_EQ(Post("x").status, 429);
}

TEST_F(DoubtedPostTest, ARealRepeatStaysADuplicate) {
  EXPECT_EQ(Post("hello", "id-1").status, 201);
  EXPECT_EQ(Pushed(1).size(), 1U);
  const Response repeat = PostWithCut(testing::DatabaseProxy::Cut::kAfterCommit, "id-1");
  EXPECT_EQ(repeat.status, 200);
  EXPECT_THAT(repeat.body, HasSubstr(R"("duplicate":true)"));
  EXPECT_THAT(Pushed(0), IsEmpty());
}

TEST_F(DoubtedPostTest, WithoutAnIdOnlyTheClientCanSay) {
  const Response response = PostWithCut(testing::DatabaseProxy::Cut::kAfterCommit, "");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(HeaderOf(response, "Retry-After"), "");
  EXPECT_EQ(RowsOf("messages"), 1U);
}

}  // namespace
}  // namespace parlor::fcgi
