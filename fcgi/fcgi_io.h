// FastCGI and plain CGI: the bytes in and out. The only includer of libfcgi. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "fcgi/http.h"

namespace parlor::fcgi {

using HandleRequest = std::function<Response(const Request&)>;
// Called whenever nothing is in hand; in how many milliseconds to call it again, if no request
// comes before. nullopt: only after the next one.
using HandleIdle = std::function<std::optional<int64_t>()>;

// Call first in main, before threads. Forgets HTTP_PROXY (in CGI that is the client's `Proxy:`
// header, which libraries would take for an administrator's choice), bounds libfcgi's wait for the
// web server to close a finished connection, unless the administrator has, and as a FastCGI worker
// blocks the signals that ServeFastCgi waits for.
void PrepareProcess();

// Whether a web server started us for one request: descriptor 0 is no listening socket.
bool StartedAsCgi();
// Neither the one nor the other: somebody typed our name.
bool StartedByHand();

// Answers one request from the environment and standard input on standard output.
// Returns the exit status.
int ServeCgi(size_t max_body_bytes, const HandleRequest& handle);

// Answers requests on the listening socket that is descriptor 0, one at a time, until SIGTERM,
// SIGINT, SIGUSR1 or SIGUSR2 (the request in hand is finished: 0) or until accepting fails for
// good (1, a line in the log; the supervisor starts the program again). A client that went away is
// nobody's error. multiwatch passes SIGUSR2 on and starts workers anew: so a pool is reloaded.
int ServeFastCgi(size_t max_body_bytes, const HandleRequest& handle, const HandleIdle& idle);

}  // namespace parlor::fcgi
