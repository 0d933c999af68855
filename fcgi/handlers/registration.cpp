#include <optional>
#include <string>
#include <utility>

#include "common/mail_outbox.h"
#include "common/registrations.h"
#include "common/token.h"
#include "common/tries.h"
#include "common/users.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/html.h"
#include "fcgi/negotiation.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

constexpr int64_t kMsPerHour = 3'600'000;

Result<std::string> HashInSlot(const Services& services, std::string_view password) {
  PARLOR_ASSIGN_OR_RETURN(const auto slot, services.hash_slots.Acquire());
  return services.hasher.Hash(password);
}

// The owner of a taken address hears of it under their own name, not under what a stranger typed.
Status WriteToOwner(db::Transaction& tx, std::string_view email, TimestampMs now) {
  PARLOR_ASSIGN_OR_RETURN(const auto credentials, users::FindCredentials(tx, email));
  if (!credentials) return {ErrorCode::kUnavailable, "Please try again."};
  PARLOR_ASSIGN_OR_RETURN(const Profile owner, users::GetProfile(tx, credentials->id));
  return mail_outbox::Add(tx, mail_outbox::Kind::kAddressTaken, owner.email,
                          owner.first_name + " " + owner.last_name, RegistrationId(), now);
}

// Who is invited gets the invitation again, if that was long ago, with nothing in it of what
// perhaps a stranger typed.
Status StoreAndWrite(db::Transaction& tx, const registrations::Request& request, TimestampMs now,
                     TimestampMs expires_at) {
  PARLOR_ASSIGN_OR_RETURN(const auto invitation,
                          registrations::RenewInvitation(tx, request.email, now));
  if (invitation) {
    if (!invitation->mail_due) return Ok();
    return mail_outbox::Add(tx, mail_outbox::Kind::kInvitation, invitation->email,
                            invitation->first_name + " " + invitation->last_name, invitation->id,
                            now);
  }
  PARLOR_ASSIGN_OR_RETURN(const RegistrationId id,
                          registrations::Put(tx, request, now, expires_at));
  return mail_outbox::Add(tx, mail_outbox::Kind::kRegistrationLink, request.email,
                          request.first_name + " " + request.last_name, id, now);
}

