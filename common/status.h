// The outcomes of Parlor's own functions: a closed list of error codes, Status and Result<T>.
//
// An expected outcome (bad input, no such room, the database is away) is a value. A library's
// exceptions end in the file that owns that library. Our own mistakes abort (check.h). Value types:
// any thread, no shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/check.h"

namespace parlor {

// Each code has one name on the wire (WireCode), one HTTP status (fcgi/error_map.h) and one line in
// docs/protocol.md; a contract test keeps the three together.
enum class ErrorCode {
  kMalformedJson,         // the bytes are not one JSON object in UTF-8 of acceptable depth
  kTooLarge,              // body or frame above its limit
  kUnsupportedMediaType,  // a body that does not claim to be JSON
  kInvalidToken,          // no token, or an unknown, expired or revoked one
  kInvalidCredentials,    // e-mail and password do not belong together
  kForbidden,             // known, but not allowed
  kWrongPassword,         // the current password is needed for this and was missing or wrong
  kNotFound,              // no such thing, or one whose existence the caller may not know
  kMethodNotAllowed,
  kNotAcceptable,
  kConflict,
  kGroupIdRequired,
  kGone,             // a registration link past its time
  kInvalidField,     // Status::field() names it
  kTooManyRequests,  // HTTP rate limit; Status::retry_after_ms() says how long
  kBusy,             // socket: too many questions of the user wait for the bot; nothing was stored
  kTooFast,          // socket message rate; Status::retry_after_ms() says how long
  kUnavailable,      // database or bus away, or a bounded queue is full: try again later
  kInDoubt,          // the connection broke during COMMIT: it may or may not be stored
  kInternal,         // our mistake; details are in the log, never in the answer
};

// The snake_case name on the wire, e.g. "invalid_field". kInDoubt travels as "unavailable" (a
// client repeats with the same client_msg_id and learns the truth).
std::string_view WireCode(ErrorCode code);

// Success, or one error with a message for the person who made the request. Never holds a secret.
class [[nodiscard]] Status {
 public:
  Status() = default;  // success
  Status(ErrorCode code, std::string message) : error_(Error{code, std::move(message), {}, 0}) {}

  static Status InvalidField(std::string field, std::string message);
  static Status RetryAfter(ErrorCode code, int64_t retry_after_ms, std::string message);

  bool ok() const { return !error_.has_value(); }
  // The rest: only when !ok().
  ErrorCode code() const { return error().code; }
  const std::string& message() const { return error().message; }
  const std::string& field() const { return error().field; }         // empty unless kInvalidField
  int64_t retry_after_ms() const { return error().retry_after_ms; }  // 0 when unknown

 private:
  struct Error {
    ErrorCode code;
    std::string message;
    std::string field;
    int64_t retry_after_ms;
  };
  const Error& error() const {
    PARLOR_CHECK(error_.has_value());
    return *error_;
  }
  std::optional<Error> error_;
};

inline Status Ok() { return Status(); }

// A value or the Status that explains its absence.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}        // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    PARLOR_CHECK(!std::get<Status>(state_).ok());
  }

  bool ok() const { return std::holds_alternative<T>(state_); }
  Status status() const { return ok() ? Status() : std::get<Status>(state_); }

  // Only when ok().
  T& value() & {
    PARLOR_CHECK(ok());
    return std::get<T>(state_);
  }
  const T& value() const& {
    PARLOR_CHECK(ok());
    return std::get<T>(state_);
  }
  T&& value() && {
    PARLOR_CHECK(ok());
    return std::get<T>(std::move(state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace parlor

// PARLOR_RETURN_IF_ERROR(expr): leaves the function with the Status of `expr` unless it is a
// success. PARLOR_ASSIGN_OR_RETURN(auto x, expr): the same for a Result; otherwise x is its value.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration can't stand in parentheses.
#define PARLOR_CONCAT_INNER(a, b) a##b
#define PARLOR_CONCAT(a, b) PARLOR_CONCAT_INNER(a, b)
#define PARLOR_RETURN_IF_ERROR(expr)                                                        \
  do {                                                                                      \
    if (::parlor::Status parlor_status = (expr); !parlor_status.ok()) return parlor_status; \
  } while (false)
#define PARLOR_ASSIGN_OR_RETURN(declaration, expr) \
  PARLOR_ASSIGN_OR_RETURN_INNER(PARLOR_CONCAT(parlor_result_, __LINE__), declaration, expr)
#define PARLOR_ASSIGN_OR_RETURN_INNER(result, declaration, expr) \
  auto result = (expr);                                          \
  if (!result.ok()) return result.status();                      \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)
