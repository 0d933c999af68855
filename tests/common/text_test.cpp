#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/mail.h"
#include "common/protocol.h"

namespace parlor {
namespace {

using namespace std::string_literals;

// "" when refused, so that tests read as a table.
std::string Email(std::string_view email) {
  const Result<std::string> result = NormalizeEmail(email, "email");
  if (!result.ok()) {
    EXPECT_EQ(result.status().code(), ErrorCode::kInvalidField);
    EXPECT_EQ(result.status().field(), "email");
  }
  return result.ok() ? *result : "";
}

std::string Name(std::string_view name, size_t max = kMaxPersonNameCharacters) {
  const Result<std::string> result = NormalizeName(name, max, "first_name");
  if (!result.ok()) {
    EXPECT_EQ(result.status().code(), ErrorCode::kInvalidField);
    EXPECT_EQ(result.status().field(), "first_name");
  }
  return result.ok() ? *result : "";
}

TEST(Utf8Test, WellFormedTextOfEveryLengthIsValid) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("plain"));
  EXPECT_TRUE(IsValidUtf8("a\0b"s));
  EXPECT_TRUE(IsValidUtf8("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBF \xF0\x90\x80\x80"));
  EXPECT_TRUE(IsValidUtf8("\xED\x9F\xBF\xEE\x80\x80"));  // both sides of the surrogates
  EXPECT_TRUE(IsValidUtf8("\xF4\x8F\xBF\xBF"));          // U+10FFFF
}

