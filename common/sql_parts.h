// Parts of statements that several stores build. Pure; any thread.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/db.h"

namespace parlor::db {

// "(1,2,3)" of a range of StrongIds, or of pairs that begin with one (a map), which must not be
// empty. Statements that lock rows want it sorted.
template <typename Ids>
SqlText& List(SqlText& sql, const Ids& ids) {
  const char* separator = "(";
  for (const auto& item : ids) {
    sql.Raw(std::exchange(separator, ","));
    if constexpr (requires { item.first; }) {
      sql.Value(item.first.value);
    } else {
      sql.Value(item.value);
    }
  }
  return sql.Raw(")");
}

// The first column.
template <typename Id>
std::vector<Id> IdsOf(const Rows& rows) {
  std::vector<Id> ids;
  ids.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.As<Id>(row, 0));
  return ids;
}

// For LIMIT ?; none: all.
inline int64_t LimitOf(const std::optional<uint32_t>& limit) {
  return limit ? int64_t{*limit} : std::numeric_limits<int64_t>::max();
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
