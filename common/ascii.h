// Small change of text that several protocols share. Pure; nothing here looks beyond ASCII.
#pragma once

#include <string>
#include <string_view>

namespace parlor {

// Without the spaces and tabs at both ends: what HTTP calls optional white space.
std::string_view TrimBlanks(std::string_view text);

std::string LowerCase(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

enum class Plus { kIsPlus, kIsSpace };  // in a path; in a query

// A '%' without two hexadecimal digits stands for itself, as in browsers (WHATWG URL standard).
std::string PercentDecode(std::string_view text, Plus plus);

}  // namespace parlor
