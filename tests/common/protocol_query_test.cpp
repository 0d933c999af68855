#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "common/protocol.h"

namespace parlor {
namespace {

PageRequest Page(std::string_view query, std::string_view body = "") {
  const Result<PageRequest> page = ParsePageRequest(*ParseQueryString(query), body);
  EXPECT_TRUE(page.ok()) << query << body;
  return page.ok() ? *page : PageRequest{};
}

std::string PageError(std::string_view query, std::string_view body = "") {
  const Result<PageRequest> page = ParsePageRequest(*ParseQueryString(query), body);
  if (page.ok()) return "";
  const Status status = page.status();
  return status.field().empty() ? std::string(WireCode(status.code())) : status.field();
}

std::string UsersError(std::string_view query, std::string_view body = "") {
  const Result<UserQuery> users = ParseUserQuery(*ParseQueryString(query), body);
  if (users.ok()) return "";
  const Status status = users.status();
  return status.field().empty() ? std::string(WireCode(status.code())) : status.field();
}

TEST(QueryStringTest, SplitsAndDecodes) {
  const QueryPairs expected = {{"a", "1"},          {"b", ""}, {"c", ""},
                               {"d e", "x y&z=é%"}, {"", "v"}, {"a", "2=3"}};
  EXPECT_EQ(*ParseQueryString("a=1&b=&c&&d%20e=x+y%26z=%c3%A9%&=v&a=2=3&"), expected);
  EXPECT_TRUE(ParseQueryString("")->empty());
}

TEST(QueryStringTest, APercentWithoutDigitsStandsForItself) {
  const QueryPairs expected = {{"a", "100%"}, {"b", "%zz"}, {"c", "%4"}};
  EXPECT_EQ(*ParseQueryString("a=100%&b=%zz&c=%4"), expected);
}

TEST(QueryStringTest, MustBeUtf8) {
  EXPECT_EQ(ParseQueryString("q=%ff").status().field(), "q");
  EXPECT_EQ(ParseQueryString("q=\xFF").status().field(), "q");
  EXPECT_EQ(ParseQueryString("%ff=q").status().field(), "query");
}

TEST(PageRequestTest, NothingGivenIsTheNewestPage) {
  for (const char* query : {"", "timestamp=", "timestamp=&before=&limit=", "other=5"}) {
    const PageRequest page = Page(query);
    EXPECT_FALSE(page.timestamp.has_value());
    EXPECT_FALSE(page.before);
    EXPECT_FALSE(page.limit.has_value());
  }
  EXPECT_FALSE(Page("", R"({"timestamp":null,"before":null})").timestamp.has_value());
}

TEST(PageRequestTest, ATimeThatAScriptDidNotHaveIsNotGiven) {
  for (const char* query : {"timestamp=null", "timestamp=undefined&before=true"}) {
    EXPECT_FALSE(Page(query).timestamp.has_value()) << query;
    EXPECT_TRUE(Page(query, R"({"timestamp":5})").timestamp.has_value()) << query;
  }
  EXPECT_EQ(PageError("timestamp=nothing"), "timestamp");
  EXPECT_EQ(ParseUserQuery(*ParseQueryString("q=null"), "")->name, "null");
}

TEST(PageRequestTest, TimesComeInEveryForm) {
  for (const char* query :
       {"timestamp=1500", "timestamp=1970-01-01T00:00:01.500Z",
        "timestamp=1970-01-01T02:00:01.5%2B02:00", "timestamp=1970-01-01T02:00:01.5+02:00"}) {
    EXPECT_EQ(Page(query).timestamp->floor, TimestampMs(1500)) << query;
  }
  EXPECT_EQ(Page("", R"({"timestamp":1500})").timestamp->floor, TimestampMs(1500));
  EXPECT_EQ(Page("", R"({"timestamp":"1970-01-01T00:00:01.5Z"})").timestamp->floor,
            TimestampMs(1500));
}

TEST(PageRequestTest, FlagsOfAQueryAreWords) {
  for (const char* word : {"true", "True", "1"}) {
    EXPECT_TRUE(Page("before=" + std::string(word)).before);
  }
  for (const char* word : {"false", "False", "0"}) {
    EXPECT_FALSE(Page("before=" + std::string(word)).before);
  }
  EXPECT_EQ(PageError("before=yes"), "before");
  EXPECT_EQ(PageError("", R"({"before":"true"})"), "before");
  EXPECT_EQ(PageError("", R"({"before":1})"), "before");
}

TEST(PageRequestTest, LimitsAreAtLeastOneAndNeverTooLarge) {
  EXPECT_EQ(Page("limit=1").limit, 1U);
  EXPECT_EQ(Page("limit=9007199254740991").limit, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(Page("", R"({"limit":50})").limit, 50U);
  for (const char* limit :
       {"0", "-1", "1.0", "+5", "5x", "0x10", "1e3", "%205", "ten", "99999999999999999999999"}) {
    EXPECT_EQ(PageError("limit=" + std::string(limit)), "limit") << limit;
  }
  EXPECT_EQ(PageError("", R"({"limit":"5"})"), "limit");
}

TEST(PageRequestTest, TheQueryWinsOverTheBody) {
  const PageRequest page =
      Page("timestamp=2000&before=&limit=7", R"({"timestamp":1000,"before":true,"limit":9})");
  EXPECT_EQ(page.timestamp->floor, TimestampMs(2000));
  EXPECT_TRUE(page.before);  // an empty value in the query says nothing
  EXPECT_EQ(page.limit, 7U);
}

TEST(PageRequestTest, TheLastOfSeveralWins) { EXPECT_EQ(Page("limit=5&limit=6&limit=").limit, 6U); }

TEST(PageRequestTest, ABodyMustBeAnObject) {
  for (const char* body : {"x", "[]", "5", "{", " "}) {
    EXPECT_EQ(PageError("timestamp=1", body), "malformed_json") << body;
  }
}

TEST(UserQueryTest, TakesQueryAndBody) {
  const auto users =
      ParseUserQuery(*ParseQueryString("after=5&online=true&q=Ada+L%C3%B6"), R"({"limit":3})");
  ASSERT_TRUE(users.ok());
  EXPECT_EQ(users->after, UserId(5));
  EXPECT_TRUE(users->online_only);
  EXPECT_EQ(users->name, "Ada Lö");
  EXPECT_EQ(users->limit, 3U);
}

TEST(UserQueryTest, DefaultsToEverybody) {
  const auto users = ParseUserQuery({}, "");
  ASSERT_TRUE(users.ok());
  EXPECT_EQ(users->after, UserId(0));
  EXPECT_FALSE(users->limit.has_value());
  EXPECT_FALSE(users->online_only);
  EXPECT_EQ(users->name, "");
}

TEST(UserQueryTest, RefusesWhatCannotBe) {
  EXPECT_EQ(UsersError("after=-1"), "after");
  EXPECT_EQ(UsersError("after=9007199254740992"), "after");
  EXPECT_EQ(UsersError("after=0"), "");
  EXPECT_EQ(UsersError("online=maybe"), "online");
  EXPECT_EQ(UsersError("q=%00"), "q");
  EXPECT_EQ(UsersError("q=" + std::string(129, 'x')), "");
  EXPECT_EQ(UsersError("q=" + std::string(130, 'x')), "q");
  EXPECT_EQ(UsersError("", R"({"q":5})"), "q");
}

TEST(GroupQueryTest, TakesQueryAndBody) {
  const auto groups = ParseGroupQuery(*ParseQueryString("after=5&q=eng"), R"({"is_member":true})");
  ASSERT_TRUE(groups.ok());
  EXPECT_EQ(groups->after, ConversationId(5));
  EXPECT_TRUE(groups->member_only);
  EXPECT_EQ(groups->name, "eng");
  EXPECT_FALSE(groups->limit.has_value());
}

TEST(GroupQueryTest, RefusesWhatCannotBe) {
  const auto wrong = [](const std::string& query) {
    const auto groups = ParseGroupQuery(*ParseQueryString(query), "");
    return groups.ok() ? "" : groups.status().field();
  };
  EXPECT_EQ(wrong("is_member=maybe"), "is_member");
  EXPECT_EQ(wrong("limit=0"), "limit");
  EXPECT_EQ(wrong("after=x"), "after");
  EXPECT_EQ(wrong("q=" + std::string(100, 'x')), "");
  EXPECT_EQ(wrong("q=" + std::string(101, 'x')), "q");
}

}  // namespace
}  // namespace parlor
