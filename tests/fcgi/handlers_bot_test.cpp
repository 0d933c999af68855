#include <gmock/gmock.h>

#include "common/bot_chats.h"
#include "common/messages.h"
#include "tests/support/worker_fixture.h"

namespace parlor::fcgi {
namespace {

using ::testing::HasSubstr;

class BotHandlersTest : public WorkerFixture {
 protected:
  // A question, as the daemon stores it; the answer if `answer` is not empty.
  void Talk(const std::string& question, const std::string& answer, bool is_apology = false) {
    const UserId ada(IdOf("ada@example.org"));
    const auto body = [&](db::Transaction& tx) -> Status {
      std::vector<Result<messages::Stored>> outcomes;
      const messages::Outgoing asked{ada, messages::ToBot{}, question, {}};
      PARLOR_RETURN_IF_ERROR(messages::Append(tx, {&asked, 1}, clock_.Now(), &outcomes));
      PARLOR_ASSIGN_OR_RETURN(const auto stored, outcomes.at(0));
      return bot_chats::StoreAnswer(tx, ada, stored.seq, {answer, is_apology}, clock_.Now())
          .status();
    };
    ASSERT_TRUE(database_.database().Transact(db::Repeat::kOnce, body).ok());
  }
  Response Read(const std::string& query, const std::string& body, const std::string& token) {
    Request request;
    request.method = Method::kGet;
    request.path = "/chat_bot";
    request.query = query;
    request.body = body;
    request.token = token;
    return Handle(request);
  }

  const std::string ada_token_ = Login(AddAccount("ada@example.org"));
};

TEST_F(BotHandlersTest, BeforeTheFirstMessageThePageIsEmpty) {
  for (const char* query :
       {"", "timestamp=null", "timestamp=2026-11-22T17:04:12.123Z&before=true"}) {
    const Response response = Read(query, "", ada_token_);
    EXPECT_EQ(response.status, 200) << query;
    EXPECT_EQ(response.body, R"({"messages":[],"has_more":false})");
  }
}

TEST_F(BotHandlersTest, ABadPageIsRefusedAlsoBeforeTheFirstMessage) {
  EXPECT_EQ(Read("timestamp=yesterday", "", ada_token_).status, 422);
  EXPECT_EQ(Read("", R"({"before":"yes"})", ada_token_).status, 422);
  EXPECT_EQ(Read("", "{", ada_token_).status, 400);
}

TEST_F(BotHandlersTest, QuestionsAndAnswersAreTold) {
  Talk("What time is it?", "Tea time.");
  Talk("Why?", "I don't know.", /*is_apology=*/true);
  const Response response = Read("", "", ada_token_);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("message":"What time is it?")"));
  EXPECT_THAT(response.body, HasSubstr(R"("is_user":true)"));
  EXPECT_THAT(response.body, HasSubstr(R"("user_id":0,"message":"Tea time.")"));
  EXPECT_THAT(response.body, HasSubstr(R"("is_user":false,"error":true)"));
}

TEST_F(BotHandlersTest, PagesAreThoseOfOtherConversations) {
  Talk("one", "two");
  EXPECT_THAT(Read("limit=1", "", ada_token_).body, HasSubstr(R"("has_more":true)"));
  const std::string first = TextOf(Read("", "", ada_token_).body, "timestamp");
  const std::string later = Read("", R"({"timestamp":")" + first + "\"}", ada_token_).body;
  EXPECT_THAT(later, HasSubstr("two"));
  EXPECT_EQ(later.find("one"), std::string::npos);
}

TEST_F(BotHandlersTest, NobodyReadsAnothersTalk) {
  Talk("secret", "noted");
  const std::string bob_token = Login(AddAccount("bob@example.org"));
  EXPECT_EQ(Read("", "", bob_token).body, R"({"messages":[],"has_more":false})");
}

}  // namespace
}  // namespace parlor::fcgi
