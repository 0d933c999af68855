#include "wsd/refusal.h"

#include "common/protocol.h"

namespace parlor::wsd {
namespace {

struct Row {
  int status;
  const char* title;
  const char* headers;  // its own
  ErrorCode code;
  const char* message;
};

Row RowOf(Refusal why) {
  switch (why) {
    case Refusal::kWrongPath:
      return {404, "Not Found", "", ErrorCode::kNotFound, "There is nothing here but /socket."};
    case Refusal::kNoWebSocket:
      return {426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
              ErrorCode::kNotAcceptable, "This address speaks WebSocket (RFC 6455) only."};
    case Refusal::kOrigin:
      return {403, "Forbidden", "", ErrorCode::kForbidden,
              "Pages of this origin may not open a socket here."};
    case Refusal::kEnding:
      return {503, "Service Unavailable", "Retry-After: 1\r\n", ErrorCode::kUnavailable,
              "The server is restarting."};
  }
  return {};
}

}  // namespace

std::string_view RefusalName(Refusal why) { return RowOf(why).title; }

std::string RefusalText(Refusal why) {
  const Row row = RowOf(why);
  const std::string body = EncodeProblem(row.status, row.title, Status(row.code, row.message));
  return "HTTP/1.1 " + std::to_string(row.status) + " " + row.title +
         "\r\nContent-Type: application/problem+json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nCache-Control: no-store\r\nConnection: close\r\n" +
         row.headers + "\r\n" + body;
}

}  // namespace parlor::wsd
