#include "wsd/watch.h"

#include "common/protocol.h"
#include "wsd/bot/answerer.h"

namespace parlor::wsd {
namespace {

WatchAnswer Judgement(const std::vector<std::string>& missing) {
  return {missing.empty() ? 200 : 503, "application/json", EncodeHealth(missing) + "\n"};
}

}  // namespace

Watch::Watch(const Config& config, const Clock& clock, const Watched& watched, size_t mailbox_limit)
    : config_(config.metrics),
      bot_limit_(static_cast<size_t>(config.bot.max_waiting)),
      clock_(clock),
      watched_(watched),
      mailbox_limit_(mailbox_limit),
      started_ms_(clock.MonotonicMs()) {}

WatchAnswer Watch::Answer(std::string_view path) const {
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", MetricsText(Gather())};
  if (path == "/health") {
    return Judgement(LoopTurns() ? std::vector<std::string>() : std::vector<std::string>{"loop"});
  }
  if (path == "/ready") return Judgement(Missing());
  return {404, "text/plain; charset=utf-8", "There is /metrics, /health and /ready here.\n"};
}

// Before its first turn the daemon starts.
bool Watch::LoopTurns() const {
  const auto report = watched_.loop.Read();
  const int64_t since = report ? report->at_ms : started_ms_;
  return clock_.MonotonicMs() - since < config_.stuck_after_ms;
}

bool Watch::DatabaseReachable() const {
  const int64_t swept = watched_.bus_reader.swept_at_ms();
  return swept != 0 && clock_.MonotonicMs() - swept < config_.stuck_after_ms;
}

// The bus is bound for as long as there is a daemon: without it the daemon does not start.
std::vector<std::string> Watch::Missing() const {
  const auto report = watched_.loop.Read();
  std::vector<std::string> missing;
  if (!report || !LoopTurns()) missing.emplace_back("loop");
  if (report && report->draining) missing.emplace_back("ending");
  if (!report || !report->presence_loaded) missing.emplace_back("presence");
  if (!DatabaseReachable()) missing.emplace_back("database");
  return missing;
}

MetricsNumbers Watch::Gather() const {
  MetricsNumbers n;
  if (const auto report = watched_.loop.Read()) n.loop = *report;
  n.loop_delay = watched_.loop.delay.Read();
  n.event_lag = watched_.loop.event_lag.Read();
  n.mailbox = {watched_.mailbox.size(), mailbox_limit_};
  n.writer = {watched_.writers.Unanswered(), watched_.writers.limit()};
  n.lookup = {watched_.lookup.Waiting(), Lookup::kMaxQueued};
  n.presence = {watched_.presence.Waiting(), 2 * Presence::kMaxSideWork};
  n.presence_refused = watched_.presence.Refused();
  n.bot = {n.loop.bot_waiting, bot_limit_};
  n.batch_sizes = watched_.writers.BatchSizes();
  n.store_seconds = watched_.writers.StoreSeconds();
  const BusReader::Numbers& events = watched_.bus_reader.numbers();
  n.events = {events.from_bus.value(), events.from_table.value(), events.bad_on_bus.value(),
              events.bad_in_table.value()};
  const BotNumbers& bot = watched_.bot.numbers();
  n.bot_answers = {bot.by_model.value(), bot.by_rules.value(), bot.apologies.value(),
                   bot.model_failures.value()};
  const Mailer::Numbers& mails = watched_.mailer.numbers();
  n.mails = {mails.sent.value(), mails.to_be_tried_again.value(), mails.given_up.value(),
             mails.waiting, mails.kept};
  n.database_reachable = DatabaseReachable();
  n.ready = Missing().empty();
  n.workers = watched_.bus_reader.workers().Read();
  n.process = ReadProcessNumbers();
  return n;
}

}  // namespace parlor::wsd
