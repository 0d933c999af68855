#include "fcgi/responses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlor::fcgi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string HeaderOf(const Response& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (header == name) return value;
  }
  return "";
}

TEST(ResponsesTest, AProblemIsRfc9457) {
  const Response response = Problem(Status::InvalidField("email", "An address has an @."));
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr(R"("type":"about:blank")"));
  EXPECT_THAT(response.body, HasSubstr(R"("status":422)"));
  EXPECT_THAT(response.body, HasSubstr(R"("code":"invalid_field")"));
  EXPECT_THAT(response.body, HasSubstr(R"("field":"email")"));
  EXPECT_THAT(response.body, HasSubstr(R"("detail":"An address has an @.")"));
}

TEST(ResponsesTest, NothingIsCached) {
  EXPECT_EQ(HeaderOf(Problem({ErrorCode::kNotFound, "x"}), "Cache-Control"), "no-store");
  EXPECT_EQ(HeaderOf(JsonResponse(200, "{}"), "Cache-Control"), "no-store");
  EXPECT_EQ(HeaderOf(NoContent(), "Cache-Control"), "no-store");
}

TEST(ResponsesTest, RetryAfterIsRoundedUpToWholeSeconds) {
  const auto seconds = [](int64_t ms) {
    return HeaderOf(Problem(Status::RetryAfter(ErrorCode::kTooManyRequests, ms, "x")),
                    "Retry-After");
  };
  EXPECT_EQ(seconds(1), "1");
  EXPECT_EQ(seconds(1000), "1");
  EXPECT_EQ(seconds(1001), "2");
  EXPECT_EQ(seconds(899'999), "900");
}

TEST(ResponsesTest, WhoIsTurnedAwayForNowLearnsWhenToComeBack) {
  EXPECT_NE(HeaderOf(Problem({ErrorCode::kUnavailable, "x"}), "Retry-After"), "");
  EXPECT_NE(HeaderOf(Problem({ErrorCode::kInDoubt, "x"}), "Retry-After"), "");
  EXPECT_EQ(HeaderOf(Problem({ErrorCode::kNotFound, "x"}), "Retry-After"), "");
}

TEST(ResponsesTest, UnauthorizedNamesTheScheme) {
  EXPECT_EQ(HeaderOf(Problem({ErrorCode::kInvalidToken, "x"}), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(HeaderOf(Problem({ErrorCode::kForbidden, "x"}), "WWW-Authenticate"), "");
}

TEST(ResponsesTest, AnInternalErrorKeepsItsDetailsToItself) {
  const Response response = Problem({ErrorCode::kInternal, "table users has no column x"});
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("users")));
  EXPECT_THAT(response.body, HasSubstr(R"("code":"internal")"));
}

TEST(ResponsesTest, APageHasTheStatusAndTheAdviceOfTheProblem) {
  const Status errors[] = {{ErrorCode::kNotFound, "No such <link>."},
                           {ErrorCode::kInvalidToken, "x"},
                           {ErrorCode::kUnavailable, "x"},
                           Status::RetryAfter(ErrorCode::kTooManyRequests, 60'000, "x"),
                           {ErrorCode::kInternal, "table users has no column x"}};
  for (const Status& error : errors) {
    const Response problem = Problem(error);
    const Response page = ProblemPage(error);
    EXPECT_EQ(page.status, problem.status);
    EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
    for (const char* name : {"Cache-Control", "Retry-After", "WWW-Authenticate"}) {
      EXPECT_EQ(HeaderOf(page, name), HeaderOf(problem, name)) << name;
    }
    EXPECT_THAT(page.body, Not(HasSubstr("users")));
  }
  EXPECT_THAT(ProblemPage(errors[0]).body, HasSubstr("No such &lt;link&gt;."));
}

TEST(ResponsesTest, InDoubtIsToldAsUnavailable) {
  EXPECT_THAT(Problem({ErrorCode::kInDoubt, "x"}).body, HasSubstr(R"("code":"unavailable")"));
}

}  // namespace
}  // namespace parlor::fcgi
