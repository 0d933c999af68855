#include "common/events.h"

#include <algorithm>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::events {

Result<EventId> Add(db::Transaction& tx, const Event& event, TimestampMs now) {
  // Without the time: that is a column.
  const std::string payload = EncodeEvent(event, EventId(), {tx.request_id(), TimestampMs()});
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kAddEvent, {db::P(now), db::P(payload)}).status());
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, tx.LastInsertId());
  return EventId(id);
}

Result<std::vector<Row>> Pending(db::Transaction& tx, EventId after, uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kPendingEvents, {db::P(after), uint64_t{limit}}));
  std::vector<Row> pending;
  pending.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    pending.push_back({rows.As<EventId>(row, 0), rows.Text(row, 1), rows.Time(row, 2)});
  }
  return pending;
}

Status Delete(db::Transaction& tx, std::span<const EventId> ids) {
  if (ids.empty()) return Ok();
  std::vector<EventId> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  db::SqlText sql("DELETE FROM events WHERE id IN ");
  return tx.ExecuteText(db::List(sql, sorted).str()).status();
}

}  // namespace parlor::events
