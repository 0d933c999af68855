// What the tests of the daemon's threads share: a database of their own with a few users, the
// loop's mailbox, and waiting for what arrives in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "tests/support/database.h"
#include "tests/support/fake_clock.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class ThreadTest : public ::testing::Test {
 protected:
  ThreadTest() {
    config_.database = db_.config();
    config_.database.retry_limit_ms = 20'000;
    config_.writer.threads = 1;
    config_.socket.listen_path = "/run/parlor/test.sock";
    config_.session.idle_days = 7;
    config_.session.max_days = 30;
  }

  static Deadline Soon(int64_t ms = 20'000) {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  }
  static Deadline Now() { return std::chrono::steady_clock::now(); }

  uint64_t Count(const std::string& from_where) {
    return db_.Number("SELECT COUNT(*) FROM " + from_where);
  }

  // A change by a store's function, committed.
  void Change(const std::function<Status(db::Transaction&)>& body) {
    const Status status = db_.database().Transact(db::Repeat::kOnce, body);
    ASSERT_TRUE(status.ok()) << status.message();
  }

  // The next item of this kind in the mailbox; others are kept for later calls.
  template <typename T>
  T Next() {
    const Deadline deadline = Soon();
    for (;;) {
      for (auto it = kept_.begin(); it != kept_.end(); ++it) {
        if (!std::holds_alternative<T>(*it)) continue;
        T found = std::get<T>(std::move(*it));
        kept_.erase(it);
        return found;
      }
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "nothing arrived in the mailbox";
        std::abort();
      }
      for (LoopItem& item : results_.Take(1000, std::chrono::milliseconds(100))) {
        kept_.push_back(std::move(item));
      }
    }
  }

  // Whether there is nothing of this kind in the mailbox now.
  template <typename T>
  bool Nothing() {
    for (LoopItem& item : results_.TakeAll()) kept_.push_back(std::move(item));
    return std::none_of(kept_.begin(), kept_.end(),
                        [](const LoopItem& item) { return std::holds_alternative<T>(item); });
  }

  // Until `condition` holds; false when it does not for long.
  static bool Eventually(const std::function<bool()>& condition) {
    const Deadline deadline = Soon();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  testing::TestDatabase db_;
  SystemClock clock_;
  Config config_;
  Queue<LoopItem> results_{100'000};
  std::deque<LoopItem> kept_;
};

}  // namespace parlor::wsd
