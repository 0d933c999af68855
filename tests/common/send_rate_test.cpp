#include "common/send_rate.h"

#include "tests/support/store_test.h"

namespace parlor::send_rate {
namespace {

LimitsConfig TwentyWithBurstOfFive() {
  LimitsConfig limits;
  limits.messages_per_second = 20;
  limits.message_burst = 5;
  return limits;
}
const LimitsConfig kLimits = TwentyWithBurstOfFive();

TEST(BucketTest, BurstThenOneEachInterval) {
  Bucket bucket;
  const TimestampMs now(1'000'000);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Take(bucket, kLimits, now).ok());
  const TimestampMs before = bucket.arrival;
  const Status refused = Take(bucket, kLimits, now);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), ErrorCode::kTooFast);
  EXPECT_EQ(refused.retry_after_ms(), 50);
  EXPECT_EQ(bucket.arrival, before);
  EXPECT_FALSE(Take(bucket, kLimits, TimestampMs(now.value + 49)).ok());
  EXPECT_TRUE(Take(bucket, kLimits, TimestampMs(now.value + 50)).ok());
  EXPECT_FALSE(Take(bucket, kLimits, TimestampMs(now.value + 50)).ok());
}

TEST(BucketTest, RestRefillsItNoFurtherThanTheBurst) {
  Bucket bucket;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Take(bucket, kLimits, TimestampMs(0)).ok());
  const TimestampMs later(3'600'000);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Take(bucket, kLimits, later).ok());
  EXPECT_FALSE(Take(bucket, kLimits, later).ok());
}

TEST(BucketTest, ClockThatIsSetBackLocksNobodyOut) {
  Bucket bucket;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Take(bucket, kLimits, TimestampMs(3'600'000)).ok());
  const TimestampMs now(1'000'000);
  EXPECT_TRUE(Take(bucket, kLimits, now).ok());
  EXPECT_EQ(Take(bucket, kLimits, now).retry_after_ms(), 50);  // full, and no more than that
  EXPECT_TRUE(Take(bucket, kLimits, TimestampMs(now.value + 50)).ok());
}

class SendRateTest : public testing::StoreTest {
 protected:
  Status Send(int64_t after_ms) {
    return In([&](db::Transaction& tx) { return Charge(tx, ada_, kLimits, After(after_ms)); });
  }
  UserId ada_ = db_.AddUser(), bob_ = db_.AddUser();
};

TEST_F(SendRateTest, RowIsChargedLikeABucket) {
  Bucket bucket;
  for (const int64_t ms : {0, 0, 0, 10, 20, 20, 49, 50, 50, 99, 150, 5000, 5000, 900, 900, 950}) {
    const Status in_memory = Take(bucket, kLimits, After(ms));
    const Status in_row = Send(ms);
    EXPECT_EQ(in_row.ok(), in_memory.ok()) << ms;
    if (!in_row.ok() && !in_memory.ok()) {
      EXPECT_EQ(in_row.code(), ErrorCode::kTooFast);
      EXPECT_EQ(in_row.retry_after_ms(), in_memory.retry_after_ms());
    }
    EXPECT_EQ(db_.Number("SELECT arrival_at_ms FROM send_rates"),
              static_cast<uint64_t>(bucket.arrival.value));
  }
}

TEST_F(SendRateTest, RaiseNeverLowersAndSkipsTheDeleted) {
  ASSERT_TRUE(Send(1000).ok());
  const std::pair<UserId, Bucket> buckets[] = {
      {UserId(999), {kNow}}, {bob_, {After(70)}}, {ada_, {After(60)}}};
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Raise(tx, buckets); }).ok());
  const auto arrival = [&](UserId user) {
    return db_.Number("SELECT arrival_at_ms FROM send_rates WHERE user_id = " +
                      std::to_string(user.value));
  };
  EXPECT_EQ(arrival(ada_), static_cast<uint64_t>(After(1050).value));
  EXPECT_EQ(arrival(bob_), static_cast<uint64_t>(After(70).value));
  EXPECT_EQ(Count("send_rates"), 2u);
}

TEST_F(SendRateTest, RaisedRowHoldsBackTheNextSend) {
  const std::pair<UserId, Bucket> buckets[] = {{ada_, {After(250)}}};
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Raise(tx, buckets); }).ok());
  EXPECT_EQ(Send(0).retry_after_ms(), 50);
}

}  // namespace
}  // namespace parlor::send_rate
