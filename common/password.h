// Passwords: Argon2id through libsodium, which only password.cpp includes. Thread-safe after the
// constructor.
//
// One hash costs tens of milliseconds and `memory_kib` of memory; who calls decides how many run at
// once (password.max_concurrent_hashes: a semaphore over all workers, see fcgi/hash_slots.h).
#pragma once

#include <string>
#include <string_view>

#include "common/config.h"
#include "common/status.h"

namespace parlor {

// The rule for new passwords: 8–128 characters (code points) of valid UTF-8 without NUL, and not
// one of the commonest (the shipped list, compared without regard to case). kInvalidField with
// `field` otherwise.
Status CheckNewPassword(std::string_view password, std::string_view field);

class PasswordHasher {
 public:
  // Calls sodium_init(); aborts if that fails. Hashes nothing.
  explicit PasswordHasher(const PasswordConfig& config);

  // The string to store: algorithm, parameters, salt and hash. kUnavailable when memory runs out.
  Result<std::string> Hash(std::string_view password) const;

  // Whether `password` belongs to `stored`. Takes the time of a hash with the parameters of
  // `stored`, whatever the answer.
  bool Verify(std::string_view stored, std::string_view password) const;

  // The same work for an account that does not exist, so that time tells nothing.
  void VerifyNobody(std::string_view password) const;

  // True when `stored` was made with other parameters than today's: hash again at the next login.
  bool NeedsRehash(std::string_view stored) const;

 private:
  unsigned long long passes_;  // NOLINT(google-runtime-int): libsodium's type
  size_t memory_bytes_;
  std::string nobody_;  // a hash that no password matches
};

}  // namespace parlor
