// What workers count about their requests, and how they tell the daemon, which is the only one that
// is asked for metrics: a text of a few lines, pushed over the event bus at most once a second. A
// lost one costs numbers and nothing else.
//
//   parlor-stats 1 POOL            '-' for none
//   request METHOD ROUTE CLASS COUNT MICROSECONDS BUCKET…
//   database KIND COUNT
//
// Routes are the patterns of the route table, never paths: a path may hold a token. Everything is a
// difference to what was told before. Pure values; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "common/database_errors.h"
#include "common/status.h"

namespace parlor {

// Upper bounds of the buckets of durations; one more bucket holds what is above.
inline constexpr std::array<int64_t, 12> kRequestBoundsUs = {
    1'000,   2'500,   5'000,   10'000,    25'000,    50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

struct RequestKey {
  std::string method;    // GET, …, OTHER
  std::string route;     // /chat_rooms/{id}; "-": none
  int status_class = 0;  // 2 to 5
  auto operator<=>(const RequestKey&) const = default;
};
struct RequestNumbers {
  uint64_t count = 0;
  uint64_t microseconds = 0;  // all together
  std::array<uint64_t, kRequestBoundsUs.size() + 1> buckets{};

  void Observe(int64_t duration_us);
  void Add(const RequestNumbers& other);
};

struct WorkerStats {
  std::string pool;
  std::map<RequestKey, RequestNumbers> requests;
  DatabaseErrors database_errors{};
};

// Rows that a message may have: far more than there are routes.
inline constexpr size_t kMaxStatsRows = 500;

// By the first word, whatever the version; anything else on the bus is taken for an event.
bool IsWorkerStats(std::string_view bytes);
std::string EncodeWorkerStats(const WorkerStats& stats);
// kMalformedJson (as for events) for other shapes, words or numbers than EncodeWorkerStats writes;
// the same row twice is added up.
Result<WorkerStats> DecodeWorkerStats(std::string_view bytes);

}  // namespace parlor
