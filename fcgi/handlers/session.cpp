#include <optional>
#include <string>

#include "common/sessions.h"
#include "common/token.h"
#include "common/tries.h"
#include "common/users.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

Status InvalidCredentials() {
  return {ErrorCode::kInvalidCredentials, "E-mail address and password do not belong together."};
}

Status Suspended() { return {ErrorCode::kForbidden, "This account has been suspended."}; }

// What a right password was checked against, what to store if the parameters have changed, and the
// try that did not turn out to be a wrong password.
struct Checked {
  users::Credentials credentials;
  std::optional<std::string> new_hash;
  tries::Try reserved;
};

// The same time for a wrong password, an unknown address and a password longer than any that we
// store: one hash each.
Result<Checked> CheckPassword(const PasswordHasher& hasher,
                              const std::optional<users::Credentials>& credentials,
                              std::string_view password) {
  const bool too_long = CountCharacters(password) > kMaxPasswordCharacters;
  if (!credentials || too_long) {
    hasher.VerifyNobody(password.substr(0, kMaxPasswordCharacters));
    return InvalidCredentials();
  }
  if (!hasher.Verify(credentials->password_hash, password)) return InvalidCredentials();
  if (credentials->suspended) return Suspended();
  Checked checked{*credentials, std::nullopt, {}};
  if (hasher.NeedsRehash(credentials->password_hash)) {
    PARLOR_ASSIGN_OR_RETURN(checked.new_hash, hasher.Hash(password));
  }
  return checked;
}

// The password was right. If this fails, the try ages out.
void ForgetTry(Call& call, std::string_view email, const tries::Try& reserved) {
  (void)call.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
    return tries::Release(tx, tries::Kind::kPassword, email, reserved);
  });
}

// The slot comes before the try: who is turned away because of other people's logins has not
// guessed.
Result<Checked> CheckLogin(Call& call, const LoginRequest& login) {
  const Services& services = call.services();
  PARLOR_ASSIGN_OR_RETURN(const auto slot, services.hash_slots.Acquire());
  std::optional<users::Credentials> credentials;
  tries::Try reserved;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(reserved, tries::Reserve(tx, tries::Kind::kPassword, login.email,
                                                     services.config.limits, call.Now()));
    PARLOR_ASSIGN_OR_RETURN(credentials, users::FindCredentials(tx, login.email));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  Result<Checked> checked = CheckPassword(services.hasher, credentials, login.password);
  if (checked.ok()) {
    checked->reserved = reserved;
  } else if (checked.status().code() == ErrorCode::kForbidden) {
    ForgetTry(call, login.email, reserved);
  }
  return checked;
}

// Under the user's lock: a password that was changed meanwhile has ended all sessions, and so has a
// suspension; none may slip in behind that.
Result<sessions::Session> OpenSession(Call& call, db::Transaction& tx, const Checked& checked,
                                      std::string_view email, const TokenHash& token) {
  const users::Credentials& known = checked.credentials;
  PARLOR_RETURN_IF_ERROR(users::GetProfileForUpdate(tx, known.id).status());
  PARLOR_ASSIGN_OR_RETURN(const auto current, users::GetCredentials(tx, known.id));
  if (current.password_hash != known.password_hash) return InvalidCredentials();
  if (current.suspended) return Suspended();
  if (checked.new_hash) {
    PARLOR_RETURN_IF_ERROR(users::SetPasswordHash(tx, known.id, *checked.new_hash));
  }
  PARLOR_RETURN_IF_ERROR(tries::Release(tx, tries::Kind::kPassword, email, checked.reserved));
  return sessions::Create(tx, known.id, token, call.services().config.session, call.Now());
}

// Logout clears presence, too; the daemon does it, which knows the user's other sockets.
Status EndSession(Call& call, db::Transaction& tx, const TokenHash& token) {
  PARLOR_ASSIGN_OR_RETURN(const auto ended, sessions::End(tx, token));
  if (!ended) return Ok();
  return call.AddEvent(tx, SessionEnded{ended->user, ended->id});
}

}  // namespace

Result<Response> Login(Call& call) {
  PARLOR_ASSIGN_OR_RETURN(const LoginRequest login, ParseLoginRequest(call.request().body));
  PARLOR_ASSIGN_OR_RETURN(const Checked checked, CheckLogin(call, login));
  std::string token;
  sessions::Session session;
  // Repeated in doubt, it may leave a session behind that nobody has the token of.
  const auto body = [&](db::Transaction& tx) -> Status {
    token = GenerateToken();
    PARLOR_ASSIGN_OR_RETURN(session,
                            OpenSession(call, tx, checked, login.email, *HashToken(token)));
    return Ok();
  };
  const Status opened = call.Transact(db::Repeat::kIdempotent, body);
  if (!opened.ok()) {
    const bool suspended = opened.code() == ErrorCode::kForbidden;
    if (suspended) ForgetTry(call, login.email, checked.reserved);
    return opened;
  }
  return JsonResponse(200, EncodeLogin(token, session.user, session.expires_at));
}

// 204 for a token that is long dead as well: the caller is signed out, which is all that was asked.
// No token at all never comes here (Access::kToken).
Result<Response> Logout(Call& call) {
  const Request& request = call.request();
  const auto token = HashToken(request.token);
  if (!token || request.method == Method::kHead) return NoContent();
  PARLOR_RETURN_IF_ERROR(call.Transact(
      db::Repeat::kIdempotent, [&](db::Transaction& tx) { return EndSession(call, tx, *token); }));
  return NoContent();
}

}  // namespace parlor::fcgi::handlers
