#include "wsd/counters.h"

#include <string>

#include "common/log.h"

namespace parlor::wsd {
namespace {

void LogNetwork(const Counters& c) {
  log::Info("ended", {{"connections", c.connections_opened},
                      {"connections_refused", c.connections_refused},
                      {"handshakes_refused", c.handshakes_refused},
                      {"sign_ins", c.sign_ins},
                      {"frames_in", c.frames_in},
                      {"frames_out", c.frames_out},
                      {"writes", c.writes},
                      {"bytes_out", c.bytes_out}});
}

void LogMessages(const Counters& c) {
  log::Info("ended", {{"messages_taken", c.messages_taken},
                      {"stored", c.messages_stored},
                      {"failed", c.messages_failed},
                      {"duplicates", c.duplicates},
                      {"heard", c.messages_heard},
                      {"deliveries", c.deliveries},
                      {"repeated_events", c.repeated_events},
                      {"gaps_fetched", c.gaps_fetched},
                      {"resyncs", c.resyncs}});
}

void LogGroupsAndBot(const Counters& c) {
  log::Info("ended", {{"announcements", c.announcements},
                      {"presence_reloads", c.presence_reloads},
                      {"late_events", c.late_events},
                      {"unread_counts", c.unread_counts},
                      {"notices", c.notices},
                      {"bot_questions", c.bot_questions},
                      {"bot_answers", c.bot_answers},
                      {"bot_failures", c.bot_failures},
                      {"bot_busy", c.bot_busy}});
}

void LogRefusals(const Counters& c) {
  std::string closed;
  for (const auto& [code, count] : c.closed) {
    closed += (closed.empty() ? "" : " ") + std::to_string(code) + ":" + std::to_string(count);
  }
  log::Info("ended", {{"too_fast", c.too_fast},
                      {"bad_frames", c.bad_frames},
                      {"writer_queue_full", c.writer_queue_full},
                      {"lookup_queue_full", c.lookup_queue_full},
                      {"dropped_silent", c.dropped_silent},
                      {"dropped_unreading", c.dropped_unreading},
                      {"closed_by_code", closed}});
}

}  // namespace

void LogSummary(const Counters& counters) {
  LogNetwork(counters);
  LogMessages(counters);
  LogGroupsAndBot(counters);
  LogRefusals(counters);
}

}  // namespace parlor::wsd
