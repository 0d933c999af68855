// "So many in so long": counts exactly, over a sliding window. For limits of one connection; takes
// no memory before the first hit. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parlor::wsd {

class SlidingLimit {
 public:
  // Counts one at `now_ms` (monotonic). True when it is (at least) the `limit`-th within
  // `window_ms`. `limit` ≥ 1 and the same at each call.
  bool Hit(int64_t now_ms, int64_t limit, int64_t window_ms) {
    if (hits_.empty()) hits_.assign(static_cast<size_t>(limit), now_ms - window_ms);
    hits_[next_] = now_ms;
    next_ = (next_ + 1) % hits_.size();
    return now_ms - hits_[next_] < window_ms;  // the oldest of the last `limit`
  }

 private:
  std::vector<int64_t> hits_;  // ring
  size_t next_ = 0;
};

}  // namespace parlor::wsd
