// The log: one line a record on stderr, `time level program doing key=value …`.
//
// A record says what was being done, for whom, and what went wrong. Never a token, a password, a
// message text or an e-mail address. Values are quoted when they hold anything but plain ASCII
// without spaces, quotes, '=' and backslashes; inside quotes control characters and bytes beyond
// ASCII are escaped, and a value of more than 1,000 bytes is cut. So a client's bytes can neither
// forge a record, nor play tricks on a terminal, nor fill the disk. The only includer of spdlog is
// log.cpp. Writes at once (no queue); thread-safe; the sink is the program's only global.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error"; anything else is kInfo (config.cpp lets nothing else in).
Level ParseLevel(std::string_view name);

// Call once in main, before threads. Until then records go out at kInfo with the program name
// "parlor".
void Init(std::string_view program, Level level);

// Changes the level of a running program. Any thread.
void SetLevel(Level level);

// One key=value of a record.
struct Field {
  template <std::integral T>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
  template <typename Tag>
  Field(std::string_view k, StrongId<Tag> id) : key(k), value(std::to_string(id.value)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  // The code and message of an error; "ok" for a success.
  Field(std::string_view k, const Status& status);

  std::string_view key;
  std::string value;
};

// `doing` is a constant phrase in the present participle: "committing a batch".
void Write(Level level, std::string_view doing, std::initializer_list<Field> fields);

// Whether such a record would be written: for those that happen so often that even making their
// fields costs.
bool Enabled(Level level);

inline void Debug(std::string_view doing, std::initializer_list<Field> fields = {}) {
  Write(Level::kDebug, doing, fields);
}
inline void Info(std::string_view doing, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, doing, fields);
}
inline void Warning(std::string_view doing, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarning, doing, fields);
}
inline void Error(std::string_view doing, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, doing, fields);
}

// For what may repeat endlessly (a library's log hook, refused connections): writes at most
// `records` in `interval_ms`; the first record of a later interval says with suppressed=N how many
// were left out before it. Thread-safe. `clock` must outlive it.
class Every {
 public:
  Every(const Clock& clock, int64_t interval_ms, int64_t records = 1)
      : clock_(clock), interval_ms_(interval_ms), records_(records) {}

  void Write(Level level, std::string_view doing, std::initializer_list<Field> fields = {});

 private:
  // How many were suppressed before this one; nullopt: this one is suppressed too.
  std::optional<int64_t> Admit();

  const Clock& clock_;
  const int64_t interval_ms_;
  const int64_t records_;
  std::mutex mutex_;
  std::optional<int64_t> window_start_ms_;
  int64_t written_ = 0;
  int64_t suppressed_ = 0;
};

}  // namespace parlor::log
