// What one worker has answered since it last said so: counted with every request, pushed to the
// daemon at most once in kPushMs (common/worker_stats.h). One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bus.h"
#include "common/clock.h"
#include "common/worker_stats.h"

namespace parlor::fcgi {

class RequestStats {
 public:
  static constexpr int64_t kPushMs = 1000;

  // Both must outlive it.
  RequestStats(const Clock& clock, EventPublisher& publisher, std::string pool);

  // `route` is a pattern of the table, or "" for a path that has none.
  void Observe(std::string_view method, std::string_view route, int status, int64_t duration_us);
  void AddDatabaseErrors(const DatabaseErrors& errors);

  // Pushes if it is time; what the bus does not take is kept for the next time. In how many
  // milliseconds to call it again; nullopt: there is nothing to tell.
  std::optional<int64_t> PushIfDue();
  // At the end: whatever there is.
  void Push();

 private:
  bool HasNews() const;

  const Clock& clock_;
  EventPublisher& publisher_;
  WorkerStats news_;
  std::optional<int64_t> pushed_at_ms_;
};

}  // namespace parlor::fcgi
