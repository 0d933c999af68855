// What all workers have reported since the daemon started, added up: only the daemon is asked for
// metrics, and workers come and go. Add() by the bus reader, Read() by whoever scrapes; the lock is
// held while some hundred numbers are added or copied, and the loop never takes it.
//
// Limit: kMaxSeries combinations of labels; what is beyond is counted under the route "other" of
// its pool, and at kMaxPools pools under the pool "other": a worker of another release, or a
// stranger on the bus, can't fill the memory of whoever stores the metrics.
#pragma once

#include <compare>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "common/worker_stats.h"

namespace parlor::wsd {

class WorkerTotals {
 public:
  static constexpr size_t kMaxSeries = 1000;
  static constexpr size_t kMaxPools = 8;

  struct Key {
    std::string pool;
    RequestKey request;
    auto operator<=>(const Key&) const = default;
  };
  struct Totals {
    std::map<Key, RequestNumbers> requests;
    DatabaseErrors database_errors{};
    uint64_t reports = 0;
    uint64_t malformed = 0;
  };

  void Add(const WorkerStats& stats);
  void AddMalformed();
  Totals Read() const;

 private:
  Key Bounded(const std::string& pool, const RequestKey& request) const;

  mutable std::mutex mutex_;
  Totals totals_;
  std::set<std::string> pools_;
};

}  // namespace parlor::wsd