TEST(Utf8Test, BrokenSequencesAreNotValid) {
  for (const std::string& text :
       {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xC3"s, "\xC3("s, "\xE0\x9F\xBF"s, "\xE2\x82"s,
        "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xF0\x8F\xBF\xBF"s, "\xF0\x9F\x98"s, "\xF4\x90\x80\x80"s,
        "\xF5\x80\x80\x80"s, "\xFE"s, "\xFF"s, "ok\xE2\x28\xA1"s}) {
    EXPECT_FALSE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8Test, CharactersAreCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("Zoë"), 3U);
  EXPECT_EQ(CountCharacters("😀😀"), 2U);
}

TEST(EmailTest, OrdinaryAndUnusualAddressesPassAsTheyAre) {
  for (const char* address :
       {"ada@example.org", "Ada.Lovelace+chat@Example.ORG", "a@b", "o'brien@example.org",
        "x_y-z=%!#$&*/?^`{|}~@sub.example.org", "jos\xC3\xA9@ex\xC3\xA4mple.org"}) {
    EXPECT_EQ(Email(address), address);
  }
}

TEST(EmailTest, WhiteSpaceAroundIsTrimmed) {
  EXPECT_EQ(Email(" \t ada@example.org\r\n"), "ada@example.org");
  EXPECT_EQ(Email("\xC2\xA0"
                  "ada@example.org\xE3\x80\x80"),
            "ada@example.org");
}

TEST(EmailTest, ExactlyOneAtWithSomethingOnBothSides) {
  for (const char* address : {"", "   ", "@", "ada", "ada@", "@example.org", "a@b@c", "a@@b",
                              "ada@.org", "ada@org.", "ada@a..b"}) {
    EXPECT_EQ(Email(address), "") << address;
  }
}

TEST(EmailTest, DotsStandBetweenOtherCharactersAndHostsHaveNoUnderscore) {
  for (const char* address :
       {"a..b@x.org", ".a@x.org", "a.@x.org", "..odd.@docomo.ne", "a@my_host.org"}) {
    EXPECT_EQ(Email(address), "") << address;
  }
}

// Every address of up to six pieces that the form takes, the mailer takes.
TEST(EmailTest, AMailCanBeWrittenToEveryAddressThatPasses) {
  const std::vector<std::string> pieces = {
      "a", "@", ".", "_", "-", "\xC3\xA9", " ", "\xC2\x85", "\xE2\x80\x8B", "\""};
  mail::Message message;
  message.from = "parlor@example.org";
  message.message_id = "1@example.org";
  size_t passed = 0;
  for (size_t number = 0; number < 1'000'000; ++number) {
    std::string address;
    for (size_t rest = number, i = 0; i < 6; ++i, rest /= pieces.size()) {
      address += pieces[rest % pieces.size()];
    }
    const Result<std::string> normalized = NormalizeEmail(address, "email");
    if (!normalized.ok()) continue;
    ++passed;
    message.to = *normalized;
    ASSERT_TRUE(mail::Compose(message).ok()) << ::testing::PrintToString(address);
  }
  EXPECT_GT(passed, 1000U);
}

TEST(EmailTest, NothingThatCouldBreakOutOfASmtpCommandOrHeaderPasses) {
  for (const std::string& address : {"a@b.org\r\nBcc: victim@example.org"s,
                                     "a\r\n@b.org"s,
                                     "a\n@b"s,
                                     "a@b\0.org"s,
                                     "a b@c.org"s,
                                     "<a@b.org>"s,
                                     "a@b.org> RCPT TO:<c@d.org"s,
                                     "\"a b\"@c.org"s,
                                     "\"a\"@c.org"s,
                                     "a,b@c.org"s,
                                     "a;b@c.org"s,
                                     "g:a@c.org"s,
                                     "a(x)@c.org"s,
                                     "a\\b@c.org"s,
                                     "a@[127.0.0.1]"s,
                                     "a@b/c"s,
                                     "a@b c.org"s,
                                     "a\x7F@b.org"s,
                                     "a\xC2\x85@b.org"s,
                                     "a\xE2\x80\xA8@b.org"s,
                                     "a\xC2\xA0x@b.org"s,
                                     "a\xE2\x80\x8B@b.org"s,
                                     "a\xE2\x80\xAE@b.org"s,
                                     "\xFF@b.org"s}) {
    EXPECT_EQ(Email(address), "") << testing::PrintToString(address);
  }
}

TEST(EmailTest, AtMost254Bytes) {
  const std::string domain = "@example.org";
  const std::string longest = std::string(254 - domain.size(), 'a') + domain;
  EXPECT_EQ(Email("  " + longest + "  "), longest);
  EXPECT_EQ(Email("a" + longest), "");
}

TEST(NameTest, IsTrimmedAndKeptOtherwise) {
  EXPECT_EQ(Name("  Ada \n"), "Ada");
  EXPECT_EQ(Name("\xE3\x80\x80王 小明\xC2\xA0"), "王 小明");
  EXPECT_EQ(Name("Anne  Marie"), "Anne  Marie");
  EXPECT_EQ(Name("<b>\"O'Brien\" & Søn</b>"), "<b>\"O'Brien\" & Søn</b>");
  EXPECT_EQ(Name("👩‍👩‍👧"), "👩‍👩‍👧");  // with zero-width joiners
}

TEST(NameTest, LengthIsCountedInCharactersAfterTrimming) {
  std::string sixty_four;
  for (int i = 0; i < 64; ++i) sixty_four += "😀";
  EXPECT_EQ(Name("  " + sixty_four + "  "), sixty_four);
  EXPECT_EQ(Name(sixty_four + "x"), "");
  EXPECT_EQ(Name("abcdef", 5), "");
  EXPECT_EQ(Name("abcde", 5), "abcde");
}

TEST(NameTest, EmptyAndInvisibleNamesAreRefused) {
  for (const char* name :
       {"", "   ", "\t\r\n", "\xC2\xA0", "\xE2\x80\x8B", "\xE2\x80\x8B \xC2\xAD"}) {
    EXPECT_EQ(Name(name), "") << testing::PrintToString(name);
  }
}

TEST(NameTest, ControlCharactersAreRefused) {
  for (const std::string& name :
       {"A\nB"s, "A\rB"s, "A\tB"s, "A\0B"s, "A\x1B[31mB"s, "A\x7F"s, "A\xC2\x9B"s,
        "A\xE2\x80\xA8"
        "B"s,
        "\xE2\x80\xAE"
        "adA"s,
        "A\xE2\x81\xA6"
        "B"s,
        "A\xFF"s}) {
    EXPECT_EQ(Name(name), "") << testing::PrintToString(name);
  }
}

}  // namespace
}  // namespace parlor
