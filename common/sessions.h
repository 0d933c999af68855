// Signed-in devices. Tokens arrive here as hashes only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/config.h"
#include "common/db.h"
#include "common/ids.h"
#include "common/token.h"

namespace parlor::sessions {

struct Session {
  SessionId id;
  UserId user;
  TokenHash token{};
  TimestampMs created_at;
  TimestampMs expires_at;
  TimestampMs max_expires_at;
};

Result<Session> Create(db::Transaction& tx, UserId user, const TokenHash& token,
                       const SessionConfig& config, TimestampMs now);

// The live sessions among `tokens`: not expired, user not suspended. In any order; at most 1,000
// tokens.
Result<std::vector<Session>> Find(db::Transaction& tx, std::span<const TokenHash> tokens,
                                  TimestampMs now);

// Where use at `now` moves the expiry to; nullopt: by less than kTouchEveryMs, which is left alone.
inline constexpr int64_t kTouchEveryMs = int64_t{3600} * 1000;
std::optional<TimestampMs> NextExpiry(const Session& session, const SessionConfig& config,
                                      TimestampMs now);

// Moves the expiry on to NextExpiry(), so at most once an hour a session (a write otherwise saved).
// True if it wrote.
Result<bool> Touch(db::Transaction& tx, const Session& session, const SessionConfig& config,
                   TimestampMs now);

// Ends one session; nullopt if it was not alive.
Result<std::optional<Session>> End(db::Transaction& tx, const TokenHash& token);
// Ends a user's sessions but `keep` (0: all); the ids of those that ended.
Result<std::vector<SessionId>> EndOthers(db::Transaction& tx, UserId user, SessionId keep);

// Deletes expired sessions; at most `limit`.
Status PurgeExpired(db::Transaction& tx, TimestampMs now, uint32_t limit);

}  // namespace parlor::sessions
