// A request and its answer as plain values, whatever carried them (FastCGI or CGI). No thread, no
// resources.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlor::fcgi {

enum class Method { kGet, kHead, kPost, kPut, kDelete, kOther };

// "GET", …; kOther is "OTHER": a client's own word is never repeated in the log.
// In cgi.cpp, with the table of the names.
std::string_view MethodName(Method method);

struct Request {
  Method method = Method::kOther;
  std::string path;             // below /http, percent-decoded: "/users"
  std::string query;            // as it was sent, without '?'
  std::string body;             // at most http.max_body_bytes …
  bool body_too_large = false;  // … or empty, because there was more
  std::string content_type;
  std::string accept;
  std::string if_none_match;
  std::string token;       // a secret; empty: none was given
  std::string request_id;  // nginx's, for the log
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // values are ours: no CR, no LF
  std::string body;

  void Set(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  }
};

}  // namespace parlor::fcgi
