#include "common/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parlor::mail {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Message Sample() {
  return Message{.from = "parlor@example.org",
                 .from_name = "Parlor",
                 .to = "ada@example.org",
                 .to_name = "Ada Lovelace",
                 .subject = "Hello",
                 .body = "First line\nSecond line\n",
                 .message_id = "parlor-1-2@example.org",
                 .date = TimestampMs(1795367052123)};
}

std::string Composed(const Message& message) {
  Result<std::string> composed = Compose(message);
  EXPECT_TRUE(composed.ok());
  return composed.ok() ? *composed : "";
}

// The lines of the header, folded ones joined.
std::vector<std::string> HeaderOf(const std::string& message) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (;;) {
    const size_t end = message.find("\r\n", begin);
    if (end == std::string::npos || end == begin) return lines;
    const std::string line = message.substr(begin, end - begin);
    if (line[0] == ' ' && !lines.empty()) {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    begin = end + 2;
  }
}

std::string BodyOf(const std::string& message) {
  return message.substr(message.find("\r\n\r\n") + 4);
}

size_t LongestLine(const std::string& message) {
  size_t longest = 0;
  size_t begin = 0;
  for (size_t end = 0; (end = message.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    longest = std::max(longest, end - begin);
  }
  return longest;
}

bool HasLineEndsOnlyAsPairs(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return true;
}

TEST(MailTest, ComposesAWholeMessage) {
  EXPECT_EQ(Composed(Sample()),
            "Date: Sun, 22 Nov 2026 17:04:12 +0000\r\n"
            "From: Parlor\r\n <parlor@example.org>\r\n"
            "To: Ada Lovelace\r\n <ada@example.org>\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <parlor-1-2@example.org>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "First line\r\nSecond line\r\n");
}

TEST(MailTest, NameCannotAddAHeader) {
  const std::vector<std::string> attempts = {"Ada\r\nBcc: victim@example.org",
                                             "Ada\nBcc: victim@example.org",
                                             "Ada\rBcc: victim@example.org",
                                             "Ada\r\n\r\nBuy this",
                                             "Ada\r\n Bcc: victim@example.org",
                                             "\r\nBcc: victim@example.org",
                                             "Ada\" <victim@example.org>, \"",
                                             "Ada <victim@example.org>",
                                             "victim@example.org,",
                                             "=?utf-8?B?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm9yZw==?=",
                                             "Ada\0\r\nBcc: victim@example.org"s,
                                             "Ada\xC2\x85\r\n" + "Bcc: victim@example.org"s};
  for (const std::string& name : attempts) {
    Message message = Sample();
    message.to_name = name;
    const std::string composed = Composed(message);
    EXPECT_EQ(HeaderOf(composed).size(), 9U) << name;
    EXPECT_THAT(composed, Not(HasSubstr("victim"))) << name;
    EXPECT_THAT(composed, Not(HasSubstr("Bcc"))) << name;
    EXPECT_EQ(BodyOf(composed), "First line\r\nSecond line\r\n") << name;
  }
}

TEST(MailTest, RefusesAddressesThatAreNotPlain) {
  const std::vector<std::string> addresses = {"",
                                              "ada",
                                              "@example.org",
                                              "ada@",
                                              "ada@example.org\r\nRCPT TO:<victim@example.org>",
                                              "ada@example.org\nBcc: x",
                                              "ada@exam ple.org",
                                              "a da@example.org",
                                              "<ada@example.org>",
                                              "ada@example.org>, <victim@example.org",
                                              "ada@example.org,victim@example.org",
                                              "ada@victim@example.org",
                                              "\"ada\"@example.org",
                                              "ada(comment)@example.org",
                                              "ada@[127.0.0.1]",
                                              ".ada@example.org",
                                              "ada.@example.org",
                                              "a..da@example.org",
                                              "ada@example..org",
                                              "ada@example.org.",
                                              "ada\x7F@example.org",
                                              "ada\xC2\x85@example.org",
                                              "ada\xFF@example.org",
                                              "ada\0@example.org"s,
                                              std::string(250, 'a') + "@b.org"};
  for (const std::string& address : addresses) {
    EXPECT_FALSE(IsPlainAddress(address)) << address;
    Message message = Sample();
    message.to = address;
    const Result<std::string> composed = Compose(message);
    ASSERT_FALSE(composed.ok()) << address;
    EXPECT_EQ(composed.status().field(), "to");
  }
}

TEST(MailTest, TakesAddressesAsPeopleHaveThem) {
  for (const char* address : {"ada@example.org", "ada.lovelace+parlor@mail.example.co.uk",
                              "o'brien@example.org", "a@localhost", "1@2.3", "jörg@exämple.org"}) {
    EXPECT_TRUE(IsPlainAddress(address)) << address;
  }
}

TEST(MailTest, NamesThatAreNotPlainWordsBecomeEncodedWords) {
  EXPECT_EQ(EncodeWords("Ada Lovelace-King 2"), "Ada Lovelace-King 2");
  EXPECT_EQ(EncodeWords("Jörg"), "=?utf-8?B?SsO2cmc=?=");
  EXPECT_EQ(EncodeWords("O'Brien"), "=?utf-8?B?TydCcmllbg==?=");
  EXPECT_EQ(EncodeWords(""), "");
}

TEST(MailTest, LongNamesAreFoldedBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "\xF0\x9F\x98\x80";  // 4 bytes a character
  const std::string words = EncodeWords(name);
  EXPECT_LE(LongestLine(words + "\r\n"), 76U);
  // 45 bytes are 11 characters and a quarter: each word must hold 11 whole ones.
  EXPECT_THAT(words, StartsWith("=?utf-8?B?8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA8J+"
                                "YgPCfmIA=?=\r\n =?utf-8?B?8J+YgPCf"));
}

TEST(MailTest, NoLineIsLong) {
  Message message = Sample();
  message.to_name = std::string(129, 'x');
  message.to = std::string(240, 'a') + "@example.org";
  message.body = std::string(5000, 'y') + "\n" + std::string(5000, '\xC3');
  EXPECT_LE(LongestLine(Composed(message)), 300U);
}

TEST(MailTest, LineEndsAreNormalized) {
  Message message = Sample();
  message.body = "a\nb\r\nc\rd\n\r\ne";
  const std::string composed = Composed(message);
  EXPECT_EQ(BodyOf(composed), "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n");
  EXPECT_TRUE(HasLineEndsOnlyAsPairs(composed));
}

// The end of the data for a server that takes bare line feeds: SMTP smuggling.
TEST(MailTest, DotLinesStandOnlyBetweenWholeLineEnds) {
  for (const char* body :
       {"x\n.\nMAIL FROM:<e@vil>\n", "x\n.\r\ny", "x\r\n.\ny", "x\r.\ry", "x\n.\ry"}) {
    Message message = Sample();
    message.body = body;
    const std::string composed = Composed(message);
    EXPECT_TRUE(HasLineEndsOnlyAsPairs(composed)) << body;
    EXPECT_THAT(composed, HasSubstr("x\r\n.\r\n")) << body;  // libcurl doubles the dot of these
  }
}

TEST(MailTest, TextThatIsNotAsciiGoesAsBase64) {
  Message message = Sample();
  message.body = "Grüße \xF0\x9F\x98\x80\n";
  const std::string composed = Composed(message);
  EXPECT_THAT(HeaderOf(composed), testing::Contains("Content-Transfer-Encoding: base64"));
  EXPECT_EQ(BodyOf(composed), "R3LDvMOfZSDwn5iADQo=\r\n");
}

TEST(MailTest, MessageIdThatIsNotOneIsRefused) {
  Message message = Sample();
  message.message_id = "x@y>\r\nBcc: victim@example.org";
  const Result<std::string> composed = Compose(message);
  ASSERT_FALSE(composed.ok());
  EXPECT_EQ(composed.status().field(), "message_id");
}

TEST(MailTest, LinkStandsWholeOnALineOfItsOwn) {
  const std::string link =
      "http://chat.example.org/http/register/0123456789012345678901234567890123456789012";
  Message message = Sample();
  message.body = RegistrationLink(link, 24).body;
  const std::string composed = Composed(message);
  EXPECT_THAT(composed, HasSubstr("\r\n" + link + "\r\n"));
  EXPECT_THAT(composed, HasSubstr("24 hours"));
}

TEST(MailTest, DatesAreThoseOfRfc5322) {
  EXPECT_EQ(FormatDate(TimestampMs(0)), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(FormatDate(TimestampMs(951782400999)), "Tue, 29 Feb 2000 00:00:00 +0000");
}

}  // namespace
}  // namespace parlor::mail
