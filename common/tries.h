// Limits on what anybody can do about an e-mail address, whether or not it has an account: wrong
// passwords and registrations. Counted in the table login_failures, in slots that only one try can
// take, so that tries side by side do not slip past. Part of a transaction of the caller.
#pragma once

#include <string_view>

#include "common/config.h"
#include "common/db.h"
#include "common/ids.h"

namespace parlor::tries {

enum class Kind {
  kPassword,      // limits.wrong_passwords in limits.wrong_password_window_s
  kRegistration,  // limits.registrations_per_hour
};

// One that counts; what Release needs.
struct Try {
  uint64_t slot = 0;
  TimestampMs at;
};

// kTooManyRequests with retry_after_ms when the address has had as many as it may have; who is
// refused does not count. A password's try is reserved before the password is looked at, and
// committed first.
Result<Try> Reserve(db::Transaction& tx, Kind kind, std::string_view email,
                    const LimitsConfig& limits, TimestampMs now);

// This one does not count after all: the password was right. The others stay until they are old
// enough, else each login of an owner would give a stranger new guesses.
Status Release(db::Transaction& tx, Kind kind, std::string_view email, const Try& reserved);

// Deletes tries of the day before, whatever their kind: a day is the longest window that the
// options take. At most `limit`.
Status Purge(db::Transaction& tx, TimestampMs now, uint32_t limit);

}  // namespace parlor::tries
