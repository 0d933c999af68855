#include "fcgi/responses.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/protocol.h"
#include "fcgi/error_map.h"
#include "fcgi/html.h"

namespace parlor::fcgi {
namespace {

constexpr int64_t kDefaultRetryAfterS = 2;  // when nobody knows better

int64_t RetryAfterSeconds(const Status& error) {
  if (error.retry_after_ms() <= 0) return kDefaultRetryAfterS;
  return std::max<int64_t>(1, (error.retry_after_ms() + 999) / 1000);
}

Status Shown(const Status& error) {
  if (error.code() != ErrorCode::kInternal) return error;
  return {ErrorCode::kInternal, "Something went wrong on our side."};
}

// What the client is to do next, whatever the form of the answer.
void AddAdvice(const Status& error, Response* response) {
  if (response->status == 401) response->Set("WWW-Authenticate", "Bearer");
  if (response->status == 429 || response->status == 503) {
    response->Set("Retry-After", std::to_string(RetryAfterSeconds(error)));
  }
}

}  // namespace

Response JsonResponse(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.Set("Content-Type", "application/json");
  response.Set("Cache-Control", "no-store");
  return response;
}

Response NoContent() {
  Response response;
  response.status = 204;
  response.Set("Cache-Control", "no-store");
  return response;
}

Response Problem(const Status& error) {
  const ErrorMapRow& row = HttpErrorOf(error.code());
  const Status shown = Shown(error);
  Response response;
  response.status = row.http_status;
  response.body = EncodeProblem(row.http_status, row.title, shown);
  response.Set("Content-Type", "application/problem+json");
  response.Set("Cache-Control", "no-store");
  AddAdvice(error, &response);
  return response;
}

Response ProblemPage(const Status& error) {
  const int status = HttpErrorOf(error.code()).http_status;
  const bool is_of_no_use = status == 404 || status == 410;
  Response response =
      HtmlPage(status, is_of_no_use ? "This link does not work any more" : "That did not work",
               Shown(error).message());
  AddAdvice(error, &response);
  return response;
}

}  // namespace parlor::fcgi
