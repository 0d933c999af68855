#include "fcgi/cgi.h"

#include <array>
#include <string>

#include "common/ascii.h"
#include "common/protocol.h"
#include "fcgi/error_map.h"

namespace parlor::fcgi {
namespace {

constexpr std::string_view kBearer = "bearer";
constexpr std::string_view kDefaultMount = "/http";
constexpr size_t kMaxDrainedBytes = 1 << 20;

struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr std::array kMethods = {
    NamedMethod{"GET", Method::kGet},       NamedMethod{"HEAD", Method::kHead},
    NamedMethod{"POST", Method::kPost},     NamedMethod{"PUT", Method::kPut},
    NamedMethod{"DELETE", Method::kDelete},
};

Method MethodFrom(std::string_view name) {
  for (const NamedMethod& row : kMethods) {
    if (row.name == name) return row.method;
  }
  return Method::kOther;
}

std::string PathFrom(const Variables& variables) {
  if (const std::string_view info = variables("PATH_INFO"); !info.empty()) return std::string(info);
  std::string_view uri = variables("REQUEST_URI");
  uri = uri.substr(0, uri.find('?'));
  std::string_view mount = variables("SCRIPT_NAME");
  if (mount.empty()) mount = kDefaultMount;
  if (uri.starts_with(mount)) uri.remove_prefix(mount.size());
  return uri.empty() ? "/" : PercentDecode(uri, Plus::kIsPlus);
}

std::string_view WithoutBearer(std::string_view value) {
  value = TrimBlanks(value);
  if (!EqualsIgnoringCase(value.substr(0, kBearer.size()), kBearer)) return value;
  const std::string_view rest = value.substr(kBearer.size());
  if (rest.empty()) return rest;
  return rest.front() == ' ' || rest.front() == '\t' ? TrimBlanks(rest) : value;
}

std::string_view TokenFrom(const Variables& variables) {
  const std::string_view token = WithoutBearer(variables("HTTP_AUTHENTICATION"));
  return token.empty() ? WithoutBearer(variables("HTTP_AUTHORIZATION")) : token;
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

// RFC 3875 wants one; without it nginx sends a status line that strict clients refuse.
std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    default:
      break;
  }
  for (const ErrorMapRow& row : kErrorMap) {
    if (row.http_status == status) return row.title;
  }
  return "Status";
}

}  // namespace

std::string_view MethodName(Method method) {
  for (const NamedMethod& row : kMethods) {
    if (row.method == method) return row.name;
  }
  return "OTHER";
}

Request RequestFrom(const Variables& variables) {
  Request request;
  request.method = MethodFrom(variables("REQUEST_METHOD"));
  request.path = PathFrom(variables);
  request.query = variables("QUERY_STRING");
  request.content_type = variables("CONTENT_TYPE");
  request.accept = variables("HTTP_ACCEPT");
  request.if_none_match = variables("HTTP_IF_NONE_MATCH");
  request.token = TokenFrom(variables);
  // A web server's own; who sets up another one may pass on what a client wrote.
  if (const std::string_view id = variables("REQUEST_ID"); IsRequestId(id)) request.request_id = id;
  return request;
}

void ReadBody(const std::function<size_t(char* buffer, size_t size)>& read, size_t max_bytes,
              Request* request) {
  std::array<char, 16384> buffer{};
  size_t total = 0;
  while (total <= max_bytes + kMaxDrainedBytes) {
    const size_t count = read(buffer.data(), buffer.size());
    if (count == 0) break;
    total += count;
    if (total <= max_bytes) request->body.append(buffer.data(), count);
  }
  request->body_too_large = total > max_bytes;
  if (request->body_too_large) request->body.clear();
}

std::string Serialize(const Response& response, bool with_body) {
  std::string out = "Status: " + std::to_string(response.status);
  out.append(" ").append(ReasonPhrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!HasNoBody(response.status)) {
    out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  out += "\r\n";
  if (with_body && !HasNoBody(response.status)) out += response.body;
  return out;
}

}  // namespace parlor::fcgi
