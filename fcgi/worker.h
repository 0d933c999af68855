// From a request to its answer: route, checks, handler, problem, log line. One thread, one request
// at a time.
#pragma once

#include "fcgi/call.h"
#include "fcgi/http.h"
#include "fcgi/request_stats.h"

namespace parlor::fcgi {

class Worker {
 public:
  // Both must outlive the worker. `stats` may be null: nothing is counted.
  explicit Worker(const Services& services, RequestStats* stats = nullptr)
      : services_(services), stats_(stats) {}

  // Never fails and never throws: what goes wrong is a problem in the answer and, if it is our
  // mistake, a line in the log.
  Response Handle(const Request& request);

 private:
  void Count(const Request& request, const Match& match, int status, int64_t duration_us);

  const Services& services_;
  RequestStats* const stats_;
};

}  // namespace parlor::fcgi
