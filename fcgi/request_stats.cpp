#include "fcgi/request_stats.h"

#include <utility>

namespace parlor::fcgi {

RequestStats::RequestStats(const Clock& clock, EventPublisher& publisher, std::string pool)
    : clock_(clock), publisher_(publisher) {
  news_.pool = std::move(pool);
}

void RequestStats::Observe(std::string_view method, std::string_view route, int status,
                           int64_t duration_us) {
  const RequestKey key{std::string(method), std::string(route.empty() ? "-" : route), status / 100};
  news_.requests[key].Observe(duration_us);
}

void RequestStats::AddDatabaseErrors(const DatabaseErrors& errors) {
  for (size_t i = 0; i < errors.size(); ++i) news_.database_errors[i] += errors[i];
}

bool RequestStats::HasNews() const {
  return !news_.requests.empty() || news_.database_errors != DatabaseErrors{};
}

std::optional<int64_t> RequestStats::PushIfDue() {
  if (!HasNews()) return std::nullopt;
  const int64_t now = clock_.MonotonicMs();
  if (pushed_at_ms_ && now - *pushed_at_ms_ < kPushMs) return *pushed_at_ms_ + kPushMs - now;
  pushed_at_ms_ = now;
  Push();
  return HasNews() ? std::optional(kPushMs) : std::nullopt;
}

// What the bus does not take now is kept for the next time: while the daemon restarts nothing is
// lost, and there are only as many rows as there are routes.
void RequestStats::Push() {
  if (!HasNews() || !publisher_.Publish(EncodeWorkerStats(news_))) return;
  news_.requests.clear();
  news_.database_errors = {};
}

}  // namespace parlor::fcgi
