// Finds the route of a request. Pure: it knows the shape of the table, not what is in it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "fcgi/http.h"

namespace parlor::fcgi {

class Call;
using Handler = Result<Response> (*)(Call& call);

enum class Access {
  kPublic,   // anyone may know the path
  kToken,    // some token first, dead or alive
  kSession,  // a valid token first, before a word about path or body
};

enum class Pages {
  kJsonOnly,
  kHtmlToo,  // a browser may ask for text/html
  kNone,     // a good answer has no body, so it suits whatever the client accepts
};

// One row of the table. A GET row answers HEAD too: the body is cut off, and a handler that changes
// something looks at the method and does not.
struct Route {
  Method method = Method::kGet;
  std::string_view pattern;  // segments; one in braces matches any, e.g. /chat_rooms/{id}
  Access access = Access::kSession;
  Handler handler = nullptr;
  Pages pages = Pages::kJsonOnly;
};

struct Match {
  const Route* route = nullptr;      // null: no such path (pattern empty), or not this method
  std::string_view pattern;          // of the path
  Access access = Access::kSession;  // of the path; unknown ones are nobody's business
  std::vector<std::string_view> parameters;  // the braces' segments, views into the path
  std::string allow;                         // the path's methods, for the Allow header
};

// The first pattern that fits the path decides. `path` must outlive the match.
Match FindRoute(std::span<const Route> routes, Method method, std::string_view path);

}  // namespace parlor::fcgi
