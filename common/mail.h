// What our mails say, and how a mail is written down (RFC 5322, MIME). Pure functions: any thread.
//
// The result is CR LF throughout, 7-bit ASCII but for addresses that are not, no line over 998
// bytes. No text of a user can become a header line or end the message: addresses are checked
// again, names are encoded words (RFC 2047), subjects and bodies are ours.
#pragma once

#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/status.h"

namespace parlor::mail {

// Whether `address` may stand in an SMTP envelope and between < and >: local@domain of dot-atoms
// (RFC 5321 §4.1.2; UTF-8 as in RFC 6531), no control characters, spaces, quotes or <>.
bool IsPlainAddress(std::string_view address);

struct Message {
  std::string from, from_name;
  std::string to, to_name;  // a name may be empty
  std::string subject;
  std::string body;        // UTF-8 text, any line ends
  std::string message_id;  // without <>; stable for a mail, so that receivers can drop a repeat
  TimestampMs date;
};

// The whole message, headers and body. kInvalidField when an address is not plain.
Result<std::string> Compose(const Message& message);

// A header's worth of text: as it is if it is plain words, else encoded words, folded.
std::string EncodeWords(std::string_view utf8);

// "Sun, 22 Nov 2026 17:04:12 +0000".
std::string FormatDate(TimestampMs time);

// What we have to say. Texts are ASCII without names of people: the first stranger who types
// somebody's address into the form can't make us send words of his own.
struct Text {
  std::string subject, body;
};
Text RegistrationLink(std::string_view link, int64_t valid_hours);
Text Invitation(std::string_view link);
Text AddressTaken(std::string_view public_url);
Text PasswordChanged(std::string_view public_url);

}  // namespace parlor::mail
