#include "wsd/worker_totals.h"

namespace parlor::wsd {
namespace {

constexpr const char* kOther = "other";

}  // namespace

void WorkerTotals::Add(const WorkerStats& stats) {
  const std::lock_guard lock(mutex_);
  ++totals_.reports;
  if (!pools_.contains(stats.pool) && pools_.size() < kMaxPools) pools_.insert(stats.pool);
  const std::string pool = pools_.contains(stats.pool) ? stats.pool : kOther;
  for (const auto& [request, numbers] : stats.requests) {
    totals_.requests[Bounded(pool, request)].Add(numbers);
  }
  for (size_t i = 0; i < stats.database_errors.size(); ++i) {
    totals_.database_errors[i] += stats.database_errors[i];
  }
}

// With the lock held. Once it is full only those that are there, and the few of "other".
WorkerTotals::Key WorkerTotals::Bounded(const std::string& pool, const RequestKey& request) const {
  Key key{pool, request};
  if (totals_.requests.size() < kMaxSeries || totals_.requests.contains(key)) return key;
  return {pool, {"OTHER", kOther, request.status_class}};
}

void WorkerTotals::AddMalformed() {
  const std::lock_guard lock(mutex_);
  ++totals_.malformed;
}

WorkerTotals::Totals WorkerTotals::Read() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace parlor::wsd
