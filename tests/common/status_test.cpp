#include "common/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace parlor {
namespace {

TEST(StatusTest, DefaultIsSuccess) {
  EXPECT_TRUE(Status().ok());
  EXPECT_TRUE(Ok().ok());
}

TEST(StatusTest, ErrorKeepsCodeAndMessage) {
  const Status status(ErrorCode::kNotFound, "no such room");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kNotFound);
  EXPECT_EQ(status.message(), "no such room");
  EXPECT_EQ(status.field(), "");
  EXPECT_EQ(status.retry_after_ms(), 0);
}

TEST(StatusTest, InvalidFieldNamesTheField) {
  const Status status = Status::InvalidField("email", "too long");
  EXPECT_EQ(status.code(), ErrorCode::kInvalidField);
  EXPECT_EQ(status.field(), "email");
  EXPECT_EQ(status.message(), "too long");
}

TEST(StatusTest, RetryAfterSaysHowLong) {
  const Status status = Status::RetryAfter(ErrorCode::kTooFast, 1500, "slower, please");
  EXPECT_EQ(status.code(), ErrorCode::kTooFast);
  EXPECT_EQ(status.retry_after_ms(), 1500);
}

TEST(StatusTest, WireCodesAreSnakeCaseAndDifferButForInDoubt) {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const std::string_view wire = WireCode(code);
    EXPECT_FALSE(wire.empty());
    EXPECT_EQ(wire.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    if (code == ErrorCode::kInDoubt) continue;
    EXPECT_TRUE(seen.insert(wire).second) << wire;
  }
}

TEST(StatusTest, InDoubtTravelsAsUnavailable) {
  EXPECT_EQ(WireCode(ErrorCode::kInDoubt), WireCode(ErrorCode::kUnavailable));
}

TEST(ResultTest, HoldsAValue) {
  Result<std::string> result(std::string("Ada"));
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result.status().ok());
  EXPECT_EQ(result.value(), "Ada");
  EXPECT_EQ(result->size(), 3U);
  *result = "Grace";
  EXPECT_EQ(std::move(result).value(), "Grace");
}

TEST(ResultTest, HoldsTheReasonOfAbsence) {
  const Result<int> result(Status(ErrorCode::kGone, "too late"));
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), ErrorCode::kGone);
}

TEST(ResultTest, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

Status ReturnIfError(const Status& status, bool& went_on) {
  PARLOR_RETURN_IF_ERROR(status);
  went_on = true;
  return Ok();
}

TEST(StatusMacroTest, ReturnIfErrorLeavesOnlyWithAnError) {
  bool went_on = false;
  EXPECT_EQ(ReturnIfError(Status(ErrorCode::kConflict, ""), went_on).code(), ErrorCode::kConflict);
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(ReturnIfError(Ok(), went_on).ok());
  EXPECT_TRUE(went_on);
}

Result<int> Doubled(const Result<int>& input) {
  PARLOR_ASSIGN_OR_RETURN(const int value, input);
  return value * 2;
}

TEST(StatusMacroTest, AssignOrReturnGivesTheValueOrLeaves) {
  EXPECT_EQ(Doubled(21).value(), 42);
  EXPECT_EQ(Doubled(Status(ErrorCode::kInternal, "")).status().code(), ErrorCode::kInternal);
}

TEST(CheckDeathTest, OurOwnMistakesAbortWithThePlace) {
  EXPECT_DEATH(PARLOR_CHECK(1 + 1 == 3), "1 \\+ 1 == 3.*status_test.cpp");
  EXPECT_DEATH(static_cast<void>(Status().code()), "aborting on a mistake of our own");
  EXPECT_DEATH(static_cast<void>(Result<int>(Status(ErrorCode::kGone, "")).value()), "status.h");
  EXPECT_DEATH(static_cast<void>(Result<int>(Ok())), "status.h");
}

}  // namespace
}  // namespace parlor
