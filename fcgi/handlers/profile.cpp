#include <optional>
#include <string>

#include "common/mail_outbox.h"
#include "common/sessions.h"
#include "common/tries.h"
#include "common/users.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

Status WrongPassword() {
  return {ErrorCode::kWrongPassword,
          "A new password needs the right current_password, or a login a few minutes ago."};
}

// A new password on its way into the account.
struct NewPassword {
  std::string hash;
  std::string replaces;  // the stored hash that was checked; another one by now: start over
  std::optional<tries::Try> proven;  // the current password was given and right: no wrong one
};

// What is read before anything is hashed.
struct Wish {
  ProfileChange change;
  std::string email;
  std::string stored_hash;
};

bool LoggedInRecently(const Call& call) {
  const int64_t age_ms = call.Now().value - call.session().created_at.value;
  return age_ms <= call.services().config.session.recent_login_s * 1000;
}

Result<Wish> ReadWish(Call& call, db::Transaction& tx) {
  Wish wish;
  PARLOR_ASSIGN_OR_RETURN(wish.change, ParseProfileChange(call.request().body));
  if (!wish.change.password) return wish;
  PARLOR_RETURN_IF_ERROR(CheckNewPassword(*wish.change.password, "password"));
  if (!wish.change.current_password && !LoggedInRecently(call)) return WrongPassword();
  const UserId user = call.session().user;
  PARLOR_ASSIGN_OR_RETURN(const Profile profile, users::GetProfile(tx, user));
  PARLOR_ASSIGN_OR_RETURN(const auto credentials, users::GetCredentials(tx, user));
  wish.email = profile.email;
  wish.stored_hash = credentials.password_hash;
  return wish;
}

// A wrong current password is a wrong password: it counts like one at the login.
Result<tries::Try> VerifyCurrent(Call& call, const Wish& wish) {
  const Services& services = call.services();
  tries::Try reserved;
  const auto reserve = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(reserved, tries::Reserve(tx, tries::Kind::kPassword, wish.email,
                                                     services.config.limits, call.Now()));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, reserve));
  const std::string& given = *wish.change.current_password;
  const bool possible = CountCharacters(given) <= kMaxPasswordCharacters;
  if (!possible || !services.hasher.Verify(wish.stored_hash, given)) return WrongPassword();
  return reserved;
}

Result<NewPassword> HashNew(Call& call, const Wish& wish) {
  PARLOR_ASSIGN_OR_RETURN(const auto slot, call.services().hash_slots.Acquire());
  NewPassword password;
  password.replaces = wish.stored_hash;
  if (wish.change.current_password) {
    PARLOR_ASSIGN_OR_RETURN(password.proven, VerifyCurrent(call, wish));
  }
  PARLOR_ASSIGN_OR_RETURN(password.hash, call.services().hasher.Hash(*wish.change.password));
  return password;
}

Status StoreNames(Call& call, db::Transaction& tx, const ProfileChange& change, Profile* profile) {
  const std::string first = change.first_name.value_or(profile->first_name);
  const std::string last = change.last_name.value_or(profile->last_name);
  if (first == profile->first_name && last == profile->last_name) return Ok();
  profile->first_name = first;
  profile->last_name = last;
  PARLOR_RETURN_IF_ERROR(users::SetNames(tx, profile->id, first, last));
  return call.AddEvent(tx, UserUpdated{profile->id, first, last});
}

Status EndOtherSessions(Call& call, db::Transaction& tx) {
  const sessions::Session& session = call.session();
  PARLOR_ASSIGN_OR_RETURN(const auto ended, sessions::EndOthers(tx, session.user, session.id));
  for (const SessionId id : ended) {
    PARLOR_RETURN_IF_ERROR(call.AddEvent(tx, SessionEnded{session.user, id}));
  }
  return Ok();
}

Status StorePassword(Call& call, db::Transaction& tx, const NewPassword& password,
                     const Profile& profile) {
  PARLOR_ASSIGN_OR_RETURN(const auto credentials, users::GetCredentials(tx, profile.id));
  if (credentials.password_hash != password.replaces) return WrongPassword();
  PARLOR_RETURN_IF_ERROR(users::SetPasswordHash(tx, profile.id, password.hash));
  if (password.proven) {
    PARLOR_RETURN_IF_ERROR(
        tries::Release(tx, tries::Kind::kPassword, profile.email, *password.proven));
  }
  PARLOR_RETURN_IF_ERROR(EndOtherSessions(call, tx));
  return mail_outbox::Add(tx, mail_outbox::Kind::kPasswordChanged, profile.email,
                          profile.first_name + " " + profile.last_name, RegistrationId(),
                          call.Now());
}

}  // namespace

Result<Response> GetProfile(Call& call) {
  Profile profile;
  const auto read = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(profile, users::GetProfile(tx, call.session().user));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, read));
  return JsonResponse(200, EncodeProfile(profile));
}

// No hash is made while a transaction is open, so this is read, hash, store; what was read is
// checked again under the lock. A change of names alone is two short transactions.
Result<Response> ChangeProfile(Call& call) {
  Wish wish;
  const auto read = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(wish, ReadWish(call, tx));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, read));
  std::optional<NewPassword> password;
  if (wish.change.password) {
    PARLOR_ASSIGN_OR_RETURN(password, HashNew(call, wish));
  }
  Profile profile;
  const auto store = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(profile, users::GetProfileForUpdate(tx, call.session().user));
    PARLOR_RETURN_IF_ERROR(StoreNames(call, tx, wish.change, &profile));
    return password ? StorePassword(call, tx, *password, profile) : Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kOnce, store));
  return JsonResponse(200, EncodeProfile(profile));
}

}  // namespace parlor::fcgi::handlers
