#include "wsd/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "common/version.h"
#include "wsd/close_code.h"

namespace parlor::wsd {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kMicroseconds = 1e6;
constexpr std::array kCloseCodes = {
    CloseCode::kBinaryFrame,    CloseCode::kInvalidUtf8, CloseCode::kTryAgain,
    CloseCode::kBadFrames,      CloseCode::kNotSignedIn, CloseCode::kSessionEnded,
    CloseCode::kReadsTooSlowly, CloseCode::kFrameTooBig, CloseCode::kTooFast};

// Puts the list together. Add…() opens a metric, With() gives it a series.
class Page {
 public:
  Page& AddCounter(const char* name, const char* help) {
    return Add(name, help, MetricType::Counter);
  }
  Page& AddGauge(const char* name, const char* help) { return Add(name, help, MetricType::Gauge); }
  Page& AddHistogram(const char* name, const char* help) {
    return Add(name, help, MetricType::Histogram);
  }

  template <typename Number>
  Page& With(Labels labels, Number value) {
    MetricFamily& family = families_.back();
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    const auto number = static_cast<double>(value);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number;
    return *this;
  }
  template <typename Number>
  Page& Is(Number value) {
    return With({}, value);
  }
  Page& With(Labels labels, const Distribution& distribution) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram.sample_sum = distribution.sum;
    uint64_t below = 0;
    for (size_t i = 0; i < distribution.counts.size(); ++i) {
      below += distribution.counts[i];
      const double bound = i < distribution.bounds.size() ? distribution.bounds[i]
                                                          : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({below, bound});
    }
    metric.histogram.sample_count = below;
    return *this;
  }
  Page& Is(const Distribution& distribution) { return With({}, distribution); }

  std::string Text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return std::move(out).str();
  }

 private:
  Page& Add(const char* name, const char* help, MetricType type) {
    families_.push_back({name, help, type, {}});
    return *this;
  }

  std::vector<MetricFamily> families_;
};

void AddConnections(Page& page, const LoopReport& loop) {
  const Counters& c = loop.counters;
  page.AddGauge("parlor_connections", "Open WebSockets.").Is(loop.connections);
  page.AddGauge("parlor_connections_signed_in", "Open WebSockets that are signed in.")
      .Is(loop.signed_in);
  page.AddGauge("parlor_online_users", "Users with a socket at this daemon.").Is(loop.online_users);
  page.AddGauge("parlor_present_users",
                "Who is present in groups; somebody in two groups counts twice.")
      .Is(loop.present);
  page.AddCounter("parlor_connections_opened_total", "WebSockets that were opened.")
      .Is(c.connections_opened);
  page.AddCounter("parlor_connections_refused_total",
                  "Connections that became no WebSocket: beyond socket.max_connections (limit), or "
                  "the handshake was not acceptable (handshake).")
      .With({{"reason", "limit"}}, c.connections_refused)
      .With({{"reason", "handshake"}}, c.handshakes_refused);
  page.AddCounter("parlor_sign_ins_total", "WebSockets that were signed in.").Is(c.sign_ins);
  page.AddCounter("parlor_closes_total", "WebSockets closed by the daemon, by close code.");
  for (const CloseCode code : kCloseCodes) {
    const int number = static_cast<int>(code);
    const auto found = c.closed.find(number);
    page.With({{"code", std::to_string(number)}}, found == c.closed.end() ? 0 : found->second);
  }
  page.AddCounter("parlor_connections_dropped_total",
                  "WebSockets dropped without an answer: no reply to pings (silent), or did not "
                  "take its close frame (unreading).")
      .With({{"reason", "silent"}}, c.dropped_silent)
      .With({{"reason", "unreading"}}, c.dropped_unreading);
}

