#include "common/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "common/log.h"
#include "common/version.h"

namespace parlor {
namespace {

constexpr const char* kDefaultFile = "/etc/parlor/parlor.toml";

std::string DefaultFile(const std::map<std::string, std::string>& environment) {
  const auto named = environment.find(kConfigFileVariable);
  if (named != environment.end() && !named->second.empty()) return named->second;
  std::error_code ignored;
  return std::filesystem::exists(kDefaultFile, ignored) ? kDefaultFile : "";
}

struct Flags {
  std::string config_file;
  bool check_config = false;
  bool print_config = false;
  bool print_reference = false;
  bool report = false;
  std::optional<std::string> text = std::nullopt;
};

// Nothing when the program goes on with `flags`; else its exit code.
std::optional<int> ParseFlags(const ProgramInfo& info, std::vector<std::string> arguments,
                              Flags& flags, std::ostream& out, std::ostream& err) {
  CLI::App app{std::string(info.purpose), std::string(info.name)};
  app.add_option("--config", flags.config_file,
                 std::string("Configuration file (default: the variable ") + kConfigFileVariable +
                     ", else " + kDefaultFile + " if it exists)");
  app.add_flag("--check-config", flags.check_config,
               "Say whether the configuration is acceptable, and end");
  app.add_flag("--print-config", flags.print_config,
               "Write the commented reference with all defaults, and end");
  app.add_flag("--print-reference", flags.print_reference,
               "Write the same as Markdown, as docs/admin/configure.md has it, and end");
  if (info.report.write != nullptr) {
    app.add_flag(std::string(info.report.flag), flags.report, std::string(info.report.help));
  }
  if (info.text.run != nullptr) {
    app.add_option(std::string(info.text.flag), flags.text, std::string(info.text.help));
  }
  app.set_version_flag("--version", std::string(info.name) + " " PARLOR_VERSION);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& e) {
    return app.exit(e, out, err) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  return std::nullopt;
}

}  // namespace

ProgramStart StartProgram(const ProgramInfo& info, const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment, std::ostream& out,
                          std::ostream& err) {
  Flags flags{.config_file = DefaultFile(environment)};
  if (const auto code = ParseFlags(info, arguments, flags, out, err); code.has_value()) {
    return *code;
  }
  if (flags.print_config) {
    PrintConfigReference(out);
    return EXIT_SUCCESS;
  }
  if (flags.print_reference) {
    PrintMarkdownReference(out);
    return EXIT_SUCCESS;
  }
  if (flags.report) {
    info.report.write(out);
    return EXIT_SUCCESS;
  }
  Result<Config> config = LoadConfig(flags.config_file, environment);
  if (!config.ok()) {
    err << info.name << ": " << config.status().message() << '\n';
    return kExitConfig;
  }
  if (flags.check_config) {
    out << info.name << ": the configuration is acceptable"
        << (flags.config_file.empty() ? " (no file)" : " (" + flags.config_file + ")") << '\n';
    return EXIT_SUCCESS;
  }
  if (flags.text) return info.text.run(*config, *flags.text, out, err);
  return std::move(config).value();
}

ProgramStart StartProgram(const ProgramInfo& info, int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  // getenv: main has not started a thread yet.
  if (std::getenv("GATEWAY_INTERFACE") == nullptr && argc > 1) {  // NOLINT(concurrency-mt-unsafe)
    arguments.assign(argv + 1, argv + argc);
  }
  ProgramStart start = StartProgram(info, arguments, ParlorEnvironment(), std::cout, std::cerr);
  if (const Config* config = std::get_if<Config>(&start); config != nullptr) {
    log::Init(info.name, log::ParseLevel(config->log.level));
  }
  return start;
}

}  // namespace parlor
