// What the loop shows to other threads: a copy of its numbers, ten times a second.
//
// The loop writes plain numbers (counters.h) and hangs a copy out at every tick; who scrapes takes
// the newest. The lock is held for the exchange of one pointer, on both sides, so a scrape can't
// hold the loop up. The time of the newest copy is the loop's heartbeat.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "wsd/counters.h"
#include "wsd/meter.h"

namespace parlor::wsd {

struct LoopReport {
  Counters counters;
  int64_t at_ms = 0;  // monotonic

  // As it is now.
  uint64_t connections = 0;
  uint64_t signed_in = 0;  // of the connections
  uint64_t online_users = 0;
  uint64_t present = 0;  // in groups: pairs of a user and a group
  uint64_t in_writers = 0;
  uint64_t bot_waiting = 0;
  uint64_t sequencer_held = 0;
  uint64_t sequencer_conversations = 0;
  bool presence_loaded = false;  // without it nobody can sign in
  bool draining = false;
};

// Owned by the gateway; Publish() from the loop, Read() from any thread.
class LoopBoard {
 public:
  void Publish(LoopReport report) {
    auto newest = std::make_shared<const LoopReport>(std::move(report));
    const std::lock_guard lock(mutex_);
    newest_.swap(newest);
  }
  // Null before the first.
  std::shared_ptr<const LoopReport> Read() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

  // How much later than it should a tick came: what everybody's frames wait for as well.
  MillisecondHistogram delay;
  // From the moment an event was written to the moment the loop acted on it.
  MillisecondHistogram event_lag;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const LoopReport> newest_;
};

}  // namespace parlor::wsd
