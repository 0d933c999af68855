#include "wsd/recent_map.h"

#include <gtest/gtest.h>

#include <string>

namespace parlor::wsd {
namespace {

class RecentMapTest : public ::testing::Test {
 protected:
  std::string At(int key) const {
    const std::string* found = map_.Find(key);
    return found == nullptr ? "" : *found;
  }
  RecentMap<int, std::string> map_{/*remember_ms=*/100, /*most=*/3};
};

TEST_F(RecentMapTest, ForgetsWhatIsOldButNotWhatWasSetAgain) {
  map_.Set(1, "a", 1000);
  map_.Set(2, "b", 1000);
  map_.Set(1, "c", 1001);
  EXPECT_EQ(At(1), "c");
  map_.ForgetOld(1100);
  EXPECT_EQ(map_.size(), 2U);
  map_.ForgetOld(1101);
  EXPECT_EQ(At(1), "c");
  EXPECT_EQ(At(2), "");
  map_.ForgetOld(1102);
  EXPECT_EQ(map_.size(), 0U);
}

TEST_F(RecentMapTest, ForgetsTheOldestBeyondItsBound) {
  for (int key = 1; key <= 4; ++key) map_.Set(key, "x", 1000);
  EXPECT_EQ(map_.size(), 3U);
  EXPECT_EQ(At(1), "");
  EXPECT_EQ(At(2), "x");
  for (int i = 0; i < 10; ++i) map_.Set(7, "y", 1000);
  EXPECT_EQ(map_.size(), 1U) << "every call counts";
}

TEST_F(RecentMapTest, CountsWhatWasSetAndForgotten) {
  for (int i = 0; i < 2; ++i) map_.Set(1, "x", 1000);
  EXPECT_EQ(map_.sets(), 2U);
  EXPECT_EQ(map_.forgotten(), 0U);
  map_.ForgetOld(1101);
  EXPECT_EQ(map_.sets(), 2U);
  EXPECT_EQ(map_.forgotten(), 2U);
}

}  // namespace
}  // namespace parlor::wsd
