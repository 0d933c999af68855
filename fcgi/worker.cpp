#include "fcgi/worker.h"

#include <chrono>
#include <exception>
#include <string>

#include "common/log.h"
#include "fcgi/responses.h"
#include "fcgi/routes.h"

namespace parlor::fcgi {
namespace {

Result<Response> Answer(Call& call, const Match& match) {
  if (match.access != Access::kSession) PARLOR_RETURN_IF_ERROR(call.Fault());
  if (match.route != nullptr) return match.route->handler(call);
  // What does not exist is told to those who are signed in: the transaction ends in 401, or in the
  // request's fault.
  PARLOR_RETURN_IF_ERROR(
      call.Transact(db::Repeat::kIdempotent, [](db::Transaction&) { return Ok(); }));
  return call.Fault();
}

// Exceptions are our mistake (a library's end in the file that owns it), but one request's, not the
// process's.
Result<Response> AnswerSafely(Call& call, const Match& match) {
  try {
    return Answer(call, match);
  } catch (const std::exception& e) {
    return Status(ErrorCode::kInternal, e.what());
  }
}

// The pattern, never the path: a registration link's token is in it.
void LogRequest(const Request& request, const Match& match, int status, int64_t duration_ms) {
  log::Info("answering", {{"method", MethodName(request.method)},
                          {"route", match.pattern.empty() ? std::string_view("-") : match.pattern},
                          {"status", status},
                          {"duration_ms", duration_ms},
                          {"request_id", request.request_id}});
}

}  // namespace

void Worker::Count(const Request& request, const Match& match, int status, int64_t duration_us) {
  if (stats_ == nullptr) return;
  stats_->Observe(MethodName(request.method), match.pattern, status, duration_us);
  stats_->AddDatabaseErrors(services_.database.TakeErrors());
}

Response Worker::Handle(const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  const Match match = FindRoute(Routes(), request.method, request.path);
  services_.database.SetRequestId(request.request_id);
  Call call(services_, request, match);
  Result<Response> answer = AnswerSafely(call, match);
  if (!answer.ok()) {
    const Status error = answer.status();
    if (error.code() == ErrorCode::kInternal) {
      log::Error("answering",
                 {{"route", match.pattern}, {"request_id", request.request_id}, {"error", error}});
    }
    answer = call.wants_html() ? ProblemPage(error) : Problem(error);
    if (error.code() == ErrorCode::kMethodNotAllowed) answer->Set("Allow", match.allow);
  }
  const int64_t duration_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::steady_clock::now() - start)
                                  .count();
  LogRequest(request, match, answer->status, duration_us / 1000);
  Count(request, match, answer->status, duration_us);
  return std::move(answer).value();
}

}  // namespace parlor::fcgi
