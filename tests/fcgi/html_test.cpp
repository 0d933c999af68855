#include "fcgi/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/token.h"

namespace parlor::fcgi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Base64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

std::string HeadersOf(const Response& response) {
  std::string all;
  for (const auto& [name, value] : response.headers)
    all.append(name).append(": ").append(value).append("\n");
  return all;
}

TEST(HtmlTest, ThePolicyNamesTheStyleSheetByItsHash) {
  EXPECT_EQ(kPageStyleHash, Base64(BytesOf(Sha256(kPageStyle))));
  EXPECT_THAT(HeadersOf(HtmlPage(200, "a", "b")),
              HasSubstr("style-src 'sha256-" + std::string(kPageStyleHash) + "'"));
}

TEST(HtmlTest, ForeignTextIsEscaped) {
  const Response page = HtmlPage(200, "<b>&\"", "</p><script>");
  EXPECT_THAT(page.body, Not(HasSubstr("<b>")));
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, HasSubstr("&lt;b&gt;&amp;&quot;"));
}

TEST(HtmlTest, ThePageLoadsNothingAndTellsNobody) {
  const Response page = HtmlPageWithButton("a", "b", "c");
  const std::string headers = HeadersOf(page);
  EXPECT_THAT(headers, HasSubstr("default-src 'none'"));
  EXPECT_THAT(headers, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(headers, HasSubstr("Referrer-Policy: no-referrer"));
  EXPECT_THAT(headers, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(headers, HasSubstr("X-Robots-Tag: noindex"));
  EXPECT_THAT(page.body, Not(HasSubstr("src=")));
  EXPECT_THAT(page.body, Not(HasSubstr("href=")));
}

TEST(HtmlTest, NoPageIsADeadEnd) {
  EXPECT_THAT(HtmlPage(201, "a", "b").body, HasSubstr("href=\"/#/signin\">Sign in<"));
  for (const int of_no_use : {404, 410}) {
    EXPECT_THAT(HtmlPage(of_no_use, "a", "b").body,
                HasSubstr("href=\"/#/signup\">Get a new link<"));
    EXPECT_THAT(HtmlPage(of_no_use, "a", "b").body, HasSubstr("href=\"/#/signin\">Sign in<"));
  }
  for (const int passing : {429, 500, 503}) {
    EXPECT_THAT(HtmlPage(passing, "a", "b").body, HasSubstr("href=\"\">Try again<"));
  }
}

TEST(HtmlTest, TheButtonPostsToThePageItself) {
  EXPECT_THAT(HtmlPageWithButton("a", "b", "Go").body,
              HasSubstr("<form method=\"post\"><button>Go</button></form>"));
}

}  // namespace
}  // namespace parlor::fcgi
