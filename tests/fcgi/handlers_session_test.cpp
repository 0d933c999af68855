#include <gmock/gmock.h>

#include "tests/support/worker_fixture.h"

namespace parlor::fcgi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kDayMs = 86'400'000;

class SessionHandlersTest : public WorkerFixture {};

TEST_F(SessionHandlersTest, ALoginGivesATokenThatWorks) {
  const std::string token = Login(AddAccount("ada@example.org"));
  EXPECT_EQ(token.size(), kTokenLength);
  EXPECT_EQ(Handle(Method::kGet, "/users/profile", "", token).status, 200);
}

TEST_F(SessionHandlersTest, WrongPasswordAndUnknownAddressLookTheSame) {
  const Response wrong = TryLogin(AddAccount("ada@example.org"), "not her password");
  const Response unknown = TryLogin("nobody@example.org", "not her password");
  const Response too_long = TryLogin("ada@example.org", std::string(5000, 'x'));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, HasSubstr("invalid_credentials"));
  EXPECT_EQ(wrong.body, unknown.body);
  EXPECT_EQ(wrong.headers, unknown.headers);
  EXPECT_EQ(wrong.body, too_long.body);
}

TEST_F(SessionHandlersTest, AfterTooManyWrongPasswordsTheRightOneWaitsToo) {
  AddAccount("ada@example.org");
  for (const char* email : {"ada@example.org", "nobody@example.org"}) {
    for (int i = 0; i < config_.limits.wrong_passwords; ++i) {
      EXPECT_EQ(TryLogin(email, "wrong password").status, 401) << i;
    }
    const Response response = TryLogin(email, kPassword);
    EXPECT_EQ(response.status, 429);
    EXPECT_THAT(response.body, HasSubstr("too_many_requests"));
    EXPECT_EQ(HeaderOf(response, "Retry-After"),
              std::to_string(config_.limits.wrong_password_window_s));
  }
  clock_.Advance(config_.limits.wrong_password_window_s * 1000 + 1);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 200);
}

TEST_F(SessionHandlersTest, ARightPasswordIsNotCountedAndForgivesNone) {
  AddAccount("ada@example.org");
  for (int i = 1; i < config_.limits.wrong_passwords; ++i) {
    EXPECT_EQ(TryLogin("ada@example.org", "wrong password").status, 401);
    EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 200);
  }
  EXPECT_EQ(TryLogin("ada@example.org", "wrong password").status, 401);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 429);
}

TEST_F(SessionHandlersTest, ASuspendedUserIsToldOnlyWithTheRightPassword) {
  AddAccount("ada@example.org");
  const std::string token = Login("ada@example.org");
  database_.Run("UPDATE users SET suspended_at_ms = 1");
  EXPECT_EQ(TryLogin("ada@example.org", "wrong password").status, 401);
  EXPECT_EQ(TryLogin("ada@example.org", kPassword).status, 403);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 401);
}

TEST_F(SessionHandlersTest, AHashOfOtherParametersIsReplacedAtTheLogin) {
  AddAccount("ada@example.org");
  PasswordConfig other = config_.password;
  other.passes = 2;
  const std::string old_hash = *PasswordHasher(other).Hash(kPassword);
  database_.Run("UPDATE users SET password_hash = '" + old_hash + "'");
  Login("ada@example.org");
  EXPECT_THAT(database_.Read("SELECT password_hash FROM users").Text(0, 0), HasSubstr("t=1"));
  Login("ada@example.org");
}

TEST_F(SessionHandlersTest, ASessionLivesWhileItIsUsedAndNotForEver) {
  const std::string token = Login(AddAccount("ada@example.org"));
  for (int64_t day = 0; day + 6 < config_.session.max_days; day += 6) {
    EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 200) << day;
    clock_.Advance(6 * kDayMs);
  }
  clock_.Advance(6 * kDayMs);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 401);
}

TEST_F(SessionHandlersTest, AnUnusedSessionEnds) {
  const std::string token = Login(AddAccount("ada@example.org"));
  clock_.Advance(config_.session.idle_days * kDayMs + 1);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 401);
}

TEST_F(SessionHandlersTest, LogoutEndsThisSessionAndTellsTheDaemon) {
  AddAccount("ada@example.org");
  const std::string token = Login("ada@example.org");
  const std::string other = Login("ada@example.org");
  EXPECT_EQ(Handle(Method::kGet, "/logout", "", token).status, 204);
  EXPECT_THAT(Pushed(1), ElementsAre(HasSubstr("session_ended")));
  EXPECT_EQ(RowsOf("events"), 1U);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 401);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", other).status, 200);
}

TEST_F(SessionHandlersTest, ASecondLogoutIsFineAndTellsNobody) {
  const std::string token = Login(AddAccount("ada@example.org"));
  EXPECT_EQ(Handle(Method::kPost, "/logout", "", token).status, 204);
  EXPECT_EQ(Handle(Method::kPost, "/logout", "", token).status, 204);
  EXPECT_EQ(Pushed(1).size(), 1U);
  EXPECT_EQ(RowsOf("events"), 1U);
}

TEST_F(SessionHandlersTest, HeadSignsNobodyOut) {
  const std::string token = Login(AddAccount("ada@example.org"));
  EXPECT_EQ(Handle(Method::kHead, "/logout", "", token).status, 204);
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token).status, 200);
}

TEST_F(SessionHandlersTest, WhoIsSignedInLearnsWhatDoesNotExist) {
  const std::string token = Login(AddAccount("ada@example.org"));
  EXPECT_EQ(Handle(Method::kGet, "/nothing", "", token).status, 404);
  const Response response = Handle(Method::kDelete, "/users", "", token);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "GET, HEAD");
  EXPECT_EQ(Handle(Method::kGet, "/users", "", token, "image/png").status, 406);
}

}  // namespace
}  // namespace parlor::fcgi
