#include "common/registrations.h"

#include "common/queries.h"
#include "common/users.h"

namespace parlor::registrations {
namespace {

using db::P;

constexpr int64_t kKeptAfterExpiryMs = int64_t{30} * 24 * 3600 * 1000;
// What admin_invite_user (sql/admin/users.sql) gives it, and the mail says.
constexpr int64_t kInvitationMs = int64_t{7} * 24 * 3600 * 1000;
constexpr int64_t kInvitationMailEveryMs = int64_t{24} * 3600 * 1000;

// From columns id, user_id, expires_at_ms.
Result<Outcome> Judge(const db::Rows& rows, TimestampMs now) {
  if (rows.empty()) return UnknownLink();
  if (!rows.IsNull(0, 1)) return Outcome::kAlreadyConfirmed;
  if (rows.Time(0, 2) <= now) {
    return Status(ErrorCode::kGone, "This link has expired. Please register again.");
  }
  return Outcome::kUsable;
}

}  // namespace

Result<RegistrationId> Put(db::Transaction& tx, const Request& request, TimestampMs now,
                           TimestampMs expires_at) {
  // A new row rather than the old one changed: mails that still wait for the old one go with it.
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kDropRegistration, {P(request.email), P(now)}).status());
  const auto inserted =
      tx.Execute(queries::kPutRegistration,
                 {P(request.email), P(request.email), P(request.first_name), P(request.last_name),
                  P(request.password_hash), P(now), P(expires_at)});
  if (tx.WasDuplicate()) return tx.TryAgain();  // the same address at the same moment
  PARLOR_RETURN_IF_ERROR(inserted.status());
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, tx.LastInsertId());
  return RegistrationId(id);
}

Result<std::optional<Invitation>> RenewInvitation(db::Transaction& tx, std::string_view email,
                                                  TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kLockInvitation, {P(email), P(now)}));
  if (rows.empty()) return std::optional<Invitation>();
  const TimestampMs until(now.value + kInvitationMs);
  const bool mail_due = until.value - rows.Time(0, 4).value >= kInvitationMailEveryMs;
  if (mail_due) {
    PARLOR_RETURN_IF_ERROR(
        tx.Execute(queries::kProlongInvitation, {P(until), rows.U64(0, 0)}).status());
  }
  return std::optional<Invitation>(
      {rows.As<RegistrationId>(0, 0), rows.Text(0, 1), rows.Text(0, 2), rows.Text(0, 3), mail_due});
}

Result<bool> SetToken(db::Transaction& tx, RegistrationId id, const TokenHash& token) {
  PARLOR_ASSIGN_OR_RETURN(
      const db::Changed changed,
      tx.Execute(queries::kSetRegistrationToken, {db::Bytes{BytesOf(token)}, P(id)}));
  return changed.rows > 0;
}

Result<Confirmation> Confirm(db::Transaction& tx, const TokenHash& token, TimestampMs now,
                             std::string_view password_hash) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kLockRegistration, {db::Bytes{BytesOf(token)}}));
  PARLOR_ASSIGN_OR_RETURN(const Outcome outcome, Judge(rows, now));
  if (outcome == Outcome::kAlreadyConfirmed) {
    PARLOR_ASSIGN_OR_RETURN(Profile user, users::GetProfile(tx, rows.As<UserId>(0, 1)));
    return Confirmation{outcome, std::move(user)};
  }
  const std::string& chosen = rows.Text(0, 6);  // at the registration
  if (chosen.empty() && password_hash.empty()) return Confirmation{Outcome::kInvited, {}};
  Profile user{UserId(), rows.Text(0, 3), rows.Text(0, 4), rows.Text(0, 5), now};
  PARLOR_ASSIGN_OR_RETURN(user.id, users::Create(tx, user.email, user.first_name, user.last_name,
                                                 chosen.empty() ? password_hash : chosen, now));
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kConfirmRegistration, {P(user.id), rows.U64(0, 0)}).status());
  return Confirmation{Outcome::kCreated, std::move(user)};
}

Result<Outcome> Check(db::Transaction& tx, const TokenHash& token, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows,
                          tx.Query(queries::kFindRegistration, {db::Bytes{BytesOf(token)}}));
  PARLOR_ASSIGN_OR_RETURN(const Outcome outcome, Judge(rows, now));
  const bool invited = outcome == Outcome::kUsable && rows.U64(0, 3) != 0;
  return invited ? Outcome::kInvited : outcome;
}

Status UnknownLink() {
  return {ErrorCode::kNotFound, "This link is not valid, or a newer one has replaced it."};
}

Status Purge(db::Transaction& tx, TimestampMs now, uint32_t limit) {
  return tx
      .Execute(queries::kPurgeRegistrations,
               {P(TimestampMs(now.value - kKeptAfterExpiryMs)), uint64_t{limit}})
      .status();
}

}  // namespace parlor::registrations
