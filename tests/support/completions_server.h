// The stand-in for a model's server (completions_server.py, which lists its modes) beside a test.
// One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/database.h"
#include "tests/support/process.h"

namespace parlor::testing {

class CompletionsServer {
 public:
  // `options`: --certificate and --key.
  explicit CompletionsServer(std::vector<std::string> options = {})
      : process_(Command(options)), port_(process_.ReadLine()) {}

  const std::string& port() const { return port_; }
  // Of openai_url; `mode` may come by the model's name instead.
  std::string Url(const std::string& mode = "") const {
    return "http://127.0.0.1:" + port_ + (mode.empty() ? "" : "/" + mode) + "/v1";
  }
  // The next request that it took; waits.
  nlohmann::json Request() { return nlohmann::json::parse(process_.ReadLine()); }
  // Answers those that wait at the gate.
  void Release() {
    RunOrAbort({"curl", "-fsS", "--noproxy", "*", "-o", "/dev/null", "-X", "POST",
                "http://127.0.0.1:" + port_ + "/release"});
  }

 private:
  static std::vector<std::string> Command(std::vector<std::string> options) {
    options.insert(options.begin(),
                   {"/usr/bin/python3", SourceFolder() + "/tests/support/completions_server.py"});
    return options;
  }

  Process process_;
  std::string port_;
};

}  // namespace parlor::testing
