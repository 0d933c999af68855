// Which text is acceptable as a name or an e-mail address. The rules are those of docs/protocol.md.
#include <string>
#include <string_view>

#include "common/mail.h"
#include "common/protocol.h"
#include "common/utf8.h"

namespace parlor {
namespace {

// Unicode's White_Space, and the byte order mark that copying from editors brings along.
bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

// Controls of terminals and of text direction: both let a name change what stands beside it.
bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// Takes no room on a screen: zero-width characters, marks of direction, the soft hyphen.
bool IsInvisible(char32_t c) {
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x2064) || IsSpace(c);
}

// `text` must be valid UTF-8.
std::string_view Trim(std::string_view text) {
  size_t begin = text.size();
  size_t end = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = DecodeUtf8(text, i);
    if (!IsSpace(c.value)) {
      if (begin > i) begin = i;
      end = i + c.bytes;
    }
    i += c.bytes;
  }
  return end == 0 ? std::string_view{} : text.substr(begin, end - begin);
}

template <typename Predicate>
bool AnyCharacter(std::string_view utf8, Predicate predicate) {
  for (size_t i = 0; i < utf8.size();) {
    const CodePoint c = DecodeUtf8(utf8, i);
    if (predicate(c.value)) return true;
    i += c.bytes;
  }
  return false;
}

// What RFC 5322 allows only inside quotes or comments: none of it is worth what it does to headers
// and SMTP commands. mail::IsPlainAddress refuses it as well; here it gets a sentence of its own.
bool IsSpecialInAddress(char32_t c) {
  return c < 0x80 &&
         std::string_view("\"(),:;<>[\\]").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = DecodeUtf8(text, i);
    if (!c.valid) return false;
    i += c.bytes;
  }
  return true;
}

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (size_t i = 0; i < utf8.size(); ++count) i += DecodeUtf8(utf8, i).bytes;
  return count;
}

Result<std::string> NormalizeEmail(std::string_view email, std::string_view field) {
  const auto refuse = [&](const char* why) {
    return Status::InvalidField(std::string(field), std::string(field) + why);
  };
  if (!IsValidUtf8(email)) return refuse(" must be valid UTF-8.");
  const std::string_view address = Trim(email);
  if (address.empty()) return refuse(" must not be empty.");
  if (address.size() > kMaxEmailBytes) return refuse(" must be at most 254 bytes long.");
  const auto unwanted = [](char32_t c) {
    return IsControl(c) || IsInvisible(c) || IsSpecialInAddress(c);
  };
  if (AnyCharacter(address, unwanted)) {
    return refuse(" must not contain spaces, control characters, quotes, brackets, \\ , : or ;");
  }
  // The mailer's own rule: who passes here and not there would wait for a mail that never comes.
  if (!mail::IsPlainAddress(address)) return refuse(" must look like name@domain.");
  return std::string(address);
}

Result<std::string> NormalizeName(std::string_view name, size_t max_characters,
                                  std::string_view field) {
  const auto refuse = [&](const std::string& why) {
    return Status::InvalidField(std::string(field), std::string(field) + why);
  };
  if (!IsValidUtf8(name)) return refuse(" must be valid UTF-8.");
  const std::string_view trimmed = Trim(name);
  if (!AnyCharacter(trimmed, [](char32_t c) { return !IsInvisible(c); })) {
    return refuse(" must not be empty.");
  }
  if (CountCharacters(trimmed) > max_characters) {
    return refuse(" must be at most " + std::to_string(max_characters) + " characters long.");
  }
  if (AnyCharacter(trimmed, IsControl)) return refuse(" must not contain control characters.");
  return std::string(trimmed);
}

}  // namespace parlor
