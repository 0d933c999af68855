// parlor-fcgi: answers HTTP under /http as a FastCGI worker, or as a plain CGI program. One thread,
// one database connection, one request at a time; as many processes as wanted.
#include <cstdlib>
#include <iostream>
#include <variant>

#include "common/bus.h"
#include "common/clock.h"
#include "common/db.h"
#include "common/log.h"
#include "common/password.h"
#include "common/program.h"
#include "fcgi/fcgi_io.h"
#include "fcgi/hash_slots.h"
#include "fcgi/request_stats.h"
#include "fcgi/routes.h"
#include "fcgi/worker.h"

namespace parlor::fcgi {
namespace {

constexpr ProgramInfo kInfo = {
    "parlor-fcgi",
    "Answers Parlor's HTTP interface. A web server starts it as a CGI program, or spawn-fcgi (or "
    "systemd) as a FastCGI worker with the listening socket as descriptor 0.",
    {"--print-routes", "Write METHOD PATTERN ACCESS of every route, and end", PrintRoutes}};

constexpr int kCgiBusWaitMs = 100;

int Serve(const Config& config) {
  const SystemClock clock;
  const auto slots = HashSlots::Open(config.password, clock);
  if (!slots.ok()) {
    log::Error("starting", {{"error", slots.status()}});
    return kExitConfig;
  }
  db::DriverInit();
  db::Database database(config.database, clock);
  EventPublisher publisher(config.bus);
  const PasswordHasher hasher(config.password);
  const Services services{config, clock, database, publisher, hasher, **slots};
  RequestStats stats(clock, publisher, config.metrics.pool);
  Worker worker(services, &stats);
  const auto handle = [&](const Request& request) { return worker.Handle(request); };
  const auto max_body_bytes = static_cast<size_t>(config.http.max_body_bytes);
  const int code = StartedAsCgi()
                       ? ServeCgi(max_body_bytes, handle)
                       : ServeFastCgi(max_body_bytes, handle, [&] { return stats.PushIfDue(); });
  // A CGI program has only just begun to connect; for numbers it does not wait longer.
  if (StartedAsCgi()) publisher.ReachableAtStart(kCgiBusWaitMs);
  stats.Push();
  return code;
}

int Main(int argc, const char* const* argv) {
  PrepareProcess();
  const ProgramStart start = StartProgram(kInfo, argc, argv);
  if (const int* code = std::get_if<int>(&start)) return *code;
  if (StartedByHand()) {
    std::cerr << kInfo.name << ": there is no listening socket on descriptor 0 and no CGI request "
              << "in the environment; start it by spawn-fcgi or by a web server\n";
    return kExitUsage;
  }
  return Serve(std::get<Config>(start));
}

}  // namespace
}  // namespace parlor::fcgi

int main(int argc, char** argv) { return parlor::fcgi::Main(argc, argv); }
