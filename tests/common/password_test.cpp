#include "common/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace parlor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// As cheap as the library allows: what is tested is ours, not Argon2.
PasswordConfig Cheap() {
  PasswordConfig config;
  config.memory_kib = 64;
  config.passes = 1;
  return config;
}

bool Accepted(std::string_view password) { return CheckNewPassword(password, "password").ok(); }

TEST(NewPasswordTest, RefusalNamesTheField) {
  const Status status = CheckNewPassword("short", "new_password");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kInvalidField);
  EXPECT_EQ(status.field(), "new_password");
}

TEST(NewPasswordTest, HasEightToOneHundredTwentyEightCharacters) {
  EXPECT_FALSE(Accepted(""));
  EXPECT_FALSE(Accepted("tq7-xA!"));
  EXPECT_TRUE(Accepted("tq7-xA!z"));
  EXPECT_TRUE(Accepted(std::string(127, 'x') + "y"));
  EXPECT_FALSE(Accepted(std::string(128, 'x') + "y"));
}

TEST(NewPasswordTest, CountsCodePointsNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 7; ++i) umlauts += "\xc3\xbc";
  EXPECT_FALSE(Accepted(umlauts));  // 14 bytes, 7 characters
  umlauts += "\xc3\xbc";
  EXPECT_TRUE(Accepted(umlauts));
  std::string emoji;
  for (int i = 0; i < 128; ++i) emoji += "\xf0\x9f\x98\x80";
  EXPECT_TRUE(Accepted(emoji));  // 512 bytes
}

TEST(NewPasswordTest, IsUtf8WithoutNul) {
  EXPECT_FALSE(Accepted("valid-but\xff-for-this"));
  EXPECT_FALSE(Accepted(std::string_view("with\0nul-inside", 15)));
}

TEST(NewPasswordTest, IsNoneOfTheCommonest) {
  for (const std::string_view common :
       {"password",     "password1", "12345678", "123456789", "1234567890", "qwertyuiop",
        "iloveyou",     "11111111",  "00000000", "1q2w3e4r",  "1qaz2wsx",   "p@ssw0rd",
        "passw0rd",     "sunshine",  "princess", "football",  "baseball",   "superman",
        "trustno1",     "letmein1",  "welcome1", "abcd1234",  "qwerty123",  "admin123",
        "password2024", "asdfghjkl", "zaq12wsx", "87654321"}) {
    EXPECT_FALSE(Accepted(common)) << common;
  }
  const Status status = CheckNewPassword("iloveyou", "password");
  EXPECT_THAT(status.message(), HasSubstr("commonest"));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("iloveyou")));
}

TEST(NewPasswordTest, CommonestAreFoundInAnyCase) {
  EXPECT_FALSE(Accepted("PASSWORD1"));
  EXPECT_FALSE(Accepted("QwErTyUiOp"));
  EXPECT_FALSE(Accepted("ILoveYou"));
}

TEST(NewPasswordTest, LongerThanACommonOneIsFine) {
  EXPECT_TRUE(Accepted("password1 of the lighthouse"));
  EXPECT_TRUE(Accepted("correct horse battery staple"));
}

constexpr std::string_view kShippedList[] = {
#include "common/common_passwords.inc"
};

TEST(CommonPasswordsTest, AreSortedUniqueLowerCaseAndLongEnoughToMatter) {
  EXPECT_GE(std::size(kShippedList), 500U);
  std::string_view before;
  for (const std::string_view entry : kShippedList) {
    EXPECT_LT(before, entry);
    EXPECT_GE(entry.size(), 8U) << entry;
    EXPECT_TRUE(std::none_of(entry.begin(), entry.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || c <= ' ' || c == '\x7f';
    })) << entry;
    EXPECT_FALSE(Accepted(entry)) << entry;
    before = entry;
  }
}

TEST(PasswordHasherTest, VerifiesWhatItHashed) {
  const PasswordHasher hasher(Cheap());
  const Result<std::string> stored = hasher.Hash("correct horse");
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(hasher.Verify(*stored, "correct horse"));
  EXPECT_FALSE(hasher.Verify(*stored, "correct hors"));
  EXPECT_FALSE(hasher.Verify(*stored, "Correct horse"));
  EXPECT_FALSE(hasher.Verify(*stored, ""));
}

TEST(PasswordHasherTest, StoresAlgorithmAndParametersAndNeverThePassword) {
  const PasswordHasher hasher(Cheap());
  const Result<std::string> stored = hasher.Hash("correct horse");
  ASSERT_TRUE(stored.ok());
  EXPECT_THAT(*stored, StartsWith("$argon2id$v=19$m=64,t=1,p=1$"));
  EXPECT_THAT(*stored, ::testing::Not(HasSubstr("correct")));
}

TEST(PasswordHasherTest, SaltsEveryHash) {
  const PasswordHasher hasher(Cheap());
  EXPECT_NE(hasher.Hash("correct horse").value(), hasher.Hash("correct horse").value());
}

TEST(PasswordHasherTest, TakesPasswordsOfAnyBytesAndLength) {
  const PasswordHasher hasher(Cheap());
  const std::string odd = std::string("a\0b\xff", 4) + std::string(60'000, 'x');
  const Result<std::string> stored = hasher.Hash(odd);
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(hasher.Verify(*stored, odd));
  EXPECT_FALSE(hasher.Verify(*stored, "a"));
}

TEST(PasswordHasherTest, NobodyMatchesWhatIsNoHash) {
  const PasswordHasher hasher(Cheap());
  for (const std::string_view stored : {"", "*", "$argon2id$", "$2b$10$abcdefghijklmnopqrstuv"}) {
    EXPECT_FALSE(hasher.Verify(stored, "correct horse")) << stored;
    EXPECT_FALSE(hasher.Verify(stored, stored)) << stored;
  }
  EXPECT_FALSE(hasher.Verify(std::string(1000, '$'), "correct horse"));
  hasher.VerifyNobody("correct horse");
}

TEST(PasswordHasherTest, ForNobodyItReallyLooks) {
  const PasswordHasher hasher(Cheap());
  errno = 0;
  hasher.VerifyNobody("correct horse");
  EXPECT_EQ(errno, EINVAL);  // libsodium's "does not match", after the work
}

TEST(PasswordHasherTest, VerifiesHashesOfOtherParametersAndWantsThemRenewed) {
  PasswordConfig dearer = Cheap();
  dearer.memory_kib = 256;
  dearer.passes = 2;
  const PasswordHasher before(Cheap());
  const PasswordHasher now(dearer);
  const std::string stored = before.Hash("correct horse").value();
  EXPECT_TRUE(now.Verify(stored, "correct horse"));
  EXPECT_TRUE(now.NeedsRehash(stored));
  EXPECT_FALSE(before.NeedsRehash(stored));
  EXPECT_FALSE(now.NeedsRehash(now.Hash("correct horse").value()));
  EXPECT_TRUE(now.NeedsRehash("*"));
}

}  // namespace
}  // namespace parlor
