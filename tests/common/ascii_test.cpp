#include "common/ascii.h"

#include <gtest/gtest.h>

namespace parlor {
namespace {

TEST(AsciiTest, BlanksGoAtTheEndsAlone) {
  EXPECT_EQ(TrimBlanks(" \ta b\t "), "a b");
  EXPECT_EQ(TrimBlanks("\r\n"), "\r\n");
  EXPECT_EQ(TrimBlanks(" \t "), "");
  EXPECT_EQ(TrimBlanks(""), "");
}

TEST(AsciiTest, LettersHaveACaseAndNothingElse) {
  EXPECT_EQ(LowerCase("AZaz@[`{\xC3\x84"), "azaz@[`{\xC3\x84");
  EXPECT_TRUE(EqualsIgnoringCase("WebSocket", "websockeT"));
  EXPECT_FALSE(EqualsIgnoringCase("websocket", "websocket2"));
  EXPECT_FALSE(EqualsIgnoringCase("@[", "`{"));
  EXPECT_FALSE(EqualsIgnoringCase("\xC3\x84", "\xC3\xA4"));
}

TEST(AsciiTest, PercentAndTwoDigitsAreAByte) {
  EXPECT_EQ(PercentDecode("%41%c3%A9", Plus::kIsPlus), "A\xC3\xA9");
  EXPECT_EQ(PercentDecode("100%", Plus::kIsPlus), "100%");
  EXPECT_EQ(PercentDecode("%4", Plus::kIsPlus), "%4");
  EXPECT_EQ(PercentDecode("%zz%2541", Plus::kIsPlus), "%zz%41");
}

TEST(AsciiTest, APlusIsASpaceInAQueryOnly) {
  EXPECT_EQ(PercentDecode("a+b%2B", Plus::kIsSpace), "a b+");
  EXPECT_EQ(PercentDecode("a+b%2B", Plus::kIsPlus), "a+b+");
}

}  // namespace
}  // namespace parlor
