#include "common/sessions.h"

#include <algorithm>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::sessions {
namespace {

using db::P;

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
constexpr size_t kMaxTokens = 1000;

TimestampMs IdleExpiry(const Session& session, const SessionConfig& config, TimestampMs now) {
  return std::min(TimestampMs(now.value + config.idle_days * kDayMs), session.max_expires_at);
}

Session ToSession(const db::Rows& rows, size_t row) {
  Session session{rows.As<SessionId>(row, 0), rows.As<UserId>(row, 1), {},
                  rows.Time(row, 3),          rows.Time(row, 4),       rows.Time(row, 5)};
  const std::string& token = rows.Text(row, 2);
  PARLOR_CHECK(token.size() == session.token.size());
  std::copy(token.begin(), token.end(), session.token.begin());
  return session;
}

// kFindSession for many tokens: the same columns and conditions.
std::string FindManySql(std::span<const TokenHash> tokens, TimestampMs now) {
  db::SqlText sql(
      "SELECT s.id, s.user_id, s.token_hash, s.created_at_ms, s.expires_at_ms, "
      "s.max_expires_at_ms FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash IN "
      "(");
  for (size_t i = 0; i < tokens.size(); ++i) sql.Raw(i == 0 ? "" : ",").Hex(BytesOf(tokens[i]));
  sql.Raw(") AND s.expires_at_ms > ").Value(now.value).Raw(" AND u.suspended_at_ms IS NULL");
  return sql.str();
}

}  // namespace

Result<Session> Create(db::Transaction& tx, UserId user, const TokenHash& token,
                       const SessionConfig& config, TimestampMs now) {
  Session session{SessionId(), user, token, now, {}, {}};
  session.max_expires_at = TimestampMs(now.value + config.max_days * kDayMs);
  session.expires_at = IdleExpiry(session, config, now);
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kCreateSession, {P(user), db::Bytes{BytesOf(token)}, P(now),
                                           P(session.expires_at), P(session.max_expires_at)})
          .status());
  PARLOR_ASSIGN_OR_RETURN(session.id.value, tx.LastInsertId());
  return session;
}

Result<std::vector<Session>> Find(db::Transaction& tx, std::span<const TokenHash> tokens,
                                  TimestampMs now) {
  PARLOR_CHECK(tokens.size() <= kMaxTokens);
  std::vector<Session> sessions;
  if (tokens.empty()) return sessions;
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tokens.size() == 1
          ? tx.Query(queries::kFindSession, {db::Bytes{BytesOf(tokens.front())}, P(now)})
          : tx.QueryText(FindManySql(tokens, now)));
  sessions.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) sessions.push_back(ToSession(rows, row));
  return sessions;
}

std::optional<TimestampMs> NextExpiry(const Session& session, const SessionConfig& config,
                                      TimestampMs now) {
  const TimestampMs next = IdleExpiry(session, config, now);
  if (next.value - session.expires_at.value < kTouchEveryMs) return std::nullopt;
  return next;
}

Result<bool> Touch(db::Transaction& tx, const Session& session, const SessionConfig& config,
                   TimestampMs now) {
  const std::optional<TimestampMs> expires_at = NextExpiry(session, config, now);
  if (!expires_at) return false;
  // Somebody else may have touched it since `session` was read.
  const TimestampMs due(expires_at->value - kTouchEveryMs + 1);
  PARLOR_ASSIGN_OR_RETURN(
      const db::Changed changed,
      tx.Execute(queries::kTouchSession, {P(*expires_at), P(session.id), P(due)}));
  return changed.rows > 0;
}

Result<std::optional<Session>> End(db::Transaction& tx, const TokenHash& token) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kLockSession, {db::Bytes{BytesOf(token)}}));
  if (rows.empty()) return std::optional<Session>();
  Session session = ToSession(rows, 0);
  PARLOR_RETURN_IF_ERROR(tx.Execute(queries::kEndSession, {P(session.id)}).status());
  return std::optional(std::move(session));
}

Result<std::vector<SessionId>> EndOthers(db::Transaction& tx, UserId user, SessionId keep) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kLockOtherSessions, {P(user), P(keep)}));
  std::vector<SessionId> ended = db::IdsOf<SessionId>(rows);
  if (ended.empty()) return ended;
  db::SqlText sql("DELETE FROM sessions WHERE id IN ");
  PARLOR_RETURN_IF_ERROR(tx.ExecuteText(db::List(sql, ended).str()).status());
  return ended;
}

Status PurgeExpired(db::Transaction& tx, TimestampMs now, uint32_t limit) {
  return tx.Execute(queries::kPurgeSessions, {P(now), uint64_t{limit}}).status();
}

}  // namespace parlor::sessions
