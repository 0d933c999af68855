// From a request to its answer: route, checks, handler, problem, log line. One thread, one request
// at a time.
#pragma once

#include "fcgi/call.h"
#include "fcgi/http.h"

namespace parlor::fcgi {

class Worker {
 public:
  // `services` must outlive the worker.
  explicit Worker(const Services& services) : services_(services) {}

  // Never fails and never throws: what goes wrong is a problem in the answer and, if it is our
  // mistake, a line in the log.
  Response Handle(const Request& request);

 private:
  const Services& services_;
};

}  // namespace parlor::fcgi
