// What a request gets that does not become a socket: a complete HTTP answer, with the same
// application/problem+json as the rest of Parlor. Pure.
#pragma once

#include <string>
#include <string_view>

namespace parlor::wsd {

enum class Refusal {
  kWrongPath,    // 404
  kNoWebSocket,  // 426: a plain request, another protocol, another version
  kOrigin,       // 403: a page of another site
  kEnding,       // 503: the daemon is about to end
};

std::string_view RefusalName(Refusal why);  // for the log

// Status line, headers and body; the connection is closed after it.
std::string RefusalText(Refusal why);

}  // namespace parlor::wsd
