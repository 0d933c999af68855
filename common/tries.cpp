#include "common/tries.h"

#include <algorithm>
#include <optional>

#include "common/queries.h"

namespace parlor::tries {
namespace {

using db::P;

constexpr int64_t kKeptMs = int64_t{24} * 3600 * 1000;

struct Rule {
  std::string_view prefix;  // of what is hashed; none begins another
  int64_t most = 0;
  int64_t window_ms = 0;
  const char* refusal = "";
};

std::string_view PrefixOf(Kind kind) {
  return kind == Kind::kPassword ? "password:" : "registration:";
}

Rule RuleOf(Kind kind, const LimitsConfig& limits) {
  if (kind == Kind::kPassword) {
    return {PrefixOf(kind), limits.wrong_passwords, limits.wrong_password_window_s * 1000,
            "Too many wrong passwords for this account. Try again later."};
  }
  return {PrefixOf(kind), limits.registrations_per_hour, 3'600'000,
          "Too many registrations with this address. Try again later."};
}

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
Result<bool> Take(db::Transaction& tx, std::string_view prefix, std::string_view email,
                  const Slots& slots, TimestampMs now) {
  const auto changed =
      slots.free_since
          ? tx.Execute(queries::kTakeOldSlot,
                       {P(now), P(prefix), P(email), slots.free, P(*slots.free_since)})
          : tx.Execute(queries::kTakeNewSlot, {P(prefix), P(email), slots.free, P(now)});
  if (tx.WasDuplicate()) return false;
  PARLOR_RETURN_IF_ERROR(changed.status());
  return changed->rows > 0;
}

}  // namespace

Result<Try> Reserve(db::Transaction& tx, Kind kind, std::string_view email,
                    const LimitsConfig& limits, TimestampMs now) {
  const Rule rule = RuleOf(kind, limits);
  for (;;) {  // every round lost means that another try has taken a slot: at most limit + 1 rounds
    PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                            tx.Query(queries::kListTries, {P(rule.prefix), P(email)}));
    const Slots slots = Look(rows, TimestampMs(now.value - rule.window_ms));
    if (slots.used >= rule.most) {
      const int64_t wait_ms = slots.oldest.value + rule.window_ms - now.value;
      return Status::RetryAfter(ErrorCode::kTooManyRequests, std::max<int64_t>(wait_ms, 1),
                                rule.refusal);
    }
    PARLOR_ASSIGN_OR_RETURN(const bool taken, Take(tx, rule.prefix, email, slots, now));
    if (taken) return Try{slots.free, now};
  }
}

Status Release(db::Transaction& tx, Kind kind, std::string_view email, const Try& reserved) {
  return tx
      .Execute(queries::kReleaseTry, {P(PrefixOf(kind)), P(email), reserved.slot, P(reserved.at)})
      .status();
}

Status Purge(db::Transaction& tx, TimestampMs now, uint32_t limit) {
  return tx.Execute(queries::kPurgeTries, {P(TimestampMs(now.value - kKeptMs)), uint64_t{limit}})
      .status();
}

}  // namespace parlor::tries
