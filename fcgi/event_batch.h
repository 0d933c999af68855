// The events of one transaction: written as rows with it, pushed to the daemon once it is
// committed. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/bus.h"
#include "common/db.h"
#include "common/protocol.h"

namespace parlor::fcgi {

class EventBatch {
 public:
  // At the start of each run of a transaction's body: what an earlier run gathered was rolled back,
  // or its commit is in doubt.
  void Reset() {
    if (!encoded_.empty()) earlier_ = std::exchange(encoded_, {});
  }

  // For a run that finds what the last earlier run with events was about: it was committed after
  // all, and so were these.
  void AddEarlier() { encoded_.insert(encoded_.end(), earlier_.begin(), earlier_.end()); }

  // Writes the row and remembers the event.
  Status Add(db::Transaction& tx, const Event& event, TimestampMs now);

  // Remembers an event whose row a store has written with the transaction, and whence it comes.
  void AddWritten(const Event& event, EventId id, const EventOrigin& origin);

  // After the commit. What the bus does not take, the daemon finds in the table.
  void Push(EventPublisher& publisher);

 private:
  std::vector<std::string> encoded_, earlier_;
};

}  // namespace parlor::fcgi
