// How both programs start: flags, configuration, log. The only includer of CLI11 is program.cpp.
//
//   --config FILE    default: the variable PARLOR_CONFIG, else /etc/parlor/parlor.toml if it exists
//   --check-config   says whether the configuration is acceptable, and ends
//   --print-config   writes the commented reference with all defaults, and ends
//   --print-reference  writes the same as Markdown, and ends
//   --print-routes   parlor-fcgi: writes METHOD PATTERN ACCESS of every route, and ends
//   --try-bot TEXT   parlor-wsd: which of the bot's rules answers this question, and what, and ends
//   --version, --help
//
// As a CGI program (GATEWAY_INTERFACE is set) flags are not looked at: a web server may pass words
// of the query as arguments (RFC 3875, 4.4), and a stranger must not choose our configuration.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config.h"

namespace parlor {

inline constexpr int kExitUsage = 64;   // sysexits.h: unknown flags
inline constexpr int kExitConfig = 78;  // sysexits.h: the configuration is not acceptable

// A flag of one program alone: writes something about it, and ends.
struct ReportFlag {
  std::string_view flag;  // --print-routes
  std::string_view help;
  void (*write)(std::ostream& out) = nullptr;  // null: the program has no such flag
};

// A flag of one program alone that takes a text: does something with the configuration, and ends
// with the exit code that `run` returns. The log is not initialized yet.
struct TextFlag {
  std::string_view flag;  // --try-bot
  std::string_view help;
  int (*run)(const Config& config, const std::string& text, std::ostream& out,
             std::ostream& err) = nullptr;  // null: the program has no such flag
};

struct ProgramInfo {
  std::string_view name;     // parlor-wsd
  std::string_view purpose;  // one sentence for --help
  ReportFlag report = {};
  TextFlag text = {};
};

// The configuration to run with, or the exit code to end with at once (what there was to say has
// been written to standard output or error).
using ProgramStart = std::variant<Config, int>;

// Call first in main. Also initializes the log with the program's name and log.level.
ProgramStart StartProgram(const ProgramInfo& info, int argc, const char* const* argv);

// The same without the process around it: nothing but its arguments and files. `arguments` are
// without the program's name; `environment` holds PARLOR_* variables.
ProgramStart StartProgram(const ProgramInfo& info, const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment, std::ostream& out,
                          std::ostream& err);

}  // namespace parlor
