#include "common/mail_outbox.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/log.h"
#include "common/protocol.h"
#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::mail_outbox {
namespace {

using db::P;

constexpr size_t kMaxErrorBytes = 500;

constexpr std::array<std::pair<Kind, std::string_view>, 4> kKinds = {{
    {Kind::kRegistrationLink, "registration_link"},
    {Kind::kAddressTaken, "address_taken"},
    {Kind::kPasswordChanged, "password_changed"},
    {Kind::kInvitation, "invitation"},
}};

std::string_view KindName(Kind kind) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const auto& entry) { return entry.first == kind; });
  PARLOR_CHECK(found != kKinds.end());
  return found->second;
}

std::optional<Kind> KindOf(std::string_view name) {
  for (const auto& [kind, kind_name] : kKinds) {
    if (kind_name == name) return kind;
  }
  return std::nullopt;
}

// Marks all rows as taken, those of unknown kinds (a newer version's) too: their turn comes after
// the lease.
Status TakeAll(db::Transaction& tx, const db::Rows& rows, TimestampMs until) {
  std::vector<MailId> ids = db::IdsOf<MailId>(rows);
  std::sort(ids.begin(), ids.end());
  db::SqlText sql("UPDATE mail_outbox SET attempts = attempts + 1, claimed_until_ms = ");
  sql.Value(until.value).Raw(" WHERE id IN ");
  return tx.ExecuteText(db::List(sql, ids).str()).status();
}

// At most `bytes`, not cut inside a character.
std::string_view Shortened(std::string_view utf8, size_t bytes) {
  if (utf8.size() <= bytes) return utf8;
  while (bytes > 0 && (static_cast<unsigned char>(utf8[bytes]) & 0xC0) == 0x80) --bytes;
  return utf8.substr(0, bytes);
}

}  // namespace

Status Add(db::Transaction& tx, Kind kind, std::string_view recipient,
           std::string_view recipient_name, RegistrationId registration, TimestampMs now) {
  return tx
      .Execute(queries::kAddMail, {P(KindName(kind)), P(recipient), P(recipient_name),
                                   P(registration), P(now), P(now)})
      .status();
}

Result<std::vector<Mail>> Claim(db::Transaction& tx, TimestampMs now, int64_t lease_ms,
                                uint32_t limit) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kClaimMails, {P(now), P(now), uint64_t{limit}}));
  std::vector<Mail> mails;
  if (rows.empty()) return mails;
  PARLOR_RETURN_IF_ERROR(TakeAll(tx, rows, TimestampMs(now.value + lease_ms)));
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::optional<Kind> kind = KindOf(rows.Text(row, 1));
    if (!kind) {
      log::Warning("claiming mails", {{"unknown kind, mail", rows.U64(row, 0)}});
      continue;
    }
    mails.push_back({rows.As<MailId>(row, 0), *kind, rows.Text(row, 2), rows.Text(row, 3),
                     rows.As<RegistrationId>(row, 4), static_cast<uint32_t>(rows.U64(row, 5)),
                     rows.Time(row, 6)});
  }
  return mails;
}

Status Sent(db::Transaction& tx, MailId id) {
  return tx.Execute(queries::kMailSent, {P(id)}).status();
}

Status Failed(db::Transaction& tx, MailId id, std::string_view error,
              std::optional<TimestampMs> next_attempt, TimestampMs now) {
  // A mail server's words may be in any charset.
  const std::string_view text =
      IsValidUtf8(error) ? Shortened(error, kMaxErrorBytes) : "the answer was not valid UTF-8";
  return tx
      .Execute(next_attempt ? queries::kMailFailed : queries::kMailGivenUp,
               {P(text), P(next_attempt.value_or(now)), P(id)})
      .status();
}

Result<Depth> Count(db::Transaction& tx) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kCountMails, {}));
  const uint64_t given_up = rows.U64(0, 1);
  return Depth{rows.U64(0, 0) - given_up, given_up};
}

}  // namespace parlor::mail_outbox
