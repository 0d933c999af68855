// The conventions of CGI (RFC 3875), which FastCGI shares: variables in, a head and a body out.
// Pure functions; where the bytes come from is fcgi_io's business.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "fcgi/http.h"

namespace parlor::fcgi {

// The value of a CGI variable; empty when it is not set.
using Variables = std::function<std::string_view(const char* name)>;

// Everything of a request but its body.
//
// The path is PATH_INFO (nginx decodes it); where a server sets none, REQUEST_URI without the query
// and without the mount point SCRIPT_NAME (default /http), percent-decoded here. The token is that
// of `Authentication:`, else of `Authorization:`, each with or without the word Bearer.
Request RequestFrom(const Variables& variables);

// Fills request.body from `read`, which puts up to `size` bytes into the buffer and returns their
// number, 0 at the end. Above `max_bytes` the rest is read and thrown away, so that the server can
// send our answer, up to a bound (1 MiB).
void ReadBody(const std::function<size_t(char* buffer, size_t size)>& read, size_t max_bytes,
              Request* request);

// The head and, if `with_body`, the body. Content-Length is that of the body either way, and absent
// for the statuses that have none (204, 304).
std::string Serialize(const Response& response, bool with_body);

}  // namespace parlor::fcgi
