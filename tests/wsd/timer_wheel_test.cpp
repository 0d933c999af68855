#include "wsd/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace parlor::wsd {
namespace {

struct Timer : TimerWheel::Entry {
  int64_t due = 0;
  int fired = 0;
};

class TimerWheelTest : public ::testing::Test {
 protected:
  void Schedule(Timer& timer, int64_t due) {
    timer.due = due;
    wheel_.Schedule(timer, due);
  }
  void AdvanceTo(int64_t now) {
    wheel_.Advance(now, [](TimerWheel::Entry& entry) { ++static_cast<Timer&>(entry).fired; });
  }
  TimerWheel wheel_{1000};
};

TEST_F(TimerWheelTest, FiresOnceWhenDueAndNotBefore) {
  Timer timer;
  Schedule(timer, 1500);
  AdvanceTo(1499);
  EXPECT_EQ(timer.fired, 0);
  AdvanceTo(1500);
  EXPECT_EQ(timer.fired, 1);
  AdvanceTo(500000);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, LaterDeadlineReplacesTheEarlier) {
  Timer timer;
  Schedule(timer, 1500);
  Schedule(timer, 2500);
  AdvanceTo(2400);
  EXPECT_EQ(timer.fired, 0);
  AdvanceTo(2500);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, PastDeadlineFiresAtTheNextTurn) {
  Timer timer;
  Schedule(timer, 0);
  AdvanceTo(1000);
  EXPECT_EQ(timer.fired, 0);
  AdvanceTo(1100);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, DeadlineBeyondTheHorizonFiresAtTheHorizonToBeLookedAt) {
  Timer timer;
  Schedule(timer, 100'000'000);
  AdvanceTo(1000 + TimerWheel::kSlots * TimerWheel::kSlotMs);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, LongSleepFiresEverythingOnce) {
  std::vector<std::unique_ptr<Timer>> timers;
  for (int64_t due = 1000; due < 90000; due += 777) {
    timers.push_back(std::make_unique<Timer>());
    Schedule(*timers.back(), due);
  }
  AdvanceTo(10'000'000);
  for (const auto& timer : timers) EXPECT_EQ(timer->fired, 1) << timer->due;
}

TEST_F(TimerWheelTest, DestroyedEntryDoesNotFire) {
  auto timer = std::make_unique<Timer>();
  Timer other;
  Schedule(*timer, 1500);
  Schedule(other, 1500);
  wheel_.Advance(1500, [&](TimerWheel::Entry& entry) {
    ++static_cast<Timer&>(entry).fired;
    if (timer && &entry != timer.get()) timer.reset();
    if (timer && &entry == timer.get()) wheel_.Schedule(other, 9000);
  });
  EXPECT_LE(other.fired, 1);
}

TEST_F(TimerWheelTest, HandlerMayScheduleAgain) {
  Timer timer;
  Schedule(timer, 1100);
  int64_t now = 1000;
  int fired = 0;
  while ((now += 100) <= 2000) {
    wheel_.Advance(now, [&](TimerWheel::Entry& entry) {
      ++fired;
      wheel_.Schedule(entry, now + 200);
    });
  }
  EXPECT_EQ(fired, 5);  // 1100, 1300, … 1900
}

TEST_F(TimerWheelTest, WhatIsScheduledAfterALongSleepIsForALaterTurn) {
  Timer timer;
  Schedule(timer, 1100);
  int fired = 0;
  const auto again = [&](TimerWheel::Entry& entry) {
    ++fired;
    wheel_.Schedule(entry, 2000);  // past already
  };
  wheel_.Advance(90000, again);
  EXPECT_EQ(fired, 1);
  wheel_.Advance(90100, again);
  EXPECT_EQ(fired, 2);
}

TEST_F(TimerWheelTest, RandomDeadlinesFireWithinOneSlot) {
  std::mt19937 random(7);
  std::vector<Timer> timers(500);
  for (Timer& timer : timers) Schedule(timer, 1001 + static_cast<int64_t>(random() % 80000));
  for (int64_t now = 1000; now < 90000; now += 1 + static_cast<int64_t>(random() % 150)) {
    wheel_.Advance(now, [&](TimerWheel::Entry& entry) {
      auto& timer = static_cast<Timer&>(entry);
      ++timer.fired;
      EXPECT_LE(timer.due, now);
      EXPECT_GE(timer.due + TimerWheel::kSlotMs + 150, now);
    });
  }
  for (const Timer& timer : timers) EXPECT_EQ(timer.fired, 1);
}

}  // namespace
}  // namespace parlor::wsd