void AddTraffic(Page& page, const LoopReport& loop) {
  const Counters& c = loop.counters;
  page.AddCounter("parlor_frames_received_total", "Frames from clients.").Is(c.frames_in);
  page.AddCounter("parlor_frames_sent_total", "Frames queued for clients.").Is(c.frames_out);
  page.AddCounter("parlor_socket_writes_total", "Writes that carried them.").Is(c.writes);
  page.AddCounter("parlor_socket_sent_bytes_total", "Bytes written to clients.").Is(c.bytes_out);
  page.AddCounter("parlor_messages_taken_total", "Messages from sockets, handed to a writer.")
      .Is(c.messages_taken);
  page.AddCounter("parlor_messages_total",
                  "Messages sent over sockets, by outcome: stored, repeated (its client_msg_id was "
                  "stored before), failed (answered with an error).")
      .With({{"outcome", "stored"}}, c.messages_stored)
      .With({{"outcome", "repeated"}}, c.duplicates)
      .With({{"outcome", "failed"}}, c.messages_failed);
  page.AddCounter("parlor_messages_heard_total", "Messages sent over HTTP, heard from workers.")
      .Is(c.messages_heard);
  page.AddCounter("parlor_deliveries_total", "Message frames queued for their receivers.")
      .Is(c.deliveries);
  page.AddCounter("parlor_refusals_total",
                  "Frames refused because of who sent them: too fast, or not well-formed.")
      .With({{"reason", "too_fast"}}, c.too_fast)
      .With({{"reason", "bad_frame"}}, c.bad_frames);
  page.AddCounter("parlor_presence_announcements_total", "Who entered or left a group, announced.")
      .Is(c.announcements);
  page.AddCounter("parlor_presence_reloads_total",
                  "Groups whose presence was read again because a change was missing.")
      .Is(c.presence_reloads);
  page.AddCounter("parlor_unread_counts_total", "Counts of unread messages asked for.")
      .Is(c.unread_counts);
  page.AddCounter("parlor_unread_notices_total", "Users told how much is unread in a group.")
      .Is(c.notices);
}

void AddQueues(Page& page, const MetricsNumbers& n) {
  const std::array<std::pair<const char*, MetricsNumbers::Waiting>, 5> queues = {{
      {"mailbox", n.mailbox},
      {"writer", n.writer},
      {"lookup", n.lookup},
      {"presence", n.presence},
      {"bot", n.bot},
  }};
  page.AddGauge("parlor_queue_length", "What waits between the loop and its threads.");
  for (const auto& [queue, waiting] : queues) page.With({{"queue", queue}}, waiting.now);
  page.AddGauge("parlor_queue_limit", "How much may wait there; beyond it is refused.");
  for (const auto& [queue, waiting] : queues) page.With({{"queue", queue}}, waiting.limit);
  const Counters& c = n.loop.counters;
  page.AddCounter("parlor_queue_full_total", "What was refused because that queue was full.")
      .With({{"queue", "writer"}}, c.writer_queue_full)
      .With({{"queue", "lookup"}}, c.lookup_queue_full)
      .With({{"queue", "presence"}}, n.presence_refused)
      .With({{"queue", "bot"}}, c.bot_busy);
  page.AddHistogram("parlor_writer_batch_messages", "Messages of one transaction.")
      .Is(n.batch_sizes);
  page.AddHistogram("parlor_writer_commit_seconds",
                    "From taking a batch to the end of its transaction, repeats included.")
      .Is(n.store_seconds);
  page.AddHistogram("parlor_loop_delay_seconds",
                    "How much later than due the loop's ticks come (ten a second).")
      .Is(n.loop_delay);
}

void AddEvents(Page& page, const MetricsNumbers& n) {
  const Counters& c = n.loop.counters;
  page.AddCounter("parlor_events_total",
                  "Events of workers and SQL scripts, by the way they came: pushed (bus), or found "
                  "in the table (table).")
      .With({{"source", "bus"}}, n.events.from_bus)
      .With({{"source", "table"}}, n.events.from_table);
  page.AddCounter("parlor_events_malformed_total", "Events that could not be read; see the log.")
      .With({{"source", "bus"}}, n.events.bad_on_bus)
      .With({{"source", "table"}}, n.events.bad_in_table);
  page.AddCounter("parlor_events_late_total", "Events older than what had been told already.")
      .Is(c.late_events);
  page.AddCounter("parlor_events_repeated_total", "Messages that had been delivered before.")
      .Is(c.repeated_events);
  page.AddHistogram("parlor_event_lag_seconds",
                    "From writing an event to acting on it, by the clocks of both machines.")
      .Is(n.event_lag);
  page.AddGauge("parlor_sequencer_held_messages",
                "Messages held back because one before them is missing.")
      .Is(n.loop.sequencer_held);
  page.AddGauge("parlor_sequencer_conversations", "Conversations whose order is remembered.")
      .Is(n.loop.sequencer_conversations);
  page.AddCounter("parlor_sequencer_gaps_total", "Missing messages asked from the database.")
      .Is(c.gaps_fetched);
  page.AddCounter("parlor_sequencer_resyncs_total",
                  "Conversations given up: everybody in them was closed with 1012.")
      .Is(c.resyncs);
}

