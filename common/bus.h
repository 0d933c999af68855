// The event bus: workers tell the daemon what they committed, and now and then what they have
// counted (worker_stats.h), which is no event. bus.cpp is the only includer of ZeroMQ.
//
// PUSH/PULL is at most once, so it only makes things quick: the truth of an event is the row in
// `events` that was written in the same transaction (events.h). Single-part messages, non-blocking,
// high-water mark and linger set on purpose.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/config.h"
#include "common/status.h"

namespace parlor {

// A worker's end. One thread. Connects in the background and again by itself.
class EventPublisher {
 public:
  explicit EventPublisher(const BusConfig& config);
  ~EventPublisher();  // waits up to linger_ms for what is queued

  // An event, or a report. Never waits. False when nobody is connected or the queue is full: the
  // daemon finds an event's row by itself.
  bool Publish(std::string_view bytes);

  // Whether a daemon is connected now, waiting up to `wait_ms` for it.
  bool Reachable(int wait_ms);

  // The same for who may have just started and be still connecting: only the first call waits. With
  // no daemon there, nobody can make us wait again by GET /health, which anybody may ask. (A CGI
  // program only waits by it.)
  bool ReachableAtStart(int wait_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The daemon's end. Binds; an ipc file gets mode 0660. One thread, but Interrupt() from any.
class EventSubscriber {
 public:
  static Result<std::unique_ptr<EventSubscriber>> Bind(const BusConfig& config);
  ~EventSubscriber();

  // The next event or report, waiting up to `wait_ms` (0: not at all); nullopt when there is none.
  // After Interrupt() nothing is waited for any more.
  std::optional<std::string> Receive(int64_t wait_ms);
  void Interrupt();

 private:
  struct Impl;
  explicit EventSubscriber(std::unique_ptr<Impl> impl);
  std::optional<std::string> ReceiveNow();
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlor
