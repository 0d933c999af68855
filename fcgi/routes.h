// THE route table: every path and method of docs/protocol.md. A new one is a row here and a
// handler.
#pragma once

#include <iosfwd>
#include <span>

#include "fcgi/router.h"

namespace parlor::fcgi {

std::span<const Route> Routes();

// One line a route: METHOD PATTERN ACCESS, which is public, token or session. For --print-routes; a
// contract test compares it with docs/openapi.yaml.
void PrintRoutes(std::ostream& out);

}  // namespace parlor::fcgi
