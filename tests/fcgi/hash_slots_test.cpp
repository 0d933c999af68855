#include "fcgi/hash_slots.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace parlor::fcgi {
namespace {

class HashSlotsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "parlor-slots-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.slots_path = name + "/slots";
    config_.max_concurrent_hashes = 2;
    config_.hash_wait_ms = 0;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<HashSlots> Open() {
    auto slots = HashSlots::Open(config_, clock_);
    EXPECT_TRUE(slots.ok());
    return slots.ok() ? std::move(slots).value() : nullptr;
  }

  // Another worker, which takes a slot and holds it until it is killed. Returns once it has it.
  pid_t StartHolder() {
    int ready[2] = {};
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto slots = HashSlots::Open(config_, clock_);
      const auto slot = (*slots)->Acquire();
      const char answer = slot.ok() ? 'y' : 'n';
      if (write(ready[1], &answer, 1) != 1) _exit(1);
      while (true) pause();
    }
    close(ready[1]);
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    close(ready[0]);
    EXPECT_EQ(answer, 'y');
    return child;
  }
  static void Kill(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  PasswordConfig config_;
  SystemClock clock_;
  std::string folder_;
};

TEST_F(HashSlotsTest, AsManyAsConfiguredAreGivenAndNoMore) {
  const auto slots = Open();
  const auto one = slots->Acquire();
  const auto two = slots->Acquire();
  EXPECT_TRUE(one.ok());
  EXPECT_TRUE(two.ok());
  const auto three = slots->Acquire();
  ASSERT_FALSE(three.ok());
  EXPECT_EQ(three.status().code(), ErrorCode::kUnavailable);
  EXPECT_GT(three.status().retry_after_ms(), 0);
}

TEST_F(HashSlotsTest, ASlotThatIsGoneIsFree) {
  const auto slots = Open();
  const auto one = slots->Acquire();
  { EXPECT_TRUE(slots->Acquire().ok()); }
  EXPECT_TRUE(slots->Acquire().ok());
}

TEST_F(HashSlotsTest, AMovedSlotIsStillTaken) {
  config_.max_concurrent_hashes = 1;
  const auto slots = Open();
  auto first = slots->Acquire();
  const HashSlots::Slot moved = std::move(first).value();
  EXPECT_FALSE(slots->Acquire().ok());
}

TEST_F(HashSlotsTest, ProcessesShareThem) {
  const auto slots = Open();
  const pid_t first = StartHolder();
  const pid_t second = StartHolder();
  EXPECT_FALSE(slots->Acquire().ok());
  Kill(first);
  Kill(second);
}

TEST_F(HashSlotsTest, AKilledProcessLetsItsSlotGo) {
  const auto slots = Open();
  const pid_t first = StartHolder();
  const pid_t second = StartHolder();
  Kill(first);
  EXPECT_TRUE(slots->Acquire().ok());
  Kill(second);
}

TEST_F(HashSlotsTest, WaitingGetsTheSlotThatBecomesFree) {
  config_.max_concurrent_hashes = 1;
  config_.hash_wait_ms = 30'000;
  const auto slots = Open();
  const pid_t holder = StartHolder();
  const pid_t killer = fork();
  if (killer == 0) _exit(kill(holder, SIGKILL));
  EXPECT_TRUE(slots->Acquire().ok());
  waitpid(killer, nullptr, 0);
  waitpid(holder, nullptr, 0);
}

TEST_F(HashSlotsTest, AFolderThatCannotBeMadeIsNamed) {
  config_.slots_path = folder_ + "/missing/slots";
  const auto slots = HashSlots::Open(config_, clock_);
  ASSERT_FALSE(slots.ok());
  EXPECT_NE(slots.status().message().find(config_.slots_path), std::string::npos);
}

}  // namespace
}  // namespace parlor::fcgi
