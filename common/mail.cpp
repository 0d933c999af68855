#include "common/mail.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "common/protocol.h"

namespace parlor::mail {
namespace {

constexpr std::string_view kCrLf = "\r\n";
constexpr size_t kLineBytes = 76;         // RFC 2045 §6.8
constexpr size_t kEncodedWordBytes = 45;  // of text in one word: 60 in base64, 72 with its frame
constexpr size_t kPlainLineBytes = 200;   // far below the 998 of RFC 5322, room for a link
constexpr size_t kMaxMessageIdBytes = 200;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// U+0080 to U+009F: controls too, which some programs act on.
bool HasC1Control(std::string_view utf8) {
  for (size_t i = 0; i + 1 < utf8.size(); ++i) {
    if (utf8[i] == '\xC2' && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) return true;
  }
  return false;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

std::string Base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= count ? kAlphabet[group >> (18 - 6 * k) & 0x3F] : '=';
    }
  }
  return out;
}

// CR LF, CR and LF all end a line; every line of the result, the last one too, ends in CR LF.
std::string NormalizeLineEnds(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n') {
      out += kCrLf;
    } else {
      out += text[i];
    }
  }
  if (!out.empty() && !out.ends_with(kCrLf)) out += kCrLf;
  return out;
}

// As it is, only if every server passes such lines on untouched.
bool IsPlainText(std::string_view normalized) {
  size_t line = 0;
  for (const char c : normalized) {
    const bool line_end = c == '\r' || c == '\n';
    if (static_cast<signed char>(c) < 0 || (IsControl(c) && !line_end && c != '\t')) return false;
    line = line_end ? 0 : line + 1;
    if (line > kPlainLineBytes) return false;
  }
  return true;
}

std::string InLines(const std::string& base64) {
  std::string out;
  for (size_t i = 0; i < base64.size(); i += kLineBytes) {
    out += base64.substr(i, kLineBytes);
    out += kCrLf;
  }
  return out;
}

// The start of the character at `at` or before it, so that no word ends inside of one.
size_t CharacterStart(std::string_view utf8, size_t at) {
  while (at > 0 && at < utf8.size() && (static_cast<unsigned char>(utf8[at]) & 0xC0) == 0x80) --at;
  return at;
}

void AddHeader(std::string* out, std::string_view name, std::string_view value) {
  *out += name;
  *out += ": ";
  *out += value;
  *out += kCrLf;
}

// Folded before the address, so that the line stays short whatever the name.
std::string Mailbox(const std::string& name, const std::string& address) {
  if (name.empty()) return "<" + address + ">";
  return EncodeWords(name) + "\r\n <" + address + ">";
}

bool IsDotAtom(std::string_view text, std::string_view specials) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && text[i - 1] == '.') return false;
    if (static_cast<signed char>(c) < 0 || c == '.' || IsAlnum(c)) continue;
    if (specials.find(c) == std::string_view::npos) return false;
  }
  return true;
}

bool IsMessageId(std::string_view id) {
  return id.size() <= kMaxMessageIdBytes && IsAscii(id) && IsPlainAddress(id);
}

}  // namespace

bool IsPlainAddress(std::string_view address) {
  const size_t at = address.find('@');
  return at != std::string_view::npos && address.size() <= kMaxEmailBytes && IsValidUtf8(address) &&
         !HasC1Control(address) && IsDotAtom(address.substr(0, at), "!#$%&'*+/=?^_`{|}~-") &&
         IsDotAtom(address.substr(at + 1), "-");
}

std::string EncodeWords(std::string_view utf8) {
  std::string text(utf8);
  std::replace_if(text.begin(), text.end(), IsControl, ' ');
  const bool plain = text.size() <= kEncodedWordBytes &&
                     std::all_of(text.begin(), text.end(),
                                 [](char c) { return IsAlnum(c) || c == ' ' || c == '-'; });
  if (plain) return text;
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.size(), begin + kEncodedWordBytes);
    end = std::max(CharacterStart(text, end), begin + 1);
    if (begin > 0) out += "\r\n ";
    out += "=?utf-8?B?" + Base64(std::string_view(text).substr(begin, end - begin)) + "?=";
    begin = end;
  }
  return out;
}

std::string FormatDate(TimestampMs time) {
  const time_t seconds = time.value / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text.data();
}

Result<std::string> Compose(const Message& message) {
  if (!IsPlainAddress(message.from)) return Status::InvalidField("from", "Not a plain address.");
  if (!IsPlainAddress(message.to)) return Status::InvalidField("to", "Not a plain address.");
  if (!IsMessageId(message.message_id)) {
    return Status::InvalidField("message_id", "Not of the form left@right.");
  }
  const std::string body = NormalizeLineEnds(message.body);
  const bool plain = IsPlainText(body);
  std::string out;
  AddHeader(&out, "Date", FormatDate(message.date));
  AddHeader(&out, "From", Mailbox(message.from_name, message.from));
  AddHeader(&out, "To", Mailbox(message.to_name, message.to));
  AddHeader(&out, "Subject", EncodeWords(message.subject));
  AddHeader(&out, "Message-ID", "<" + message.message_id + ">");
  AddHeader(&out, "Auto-Submitted", "auto-generated");  // RFC 3834: nobody's robot answers
  AddHeader(&out, "MIME-Version", "1.0");
  AddHeader(&out, "Content-Type", "text/plain; charset=utf-8");
  AddHeader(&out, "Content-Transfer-Encoding", plain ? "7bit" : "base64");
  out += kCrLf;
  out += plain ? body : InLines(Base64(body));
  return out;
}

Text RegistrationLink(std::string_view link, int64_t valid_hours) {
  return Text{"Confirm your Parlor account",
              "Hello,\n\n"
              "somebody, hopefully you, asked for a Parlor account with this address. Open this\n"
              "link to confirm it:\n\n" +
                  std::string(link) + "\n\nIt works for " + std::to_string(valid_hours) +
                  " hours. If you did not ask for an account, ignore this\n"
                  "mail: nothing happens without the link.\n"};
}

// How long it works is decided by admin_invite_user (sql/admin/users.sql).
Text Invitation(std::string_view link) {
  return Text{
      "You are invited to Parlor",
      "Hello,\n\n"
      "whoever runs this Parlor server invites you to chat there. Open this link, choose a\n"
      "password, and you have an account:\n\n" +
          std::string(link) +
          "\n\nIt works for 7 days. If you do not want an account, ignore this mail: nothing\n"
          "happens without the link.\n"};
}

Text AddressTaken(std::string_view public_url) {
  return Text{"You already have a Parlor account",
              "Hello,\n\n"
              "somebody, perhaps you, asked for a Parlor account with this address, which has one\n"
              "already. Sign in there with your password:\n\n" +
                  std::string(public_url) +
                  "\n\nIf that was not you, ignore this mail: nothing has changed.\n"};
}

Text PasswordChanged(std::string_view public_url) {
  return Text{"Your Parlor password was changed",
              "Hello,\n\n"
              "the password of your Parlor account has just been changed, and all other devices\n"
              "were signed out:\n\n" +
                  std::string(public_url) +
                  "\n\nIf that was not you, somebody knows your password: tell whoever runs this\n"
                  "service at once.\n"};
}

}  // namespace parlor::mail
