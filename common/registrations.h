// Accounts that wait for their link to be opened. One row an address; the newest request wins. An
// invitation (sql/admin/users.sql) is a row without a password: who opens its link chooses one.
#pragma once

#include <optional>
#include <string>

#include "common/db.h"
#include "common/protocol.h"
#include "common/token.h"

namespace parlor::registrations {

struct Request {
  std::string email, first_name, last_name, password_hash;
};

// Replaces an earlier request of the address: its link is dead from here on. An open invitation is
// never replaced: RenewInvitation comes first, and if one is made in between the transaction is
// repeated.
Result<RegistrationId> Put(db::Transaction& tx, const Request& request, TimestampMs now,
                           TimestampMs expires_at);

struct Invitation {
  RegistrationId id;
  std::string email, first_name, last_name;  // as the administrator gave them
  bool mail_due = false;
};
// The address's invitation, if one is open (in time and not accepted), locked to the end of the
// transaction. Whoever asks for an account with such an address has at most the invitation's mail
// sent again: a stranger must not be able to undo an invitation. A mail is due a day after the last
// one, and the invitation then valid for 7 days from `now`: each mail makes a new link, and more of
// them would only bury the one that works.
Result<std::optional<Invitation>> RenewInvitation(db::Transaction& tx, std::string_view email,
                                                  TimestampMs now);

// The mailer made a token for the link that it is about to send: the newest is the one that works.
// False if the request is gone or has been confirmed meanwhile: then there is nothing to send.
Result<bool> SetToken(db::Transaction& tx, RegistrationId id, const TokenHash& token);

enum class Outcome {
  kCreated,
  kUsable,  // Check() alone: Confirm() would give kCreated
  kAlreadyConfirmed,
  kInvited
};
struct Confirmation {
  Outcome outcome = Outcome::kCreated;
  Profile user;
};
// Creates the account. kNotFound for an unknown or replaced token, kGone for one past its time,
// kConflict when the address was taken meanwhile in another way. Safe to repeat. Of an invitation
// the account gets `password_hash`; empty, nothing happens, and the outcome is kInvited.
Result<Confirmation> Confirm(db::Transaction& tx, const TokenHash& token, TimestampMs now,
                             std::string_view password_hash = {});

// Whether Confirm would work, changing nothing (HEAD, the page with the button). kInvited: with a
// password.
Result<Outcome> Check(db::Transaction& tx, const TokenHash& token, TimestampMs now);

// What both say to a link that nobody knows; also for one that can be none.
Status UnknownLink();

// Deletes rows whose time is long over (a month after expiry). At most `limit`.
Status Purge(db::Transaction& tx, TimestampMs now, uint32_t limit);

}  // namespace parlor::registrations
