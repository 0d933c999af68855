// parlor-wsd: the socket daemon. One loop that owns every socket, and helper threads around it
// (docs/architecture.md). This file only wires them together.
#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/db.h"
#include "common/log.h"
#include "common/program.h"
#include "wsd/bot/bot.h"
#include "wsd/bot/try_rules.h"
#include "wsd/bus_reader.h"
#include "wsd/gateway.h"
#include "wsd/lookup.h"
#include "wsd/mailbox.h"
#include "wsd/mailer.h"
#include "wsd/metrics_server.h"
#include "wsd/presence.h"
#include "wsd/server.h"
#include "wsd/thread.h"
#include "wsd/watch.h"
#include "wsd/writer.h"

namespace parlor::wsd {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitStartAnew = 75;  // sysexits.h: whoever supervises us is to start us again

// What the rules themselves log would be said twice.
int TryBot(const Config& config, const std::string& question, std::ostream& out,
           std::ostream& err) {
  log::Init("parlor-wsd", log::ParseLevel("error"));
  db::DriverInit();
  const SystemClock clock;
  db::Database database(config.database, clock);
  const Status status = TryRules(database, clock, question, out);
  if (status.ok()) return 0;
  err << "parlor-wsd: " << status.message() << '\n';
  return status.code() == ErrorCode::kInvalidField ? kExitUsage : kExitFailure;
}

constexpr ProgramInfo kInfo = {
    .name = "parlor-wsd",
    .purpose =
        "Answers Parlor's sockets under /socket, commits what is said there, and tells everybody.",
    .text = {"--try-bot", "Say which of the bot's rules answers this question, and what, and end",
             TryBot}};

// What waits for the loop. Beyond it the bus reader holds events back; what the other threads tell
// goes in all the same (PushResult in mailbox.h says what bounds it).
constexpr size_t kMailboxItems = 65536;
// How long connections wait for what the last daemon left in the events table.
constexpr auto kFirstSweep = std::chrono::seconds(3);
constexpr std::string_view kWentBack = "the database went back to an earlier state";
// After the loop has ended there are no answers to wait for; this is for rows to be deleted.
constexpr auto kThreadsEnd = std::chrono::seconds(2);

// Everything that runs, in the order in which it may refer to each other.
class Daemon {
 public:
  explicit Daemon(const Config& config)
      : config_(config),
        mailbox_(kMailboxItems, [this] { server_->Wake(); }),
        writers_(config_, clock_, mailbox_),
        lookup_(config_, clock_, mailbox_),
        presence_(config_, clock_, mailbox_),
        bus_reader_(config_, clock_, mailbox_),
        mailer_(config_, clock_),
        bot_(config_, clock_, mailbox_),
        gateway_(config_, clock_, MakeThreads()),
        watch_(
            config_, clock_,
            {gateway_.board(), mailbox_, writers_, lookup_, presence_, bus_reader_, mailer_, bot_},
            kMailboxItems) {}

  Status Run() {
    PARLOR_ASSIGN_OR_RETURN(server_, Server::Create(config_, gateway_, [this] {
                              gateway_.Handle(mailbox_.TakeAll());
                              if (gateway_.must_start_anew()) server_->End(kWentBack);
                            }));
    Status started = Start();
    if (started.ok()) server_->Run();
    Stop();
    LogSummary(gateway_.counters());
    return started;
  }

  bool must_start_anew() const { return gateway_.must_start_anew(); }

 private:
  Threads MakeThreads() {
    return {[this](WriteMessage message) { return writers_.Push(std::move(message)); },
            [this](const LookupCommand& command) { return lookup_.Push(command); },
            [this](PresenceCommand command) { return presence_.Push(std::move(command)); },
            [this](EventDone done) { return bus_reader_.Push(done); },
            [this](AskBot question) { return bot_.Push(std::move(question)); }};
  }

  // Threads before the loop: what the last daemon left undone is done before anybody is served, if
  // the database lets it within kFirstSweep. Who connects meanwhile waits in the kernel's queue.
  Status Start() {
    StartMetrics();
    PARLOR_RETURN_IF_ERROR(bus_reader_.Start());
    PARLOR_RETURN_IF_ERROR(writers_.Start());
    PARLOR_RETURN_IF_ERROR(lookup_.Start());
    PARLOR_RETURN_IF_ERROR(presence_.Start(server_->Place()));
    PARLOR_RETURN_IF_ERROR(mailer_.Start());
    PARLOR_RETURN_IF_ERROR(bot_.Start());
    gateway_.Start();
    if (!bus_reader_.WaitFirstSweep(std::chrono::steady_clock::now() + kFirstSweep)) {
      log::Warning("starting", {{"error", "the events table can't be read yet"}});
    }
    return Ok();
  }

  // People can chat without somebody watching.
  void StartMetrics() {
    if (config_.metrics.listen.empty()) return;
    auto started = MetricsServer::Start(
        config_.metrics.listen, [this](std::string_view path) { return watch_.Answer(path); });
    if (started.ok()) {
      metrics_ = std::move(*started);
    } else {
      log::Error("starting without metrics; free the address and restart the daemon to have them",
                 {{"error", started.status()}});
    }
  }

  // All at once, then one after the other. The server is there to the end: threads wake it.
  void Stop() {
    bus_reader_.Close();
    writers_.Close();
    lookup_.Close();
    presence_.Close();
    mailer_.Close();
    bot_.Close();
    const Deadline deadline = std::chrono::steady_clock::now() + kThreadsEnd;
    bus_reader_.Stop(deadline);
    writers_.Stop(deadline);
    lookup_.Stop(deadline);
    presence_.Stop(deadline);
    mailer_.Stop(deadline);
    bot_.Stop(deadline);
    mailbox_.Close();
    metrics_.reset();
    server_.reset();
  }

  const Config config_;
  const SystemClock clock_;
  std::unique_ptr<Server> server_;
  Queue<LoopItem> mailbox_;
  WriterPool writers_;
  Lookup lookup_;
  Presence presence_;
  BusReader bus_reader_;
  Mailer mailer_;
  Bot bot_;
  Gateway gateway_;
  const Watch watch_;
  std::unique_ptr<MetricsServer> metrics_;  // none: not wanted, or no address to be had
};

int Main(int argc, const char* const* argv) {
  const ProgramStart start = StartProgram(kInfo, argc, argv);
  if (const int* code = std::get_if<int>(&start)) return *code;
  db::DriverInit();
  Daemon daemon(std::get<Config>(start));
  if (const Status status = daemon.Run(); !status.ok()) {
    log::Error("starting", {{"error", status}});
    return status.code() == ErrorCode::kInvalidField ? kExitConfig : kExitFailure;
  }
  return daemon.must_start_anew() ? kExitStartAnew : 0;
}

}  // namespace
}  // namespace parlor::wsd

int main(int argc, char** argv) { return parlor::wsd::Main(argc, argv); }
