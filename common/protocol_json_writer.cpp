// Writing JSON: appended to one string, no tree in between.
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "common/protocol_json.h"
#include "common/utf8.h"

namespace parlor::json {
namespace {

void AppendEscaped(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4U];
      out += kHex[c & 0x0FU];
  }
}

// Bytes that AppendString copies as they are without a further look.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

}  // namespace

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  size_t copied = 0;  // text before this is in `out`
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kPlain[c]) {
      ++i;
      continue;
    }
    const CodePoint point = DecodeUtf8(text, i);
    if (c < 0x80 || !point.valid) {
      out.append(text, copied, i - copied);
      copied = i + point.bytes;
      if (point.valid) {
        AppendEscaped(out, c);
      } else {
        out += "\xEF\xBF\xBD";
      }
    }
    i += point.bytes;
  }
  out.append(text, copied);
  out += '"';
}

void AppendNumber(std::string& out, uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

ObjectWriter& ObjectWriter::Name(std::string_view name) {
  out_ += first_ ? "\"" : ",\"";
  first_ = false;
  out_ += name;
  out_ += "\":";
  return *this;
}

ObjectWriter& ObjectWriter::Text(std::string_view name, std::string_view text) {
  Name(name);
  AppendString(out_, text);
  return *this;
}

ObjectWriter& ObjectWriter::Number(std::string_view name, uint64_t number) {
  Name(name);
  AppendNumber(out_, number);
  return *this;
}

ObjectWriter& ObjectWriter::Flag(std::string_view name, bool flag) {
  Name(name);
  out_ += flag ? "true" : "false";
  return *this;
}

ObjectWriter& ObjectWriter::Null(std::string_view name) {
  Name(name);
  out_ += "null";
  return *this;
}

ObjectWriter& ObjectWriter::Time(std::string_view name, TimestampMs time) {
  Name(name);
  out_ += '"';
  out_ += FormatTimestamp(time);
  out_ += '"';
  return *this;
}

}  // namespace parlor::json
