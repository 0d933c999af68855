#include "fcgi/event_batch.h"

#include "common/events.h"
#include "common/log.h"

namespace parlor::fcgi {

Status EventBatch::Add(db::Transaction& tx, const Event& event, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const EventId id, events::Add(tx, event, now));
  AddWritten(event, id, {tx.request_id(), now});
  return Ok();
}

void EventBatch::AddWritten(const Event& event, EventId id, const EventOrigin& origin) {
  encoded_.push_back(EncodeEvent(event, id, origin));
}

void EventBatch::Push(EventPublisher& publisher) {
  size_t refused = 0;
  for (const std::string& event : encoded_) {
    if (!publisher.Publish(event)) ++refused;
  }
  if (refused > 0) {
    log::Debug("pushing events, left to the daemon's sweep", {{"refused", refused}});
  }
  encoded_.clear();
}

}  // namespace parlor::fcgi
