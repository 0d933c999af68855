#include "fcgi/negotiation.h"

#include <gtest/gtest.h>

namespace parlor::fcgi {
namespace {

bool TakesJson(std::string_view accept) { return ParseAccept(accept).json > 0; }
bool PrefersHtml(std::string_view accept) { return ParseAccept(accept).PrefersHtml(); }

TEST(NegotiationTest, JsonIsTakenByWhoSaysSoOrNothing) {
  for (const char* accept : {"", " ", "*/*", "application/json", "application/*",
                             "APPLICATION/JSON", "application/problem+json", "text/html, */*;q=0.1",
                             "text/plain;q=0.5, application/json;charset=utf-8;q=0.1"}) {
    EXPECT_TRUE(TakesJson(accept)) << accept;
  }
}

TEST(NegotiationTest, JsonIsNotTakenByWhoExcludesIt) {
  for (const char* accept : {"text/html", "image/*", "application/xml", "application/json;q=0",
                             "*/*;q=0", "*/*, application/json;q=0.0", "nonsense", ","}) {
    EXPECT_FALSE(TakesJson(accept)) << accept;
  }
}

TEST(NegotiationTest, BrowsersPreferHtml) {
  EXPECT_TRUE(PrefersHtml("text/html"));
  EXPECT_TRUE(PrefersHtml("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_TRUE(PrefersHtml("Text/HTML;q=0.5, application/json;q=0.4"));
}

TEST(NegotiationTest, ProgramsDoNotPreferHtml) {
  EXPECT_FALSE(PrefersHtml(""));
  EXPECT_FALSE(PrefersHtml("*/*"));
  EXPECT_FALSE(PrefersHtml("application/json, text/plain, */*"));
  EXPECT_FALSE(PrefersHtml("application/json, text/html;q=0.9"));
  EXPECT_FALSE(PrefersHtml("text/html;q=0, */*"));
}

TEST(NegotiationTest, JsonBodiesSayJsonOrNothing) {
  EXPECT_TRUE(IsJsonContentType(""));
  EXPECT_TRUE(IsJsonContentType("application/json"));
  EXPECT_TRUE(IsJsonContentType("Application/JSON ; charset=UTF-8"));
  EXPECT_FALSE(IsJsonContentType("text/plain"));
  EXPECT_FALSE(IsJsonContentType("application/x-www-form-urlencoded"));
  EXPECT_FALSE(IsJsonContentType("application/jsonx"));
}

TEST(NegotiationTest, AnEtagIsFoundInTheList) {
  EXPECT_TRUE(MatchesEtag("\"a\"", "\"a\""));
  EXPECT_TRUE(MatchesEtag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(MatchesEtag("*", "\"a\""));
  EXPECT_FALSE(MatchesEtag("", "\"a\""));
  EXPECT_FALSE(MatchesEtag("a", "\"a\""));
  EXPECT_FALSE(MatchesEtag("\"ab\"", "\"a\""));
}

}  // namespace
}  // namespace parlor::fcgi
