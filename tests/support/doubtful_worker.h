// A worker whose COMMITs are cut off: what it says when nobody knows whether something is stored.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/support/database_proxy.h"
#include "tests/support/worker_fixture.h"

namespace parlor::fcgi {

// Base: a fixture derived from WorkerFixture.
template <typename Base>
class DoubtfulWorker : public Base {
 protected:
  // One request, whose next `times` COMMITs lose their connection.
  Response HandleWithCut(testing::DatabaseProxy::Cut cut, Method method, const std::string& path,
                         const std::string& body, const std::string& token, int times = 1) {
    DatabaseConfig proxied = this->database_.config();
    proxied.socket = proxy_.path();
    db::Database database(proxied, this->clock_);
    const Services services = this->ServicesWith(database);
    Worker worker(services);
    Request request;
    request.method = method;
    request.path = path;
    request.token = token;
    request.body = body;
    proxy_.CutCommits(cut, times);
    return worker.Handle(request);
  }

  testing::DatabaseProxy proxy_{std::filesystem::temp_directory_path() /
                                    ("parlor-doubt-" + std::to_string(getpid()) + ".sock"),
                                this->database_.config().socket};
};

}  // namespace parlor::fcgi
