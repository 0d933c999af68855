#include "common/password.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/check.h"
#include "common/log.h"
#include "common/protocol.h"

namespace parlor {
namespace {

// Lower case, sorted (a test sees to that), at least kMinPasswordCharacters each.
constexpr std::string_view kCommonPasswords[] = {
#include "common/common_passwords.inc"
};

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsCommon(std::string_view password) {
  std::string lower(password);
  std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
  return std::binary_search(std::begin(kCommonPasswords), std::end(kCommonPasswords),
                            std::string_view(lower));
}

// Written down, not computed: a start costs no hash. Salt (16 bytes) and hash (32) are zeros, which
// no password gives.
std::string NobodysHash(const PasswordConfig& config) {
  return "$argon2id$v=19$m=" + std::to_string(config.memory_kib) +
         ",t=" + std::to_string(config.passes) + ",p=1$" + std::string(22, 'A') + "$" +
         std::string(43, 'A');
}

}  // namespace

Status CheckNewPassword(std::string_view password, std::string_view field) {
  const auto refuse = [&](std::string message) {
    return Status::InvalidField(std::string(field), std::move(message));
  };
  if (!IsValidUtf8(password)) return refuse("the password is not valid UTF-8");
  if (password.find('\0') != std::string_view::npos) {
    return refuse("the password contains a NUL character");
  }
  const size_t characters = CountCharacters(password);
  if (characters < kMinPasswordCharacters || characters > kMaxPasswordCharacters) {
    return refuse("a password has " + std::to_string(kMinPasswordCharacters) + " to " +
                  std::to_string(kMaxPasswordCharacters) + " characters");
  }
  if (IsCommon(password)) {
    return refuse("this password is one of the commonest; whoever guesses starts with those");
  }
  return Ok();
}

PasswordHasher::PasswordHasher(const PasswordConfig& config)
    : passes_(static_cast<unsigned long long>(config.passes)),  // NOLINT(google-runtime-int)
      memory_bytes_(static_cast<size_t>(config.memory_kib) * 1024),
      nobody_(NobodysHash(config)) {
  PARLOR_CHECK(sodium_init() >= 0);
  PARLOR_CHECK(!NeedsRehash(nobody_));
}

Result<std::string> PasswordHasher::Hash(std::string_view password) const {
  std::array<char, crypto_pwhash_STRBYTES> stored{};
  if (crypto_pwhash_str_alg(stored.data(), password.data(), password.size(), passes_, memory_bytes_,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Status(ErrorCode::kUnavailable, "no memory to hash a password");
  }
  return std::string(stored.data());
}

bool PasswordHasher::Verify(std::string_view stored, std::string_view password) const {
  const std::string hash(stored);
  if (crypto_pwhash_str_needs_rehash(hash.c_str(), passes_, memory_bytes_) < 0) {
    VerifyNobody(password);  // not a hash at all: nobody can sign in, and time tells nothing
    return false;
  }
  errno = 0;
  if (crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0) return true;
  // libsodium sets EINVAL for a password that does not match, something else when it could not
  // look.
  if (errno != EINVAL) log::Error("verifying a password", {{"error", "not enough memory"}});
  return false;
}

void PasswordHasher::VerifyNobody(std::string_view password) const {
  [[maybe_unused]] const int never_zero =
      crypto_pwhash_str_verify(nobody_.c_str(), password.data(), password.size());
}

bool PasswordHasher::NeedsRehash(std::string_view stored) const {
  return crypto_pwhash_str_needs_rehash(std::string(stored).c_str(), passes_, memory_bytes_) != 0;
}

}  // namespace parlor
