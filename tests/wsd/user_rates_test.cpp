#include "wsd/user_rates.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

constexpr UserId kAda{1};
constexpr UserId kBob{2};
constexpr TimestampMs kNow{1'000'000};

LimitsConfig Limits() {
  LimitsConfig limits;
  limits.messages_per_second = 20;
  limits.message_burst = 10;
  return limits;
}

TEST(UserRatesTest, HttpSendsCountAgainstTheSameBucket) {
  UserRates rates(Limits());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rates.Take(kAda, kNow).ok());
  for (int i = 0; i < 5; ++i) rates.Charge(kAda, kNow);
  const Status refused = rates.Take(kAda, kNow);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), ErrorCode::kTooFast);
  EXPECT_GT(refused.retry_after_ms(), 0);
  EXPECT_TRUE(rates.Take(kBob, kNow).ok());
}

TEST(UserRatesTest, OnlyBucketsInHeavyUseAreToldAndOnlyOnce) {
  UserRates rates(Limits());
  for (int i = 0; i < 9; ++i) rates.Charge(kAda, kNow);
  rates.Charge(kBob, kNow);
  const auto heavy = rates.TakeHeavy(kNow);
  ASSERT_EQ(heavy.size(), 1U);
  EXPECT_EQ(heavy[0].first, kAda);
  EXPECT_EQ(heavy[0].second.arrival, TimestampMs(kNow.value + 9 * 50));
  EXPECT_TRUE(rates.TakeHeavy(kNow).empty());
  rates.Charge(kAda, kNow);
  EXPECT_EQ(rates.TakeHeavy(kNow).size(), 1U);
}

TEST(UserRatesTest, RecoveredBucketIsFullAgain) {
  UserRates rates(Limits());
  for (int i = 0; i < 10; ++i) rates.Charge(kAda, kNow);
  const TimestampMs later(kNow.value + 500);
  EXPECT_TRUE(rates.TakeHeavy(later).empty());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rates.Take(kAda, later).ok()) << i;
  EXPECT_FALSE(rates.Take(kAda, later).ok());
}

}  // namespace
}  // namespace parlor::wsd
