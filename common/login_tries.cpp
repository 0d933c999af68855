// The limit on wrong passwords of sessions.h.
#include <algorithm>

#include "common/queries.h"
#include "common/sessions.h"

namespace parlor::sessions {
namespace {

using db::P;

struct Slots {
  int64_t used = 0;  // tries inside the window
  TimestampMs oldest;
  uint64_t free = 0;                      // the first slot that can be taken …
  std::optional<TimestampMs> free_since;  // … which has a row with this old try
};

// From rows of (slot, failed_at_ms) in the order of slots.
Slots Look(const db::Rows& rows, TimestampMs window_start) {
  Slots slots;
  bool found = false;
  uint64_t expected = 0;
  for (size_t row = 0; row < rows.size(); ++row) {
    const TimestampMs failed_at = rows.Time(row, 1);
    if (!found && rows.U64(row, 0) != expected) found = true, slots.free = expected;
    expected = rows.U64(row, 0) + 1;
    if (failed_at > window_start) {
      slots.oldest = slots.used == 0 ? failed_at : std::min(slots.oldest, failed_at);
      ++slots.used;
    } else if (!found) {
      found = true, slots.free = rows.U64(row, 0), slots.free_since = failed_at;
    }
  }
  if (!found) slots.free = expected;
  return slots;
}

// True when this transaction has it; false when another was quicker.
Result<bool> Take(db::Transaction& tx, std::string_view email, const Slots& slots,
                  TimestampMs now) {
  const auto changed =
      slots.free_since
          ? tx.Execute(queries::kTakeOldSlot, {P(now), P(email), slots.free, P(*slots.free_since)})
          : tx.Execute(queries::kTakeNewSlot, {P(email), slots.free, P(now)});
  if (tx.WasDuplicate()) return false;
  PARLOR_RETURN_IF_ERROR(changed.status());
  return changed->rows > 0;
}

}  // namespace

Status ReserveTry(db::Transaction& tx, std::string_view email, const LimitsConfig& limits,
                  TimestampMs now) {
  const int64_t window_ms = limits.wrong_password_window_s * 1000;
  for (;;) {  // every round lost means that another try has taken a slot: at most limit + 1 rounds
    PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kListTries, {P(email)}));
    const Slots slots = Look(rows, TimestampMs(now.value - window_ms));
    if (slots.used >= limits.wrong_passwords) {
      const int64_t wait_ms = slots.oldest.value + window_ms - now.value;
      return Status::RetryAfter(ErrorCode::kTooManyRequests, std::max<int64_t>(wait_ms, 1),
                                "Too many wrong passwords for this account. Try again later.");
    }
    PARLOR_ASSIGN_OR_RETURN(const bool taken, Take(tx, email, slots, now));
    if (taken) return Ok();
  }
}

Status ClearTries(db::Transaction& tx, std::string_view email) {
  return tx.Execute(queries::kClearTries, {P(email)}).status();
}

}  // namespace parlor::sessions
