// The outbox behind the event bus: rows the daemons still owe an action for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/db.h"
#include "common/protocol.h"

namespace parlor::events {

// Writes the row in the transaction that makes the event true. The id goes into the push after the
// commit.
Result<EventId> Add(db::Transaction& tx, const Event& event, TimestampMs now);

struct Row {
  EventId id;
  std::string payload;
  TimestampMs created_at;
};
// The oldest visible rows behind `after`, at most `limit`. `after` is for the pages of one sweep:
// rows become visible out of order, so every sweep starts from EventId() again.
Result<std::vector<Row>> Pending(db::Transaction& tx, EventId after, uint32_t limit);
Status Delete(db::Transaction& tx, std::span<const EventId> ids);

}  // namespace parlor::events
