// What threads count for the metrics: numbers that one side writes and a scrape reads, without a
// lock. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parlor::wsd {

class Count {
 public:
  void Add(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A histogram as it was read. `counts` has one more than `bounds`: what was above the last one.
struct Distribution {
  std::vector<double> bounds;  // inclusive upper ones
  std::vector<uint64_t> counts;
  double sum = 0;

  uint64_t total() const {
    uint64_t all = 0;
    for (const uint64_t count : counts) all += count;
    return all;
  }
};

// How values spread over buckets. `Bounds` is a constant array: upper bounds, ascending, in units
// of which `PerUnit` make one of what is shown (1,000 milliseconds: a second). A read may see a
// value in its bucket and not yet in the sum.
template <const auto& Bounds, int64_t PerUnit = 1>
class Histogram {
 public:
  void Observe(int64_t value) {
    const auto place = std::lower_bound(Bounds.begin(), Bounds.end(), value) - Bounds.begin();
    counts_[static_cast<size_t>(place)].Add();
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  Distribution Read() const {
    Distribution read;
    for (const int64_t bound : Bounds) {
      read.bounds.push_back(static_cast<double>(bound) / static_cast<double>(PerUnit));
    }
    for (const Count& count : counts_) read.counts.push_back(count.value());
    read.sum =
        static_cast<double>(sum_.load(std::memory_order_relaxed)) / static_cast<double>(PerUnit);
    return read;
  }

 private:
  std::array<Count, Bounds.size() + 1> counts_;
  std::atomic<int64_t> sum_{0};
};

// ---- The bounds in use
inline constexpr std::array<int64_t, 9> kBatchBounds = {1, 2, 4, 8, 16, 32, 64, 128, 256};
// Times: shown in seconds.
inline constexpr std::array<int64_t, 14> kMicrosecondBounds = {
    250,    500,     1'000,   2'500,   5'000,     10'000,    25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};
inline constexpr std::array<int64_t, 12> kMillisecondBounds = {1,   2,   5,   10,   25,   50,
                                                               100, 250, 500, 1000, 2500, 10000};

using BatchHistogram = Histogram<kBatchBounds>;
using MicrosecondHistogram = Histogram<kMicrosecondBounds, 1'000'000>;
using MillisecondHistogram = Histogram<kMillisecondBounds, 1000>;

// The sum of several of one kind (a thread each).
inline Distribution Sum(std::span<const Distribution> parts) {
  Distribution all;
  for (const Distribution& part : parts) {
    if (all.bounds.empty()) {
      all = part;
      continue;
    }
    for (size_t i = 0; i < all.counts.size(); ++i) all.counts[i] += part.counts[i];
    all.sum += part.sum;
  }
  return all;
}

}  // namespace parlor::wsd
