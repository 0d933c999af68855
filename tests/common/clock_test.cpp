#include "common/clock.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace parlor {
namespace {

constexpr int64_t kNoon = 1795348800000;  // 2026-11-22T12:00:00Z
constexpr int64_t kLastMs = 253402300799999;

int64_t Parse(std::string_view text) {
  const auto parsed = ParseTimestamp(text);
  return parsed.has_value() ? parsed->floor.value : -1;
}

bool HasRemainder(std::string_view text) {
  const auto parsed = ParseTimestamp(text);
  return parsed.has_value() && parsed->has_remainder;
}

TEST(FormatTimestampTest, HasThreeDecimalsAndZ) {
  EXPECT_EQ(FormatTimestamp(TimestampMs(1795367052123)), "2026-11-22T17:04:12.123Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(1795367052000)), "2026-11-22T17:04:12.000Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(1795367052007)), "2026-11-22T17:04:12.007Z");
}

TEST(FormatTimestampTest, KnowsTheEdgesOfTheCalendar) {
  EXPECT_EQ(FormatTimestamp(TimestampMs(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(951782400000)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(951868799999)), "2000-02-29T23:59:59.999Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(kLastMs)), "9999-12-31T23:59:59.999Z");
}

TEST(FormatTimestampTest, StaysInsideTheYearsThatHaveFourDigits) {
  EXPECT_EQ(FormatTimestamp(TimestampMs(-1)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(INT64_MIN)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(TimestampMs(INT64_MAX)), "9999-12-31T23:59:59.999Z");
}

TEST(ParseTimestampTest, ReadsWhatFormatWrites) {
  // Steps of about 11 years and some, so that many months, days and leap years come by.
  for (int64_t ms = 0; ms <= kLastMs; ms += 358'000'111'007) {
    EXPECT_EQ(Parse(FormatTimestamp(TimestampMs(ms))), ms) << ms;
  }
  for (int64_t day = 0; day < 366 * 135; ++day) {  // every day to 2104: over 2000 and 2100
    const int64_t ms = day * 86'400'000 + 43'200'123;
    ASSERT_EQ(Parse(FormatTimestamp(TimestampMs(ms))), ms) << day;
  }
}

TEST(ParseTimestampTest, AppliesOffsets) {
  EXPECT_EQ(Parse("2026-11-22T12:00:00Z"), kNoon);
  EXPECT_EQ(Parse("2026-11-22T13:00:00+01:00"), kNoon);
  EXPECT_EQ(Parse("2026-11-22T06:30:00-05:30"), kNoon);
  EXPECT_EQ(Parse("2026-11-23T11:59:00+23:59"), kNoon);
  EXPECT_EQ(Parse("2026-11-22T12:00:00-00:00"), kNoon);
  EXPECT_EQ(Parse("2024-02-29T23:30:00-01:00"), Parse("2024-03-01T00:30:00Z"));
}

TEST(ParseTimestampTest, TakesASpaceForThePlusThatAQueryLost) {
  EXPECT_EQ(Parse("2026-11-22T13:00:00 01:00"), kNoon);
  EXPECT_EQ(Parse("2026-11-22T13:00:00.000 01:00"), kNoon);
}

TEST(ParseTimestampTest, TakesLowerCaseAndASpaceAsSeparator) {
  EXPECT_EQ(Parse("2026-11-22t12:00:00z"), kNoon);
  EXPECT_EQ(Parse("2026-11-22 12:00:00Z"), kNoon);
  EXPECT_EQ(Parse("2026-11-22 13:00:00 01:00"), kNoon);
}

TEST(ParseTimestampTest, TakesZeroToNineDecimals) {
  EXPECT_EQ(Parse("2026-11-22T12:00:00.1Z"), kNoon + 100);
  EXPECT_EQ(Parse("2026-11-22T12:00:00.12Z"), kNoon + 120);
  EXPECT_EQ(Parse("2026-11-22T12:00:00.123Z"), kNoon + 123);
  EXPECT_EQ(Parse("2026-11-22T12:00:00.123456789Z"), kNoon + 123);
  EXPECT_EQ(Parse("2026-11-22T12:00:00.1234567890Z"), -1);
  EXPECT_EQ(Parse("2026-11-22T12:00:00.Z"), -1);
}

TEST(ParseTimestampTest, SaysWhetherSomethingWasCutOff) {
  EXPECT_FALSE(HasRemainder("2026-11-22T12:00:00.123Z"));
  EXPECT_FALSE(HasRemainder("2026-11-22T12:00:00.123000Z"));
  EXPECT_TRUE(HasRemainder("2026-11-22T12:00:00.1230001Z"));
  EXPECT_TRUE(HasRemainder("2026-11-22T12:00:00.123000001Z"));
  EXPECT_TRUE(HasRemainder("2026-11-22T12:00:00.999999999Z"));
  EXPECT_FALSE(HasRemainder("1795348800000"));
}

TEST(ParseTimestampTest, TakesIntegerMilliseconds) {
  EXPECT_EQ(Parse("0"), 0);
  EXPECT_EQ(Parse("1795348800000"), kNoon);
  EXPECT_EQ(Parse("253402300799999"), kLastMs);
  EXPECT_EQ(Parse("253402300800000"), -1);
  EXPECT_EQ(Parse("99999999999999999999999999"), -1);
  EXPECT_EQ(Parse("-1"), -1);
  EXPECT_EQ(Parse("+1"), -1);
  EXPECT_EQ(Parse("1.5"), -1);
  EXPECT_EQ(Parse("1e3"), -1);
}

TEST(ParseTimestampTest, RefusesDatesThatDoNotExist) {
  EXPECT_NE(Parse("2024-02-29T12:00:00Z"), -1);
  EXPECT_NE(Parse("2000-02-29T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-02-29T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2100-02-29T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-04-31T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-00-10T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-13-10T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-11-00T12:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-11-22T24:00:00Z"), -1);
  EXPECT_EQ(Parse("2026-11-22T12:60:00Z"), -1);
  EXPECT_EQ(Parse("2026-11-22T12:00:61Z"), -1);
  EXPECT_EQ(Parse("2026-11-22T12:00:00+24:00"), -1);
  EXPECT_EQ(Parse("2026-11-22T12:00:00+01:60"), -1);
}

TEST(ParseTimestampTest, CountsALeapSecondAsTheNextSecond) {
  EXPECT_EQ(Parse("2016-12-31T23:59:60Z"), Parse("2017-01-01T00:00:00Z"));
  EXPECT_EQ(Parse("2016-12-31T23:59:60.250Z"), Parse("2017-01-01T00:00:00.250Z"));
  EXPECT_EQ(Parse("2017-01-01T00:59:60+01:00"), Parse("2017-01-01T00:00:00Z"));
  EXPECT_EQ(Parse("2016-12-31T22:59:60Z"), -1);
  EXPECT_EQ(Parse("9999-12-31T23:59:60Z"), -1);
}

TEST(ParseTimestampTest, RefusesWhatIsOutsideTheYears) {
  EXPECT_EQ(Parse("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(Parse("1970-01-01T00:30:00+01:00"), -1);
  EXPECT_EQ(Parse("1969-12-31T23:30:00-01:00"), 1'800'000);
  EXPECT_EQ(Parse("9999-12-31T23:59:59.999Z"), kLastMs);
  EXPECT_EQ(Parse("9999-12-31T23:30:00-01:00"), -1);
  EXPECT_EQ(Parse("0000-01-01T00:00:00Z"), -1);
  EXPECT_EQ(Parse("10000-01-01T00:00:00Z"), -1);
}

TEST(ParseTimestampTest, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", " ", "now", "2026-11-22", "2026-11-22T12:00:00", "2026-11-22T12:00Z",
        "2026-11-22T12:00:00Z ", " 2026-11-22T12:00:00Z", "2026-11-22T12:00:00ZZ",
        "2026-11-22T12:00:00,5Z", "2026-11-22T12:00:00+0100", "2026-11-22T12:00:00+01",
        "2026-11-22X12:00:00Z", "20261122T120000Z", "2026-11-22T-1:00:00Z", "2026-1-2T12:00:00Z",
        "2026-11-22T12:00:00+01:00Z",
        "\xef\xbc\x92"
        "026-11-22T12:00:00Z"}) {
    EXPECT_EQ(Parse(text), -1) << text;
  }
  EXPECT_EQ(Parse(std::string_view("2026-11-22T12:00:00Z\0", 21)), -1);
}

TEST(SystemClockTest, AgreesWithTheCalendarAndNeverGoesBack) {
  const SystemClock clock;
  EXPECT_GT(clock.Now().value, kNoon - int64_t{20} * 365 * 86'400'000);
  const int64_t earlier = clock.MonotonicMs();
  EXPECT_GE(clock.MonotonicMs(), earlier);
}

TEST(FakeClockTest, MovesOnlyWhenTold) {
  FakeClock clock;
  EXPECT_EQ(FormatTimestamp(clock.Now()), "2026-11-22T17:04:12.123Z");
  const int64_t monotonic = clock.MonotonicMs();
  clock.Advance(1500);
  EXPECT_EQ(FormatTimestamp(clock.Now()), "2026-11-22T17:04:13.623Z");
  EXPECT_EQ(clock.MonotonicMs(), monotonic + 1500);
  clock.SetWallClock(TimestampMs(kNoon));
  EXPECT_EQ(clock.Now().value, kNoon);
  EXPECT_EQ(clock.MonotonicMs(), monotonic + 1500);
}

}  // namespace
}  // namespace parlor
