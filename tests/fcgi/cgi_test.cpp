#include "fcgi/cgi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace parlor::fcgi {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Request From(const std::map<std::string, std::string>& variables) {
  return RequestFrom([&](const char* name) -> std::string_view {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  });
}

// A body that arrives in pieces of up to `piece` bytes; counts what was taken.
struct Source {
  std::string bytes;
  size_t piece;
  size_t taken = 0;

  size_t operator()(char* buffer, size_t size) {
    const size_t count = std::min({size, piece, bytes.size() - taken});
    std::memcpy(buffer, bytes.data() + taken, count);
    taken += count;
    return count;
  }
};

TEST(CgiTest, VariablesBecomeTheRequest) {
  const Request request = From({{"REQUEST_METHOD", "PUT"},
                                {"PATH_INFO", "/users/profile"},
                                {"QUERY_STRING", "a=b&c"},
                                {"CONTENT_TYPE", "application/json; charset=utf-8"},
                                {"HTTP_ACCEPT", "*/*"},
                                {"HTTP_IF_NONE_MATCH", "\"x\""},
                                {"REQUEST_ID", "7f00"}});
  EXPECT_EQ(request.method, Method::kPut);
  EXPECT_EQ(request.path, "/users/profile");
  EXPECT_EQ(request.query, "a=b&c");
  EXPECT_EQ(request.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(request.accept, "*/*");
  EXPECT_EQ(request.if_none_match, "\"x\"");
  EXPECT_EQ(request.request_id, "7f00");
}

TEST(CgiTest, MethodsAreCaseSensitiveAndOthersAreOther) {
  EXPECT_EQ(From({{"REQUEST_METHOD", "HEAD"}}).method, Method::kHead);
  EXPECT_EQ(From({{"REQUEST_METHOD", "DELETE"}}).method, Method::kDelete);
  EXPECT_EQ(From({{"REQUEST_METHOD", "get"}}).method, Method::kOther);
  EXPECT_EQ(From({{"REQUEST_METHOD", "OPTIONS"}}).method, Method::kOther);
  EXPECT_EQ(From({}).method, Method::kOther);
}

TEST(CgiTest, WithoutPathInfoThePathIsTheUriBelowTheMountPoint) {
  EXPECT_EQ(From({{"REQUEST_URI", "/http/users?after=1"}}).path, "/users");
  EXPECT_EQ(From({{"REQUEST_URI", "/chat/users"}, {"SCRIPT_NAME", "/chat"}}).path, "/users");
  EXPECT_EQ(From({{"REQUEST_URI", "/http"}}).path, "/");
  EXPECT_EQ(From({}).path, "/");
}

TEST(CgiTest, ThePathOfAUriIsPercentDecodedOnce) {
  EXPECT_EQ(From({{"REQUEST_URI", "/http/a%20b%C3%a9%252F"}}).path, "/a b\xC3\xA9%2F");
  EXPECT_EQ(From({{"REQUEST_URI", "/http/a%2"}}).path, "/a%2");
  EXPECT_EQ(From({{"REQUEST_URI", "/http/a%zz"}}).path, "/a%zz");
}

TEST(CgiTest, TheTokenComesInEitherHeaderWithOrWithoutBearer) {
  EXPECT_EQ(From({{"HTTP_AUTHENTICATION", "abc"}}).token, "abc");
  EXPECT_EQ(From({{"HTTP_AUTHORIZATION", "Bearer abc"}}).token, "abc");
  EXPECT_EQ(From({{"HTTP_AUTHORIZATION", "bearer  abc "}}).token, "abc");
  EXPECT_EQ(From({{"HTTP_AUTHORIZATION", "abc"}}).token, "abc");
  EXPECT_EQ(From({{"HTTP_AUTHENTICATION", "abc"}, {"HTTP_AUTHORIZATION", "xyz"}}).token, "abc");
  EXPECT_EQ(From({{"HTTP_AUTHENTICATION", " "}, {"HTTP_AUTHORIZATION", "xyz"}}).token, "xyz");
}

TEST(CgiTest, ATokenThatBeginsWithBearerIsNotCut) {
  EXPECT_EQ(From({{"HTTP_AUTHENTICATION", "bearerabc"}}).token, "bearerabc");
}

TEST(CgiTest, TheWordBearerAloneIsNoToken) {
  EXPECT_EQ(From({{"HTTP_AUTHORIZATION", "Bearer"}}).token, "");
  EXPECT_EQ(From({{"HTTP_AUTHORIZATION", "Bearer "}}).token, "");
  EXPECT_EQ(From({}).token, "");
}

TEST(CgiTest, ABodyUpToTheLimitArrivesWhole) {
  Request request;
  ReadBody(Source{std::string(1000, 'x'), 7}, 1000, &request);
  EXPECT_EQ(request.body, std::string(1000, 'x'));
  EXPECT_FALSE(request.body_too_large);
}

TEST(CgiTest, ABodyAboveTheLimitIsDrainedAndNotKept) {
  Request request;
  Source source{std::string(200'000, 'x'), 4096};
  ReadBody(std::ref(source), 65'536, &request);
  EXPECT_TRUE(request.body_too_large);
  EXPECT_TRUE(request.body.empty());
  EXPECT_EQ(source.taken, 200'000U);
}

TEST(CgiTest, OneByteAboveTheLimitIsTooLarge) {
  Request request;
  ReadBody(Source{std::string(65'537, 'x'), 65'536}, 65'536, &request);
  EXPECT_TRUE(request.body_too_large);
}

TEST(CgiTest, DrainingEnds) {
  Request request;
  Source source{std::string(5'000'000, 'x'), 65'536};
  ReadBody(std::ref(source), 1000, &request);
  EXPECT_TRUE(request.body_too_large);
  EXPECT_LT(source.taken, 2'000'000U);
}

TEST(CgiTest, AnAnswerHasStatusHeadersLengthAndBody) {
  Response response;
  response.status = 201;
  response.Set("Content-Type", "application/json");
  response.body = "{}";
  EXPECT_EQ(Serialize(response, true),
            "Status: 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(CgiTest, WithoutBodyTheLengthIsStillTold) {
  Response response;
  response.body = "{}";
  const std::string bytes = Serialize(response, false);
  EXPECT_THAT(bytes, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(bytes, EndsWith("\r\n\r\n"));
}

TEST(CgiTest, NoContentAndNotModifiedHaveNoLength) {
  Response response;
  for (const int status : {204, 304}) {
    response.status = status;
    EXPECT_THAT(Serialize(response, true), Not(HasSubstr("Content-Length")));
  }
}

}  // namespace
}  // namespace parlor::fcgi
