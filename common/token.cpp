#include "common/token.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "common/check.h"

namespace parlor {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr std::string_view kDigits = "0123456789abcdef";

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string GenerateToken() {
  std::array<unsigned char, kTokenBytes> random{};
  PARLOR_CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  // 32 bytes are 43 digits, one '=' of padding and the NUL that EncodeBlock adds.
  std::array<unsigned char, kTokenLength + 2> text{};
  EVP_EncodeBlock(text.data(), random.data(), static_cast<int>(random.size()));
  std::string token(text.begin(), text.begin() + kTokenLength);
  std::replace(token.begin(), token.end(), '+', '-');
  std::replace(token.begin(), token.end(), '/', '_');
  return token;
}

std::optional<TokenHash> HashToken(std::string_view token) {
  if (token.size() != kTokenLength) return std::nullopt;
  if (!std::all_of(token.begin(), token.end(), IsBase64Url)) return std::nullopt;
  return Sha256(token);
}

TokenHash Sha256(std::string_view bytes) {
  TokenHash hash{};
  unsigned length = 0;
  PARLOR_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr) == 1);
  PARLOR_CHECK(length == hash.size());
  return hash;
}

std::string ToHex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace parlor
