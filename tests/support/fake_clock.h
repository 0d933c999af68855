// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>

#include "common/clock.h"

namespace parlor {

class FakeClock final : public Clock {
 public:
  // 2026-11-22T17:04:12.123Z unless told otherwise; MonotonicMs starts at 1,000,000.
  explicit FakeClock(TimestampMs now = TimestampMs(1795367052123)) : now_ms_(now.value) {}

  TimestampMs Now() const override { return TimestampMs(now_ms_.load()); }
  int64_t MonotonicMs() const override { return monotonic_ms_.load(); }

  // Time passes.
  void Advance(int64_t ms) {
    now_ms_ += ms;
    monotonic_ms_ += ms;
  }
  // The wall clock is set, as an administrator or NTP does; no time passes.
  void SetWallClock(TimestampMs now) { now_ms_ = now.value; }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_{1'000'000};
};

}  // namespace parlor
