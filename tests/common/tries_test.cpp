#include "common/tries.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/store_test.h"

namespace parlor::tries {
namespace {

class TriesTest : public testing::StoreTest {
 protected:
  Result<Try> Attempt(int64_t after_ms, const std::string& email = "ada@example.org",
                      Kind kind = Kind::kPassword) {
    return In(
        [&](db::Transaction& tx) { return Reserve(tx, kind, email, limits_, After(after_ms)); });
  }
  void GiveBack(const Try& reserved, const std::string& email = "ada@example.org") {
    ASSERT_TRUE(In([&](db::Transaction& tx) {
                  return Release(tx, Kind::kPassword, email, reserved);
                }).ok());
  }
  static LimitsConfig ThreeOfEach() {
    LimitsConfig limits;
    limits.wrong_passwords = 3;
    limits.wrong_password_window_s = 900;
    limits.registrations_per_hour = 3;
    return limits;
  }
  LimitsConfig limits_ = ThreeOfEach();
};

TEST_F(TriesTest, LimitHoldsForAnAccountInTheWindow) {
  for (const int64_t ms : {0, 1000, 2000}) EXPECT_TRUE(Attempt(ms).ok());
  const Status refused = Attempt(3000).status();
  EXPECT_EQ(Code(refused), ErrorCode::kTooManyRequests);
  EXPECT_EQ(refused.retry_after_ms(), 897'000);
  EXPECT_EQ(Code(Attempt(3000, "ADA@Example.ORG")), ErrorCode::kTooManyRequests);
  EXPECT_TRUE(Attempt(3000, "bob@example.org").ok());
}

TEST_F(TriesTest, TheWindowSlides) {
  for (const int64_t ms : {0, 1000, 2000}) EXPECT_TRUE(Attempt(ms).ok());
  EXPECT_EQ(Code(Attempt(899'999)), ErrorCode::kTooManyRequests);
  EXPECT_TRUE(Attempt(900'000).ok());
  EXPECT_EQ(Attempt(900'001).status().retry_after_ms(), 999);
  EXPECT_TRUE(Attempt(901'000).ok());
  EXPECT_EQ(Count("login_failures"), 3u);
}

TEST_F(TriesTest, ARightPasswordGivesBackItsOwnTryOnly) {
  EXPECT_TRUE(Attempt(0).ok());
  const Result<Try> right = Attempt(1);
  EXPECT_TRUE(Attempt(2).ok());
  GiveBack(*right, "Ada@example.org");
  EXPECT_EQ(Count("login_failures"), 2u);
  EXPECT_TRUE(Attempt(3).ok());
  EXPECT_EQ(Code(Attempt(4)), ErrorCode::kTooManyRequests);
}

TEST_F(TriesTest, ASlotThatSomebodyElseHasByNowIsNotGivenBack) {
  const Result<Try> slow = Attempt(0);
  EXPECT_TRUE(Attempt(900'000).ok());
  GiveBack(*slow);
  EXPECT_EQ(Count("login_failures"), 1u);
}

TEST_F(TriesTest, RegistrationsAreCountedAnHourAndApartFromPasswords) {
  const auto registration = [&](int64_t ms) {
    return Attempt(ms, "ada@example.org", Kind::kRegistration);
  };
  for (const int64_t ms : {0, 1, 2}) EXPECT_TRUE(registration(ms).ok());
  EXPECT_EQ(registration(1000).status().retry_after_ms(), 3'599'000);
  for (const int64_t ms : {0, 1, 2}) EXPECT_TRUE(Attempt(ms).ok());
  EXPECT_TRUE(registration(3'600'000).ok());
  EXPECT_EQ(Code(registration(3'600'000)), ErrorCode::kTooManyRequests);
}

TEST_F(TriesTest, TriesSideBySideDoNotSlipPast) {
  limits_.wrong_passwords = 5;
  for (const int64_t now_ms : {0, 1'000'000}) {  // on a new account, and on one with old slots
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        const SystemClock clock;
        db::Database database(db_.config(), clock);
        for (int j = 0; j < 4; ++j) {
          const auto reserved = In(database, [&](db::Transaction& tx) {
            return Reserve(tx, Kind::kPassword, "ada@example.org", limits_, After(now_ms));
          });
          if (reserved.ok()) ++passed;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(passed, 5);
  }
}

TEST_F(TriesTest, PurgeTakesTheTriesOfTheDayBefore) {
  db_.Run("INSERT INTO login_failures VALUES (x'" + std::string(64, '0') + "', 0, " +
          std::to_string(kNow.value) + ")");
  const auto purge = [&](TimestampMs now) {
    ASSERT_TRUE(In([&](db::Transaction& tx) { return Purge(tx, now, 10); }).ok());
  };
  purge(After(86'400'000));
  EXPECT_EQ(Count("login_failures"), 1u);
  purge(After(86'400'001));
  EXPECT_EQ(Count("login_failures"), 0u);
}

}  // namespace
}  // namespace parlor::tries
