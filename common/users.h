// People: accounts, profiles, who is online. Store over db.h; statements in queries.h. Part of a
// transaction of the caller; errors are those of db.h, plus what each function names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/db.h"
#include "common/protocol.h"

namespace parlor::users {

// What a login or a password change must know.
struct Credentials {
  UserId id;
  std::string password_hash;
  bool suspended = false;
};

Result<std::optional<Credentials>> FindCredentials(db::Transaction& tx, std::string_view email);
Result<Credentials> GetCredentials(db::Transaction& tx, UserId id);  // kNotFound
Result<bool> EmailTaken(db::Transaction& tx, std::string_view email);

// kConflict when the address is taken.
Result<UserId> Create(db::Transaction& tx, std::string_view email, std::string_view first_name,
                      std::string_view last_name, std::string_view password_hash, TimestampMs now);

Result<Profile> GetProfile(db::Transaction& tx, UserId id);  // kNotFound
// Locks the row until the transaction ends.
Result<Profile> GetProfileForUpdate(db::Transaction& tx, UserId id);
Status SetNames(db::Transaction& tx, UserId id, std::string_view first_name,
                std::string_view last_name);
Status SetPasswordHash(db::Transaction& tx, UserId id, std::string_view password_hash);

// By id. Suspended users are listed too (their messages need a name); they are never online.
Result<std::vector<PublicUser>> List(db::Transaction& tx, const UserQuery& query, TimestampMs now);

}  // namespace parlor::users
