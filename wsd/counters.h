// What the loop counts: plain numbers, written by the loop's thread alone. A new one is a row here,
// in the summary that is logged at the end (counters.cpp) and in the metrics (metrics_page.cpp).
#pragma once

#include <cstdint>
#include <map>

namespace parlor::wsd {

struct Counters {
  uint64_t connections_opened = 0;
  uint64_t connections_refused = 0;  // beyond the limit, or while ending
  uint64_t handshakes_refused = 0;   // wrong path, origin, or no WebSocket
  uint64_t sign_ins = 0;
  uint64_t frames_in = 0;
  uint64_t frames_out = 0;  // queued for a connection
  uint64_t writes = 0;      // system calls that carried them
  uint64_t bytes_out = 0;
  uint64_t messages_taken = 0;    // handed to a writer
  uint64_t messages_stored = 0;   // committed by our writers
  uint64_t messages_failed = 0;   // answered with an error
  uint64_t messages_heard = 0;    // from workers
  uint64_t duplicates = 0;        // repeats by client_msg_id
  uint64_t repeated_events = 0;   // a message that had been delivered before
  uint64_t deliveries = 0;        // message frames queued
  uint64_t late_events = 0;       // news that were older than what had been told of the same thing
  uint64_t announcements = 0;     // of who entered or left a group, to those present
  uint64_t presence_reloads = 0;  // groups of which something was missing
  uint64_t unread_counts = 0;     // asked for
  uint64_t notices = 0;           // users told how much is unread in a group
  uint64_t bot_questions = 0;     // handed to the bot
  uint64_t bot_answers = 0;
  uint64_t bot_failures = 0;  // left for the next start, or their chat was gone
  uint64_t bot_busy = 0;      // refused, because too many were unanswered
  uint64_t writer_queue_full = 0;
  uint64_t lookup_queue_full = 0;
  uint64_t too_fast = 0;
  uint64_t bad_frames = 0;
  uint64_t gaps_fetched = 0;
  uint64_t resyncs = 0;
  uint64_t dropped_silent = 0;     // answered no ping
  uint64_t dropped_unreading = 0;  // did not take its close frame in time
  std::map<int, uint64_t> closed;  // by close code
};

// Some records of the log, at info.
void LogSummary(const Counters& counters);

}  // namespace parlor::wsd
