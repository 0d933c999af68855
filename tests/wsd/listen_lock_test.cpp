#include "wsd/listen_lock.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace parlor::wsd {
namespace {

class ListenLockTest : public ::testing::Test {
 protected:
  ListenLockTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "parlor-lock-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ListenLockTest() override { std::filesystem::remove_all(folder_); }
  std::string Path() const { return folder_ / "wsd.sock"; }
  std::filesystem::path folder_;
};

TEST_F(ListenLockTest, SecondDaemonIsRefused) {
  const auto first = ListenLock::Take(Path());
  ASSERT_TRUE(first.ok());
  const auto second = ListenLock::Take(Path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), ErrorCode::kConflict);
}

TEST_F(ListenLockTest, LeavesNoFileAndLetsTheNextOneIn) {
  {
    const auto lock = ListenLock::Take(Path());
    ASSERT_TRUE(lock.ok());
    std::ofstream(Path()) << "as if bound";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_TRUE(ListenLock::Take(Path()).ok());
}

TEST_F(ListenLockTest, LockFileOfADeadDaemonDoesNotMatter) {
  std::ofstream(Path() + ".lock") << "";
  EXPECT_TRUE(ListenLock::Take(Path()).ok());
}

TEST_F(ListenLockTest, WhoComesAfterADeadDaemonInheritsItsName) {
  std::string name;
  {
    const auto lock = ListenLock::Take(Path());
    ASSERT_TRUE(lock.ok());
    name = lock->name();
    EXPECT_EQ(name.size(), 16U);
    std::filesystem::copy_file(Path() + ".lock", folder_ / "kept");
  }
  EXPECT_NE(ListenLock::Take(Path())->name(), name) << "that one had ended well";
  std::filesystem::rename(folder_ / "kept", Path() + ".lock");
  EXPECT_EQ(ListenLock::Take(Path())->name(), name);
}

TEST_F(ListenLockTest, NonsenseInTheLockFileIsReplaced) {
  std::ofstream(Path() + ".lock") << "not a name at all, by far";
  const auto lock = ListenLock::Take(Path());
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(lock->name().size(), 16U);
  EXPECT_EQ(lock->name().find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST_F(ListenLockTest, PathThatNoSocketCanHaveIsRefused) {
  const auto lock = ListenLock::Take(folder_ / std::string(108, 'x'));
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.status().code(), ErrorCode::kInvalidField);
}

}  // namespace
}  // namespace parlor::wsd
