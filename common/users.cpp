#include "common/users.h"

#include "common/presence_store.h"
#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::users {
namespace {

using db::P;

Status NotFound() { return Status(ErrorCode::kNotFound, "There is no such user."); }

Credentials ToCredentials(const db::Rows& rows) {
  return {rows.As<UserId>(0, 0), rows.Text(0, 1), rows.U64(0, 2) != 0};
}

Result<Profile> OneProfile(db::Transaction& tx, std::string_view sql, UserId id) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql, {P(id)}));
  if (rows.empty()) return NotFound();
  return Profile{rows.As<UserId>(0, 0), rows.Text(0, 1), rows.Text(0, 2), rows.Text(0, 3),
                 rows.Time(0, 4)};
}

}  // namespace

Result<std::optional<Credentials>> FindCredentials(db::Transaction& tx, std::string_view email) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kFindCredentials, {P(email)}));
  if (rows.empty()) return std::optional<Credentials>();
  return std::optional(ToCredentials(rows));
}

Result<Credentials> GetCredentials(db::Transaction& tx, UserId id) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kGetCredentials, {P(id)}));
  if (rows.empty()) return NotFound();
  return ToCredentials(rows);
}

Result<bool> EmailTaken(db::Transaction& tx, std::string_view email) {
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(queries::kEmailTaken, {P(email)}));
  return !rows.empty();
}

Result<UserId> Create(db::Transaction& tx, std::string_view email, std::string_view first_name,
                      std::string_view last_name, std::string_view password_hash, TimestampMs now) {
  const auto inserted = tx.Execute(queries::kCreateUser, {P(email), P(email), P(first_name),
                                                          P(last_name), P(password_hash), P(now)});
  if (tx.WasDuplicate()) return Status(ErrorCode::kConflict, "This e-mail address is taken.");
  PARLOR_RETURN_IF_ERROR(inserted.status());
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, tx.LastInsertId());
  return UserId(id);
}

Result<Profile> GetProfile(db::Transaction& tx, UserId id) {
  return OneProfile(tx, queries::kGetProfile, id);
}

Result<Profile> GetProfileForUpdate(db::Transaction& tx, UserId id) {
  return OneProfile(tx, queries::kGetProfileForUpdate, id);
}

Status SetNames(db::Transaction& tx, UserId id, std::string_view first_name,
                std::string_view last_name) {
  return tx.Execute(queries::kSetNames, {P(first_name), P(last_name), P(id)}).status();
}

Status SetPasswordHash(db::Transaction& tx, UserId id, std::string_view password_hash) {
  return tx.Execute(queries::kSetPasswordHash, {P(password_hash), P(id)}).status();
}

Result<std::vector<PublicUser>> List(db::Transaction& tx, const UserQuery& query, TimestampMs now) {
  const std::string pattern = db::ContainsPattern(query.name);
  PARLOR_ASSIGN_OR_RETURN(
      const db::Rows rows,
      tx.Query(queries::kListUsers,
               {P(presence_store::AliveSince(now)), P(query.after), int64_t{!query.name.empty()},
                P(pattern), int64_t{query.online_only}, db::LimitOf(query.limit)}));
  std::vector<PublicUser> users;
  users.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    users.push_back(
        {rows.As<UserId>(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.U64(row, 3) != 0});
  }
  return users;
}

}  // namespace parlor::users
