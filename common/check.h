// PARLOR_CHECK: our own mistakes abort, with the place and the condition, and the supervisor starts
// the program again. Input from outside never reaches one.
#pragma once

namespace parlor {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace parlor

#define PARLOR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::parlor::CheckFailed(#condition, __FILE__, __LINE__))
