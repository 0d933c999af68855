#include <gmock/gmock.h>

#include "tests/support/worker_fixture.h"

namespace parlor::fcgi {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kNewPassword = "another fine password";

class ProfileHandlersTest : public WorkerFixture {
 protected:
  Response Change(const std::string& body) {
    return Handle(Method::kPut, "/users/profile", body, token_);
  }
  static std::string WithCurrent(const std::string& current) {
    return std::string(R"({"password":")") + kNewPassword + R"(","current_password":")" + current +
           R"("})";
  }
  void LongAfterTheLogin() { clock_.Advance(config_.session.recent_login_s * 1000 + 1); }

  const std::string token_ = Login(AddAccount("ada@example.org"));
  const std::string new_password_only_ = std::string(R"({"password":")") + kNewPassword + R"("})";
};

TEST_F(ProfileHandlersTest, ANewNameIsStoredAndTold) {
  const Response response = Change(R"({"first_name":"Augusta"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TextOf(response.body, "first_name"), "Augusta");
  EXPECT_EQ(TextOf(response.body, "last_name"), "Lovelace");
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("Augusta")));
  EXPECT_EQ(RowsOf("events"), 1U);
}

TEST_F(ProfileHandlersTest, TheSameNameIsToldToNobody) {
  EXPECT_EQ(Change(R"({"first_name":"Ada","last_name":null})").status, 200);
  EXPECT_EQ(Change("{}").status, 200);
  EXPECT_EQ(RowsOf("events"), 0U);
}

TEST_F(ProfileHandlersTest, SoonAfterTheLoginANewPasswordNeedsNothingMore) {
  EXPECT_EQ(Change(new_password_only_).status, 200);
  EXPECT_EQ(TryLogin("ada@example.org", kNewPassword).status, 200);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 401);
}

TEST_F(ProfileHandlersTest, LaterItNeedsTheCurrentOne) {
  LongAfterTheLogin();
  const Response response = Change(new_password_only_);
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("wrong_password"));
  EXPECT_EQ(Change(WithCurrent("wrong password")).status, 403);
  EXPECT_EQ(Change(WithCurrent(kPassword)).status, 200);
}

TEST_F(ProfileHandlersTest, AWrongCurrentPasswordIsRefusedAlsoSoonAfterTheLogin) {
  EXPECT_EQ(Change(WithCurrent("wrong password")).status, 403);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 200);
}

TEST_F(ProfileHandlersTest, ARightCurrentPasswordIsNotCounted) {
  EXPECT_EQ(Change(WithCurrent("wrong password")).status, 403);
  EXPECT_EQ(Change(WithCurrent(kPassword)).status, 200);
  EXPECT_EQ(RowsOf("login_failures"), 1U);
}

TEST_F(ProfileHandlersTest, GuessingTheCurrentPasswordCountsLikeALogin) {
  for (int i = 0; i < config_.limits.wrong_passwords; ++i) {
    EXPECT_EQ(Change(WithCurrent("wrong password")).status, 403);
  }
  EXPECT_EQ(Change(WithCurrent(kPassword)).status, 429);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 429);
}

TEST_F(ProfileHandlersTest, ANewPasswordEndsTheOtherSessionsAndTellsTheOwner) {
  const std::string second = Login("ada@example.org");
  const std::string third = Login("ada@example.org");
  EXPECT_EQ(Change(new_password_only_).status, 200);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", second).status, 401);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", third).status, 401);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token_).status, 200);
  EXPECT_THAT(Pushed(2), Each(HasSubstr("session_ended")));
  EXPECT_EQ(database_.Read("SELECT kind FROM mail_outbox").Text(0, 0), "password_changed");
}

TEST_F(ProfileHandlersTest, ANewPasswordThatBreaksTheRuleChangesNothing) {
  const Response response = Change(R"({"password":"short","first_name":"Augusta"})");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"("field":"password")"));
  EXPECT_EQ(RowsOf("events"), 0U);
}

TEST_F(ProfileHandlersTest, AWrongPasswordChangesNoNameEither) {
  LongAfterTheLogin();
  EXPECT_EQ(Change(R"({"password":"another fine password","first_name":"Augusta"})").status, 403);
  EXPECT_EQ(database_.Read("SELECT first_name FROM users").Text(0, 0), "Ada");
}

}  // namespace
}  // namespace parlor::fcgi
