#include "common/sessions.h"

#include <string>
#include <vector>

#include "tests/support/store_test.h"

namespace parlor::sessions {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

TokenHash Token(uint8_t seed) {
  TokenHash token{};
  token.fill(seed);
  return token;
}

class SessionsTest : public testing::StoreTest {
 protected:
  Session SignIn(UserId user, uint8_t token) {
    return *In([&](db::Transaction& tx) { return Create(tx, user, Token(token), config_, kNow); });
  }
  std::vector<Session> Alive(const std::vector<TokenHash>& tokens, TimestampMs now) {
    return *In([&](db::Transaction& tx) { return Find(tx, tokens, now); });
  }
  bool Used(const Session& session, TimestampMs now) {
    return *In([&](db::Transaction& tx) { return Touch(tx, session, config_, now); });
  }

  const SessionConfig config_{.idle_days = 7, .max_days = 30, .recent_login_s = 600};
  UserId ada_ = db_.AddUser();
  UserId bob_ = db_.AddUser();
};

TEST_F(SessionsTest, LivesForItsIdleTime) {
  const Session made = SignIn(ada_, 1);
  EXPECT_EQ(made.expires_at, After(7 * kDayMs));
  EXPECT_EQ(made.max_expires_at, After(30 * kDayMs));
  const auto found = Alive({Token(1)}, After(7 * kDayMs - 1));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, made.id);
  EXPECT_EQ(found[0].user, ada_);
  EXPECT_EQ(found[0].token, Token(1));
  EXPECT_TRUE(Alive({Token(1)}, After(7 * kDayMs)).empty());
  EXPECT_TRUE(Alive({Token(2)}, kNow).empty());
}

TEST_F(SessionsTest, ManyAreFoundAtOnce) {
  SignIn(ada_, 1);
  SignIn(bob_, 2);
  EXPECT_EQ(Alive({Token(1), Token(2), Token(0xff), Token(0)}, kNow).size(), 2u);
  EXPECT_TRUE(Alive({}, kNow).empty());
}

TEST_F(SessionsTest, SuspensionEndsThemAll) {
  SignIn(ada_, 1);
  SignIn(bob_, 2);
  db_.Run("UPDATE users SET suspended_at_ms = 1 WHERE id = " + std::to_string(ada_.value));
  EXPECT_TRUE(Alive({Token(1)}, kNow).empty());
  EXPECT_EQ(Alive({Token(1), Token(2)}, kNow).size(), 1u);
}

TEST_F(SessionsTest, UseMovesTheExpiryOnceAnHour) {
  const Session made = SignIn(ada_, 1);
  EXPECT_FALSE(Used(made, After(kHourMs - 1)));
  EXPECT_TRUE(Used(made, After(kHourMs)));
  EXPECT_FALSE(Used(made, After(kHourMs))) << "another did, and `made` is old";
  EXPECT_EQ(Alive({Token(1)}, kNow).at(0).expires_at, After(7 * kDayMs + kHourMs));
}

TEST_F(SessionsTest, UseDoesNotMoveBeyondTheLongestLife) {
  Session session = SignIn(ada_, 1);
  EXPECT_TRUE(Used(session, After(29 * kDayMs)));
  session = Alive({Token(1)}, kNow).at(0);
  EXPECT_EQ(session.expires_at, session.max_expires_at);
  EXPECT_FALSE(Used(session, After(29 * kDayMs + 2 * kHourMs)));
}

TEST_F(SessionsTest, LogoutEndsOne) {
  const Session made = SignIn(ada_, 1);
  SignIn(ada_, 2);
  const auto end = [&] { return *In([&](db::Transaction& tx) { return End(tx, Token(1)); }); };
  EXPECT_EQ(end()->id, made.id);
  EXPECT_FALSE(end().has_value());
  EXPECT_EQ(Alive({Token(1), Token(2)}, kNow).size(), 1u);
}

TEST_F(SessionsTest, OthersEndButTheOneKept) {
  const Session kept = SignIn(ada_, 1);
  const Session other = SignIn(ada_, 2);
  SignIn(bob_, 3);
  const auto end = [&](SessionId keep) {
    return *In([&](db::Transaction& tx) { return EndOthers(tx, ada_, keep); });
  };
  EXPECT_EQ(end(kept.id), std::vector{other.id});
  EXPECT_TRUE(end(kept.id).empty());
  EXPECT_EQ(end(SessionId()), std::vector{kept.id});
  EXPECT_EQ(Count("sessions"), 1u);
}

TEST_F(SessionsTest, PurgeTakesTheExpired) {
  SignIn(ada_, 1);
  const auto purge = [&](TimestampMs now) {
    ASSERT_TRUE(In([&](db::Transaction& tx) { return PurgeExpired(tx, now, 10); }).ok());
  };
  purge(After(7 * kDayMs - 1));
  EXPECT_EQ(Count("sessions"), 1u);
  purge(After(7 * kDayMs));
  EXPECT_EQ(Count("sessions"), 0u);
}

}  // namespace
}  // namespace parlor::sessions
