// THE option table: every option of the configuration with its bounds and what an administrator
// wants to know about it. Loading and the printed reference both walk it; nothing else knows keys.
//
// A new option is a member with an initializer in config.h and a row here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config.h"

namespace parlor {

// Gives the option's place in a Config; which alternative it is, is the option's type.
using TextAccessor = std::string& (*)(Config&);
using NumberAccessor = int64_t& (*)(Config&);
using ListAccessor = std::vector<std::string>& (*)(Config&);
using Accessor = std::variant<TextAccessor, NumberAccessor, ListAccessor>;

struct Option {
  std::string_view section;
  std::string_view name;
  Accessor place;
  std::string_view help;  // why the default is what it is, and what happens at the limit

  // Numbers: inclusive bounds; with `zero` 0 is allowed as well and means what it says.
  int64_t min = 0;
  int64_t max = 0;
  std::string_view zero = {};

  // Texts and the items of lists: what is allowed, in words, and the test for it (null: anything).
  std::string_view allowed = {};
  bool (*accepts)(std::string_view) = nullptr;

  bool secret = false;  // never shown, in no sentence
  bool reload = false;  // parlor-wsd takes a new value over while it runs (SIGHUP)
};

struct Section {
  std::string_view name;
  std::string_view help;
};

// In the order of the reference: the options of a section stand together, in the sections' order.
std::span<const Section> ConfigSections();
std::span<const Option> ConfigOptions();

std::string OptionKey(const Option& option);       // database.socket
std::string OptionVariable(const Option& option);  // PARLOR_DATABASE_SOCKET
std::string OptionBounds(const Option& option);    // "a whole number from 1 to 60", "text", …

// The options that differ, in the table's order.
std::vector<const Option*> ChangedOptions(Config before, Config after);

// Gives one option of `config` the value that it has in `source`.
void CopyOption(const Option& option, Config source, Config& config);

}  // namespace parlor
