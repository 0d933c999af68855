#include "fcgi/error_map.h"

#include <gtest/gtest.h>

namespace parlor::fcgi {
namespace {

TEST(ErrorMapTest, EveryCodeHasItsRowInOrder) {
  // kInternal is the last of the enum: one row each, none twice.
  ASSERT_EQ(kErrorMap.size(), static_cast<size_t>(ErrorCode::kInternal) + 1);
  for (size_t i = 0; i < kErrorMap.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(kErrorMap[i].code), i);
    EXPECT_EQ(HttpErrorOf(kErrorMap[i].code).http_status, kErrorMap[i].http_status);
    EXPECT_FALSE(kErrorMap[i].title.empty());
  }
}

TEST(ErrorMapTest, StatusesAreThoseOfTheProtocol) {
  const auto status = [](ErrorCode code) { return HttpErrorOf(code).http_status; };
  EXPECT_EQ(status(ErrorCode::kMalformedJson), 400);
  EXPECT_EQ(status(ErrorCode::kTooLarge), 413);
  EXPECT_EQ(status(ErrorCode::kUnsupportedMediaType), 415);
  EXPECT_EQ(status(ErrorCode::kInvalidToken), 401);
  EXPECT_EQ(status(ErrorCode::kInvalidCredentials), 401);
  EXPECT_EQ(status(ErrorCode::kForbidden), 403);
  EXPECT_EQ(status(ErrorCode::kWrongPassword), 403);
  EXPECT_EQ(status(ErrorCode::kNotFound), 404);
  EXPECT_EQ(status(ErrorCode::kMethodNotAllowed), 405);
  EXPECT_EQ(status(ErrorCode::kNotAcceptable), 406);
  EXPECT_EQ(status(ErrorCode::kConflict), 409);
  EXPECT_EQ(status(ErrorCode::kGone), 410);
  EXPECT_EQ(status(ErrorCode::kInvalidField), 422);
  EXPECT_EQ(status(ErrorCode::kTooManyRequests), 429);
  EXPECT_EQ(status(ErrorCode::kUnavailable), 503);
  EXPECT_EQ(status(ErrorCode::kInDoubt), 503);
  EXPECT_EQ(status(ErrorCode::kInternal), 500);
}

}  // namespace
}  // namespace parlor::fcgi
