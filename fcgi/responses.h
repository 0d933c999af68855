// The few kinds of answers there are. Pure functions.
#pragma once

#include <string>

#include "common/status.h"
#include "fcgi/http.h"

namespace parlor::fcgi {

// All of these carry `Cache-Control: no-store`.
Response JsonResponse(int status, std::string body);
Response NoContent();

// application/problem+json by error_map. 401 names the scheme in WWW-Authenticate, 429 and 503 have
// Retry-After in whole seconds, rounded up. An internal error's message stays with us: it goes to
// the log, the client gets a general sentence.
Response Problem(const Status& error);

// The same for a person in front of a browser: an HTML page with the same status and headers.
Response ProblemPage(const Status& error);

}  // namespace parlor::fcgi
