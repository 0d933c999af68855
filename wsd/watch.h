// What the daemon tells who watches it: gathers the numbers of the loop and of all threads when it
// is asked, and judges.
//
//   GET /metrics   everything, for Prometheus
//   GET /health    200 while the loop turns, else 503: the process is to be started again
//   GET /ready     200 when people can sign in; 503 with what is missing, also while it ends: send
//                  nobody here now
//
// Both judgements are {"status": "ok"} or {"status": "unavailable", "missing": […]}. Called on the
// metrics server's threads; nothing here makes the loop wait (loop_report.h). All that it refers to
// outlives it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "wsd/bot/bot.h"
#include "wsd/bus_reader.h"
#include "wsd/lookup.h"
#include "wsd/loop_report.h"
#include "wsd/mailbox.h"
#include "wsd/mailer.h"
#include "wsd/metrics_page.h"
#include "wsd/metrics_server.h"
#include "wsd/presence.h"
#include "wsd/writer.h"

namespace parlor::wsd {

// Where the numbers are.
struct Watched {
  const LoopBoard& loop;
  const Queue<LoopItem>& mailbox;
  const WriterPool& writers;
  const Lookup& lookup;
  const Presence& presence;
  const BusReader& bus_reader;
  const Mailer& mailer;
  const Bot& bot;
};

class Watch {
 public:
  Watch(const Config& config, const Clock& clock, const Watched& watched, size_t mailbox_limit);

  WatchAnswer Answer(std::string_view path) const;

  // What keeps people from signing in: "loop", "ending", "presence", "database". Empty: nothing.
  std::vector<std::string> Missing() const;
  bool LoopTurns() const;

 private:
  bool DatabaseReachable() const;
  MetricsNumbers Gather() const;

  const MetricsConfig config_;
  const size_t bot_limit_;
  const Clock& clock_;
  const Watched watched_;
  const size_t mailbox_limit_;
  const int64_t started_ms_;
};

}  // namespace parlor::wsd
