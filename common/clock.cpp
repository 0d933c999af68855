#include "common/clock.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace parlor {
namespace {

constexpr int64_t kMsPerSecond = 1000;
constexpr int64_t kSecondsPerMinute = 60;
constexpr int64_t kSecondsPerHour = 3600;
constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kLastMs = 253402300799999;  // 9999-12-31T23:59:59.999Z
constexpr size_t kMaxMsDigits = 15;           // of kLastMs
constexpr int kMaxDecimals = 9;

// Reads the text from left to right; every step is false (and the cursor useless) if it does not
// fit.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  // One character out of `allowed`; which one is stored in `found`.
  bool OneOf(std::string_view allowed, char& found) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return false;
    found = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  bool Skip(char expected) {
    char found = 0;
    return OneOf(std::string_view(&expected, 1), found);
  }
  // Exactly `count` digits with a value of at most `max`.
  bool Number(int count, int max, int& value) {
    value = 0;
    for (int i = 0; i < count; ++i) {
      char digit = 0;
      if (!OneOf("0123456789", digit)) return false;
      value = value * 10 + (digit - '0');
    }
    return value <= max;
  }

 private:
  std::string_view rest_;
};

std::optional<ParsedTimestamp> ParseMilliseconds(std::string_view digits) {
  if (digits.size() > kMaxMsDigits) return std::nullopt;
  int64_t value = 0;
  for (char digit : digits) value = value * 10 + (digit - '0');
  if (value > kLastMs) return std::nullopt;
  return ParsedTimestamp{TimestampMs(value), false};
}

// Days since 1970-01-01 of "2026-11-22"; false for a day that does not exist.
bool ParseDate(Cursor& in, int64_t& days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!(in.Number(4, 9999, year) && in.Skip('-') && in.Number(2, 12, month) && in.Skip('-') &&
        in.Number(2, 31, day))) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return date.ok();
}

// Seconds since midnight of "17:04:12"; :60 passes here and is looked at once the offset is known.
bool ParseTimeOfDay(Cursor& in, int64_t& seconds, bool& leap_second) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!(in.Number(2, 23, hour) && in.Skip(':') && in.Number(2, 59, minute) && in.Skip(':') &&
        in.Number(2, 60, second))) {
    return false;
  }
  seconds = hour * kSecondsPerHour + minute * kSecondsPerMinute + second;
  leap_second = second == 60;
  return true;
}

// ".123456789", or nothing at all.
bool ParseDecimals(Cursor& in, int64_t& milliseconds, bool& has_remainder) {
  milliseconds = 0;
  has_remainder = false;
  if (!in.Skip('.')) return true;
  int64_t weight = 100;
  int count = 0;
  for (char digit = 0; in.OneOf("0123456789", digit); weight /= 10) {
    if (++count > kMaxDecimals) return false;
    milliseconds += weight * (digit - '0');
    has_remainder = has_remainder || (weight == 0 && digit != '0');
  }
  return count > 0;
}

// Seconds east of UTC of "Z", "+01:00", "-05:30". A space is a '+' that went through a query.
bool ParseOffset(Cursor& in, int64_t& seconds) {
  char sign = 0;
  if (!in.OneOf("Zz+- ", sign)) return false;
  seconds = 0;
  if (sign == 'Z' || sign == 'z') return true;
  int hours = 0;
  int minutes = 0;
  if (!(in.Number(2, 23, hours) && in.Skip(':') && in.Number(2, 59, minutes))) return false;
  seconds = hours * kSecondsPerHour + minutes * kSecondsPerMinute;
  if (sign == '-') seconds = -seconds;
  return true;
}

std::optional<ParsedTimestamp> ParseRfc3339(std::string_view text) {
  Cursor in(text);
  int64_t days = 0;
  int64_t seconds = 0;
  int64_t milliseconds = 0;
  int64_t offset = 0;
  bool leap_second = false;
  bool has_remainder = false;
  char separator = 0;
  if (!(ParseDate(in, days) && in.OneOf("Tt ", separator) &&
        ParseTimeOfDay(in, seconds, leap_second) &&
        ParseDecimals(in, milliseconds, has_remainder) && ParseOffset(in, offset) && in.AtEnd())) {
    return std::nullopt;
  }
  const int64_t utc = days * kSecondsPerDay + seconds - offset;
  // A leap second is the last one of a day in UTC; at any other place :60 is a mistake.
  if (leap_second && utc % kSecondsPerDay != 0) return std::nullopt;
  const int64_t value = utc * kMsPerSecond + milliseconds;
  if (utc < 0 || value > kLastMs) return std::nullopt;
  return ParsedTimestamp{TimestampMs(value), has_remainder};
}

}  // namespace

TimestampMs SystemClock::Now() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

int64_t SystemClock::MonotonicMs() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string FormatTimestamp(TimestampMs time) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> instant(
      std::chrono::milliseconds(std::clamp<int64_t>(time.value, 0, kLastMs)));
  const auto midnight = floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(instant - midnight);
  std::array<char, 32> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<size_t>(length));
}

std::optional<ParsedTimestamp> ParseTimestamp(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool only_digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  return only_digits ? ParseMilliseconds(text) : ParseRfc3339(text);
}

}  // namespace parlor
