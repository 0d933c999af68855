// The metrics as Prometheus reads them: names, help and labels of every one. Pure; any thread. The
// only includer of prometheus-cpp is metrics_page.cpp.
//
// docs/admin/watch.md has the same list for people; a test holds both together. Every series whose
// labels are known beforehand is there from the start, with 0, so that a rate over it has a
// beginning.
#pragma once

#include <cstdint>
#include <string>

#include "wsd/loop_report.h"
#include "wsd/meter.h"
#include "wsd/process_numbers.h"
#include "wsd/worker_totals.h"

namespace parlor::wsd {

// Everything that is shown, gathered by watch.cpp.
struct MetricsNumbers {
  LoopReport loop;
  Distribution loop_delay, event_lag;

  // How much waits, and how much may.
  struct Waiting {
    uint64_t now = 0;
    uint64_t limit = 0;
  };
  Waiting mailbox, writer, lookup, presence, bot;
  uint64_t presence_refused = 0;

  Distribution batch_sizes, store_seconds;

  struct {
    uint64_t from_bus = 0, from_table = 0, bad_on_bus = 0, bad_in_table = 0;
  } events;
  struct {
    uint64_t by_model = 0, by_rules = 0, apologies = 0, model_failures = 0;
  } bot_answers;
  struct {
    uint64_t sent = 0, to_be_tried_again = 0, given_up = 0, waiting = 0, kept = 0;
  } mails;
  bool database_reachable = false;
  bool ready = false;

  WorkerTotals::Totals workers;
  ProcessNumbers process;
};

// In the text format 0.0.4.
std::string MetricsText(const MetricsNumbers& numbers);

}  // namespace parlor::wsd
