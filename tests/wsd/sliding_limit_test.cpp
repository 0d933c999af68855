#include "wsd/sliding_limit.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

TEST(SlidingLimitTest, TheLastOfSoManyInTheWindowHits) {
  SlidingLimit limit;
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(limit.Hit(1000 + i, 10, 60000)) << i;
  EXPECT_TRUE(limit.Hit(1009, 10, 60000));
}

TEST(SlidingLimitTest, WindowSlidesInsteadOfStartingAfresh) {
  SlidingLimit limit;
  EXPECT_FALSE(limit.Hit(0, 3, 1000));
  EXPECT_FALSE(limit.Hit(900, 3, 1000));
  EXPECT_FALSE(limit.Hit(1000, 3, 1000));  // the first is a whole window old
  EXPECT_TRUE(limit.Hit(1899, 3, 1000));   // 900, 1000, 1899
  EXPECT_FALSE(limit.Hit(2899, 3, 1000));
}

}  // namespace
}  // namespace parlor::wsd
