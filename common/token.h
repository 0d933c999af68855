// Bearer tokens: 256 bits of randomness, base64url without padding (43 characters). Only the
// SHA-256 is ever stored, so a stolen database signs nobody in. Any thread. OpenSSL is included by
// token.cpp alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlor {

inline constexpr size_t kTokenLength = 43;
inline constexpr size_t kTokenHashBytes = 32;

// The SHA-256 of a token's text: what the database and the memory of the daemon hold.
using TokenHash = std::array<uint8_t, kTokenHashBytes>;
// A view of it.
inline std::string_view BytesOf(const TokenHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// A new token from the operating system's generator. Aborts if that fails: there is no safe way on.
std::string GenerateToken();

// The hash under which the token is looked up; nullopt if it can't be a token of ours (wrong length
// or alphabet), so that garbage never reaches the database.
std::optional<TokenHash> HashToken(std::string_view token);

// SHA-256 of any bytes (ETags, keys of rate limits).
TokenHash Sha256(std::string_view bytes);

// Lower-case hexadecimal.
std::string ToHex(std::string_view bytes);

}  // namespace parlor
