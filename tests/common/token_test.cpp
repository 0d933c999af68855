#include "common/token.h"

#include <gtest/gtest.h>

#include <set>

namespace parlor {
namespace {

std::string HexOf(const TokenHash& hash) { return ToHex(BytesOf(hash)); }

TEST(TokenTest, IsFortyThreeCharactersOfBase64Url) {
  for (int i = 0; i < 1000; ++i) {
    const std::string token = GenerateToken();
    ASSERT_EQ(token.size(), kTokenLength);
    ASSERT_EQ(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos)
        << token;
  }
}

TEST(TokenTest, NeverComesTwiceAndUsesTheWholeAlphabet) {
  std::set<std::string> tokens;
  std::set<char> characters;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = GenerateToken();
    EXPECT_TRUE(tokens.insert(token).second);
    characters.insert(token.begin(), token.end());
  }
  EXPECT_EQ(characters.size(), 64U);
}

TEST(TokenTest, HashIsSha256OfTheText) {
  const std::string token(kTokenLength, 'a');
  ASSERT_TRUE(HashToken(token).has_value());
  EXPECT_EQ(HashToken(token), Sha256(token));
}

TEST(TokenTest, GarbageHasNoHash) {
  EXPECT_FALSE(HashToken("").has_value());
  EXPECT_FALSE(HashToken(std::string(kTokenLength - 1, 'a')).has_value());
  EXPECT_FALSE(HashToken(std::string(kTokenLength + 1, 'a')).has_value());
  for (const char bad : {'+', '/', '=', ' ', '\'', '\0', '\n', '\xc3', '.'}) {
    std::string token(kTokenLength, 'a');
    token[20] = bad;
    EXPECT_FALSE(HashToken(token).has_value()) << static_cast<int>(bad);
  }
}

// FIPS 180-4, examples of the standard.
TEST(Sha256Test, AgreesWithTheStandard) {
  EXPECT_EQ(HexOf(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(ToHexTest, IsLowerCaseAndTakesEveryByte) {
  EXPECT_EQ(ToHex(""), "");
  EXPECT_EQ(ToHex(std::string_view("\x00\x0f\xa0\xff", 4)), "000fa0ff");
}

}  // namespace
}  // namespace parlor