void AddBotAndMail(Page& page, const MetricsNumbers& n) {
  const Counters& c = n.loop.counters;
  page.AddCounter("parlor_bot_questions_total", "Questions handed to the bot.").Is(c.bot_questions);
  page.AddCounter("parlor_bot_answers_total", "Answers stored, by who gave them.")
      .With({{"by", "model"}}, n.bot_answers.by_model)
      .With({{"by", "rules"}}, n.bot_answers.by_rules)
      .With({{"by", "apology"}}, n.bot_answers.apologies);
  page.AddCounter("parlor_bot_failures_total",
                  "Questions without a stored answer: left for the next start, or their chat was "
                  "gone.")
      .Is(c.bot_failures);
  page.AddCounter("parlor_bot_model_failures_total",
                  "Questions the model did not answer; the rules did.")
      .Is(n.bot_answers.model_failures);
  page.AddCounter("parlor_mails_total",
                  "Tries to send a mail: sent, deferred (will be tried again), given_up.")
      .With({{"outcome", "sent"}}, n.mails.sent)
      .With({{"outcome", "deferred"}}, n.mails.to_be_tried_again)
      .With({{"outcome", "given_up"}}, n.mails.given_up);
  page.AddGauge("parlor_mail_outbox", "Mails in the table: waiting, or kept after giving up.")
      .With({{"state", "waiting"}}, n.mails.waiting)
      .With({{"state", "given_up"}}, n.mails.kept);
}

void AddRequests(Page& page, const WorkerTotals::Totals& workers) {
  page.AddCounter("parlor_http_requests_total",
                  "Requests answered by workers, by the route's pattern.");
  for (const auto& [key, numbers] : workers.requests) {
    page.With({{"pool", key.pool},
               {"method", key.request.method},
               {"route", key.request.route},
               {"status", std::to_string(key.request.status_class) + "xx"}},
              numbers.count);
  }
  // By method and route alone: each series is thirteen more.
  std::map<std::pair<std::string, std::string>, RequestNumbers> durations;
  for (const auto& [key, numbers] : workers.requests) {
    durations[{key.request.method, key.request.route}].Add(numbers);
  }
  page.AddHistogram("parlor_http_request_seconds", "From reading a request to its answer.");
  for (const auto& [key, numbers] : durations) {
    Distribution distribution;
    for (const int64_t bound : kRequestBoundsUs) {
      distribution.bounds.push_back(static_cast<double>(bound) / kMicroseconds);
    }
    distribution.counts.assign(numbers.buckets.begin(), numbers.buckets.end());
    distribution.sum = static_cast<double>(numbers.microseconds) / kMicroseconds;
    page.With({{"method", key.first}, {"route", key.second}}, distribution);
  }
  page.AddCounter("parlor_http_database_errors_total",
                  "Tries of workers' transactions that failed: no connection (unreachable), broken "
                  "connection (lost), deadlock or lock time-out (busy), statement refused "
                  "(refused).");
  for (size_t i = 0; i < kDatabaseErrorKinds.size(); ++i) {
    page.With({{"kind", std::string(kDatabaseErrorKinds[i])}}, workers.database_errors[i]);
  }
  page.AddCounter("parlor_worker_reports_total", "Reports of workers: taken, or not readable.")
      .With({{"outcome", "taken"}}, workers.reports)
      .With({{"outcome", "malformed"}}, workers.malformed);
}

void AddProcess(Page& page, const MetricsNumbers& n) {
  page.AddGauge("parlor_build_info", "Always 1; the label is the version.")
      .With({{"version", PARLOR_VERSION}}, 1);
  page.AddGauge("parlor_ready", "Whether GET /ready says so: people can sign in.").Is(n.ready);
  page.AddGauge("parlor_database_reachable", "Whether the database answered a moment ago.")
      .Is(n.database_reachable);
  const ProcessNumbers& p = n.process;
  page.AddCounter("process_cpu_seconds_total", "CPU time of the daemon.").Is(p.cpu_seconds);
  page.AddGauge("process_resident_memory_bytes", "Memory in RAM.").Is(p.resident_bytes);
  page.AddGauge("process_virtual_memory_bytes", "Address space.").Is(p.virtual_bytes);
  page.AddGauge("process_open_fds", "Open descriptors.").Is(p.open_descriptors);
  page.AddGauge("process_max_fds", "How many there may be.").Is(p.max_descriptors);
  page.AddGauge("process_threads", "Threads.").Is(p.threads);
  page.AddGauge("process_start_time_seconds", "When the daemon was started, since 1970.")
      .Is(p.start_time_seconds);
}

}  // namespace

std::string MetricsText(const MetricsNumbers& numbers) {
  Page page;
  AddProcess(page, numbers);
  AddConnections(page, numbers.loop);
  AddTraffic(page, numbers.loop);
  AddQueues(page, numbers);
  AddEvents(page, numbers);
  AddBotAndMail(page, numbers);
  AddRequests(page, numbers.workers);
  return page.Text();
}

}  // namespace parlor::wsd
