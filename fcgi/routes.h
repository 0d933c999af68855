// THE route table: every path and method of docs/protocol.md. A new one is a row here and a
// handler.
#pragma once

#include <span>

#include "fcgi/router.h"

namespace parlor::fcgi {

std::span<const Route> Routes();

}  // namespace parlor::fcgi
