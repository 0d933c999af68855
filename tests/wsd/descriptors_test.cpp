#include "wsd/descriptors.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

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

TEST(DescriptorsTest, ListeningSocketsAreFoundAndNoOthers) {
  const size_t before = ListeningDescriptors().size();
  const int quiet = socket(AF_UNIX, SOCK_STREAM, 0);
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(listen(listening, 1), 0);
  const std::vector<int> found = ListeningDescriptors();
  EXPECT_EQ(found.size(), before + 1);
  EXPECT_NE(std::find(found.begin(), found.end(), listening), found.end());
  close(quiet);
  close(listening);
}

}  // namespace
}  // namespace parlor::wsd
