// Parts of statements that several stores build. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/db.h"

namespace parlor::db {

// "(1,2,3)" of a range of StrongIds, which must not be empty. Statements that lock rows want it
// sorted.
template <typename Ids>
SqlText& List(SqlText& sql, const Ids& ids) {
  const char* separator = "(";
  for (const auto& id : ids) sql.Raw(std::exchange(separator, ",")).Value(id.value);
  return sql.Raw(")");
}

// For LIKE: whatever contains `text`, in which '%', '_' and '\' stand for themselves.
inline std::string ContainsPattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern + "%";
}

}  // namespace parlor::db
