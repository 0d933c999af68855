// As much HTTP as a load generator needs: one request, one connection, the answer whole.
#pragma once

#include <cstdint>
#include <string>

namespace parlor::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// POST to 127.0.0.1:port/http`path` with a JSON body. Waits for the answer; Fail() if there is
// none.
HttpAnswer Post(uint16_t port, const std::string& path, const std::string& token,
                const std::string& body);

}  // namespace parlor::bench
