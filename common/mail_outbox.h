// Mail that is owed to somebody. Workers add in their transaction; the daemon's mailer claims,
// sends, deletes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/db.h"
#include "common/ids.h"

namespace parlor::mail_outbox {

// kInvitation is written by sql/admin/users.sql alone.
enum class Kind { kRegistrationLink, kAddressTaken, kPasswordChanged, kInvitation };

struct Mail {
  MailId id;  // part of the Message-ID (wsd/mailer.cpp)
  Kind kind = Kind::kRegistrationLink;
  std::string recipient;       // normalized address
  std::string recipient_name;  // "First Last"
  RegistrationId registration;
  uint32_t attempts = 0;  // how often it was claimed before, whatever came of it
  TimestampMs created_at;
};

Status Add(db::Transaction& tx, Kind kind, std::string_view recipient,
           std::string_view recipient_name, RegistrationId registration, TimestampMs now);

// Takes up to `limit` due mails for `lease_ms`, safe beside other daemons (FOR UPDATE SKIP LOCKED).
// The lock is gone before the mail is sent; a sender that dies leaves the row to be claimed again.
Result<std::vector<Mail>> Claim(db::Transaction& tx, TimestampMs now, int64_t lease_ms,
                                uint32_t limit);

Status Sent(db::Transaction& tx, MailId id);
// Not sent: try again at `next_attempt`, or never (nullopt; the row stays for the administrator).
Status Failed(db::Transaction& tx, MailId id, std::string_view error,
              std::optional<TimestampMs> next_attempt, TimestampMs now);

// How many there are, for the metrics.
struct Depth {
  uint64_t waiting = 0;
  uint64_t given_up = 0;  // kept for the administrator
};
Result<Depth> Count(db::Transaction& tx);

}  // namespace parlor::mail_outbox
