#include "common/send_rate.h"

#include <algorithm>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::send_rate {
namespace {

using db::P;

constexpr size_t kMaxBuckets = 1000;

int64_t IntervalMs(const LimitsConfig& limits) {
  return std::max<int64_t>(1000 / std::max<int64_t>(limits.messages_per_second, 1), 1);
}

// How far the arrival may lie ahead of now for one more message: `message_burst` at once.
int64_t ToleranceMs(const LimitsConfig& limits) {
  return IntervalMs(limits) * std::max<int64_t>(limits.message_burst - 1, 0);
}

// Other writers' clocks may be ahead of ours by this.
constexpr int64_t kClockSlackMs = 60000;

// No message can have put the arrival later than this: the clock has been set back since.
int64_t LatestMs(const LimitsConfig& limits) {
  return ToleranceMs(limits) + IntervalMs(limits) + kClockSlackMs;
}

Status TooFast(TimestampMs arrival, const LimitsConfig& limits, TimestampMs now) {
  const int64_t wait_ms = arrival.value - now.value - ToleranceMs(limits);
  return Status::RetryAfter(ErrorCode::kTooFast, std::max<int64_t>(wait_ms, 1),
                            "You are sending too fast.");
}

// Users that were deleted meanwhile would break the foreign key. Sorted.
Result<std::vector<UserId>> Existing(db::Transaction& tx,
                                     std::span<const std::pair<UserId, Bucket>> buckets) {
  db::SqlText sql("SELECT id FROM users WHERE id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.QueryText(db::List(sql, buckets).Raw(" ORDER BY id").str()));
  return db::IdsOf<UserId>(rows);
}

}  // namespace

Status Take(Bucket& bucket, const LimitsConfig& limits, TimestampMs now) {
  TimestampMs start = std::max(bucket.arrival, now);
  if (start.value - now.value > LatestMs(limits)) start.value = now.value + ToleranceMs(limits);
  if (start.value - now.value > ToleranceMs(limits)) return TooFast(start, limits, now);
  bucket.arrival = TimestampMs(start.value + IntervalMs(limits));
  return Ok();
}

bool IsHeavy(const Bucket& bucket, const LimitsConfig& limits, TimestampMs now) {
  return bucket.arrival.value - now.value > IntervalMs(limits) * limits.message_burst / 2;
}

Status Charge(db::Transaction& tx, UserId user, const LimitsConfig& limits, TimestampMs now) {
  const TimestampMs full(now.value + ToleranceMs(limits));
  const TimestampMs latest(now.value + LatestMs(limits));
  PARLOR_ASSIGN_OR_RETURN(const db::Changed changed,
                          tx.Execute(queries::kTakeRate, {P(full), P(now), IntervalMs(limits),
                                                          P(user), P(full), P(latest)}));
  if (changed.rows > 0) return Ok();
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kGetRate, {P(user)}));
  if (!rows.empty()) return TooFast(rows.Time(0, 0), limits, now);
  const TimestampMs arrival(now.value + IntervalMs(limits));
  const auto created = tx.Execute(queries::kCreateRate, {P(user), P(arrival)});
  if (tx.WasDuplicate()) return tx.TryAgain();
  return created.status();
}

Status Raise(db::Transaction& tx, std::span<const std::pair<UserId, Bucket>> buckets) {
  PARLOR_CHECK(buckets.size() <= kMaxBuckets);
  if (buckets.empty()) return Ok();
  std::vector<std::pair<UserId, Bucket>> sorted(buckets.begin(), buckets.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  PARLOR_ASSIGN_OR_RETURN(const std::vector<UserId> existing, Existing(tx, sorted));

  db::SqlText sql("INSERT INTO send_rates (user_id, arrival_at_ms) VALUES ");
  bool first = true;
  for (const auto& [user, bucket] : sorted) {
    if (!std::binary_search(existing.begin(), existing.end(), user)) continue;
    sql.Raw(first ? "(" : ",(").Value(user.value).Raw(",").Value(bucket.arrival.value).Raw(")");
    first = false;
  }
  if (first) return Ok();
  sql.Raw(
      " ON DUPLICATE KEY UPDATE arrival_at_ms = GREATEST(arrival_at_ms, VALUES(arrival_at_ms))");
  return tx.ExecuteText(sql.str()).status();
}

}  // namespace parlor::send_rate
