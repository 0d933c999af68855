// The log: one line a record on stderr, `time level program doing key=value …`.
//
// A record says what was being done, for whom, and what went wrong. Never a token, a password, a
// message text or an e-mail address. Values are quoted when they hold spaces, quotes or control
// characters, so a client's bytes can't forge a record. The only includer of spdlog is log.cpp.
// Thread-safe; the sink is the program's only global.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/status.h"

namespace parlor::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Call once in main, before threads. Until then records go out at kInfo with the program name
// "parlor".
void Init(std::string_view program, Level level);

// One key=value of a record.
struct Field {
  template <std::integral T>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
  template <typename Tag>
  Field(std::string_view k, StrongId<Tag> id) : key(k), value(std::to_string(id.value)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  // The code and message of an error.
  Field(std::string_view k, const Status& status);

  std::string_view key;
  std::string value;
};

// `doing` is a constant phrase in the present participle: "committing a batch".
void Write(Level level, std::string_view doing, std::initializer_list<Field> fields);

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

}  // namespace parlor::log
