#include "common/presence_store.h"

#include <algorithm>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::presence_store {
namespace {

using db::P;

constexpr size_t kMaxUsers = 1000;

std::vector<UserId> Sorted(std::span<const UserId> users) {
  PARLOR_CHECK(users.size() <= kMaxUsers);
  std::vector<UserId> sorted(users.begin(), users.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

// Users of `from` that are not in `without`; both sorted.
std::vector<UserId> Difference(std::span<const UserId> from, std::span<const UserId> without) {
  std::vector<UserId> left;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                      std::back_inserter(left));
  return left;
}

// Two daemons that each look at the other's row before it is there (or gone) would both be wrong
// about who was first or last: the users' rows decide who looks first. Returns who exists.
Result<std::vector<UserId>> LockUsers(db::Transaction& tx, std::span<const UserId> users) {
  db::SqlText sql("SELECT id FROM users FORCE INDEX (PRIMARY) WHERE id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.QueryText(db::List(sql, users).Raw(" ORDER BY id FOR UPDATE").str()));
  return db::IdsOf<UserId>(rows);
}

Result<std::vector<UserId>> OnlineHere(db::Transaction& tx, DaemonId daemon,
                                       std::span<const UserId> users) {
  db::SqlText sql("SELECT user_id FROM online WHERE user_id IN ");
  db::List(sql, users).Raw(" AND daemon_id = ").Value(daemon.value).Raw(" ORDER BY user_id");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.str()));
  return db::IdsOf<UserId>(rows);
}

}  // namespace

Result<DaemonId> RegisterDaemon(db::Transaction& tx, std::string_view endpoint, TimestampMs now) {
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kDropDaemonsAt, {P(endpoint)}).status());
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kCreateDaemon, {P(endpoint), P(now), P(now)}).status());
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, tx.LastInsertId());
  return DaemonId(id);
}

Result<bool> Heartbeat(db::Transaction& tx, DaemonId daemon, TimestampMs last, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const db::Changed changed,
                          tx.Execute(queries::kHeartbeat, {P(now), P(daemon), P(last)}));
  if (changed.rows > 0) return true;
  // Nothing changed also at a repeat, when the commit before was in doubt.
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kDaemonExists, {P(daemon), P(last)}));
  return !rows.empty();
}

Status RemoveDaemon(db::Transaction& tx, DaemonId daemon) {
  return tx.Execute(queries::kRemoveDaemon, {P(daemon)}).status();
}

Result<std::vector<Beat>> Beats(db::Transaction& tx) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kDaemonBeats, {}));
  std::vector<Beat> beats;
  for (size_t row = 0; row < rows.size(); ++row) {
    beats.push_back({rows.As<DaemonId>(row, 0), rows.As<TimestampMs>(row, 1)});
  }
  return beats;
}

Status PurgeDaemon(db::Transaction& tx, const Beat& last) {
  return tx.Execute(queries::kPurgeDaemon, {P(last.daemon), P(last.heartbeat)}).status();
}

Result<std::vector<UserId>> SetOnline(db::Transaction& tx, DaemonId daemon,
                                      std::span<const UserId> users, TimestampMs now) {
  std::vector<UserId> wanted = Sorted(users);
  if (wanted.empty()) return wanted;
  PARLOR_ASSIGN_OR_RETURN(wanted, LockUsers(tx, wanted));
  if (wanted.empty()) return wanted;
  PARLOR_ASSIGN_OR_RETURN(const std::vector<UserId> before, OnlineSomewhere(tx, wanted, now));
  PARLOR_ASSIGN_OR_RETURN(const std::vector<UserId> here, OnlineHere(tx, daemon, wanted));
  const std::vector<UserId> missing = Difference(wanted, here);
  if (!missing.empty()) {
    db::SqlText sql("INSERT INTO online (user_id, daemon_id) VALUES ");
    for (size_t i = 0; i < missing.size(); ++i) {
      sql.Raw(i == 0 ? "(" : ",(").Value(missing[i].value).Raw(",").Value(daemon.value).Raw(")");
    }
    PARLOR_RETURN_IF_ERROR(tx.ExecuteText(sql.str()).status());
  }
  return Difference(missing, before);
}

Result<std::vector<UserId>> SetOffline(db::Transaction& tx, DaemonId daemon,
                                       std::span<const UserId> users, TimestampMs now) {
  std::vector<UserId> wanted = Sorted(users);
  if (wanted.empty()) return wanted;
  PARLOR_ASSIGN_OR_RETURN(wanted, LockUsers(tx, wanted));
  if (wanted.empty()) return wanted;
  PARLOR_ASSIGN_OR_RETURN(const std::vector<UserId> here, OnlineHere(tx, daemon, wanted));
  if (here.empty()) return here;
  db::SqlText sql("DELETE FROM online WHERE user_id IN ");
  db::List(sql, here).Raw(" AND daemon_id = ").Value(daemon.value);
  PARLOR_RETURN_IF_ERROR(tx.ExecuteText(sql.str()).status());
  PARLOR_ASSIGN_OR_RETURN(const std::vector<UserId> still, OnlineSomewhere(tx, here, now));
  return Difference(here, still);
}

Result<std::vector<UserId>> OnlineSomewhere(db::Transaction& tx, std::span<const UserId> users,
                                            TimestampMs now) {
  if (users.empty()) return std::vector<UserId>();
  PARLOR_CHECK(users.size() <= kMaxUsers);
  db::SqlText sql(
      "SELECT DISTINCT o.user_id FROM online o JOIN daemons d ON d.id = o.daemon_id WHERE "
      "o.user_id IN ");
  db::List(sql, users).Raw(" AND d.heartbeat_at_ms >= ").Value(AliveSince(now).value);
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.Raw(" ORDER BY o.user_id").str()));
  return db::IdsOf<UserId>(rows);
}

}  // namespace parlor::presence_store
