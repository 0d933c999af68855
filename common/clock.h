// Time as an interface, so that tests decide what time it is. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/ids.h"

namespace parlor {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimestampMs Now() const = 0;      // wall clock, UTC; may jump
  virtual int64_t MonotonicMs() const = 0;  // never goes back; for intervals
};

class SystemClock final : public Clock {
 public:
  TimestampMs Now() const override;
  int64_t MonotonicMs() const override;
};

// RFC 3339 in UTC with exactly three decimals: 2026-11-22T17:04:12.123Z. Always 24 characters:
// times outside the years 1970–9999 (none of ours) become the nearest one inside.
std::string FormatTimestamp(TimestampMs time);

// A time as a client gave it. `has_remainder`: it lay between `floor` and the next millisecond
// (more than three decimals were given), so "strictly before it" still includes `floor`.
struct ParsedTimestamp {
  TimestampMs floor;
  bool has_remainder = false;
};

// Accepts RFC 3339 with any offset and 0 to 9 decimals ('T' or a space, 'Z' or +hh:mm; '+' that a
// query turned into a space as well), and integer milliseconds since 1970 in decimal digits.
// nullopt for anything else, for dates that do not exist, and outside the years 1970–9999 (UTC). A
// leap second (23:59:60 in UTC) counts as the next second.
std::optional<ParsedTimestamp> ParseTimestamp(std::string_view text);

}  // namespace parlor
