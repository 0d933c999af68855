// Writes the option table as a TOML file that teaches and loads to the defaults, and as Markdown.
#include <algorithm>
#include <ostream>
#include <utility>

#include "common/config.h"
#include "common/config_table.h"

namespace parlor {
namespace {

constexpr size_t kWidth = 98;
constexpr const char* kReload = " A reload takes it over.";

// `text` as comment lines of at most kWidth characters, broken between words.
void PrintComment(std::ostream& out, std::string_view text) {
  while (!text.empty()) {
    size_t length = text.size();
    if (length > kWidth) {
      length = text.rfind(' ', kWidth);
      if (length == std::string_view::npos) length = std::min(text.find(' '), text.size());
    }
    out << "# " << text.substr(0, length) << '\n';
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

// A TOML basic string.
std::string Literal(std::string_view text) {
  std::string literal = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + '"';
}

struct DefaultLiteral {
  Config& defaults;

  std::string operator()(TextAccessor place) const { return Literal(place(defaults)); }
  std::string operator()(NumberAccessor place) const { return std::to_string(place(defaults)); }
  std::string operator()(ListAccessor place) const {
    std::string literal;
    for (const std::string& item : place(defaults)) {
      literal += (literal.empty() ? "" : ", ") + Literal(item);
    }
    return "[" + literal + "]";
  }
};

// Plain text as Markdown shows it literally, in a cell of a table too.
std::string Prose(std::string_view text) {
  std::string prose;
  for (const char c : text) {
    if (c == '<') {
      prose += "&lt;";
      continue;
    }
    if (c == '|' || c == '*' || c == '`' || c == '\\') prose += '\\';
    prose += c;
  }
  return prose;
}

}  // namespace

void PrintConfigReference(std::ostream& out) {
  Config defaults;
  PrintComment(out, "Parlor: every option, with its default.");
  PrintComment(
      out,
      "The programs read the file named by --config or the variable PARLOR_CONFIG, else "
      "/etc/parlor/parlor.toml if there is one. An environment variable wins over the "
      "file: for [bus] sweep_ms it is PARLOR_BUS_SWEEP_MS; the items of a list are "
      "separated by commas. Leave out what you do not change. A key or PARLOR_ variable "
      "that is not listed here, a wrong type, or a value out of bounds stops the start "
      "with a sentence that says so. Try a file with --check-config. A change counts from "
      "the next start on; where it says so, parlor-wsd takes it over at a reload (SIGHUP). "
      "Workers are replaced one by one when their pool is reloaded, so they take over all.");
  for (const Section& section : ConfigSections()) {
    out << '\n';
    PrintComment(out, section.help);
    out << '[' << section.name << "]\n";
    for (const Option& option : ConfigOptions()) {
      if (option.section != section.name) continue;
      out << '\n';
      PrintComment(out, option.help);
      PrintComment(out, "Allowed: " + OptionBounds(option) + "." + (option.reload ? kReload : ""));
      out << option.name << " = " << std::visit(DefaultLiteral{defaults}, option.place) << '\n';
    }
  }
}

void PrintMarkdownReference(std::ostream& out) {
  Config defaults;
  bool first = true;
  for (const Section& section : ConfigSections()) {
    out << (std::exchange(first, false) ? "" : "\n") << "### " << section.name << "\n\n";
    out << Prose(section.help) << "\n\n| option | default | |\n| --- | --- | --- |\n";
    for (const Option& option : ConfigOptions()) {
      if (option.section != section.name) continue;
      out << "| `" << option.name << "` | `" << std::visit(DefaultLiteral{defaults}, option.place)
          << "` | " << Prose(option.help) << " Allowed: " << Prose(OptionBounds(option)) << "."
          << (option.reload ? kReload : "")
          << (option.secret ? " A secret: no message ever shows it." : "") << " |\n";
    }
  }
}

}  // namespace parlor
