// Rows and SqlText: values out of and into statements.
#include <charconv>

#include "common/check.h"
#include "common/db.h"
#include "common/token.h"

namespace parlor::db {
namespace {

template <typename Number>
Number ParseNumber(const std::optional<std::string>& cell) {
  PARLOR_CHECK(cell.has_value());
  Number number = 0;
  const char* const end = cell->data() + cell->size();
  const auto [stopped, error] = std::from_chars(cell->data(), end, number);
  PARLOR_CHECK(error == std::errc() && stopped == end);
  return number;
}

}  // namespace

const std::optional<std::string>& Rows::Cell(size_t row, size_t column) const {
  PARLOR_CHECK(column < columns_ && row < size());
  return cells_[row * columns_ + column];
}

uint64_t Rows::U64(size_t row, size_t column) const {
  return ParseNumber<uint64_t>(Cell(row, column));
}

int64_t Rows::I64(size_t row, size_t column) const {
  return ParseNumber<int64_t>(Cell(row, column));
}

const std::string& Rows::Text(size_t row, size_t column) const {
  static const std::string kEmpty;
  const std::optional<std::string>& cell = Cell(row, column);
  return cell ? *cell : kEmpty;
}

SqlText& SqlText::Raw(std::string_view constant) {
  sql_.append(constant);
  return *this;
}

SqlText& SqlText::Value(uint64_t number) {
  char digits[24];
  sql_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  return *this;
}

SqlText& SqlText::Value(int64_t number) {
  char digits[24];
  sql_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  return *this;
}

// In utf8mb4 no byte of a longer character looks like a quote or a backslash, so byte by byte is
// right (and the session has NO_BACKSLASH_ESCAPES off, see Connection::SetUp).
SqlText& SqlText::Text(std::string_view utf8) {
  sql_.push_back('\'');
  for (size_t begin = 0; begin < utf8.size();) {
    const size_t special =
        std::min(utf8.find_first_of(std::string_view("'\\\0", 3), begin), utf8.size());
    sql_.append(utf8, begin, special - begin);
    if (special < utf8.size()) {
      sql_.push_back('\\');
      sql_.push_back(utf8[special] == '\0' ? '0' : utf8[special]);
    }
    begin = special + 1;
  }
  sql_.push_back('\'');
  return *this;
}

SqlText& SqlText::Hex(std::string_view bytes) {
  sql_.append("x'").append(ToHex(bytes)).push_back('\'');
  return *this;
}

SqlText& SqlText::Null() {
  sql_.append("NULL");
  return *this;
}

}  // namespace parlor::db
