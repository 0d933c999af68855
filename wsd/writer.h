// The writer threads: every message that comes in by a socket is committed here.
//
// A conversation always goes to the same thread, so it keeps its order. A thread takes everything
// that waits (up to max_batch_messages and max_batch_bytes) into one transaction; there is no
// timer: what arrives during a commit is the next batch. Owned by Daemon (main.cpp), used from the
// loop's thread.
//
// Limits: max_queue_messages unanswered messages a thread; beyond it Push() is false. Failure: the
// database is away for longer than database.retry_limit_ms: kUnavailable outcomes, also for all
// that waits behind in the same thread. Every message taken is answered exactly once, by a
// BatchWritten in the order of the commits. See batch_store.h for poisoned batches and commits in
// doubt.
#pragma once

#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/status.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/meter.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class WriterPool {
 public:
  WriterPool(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~WriterPool();  // Stop() with what is queued given up

  Status Start();
  bool Push(WriteMessage message);
  void Close();
  void Stop(Deadline deadline);  // commits what is queued; at the deadline the rest is kUnavailable

  // Any thread, over all threads of the pool.
  size_t Unanswered() const;               // messages taken and not answered yet
  size_t Refused() const;                  // Push() calls that found a full queue
  Distribution BatchSizes() const;         // messages of each batch that was stored
  Distribution StoreSeconds() const;       // from taking a batch to the end of its transaction
  size_t limit() const { return limit_; }  // of Unanswered()

 private:
  class Lane;
  const size_t limit_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace parlor::wsd
