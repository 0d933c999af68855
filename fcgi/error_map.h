// THE map from an ErrorCode to its HTTP status and title. docs/protocol.md lists the same; a
// contract test keeps the two together. Pure.
#pragma once

#include <array>
#include <string_view>

#include "common/status.h"

namespace parlor::fcgi {

struct ErrorMapRow {
  ErrorCode code;
  int http_status;
  std::string_view title;  // the status phrase of RFC 9110, as RFC 9457 asks for "about:blank"
};

// In the order of the enum.
inline constexpr std::array kErrorMap = {
    ErrorMapRow{ErrorCode::kMalformedJson, 400, "Bad Request"},
    ErrorMapRow{ErrorCode::kTooLarge, 413, "Content Too Large"},
    ErrorMapRow{ErrorCode::kUnsupportedMediaType, 415, "Unsupported Media Type"},
    ErrorMapRow{ErrorCode::kInvalidToken, 401, "Unauthorized"},
    ErrorMapRow{ErrorCode::kInvalidCredentials, 401, "Unauthorized"},
    ErrorMapRow{ErrorCode::kForbidden, 403, "Forbidden"},
    ErrorMapRow{ErrorCode::kWrongPassword, 403, "Forbidden"},
    ErrorMapRow{ErrorCode::kNotFound, 404, "Not Found"},
    ErrorMapRow{ErrorCode::kMethodNotAllowed, 405, "Method Not Allowed"},
    ErrorMapRow{ErrorCode::kNotAcceptable, 406, "Not Acceptable"},
    ErrorMapRow{ErrorCode::kConflict, 409, "Conflict"},
    ErrorMapRow{ErrorCode::kGroupIdRequired, 409, "Conflict"},
    ErrorMapRow{ErrorCode::kGone, 410, "Gone"},
    ErrorMapRow{ErrorCode::kInvalidField, 422, "Unprocessable Content"},
    ErrorMapRow{ErrorCode::kTooManyRequests, 429, "Too Many Requests"},
    ErrorMapRow{ErrorCode::kBusy, 429, "Too Many Requests"},
    ErrorMapRow{ErrorCode::kTooFast, 429, "Too Many Requests"},
    ErrorMapRow{ErrorCode::kUnavailable, 503, "Service Unavailable"},
    ErrorMapRow{ErrorCode::kInDoubt, 503, "Service Unavailable"},
    ErrorMapRow{ErrorCode::kInternal, 500, "Internal Server Error"},
};

const ErrorMapRow& HttpErrorOf(ErrorCode code);

}  // namespace parlor::fcgi
