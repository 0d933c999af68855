// The little HTTP server that Prometheus, load balancers and people with curl ask: civetweb, which
// prometheus-cpp brings. The only includer of civetweb is metrics_server.cpp.
//
// It has threads of its own and knows nothing of the daemon: what it answers comes from a function,
// which is called on those threads, several at once. GET and HEAD alone, no files, no keep-alive.
// Limits: kThreads requests at once, kRequestTimeoutMs to send one; who is slower is hung up on,
// but keeps a thread so long. Failure: an address that can't be had is an error of Start().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/status.h"

namespace parlor::wsd {

struct WatchAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

class MetricsServer {
 public:
  // What is at `path` ("/metrics"); 404 for what is not.
  using Answer = std::function<WatchAnswer(std::string_view path)>;

  // `listen`: "127.0.0.1:9464". `answer` lives as long as the server.
  static Result<std::unique_ptr<MetricsServer>> Start(const std::string& listen, Answer answer);
  ~MetricsServer();  // waits for answers under way, and no longer

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlor::wsd
