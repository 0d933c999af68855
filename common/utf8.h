// One step through UTF-8 (RFC 3629): shared by the text rules and the JSON writer. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace parlor {

struct CodePoint {
  char32_t value = 0;
  // Bytes it takes. For broken input: how many bytes one U+FFFD stands for (the longest start of a
  // well-formed sequence, at least 1), as the Unicode standard recommends in its chapter 3.9.
  size_t bytes = 1;
  bool valid = false;
};

// The code point at `offset`, which must be inside `text`. Overlong forms, surrogates and values
// above U+10FFFF are not valid.
inline CodePoint DecodeUtf8(std::string_view text, size_t offset) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(offset);
  if (first < 0x80) return {first, 1, true};
  if (first < 0xC2 || first > 0xF4) return {};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  // The second byte's bounds are what keeps overlong forms, surrogates and too large values out.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  char32_t value = first & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if (offset + i >= text.size()) return {0, i, false};
    const unsigned char next = byte(offset + i);
    if (next < (i == 1 ? low : 0x80) || next > (i == 1 ? high : 0xBF)) return {0, i, false};
    value = (value << 6) | (next & 0x3FU);
  }
  return {value, length, true};
}

}  // namespace parlor
