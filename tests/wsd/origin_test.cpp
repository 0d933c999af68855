#include "wsd/origin.h"

#include <gtest/gtest.h>

#include <vector>

namespace parlor::wsd {
namespace {

const std::vector<std::string> kSameHost;

TEST(OriginTest, NoOriginIsAllowed) {
  EXPECT_TRUE(OriginAllowed(std::nullopt, "chat.example.org", kSameHost));
  EXPECT_TRUE(OriginAllowed(std::nullopt, "", std::vector<std::string>{"https://a.org"}));
}

TEST(OriginTest, SameHostIsAllowedByDefault) {
  EXPECT_TRUE(OriginAllowed("https://chat.example.org", "chat.example.org", kSameHost));
  EXPECT_TRUE(OriginAllowed("http://127.0.0.1:8080", "127.0.0.1:8080", kSameHost));
  EXPECT_TRUE(OriginAllowed("http://[::1]:8080", "[::1]:8080", kSameHost));
  EXPECT_TRUE(OriginAllowed("HTTPS://Chat.Example.ORG", "chat.example.org:443", kSameHost));
  EXPECT_TRUE(OriginAllowed("http://a.org:80", "a.org", kSameHost));
}

TEST(OriginTest, OtherHostPortOrSchemeIsNot) {
  for (const char* origin :
       {"https://evil.org", "https://chat.example.org.evil.org", "https://chat.example.org:8443",
        "null", "", "file://chat.example.org", "chat.example.org", "https://a@chat.example.org",
        "https://chat.example.org/x"}) {
    EXPECT_FALSE(OriginAllowed(origin, "chat.example.org", kSameHost)) << origin;
  }
  EXPECT_FALSE(OriginAllowed("https://", "", kSameHost));
  EXPECT_FALSE(OriginAllowed("http://a.org:443", "a.org", kSameHost));
}

TEST(OriginTest, ListReplacesSameHost) {
  const std::vector<std::string> list{"https://app.example.org", "http://localhost:3000"};
  EXPECT_TRUE(OriginAllowed("https://app.example.org:443", "chat.example.org", list));
  EXPECT_TRUE(OriginAllowed("http://localhost:3000", "x", list));
  EXPECT_FALSE(OriginAllowed("http://app.example.org", "chat.example.org", list));
  EXPECT_FALSE(OriginAllowed("https://chat.example.org", "chat.example.org", list));
}

TEST(OriginTest, StarAllowsAll) {
  EXPECT_TRUE(OriginAllowed("null", "a.org", std::vector<std::string>{"*"}));
}

}  // namespace
}  // namespace parlor::wsd
