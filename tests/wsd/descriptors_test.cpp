#include "wsd/descriptors.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

TEST(DescriptorsTest, ConnectionsLeaveTheReserve) {
  EXPECT_EQ(ConnectionLimit(0, 1024), 1024 - kReservedDescriptors);
  EXPECT_EQ(ConnectionLimit(100, 1024), 100);
  EXPECT_EQ(ConnectionLimit(5000, 1024), 1024 - kReservedDescriptors);
  EXPECT_EQ(ConnectionLimit(0, 64), 1);
}

TEST(DescriptorsTest, LimitThatIsNotGrantedIsAnError) {
  const auto limit = SetDescriptorLimit(int64_t{1} << 40);
  ASSERT_FALSE(limit.ok());
  EXPECT_EQ(limit.status().field(), "socket.max_descriptors");
}

TEST(DescriptorsTest, InheritedLimitIsReported) {
  const auto limit = SetDescriptorLimit(0);
  ASSERT_TRUE(limit.ok());
  EXPECT_GT(*limit, 0);
  EXPECT_LE(*limit, 1048576);
}

}  // namespace
}  // namespace parlor::wsd
