// What the bot's rules would say to a question, for an administrator who teaches it:
// parlor-wsd --try-bot TEXT. The real table, the real RE2; nothing is stored and nobody is told.
#pragma once

#include <iosfwd>
#include <string_view>

#include "common/clock.h"
#include "common/db.h"

namespace parlor::wsd {

// Writes which enabled rule answers `question`, its pattern and its answer ({name} stays as it is:
// nobody asked), or that none does; then the rules that are passed over, and why. kInvalidField:
// the question is no message (empty, not UTF-8, beyond 16,000 bytes). kUnavailable: no database.
Status TryRules(db::Database& database, const Clock& clock, std::string_view question,
                std::ostream& out);

}  // namespace parlor::wsd