// What the link of this request can do or did; changes something only if `confirm`.
// `password_hash`: what an invited person has chosen.
Result<registrations::Confirmation> UseLink(Call& call, bool confirm,
                                            std::string_view password_hash = {}) {
  const auto token = HashToken(call.parameter());
  if (!token) return registrations::UnknownLink();
  registrations::Confirmation result{};
  const auto body = [&](db::Transaction& tx) -> Status {
    if (!confirm) {
      PARLOR_ASSIGN_OR_RETURN(result.outcome, registrations::Check(tx, *token, call.Now()));
      return Ok();
    }
    PARLOR_ASSIGN_OR_RETURN(result, registrations::Confirm(tx, *token, call.Now(), password_hash));
    if (result.outcome != registrations::Outcome::kCreated) return Ok();
    return call.AddEvent(
        tx, UserUpdated{result.user.id, result.user.first_name, result.user.last_name});
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return result;
}

Response AlreadyConfirmed(const Call& call) {
  if (call.wants_html()) {
    return HtmlPage(200, "Already confirmed", "This address has been confirmed. You can sign in.");
  }
  return JsonResponse(200, EncodeMessageOnly("already confirmed"));
}

constexpr std::string_view kInvitedTitle = "Choose a password";
constexpr std::string_view kInvitedText =
    "You are invited. With a password of 8 characters or more the account is yours.";
constexpr std::string_view kCreateButton = "Create my account";

Result<Response> Confirm(Call& call, std::string_view password_hash = {}) {
  const auto used = UseLink(call, /*confirm=*/true, password_hash);
  if (!used.ok()) return used.status();
  if (used->outcome == registrations::Outcome::kAlreadyConfirmed) return AlreadyConfirmed(call);
  if (used->outcome == registrations::Outcome::kInvited) {
    return Status::InvalidField("password", "This link is an invitation: POST it a password.");
  }
  if (call.wants_html()) {
    return HtmlPage(201, "Welcome, " + used->user.first_name,
                    "Your account is ready. You can sign in now.");
  }
  return JsonResponse(201, EncodeConfirmed(used->user));
}

// What an invited person has sent: a form's field, or JSON by the rules of PUT /users/profile.
Result<std::string> ChosenPassword(const Request& request) {
  std::optional<std::string> password;
  if (IsFormContentType(request.content_type) || request.body.empty()) {
    PARLOR_ASSIGN_OR_RETURN(const QueryPairs fields, ParseQueryString(request.body));
    for (const auto& [name, value] : fields) {
      if (name == "password") password = value;
    }
  } else {
    PARLOR_ASSIGN_OR_RETURN(ProfileChange change, ParseProfileChange(request.body));
    password = std::move(change.password);
  }
  if (!password) return Status::InvalidField("password", "password is missing.");
  PARLOR_RETURN_IF_ERROR(CheckNewPassword(*password, "password"));
  return std::move(*password);
}

// A browser sees its form again with what was wrong.
Result<Response> AcceptInvitation(Call& call) {
  const Result<std::string> password = ChosenPassword(call.request());
  if (!password.ok()) {
    if (!call.wants_html()) return password.status();
    return HtmlPageWithPassword(422, kInvitedTitle, kInvitedText, password.status().message(),
                                kCreateButton);
  }
  PARLOR_ASSIGN_OR_RETURN(const std::string hash, HashInSlot(call.services(), *password));
  return Confirm(call, hash);
}

// HEAD, and the page with the button: mail scanners open links by themselves.
Result<Response> Show(Call& call) {
  const auto usable = UseLink(call, /*confirm=*/false);
  if (!usable.ok()) return usable.status();
  if (usable->outcome == registrations::Outcome::kAlreadyConfirmed) return AlreadyConfirmed(call);
  const bool invited = usable->outcome == registrations::Outcome::kInvited;
  if (call.wants_html() && invited) {
    return HtmlPageWithPassword(200, kInvitedTitle, kInvitedText, "", kCreateButton);
  }
  if (call.wants_html()) {
    return HtmlPageWithButton("Confirm your address", "One click and your account is ready.",
                              kCreateButton);
  }
  return JsonResponse(200, "");
}

}  // namespace

// Taken or not, the same limit and the same work: a hash, a few statements, a mail, a commit.
Result<Response> Register(Call& call) {
  PARLOR_ASSIGN_OR_RETURN(const RegisterRequest wish, ParseRegisterRequest(call.request().body));
  PARLOR_RETURN_IF_ERROR(CheckNewPassword(wish.password, "password"));
  PARLOR_ASSIGN_OR_RETURN(std::string hash, HashInSlot(call.services(), wish.password));
  const registrations::Request request{wish.email, wish.first_name, wish.last_name,
                                       std::move(hash)};
  const int64_t life_ms = call.services().config.registration.link_hours * kMsPerHour;
  const auto body = [&](db::Transaction& tx) -> Status {
    const TimestampMs now = call.Now();
    PARLOR_RETURN_IF_ERROR(tries::Reserve(tx, tries::Kind::kRegistration, request.email,
                                          call.services().config.limits, now)
                               .status());
    PARLOR_ASSIGN_OR_RETURN(const bool taken, users::EmailTaken(tx, request.email));
    if (taken) return WriteToOwner(tx, request.email, now);
    return StoreAndWrite(tx, request, now, TimestampMs(now.value + life_ms));
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(202, EncodeMessageOnly("We have sent you a mail. Please open the link in it "
                                             "to confirm your address."));
}

Result<Response> OpenLink(Call& call) {
  const bool look_only = call.request().method == Method::kHead || call.wants_html();
  return look_only ? Show(call) : Confirm(call);
}

// A password is hashed for an invitation that is still open, and for nothing else.
Result<Response> ConfirmLink(Call& call) {
  const auto usable = UseLink(call, /*confirm=*/false);
  if (!usable.ok()) return usable.status();
  const bool invited = usable->outcome == registrations::Outcome::kInvited;
  return invited ? AcceptInvitation(call) : Confirm(call);
}

}  // namespace parlor::fcgi::handlers
