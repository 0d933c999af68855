#include "common/status.h"

namespace parlor {

std::string_view WireCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformedJson:
      return "malformed_json";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kUnsupportedMediaType:
      return "unsupported_media_type";
    case ErrorCode::kInvalidToken:
      return "invalid_token";
    case ErrorCode::kInvalidCredentials:
      return "invalid_credentials";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kWrongPassword:
      return "wrong_password";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kMethodNotAllowed:
      return "method_not_allowed";
    case ErrorCode::kNotAcceptable:
      return "not_acceptable";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kGroupIdRequired:
      return "group_id_required";
    case ErrorCode::kGone:
      return "gone";
    case ErrorCode::kInvalidField:
      return "invalid_field";
    case ErrorCode::kTooManyRequests:
      return "too_many_requests";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kTooFast:
      return "too_fast";
    case ErrorCode::kUnavailable:
    case ErrorCode::kInDoubt:
      return "unavailable";
    case ErrorCode::kInternal:
      return "internal";
  }
  PARLOR_CHECK(!"an ErrorCode of the closed list");
}

Status Status::InvalidField(std::string field, std::string message) {
  Status status(ErrorCode::kInvalidField, std::move(message));
  status.error_->field = std::move(field);
  return status;
}

Status Status::RetryAfter(ErrorCode code, int64_t retry_after_ms, std::string message) {
  Status status(code, std::move(message));
  status.error_->retry_after_ms = retry_after_ms;
  return status;
}

}  // namespace parlor
