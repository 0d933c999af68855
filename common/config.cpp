#include "common/config.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "common/config_checks.h"
#include "common/config_table.h"

namespace parlor {
namespace {

constexpr std::string_view kPrefix = "PARLOR_";
constexpr std::string_view kTestPrefix = "PARLOR_TEST_";

Status Refuse(std::string sentence) {
  return Status::InvalidField("configuration", std::move(sentence));
}

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// ---- The nearest name, for who mistyped one

// Levenshtein's distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

template <typename Range, typename Name>
std::string Nearest(std::string_view wanted, const Range& range, Name name) {
  std::string best;
  size_t best_distance = SIZE_MAX;
  for (const auto& item : range) {
    std::string candidate(name(item));
    const size_t distance = Distance(wanted, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::move(candidate);
    }
  }
  return best;
}

// ---- One value into its place. `where` begins the sentence if it does not fit.

std::string MustBe(const Option& option) { return "must be " + OptionBounds(option); }

Status StoreNumber(const Option& option, int64_t value, const std::string& where, int64_t& place) {
  const bool fits =
      (value >= option.min && value <= option.max) || (value == 0 && !option.zero.empty());
  if (!fits) return Refuse(where + " is " + std::to_string(value) + "; it " + MustBe(option));
  place = value;
  return Ok();
}

Status CheckText(const Option& option, std::string_view value, const std::string& where) {
  if (option.accepts == nullptr || option.accepts(value)) return Ok();
  const std::string shown = option.secret ? "not acceptable" : Quoted(value);
  return Refuse(where + " is " + shown + "; it " + MustBe(option));
}

Status StoreText(const Option& option, std::string value, const std::string& where,
                 std::string& place) {
  PARLOR_RETURN_IF_ERROR(CheckText(option, value, where));
  place = std::move(value);
  return Ok();
}

Status StoreList(const Option& option, std::vector<std::string> items, const std::string& where,
                 std::vector<std::string>& place) {
  for (const std::string& item : items) PARLOR_RETURN_IF_ERROR(CheckText(option, item, where));
  place = std::move(items);
  return Ok();
}

// ---- The file

// One overload a type of option.
struct FromToml {
  const Option& option;
  const toml::node& node;
  const std::string& where;
  Config& config;

  Status WrongType() const { return Refuse(where + " " + MustBe(option)); }

  Status operator()(TextAccessor place) const {
    const std::optional<std::string> value = node.value_exact<std::string>();
    if (!value.has_value()) return WrongType();
    return StoreText(option, *value, where, place(config));
  }
  Status operator()(NumberAccessor place) const {
    const std::optional<int64_t> value = node.value_exact<int64_t>();
    if (!value.has_value()) return WrongType();
    return StoreNumber(option, *value, where, place(config));
  }
  Status operator()(ListAccessor place) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) return WrongType();
    std::vector<std::string> items;
    for (const toml::node& element : *array) {
      std::optional<std::string> item = element.value_exact<std::string>();
      if (!item.has_value()) return WrongType();
      items.push_back(std::move(*item));
    }
    return StoreList(option, std::move(items), where, place(config));
  }
};

std::string Place(const std::string& path, const toml::source_region& source) {
  if (source.begin.line == 0) return path + ": ";  // the file could not be read at all
  return path + ", line " + std::to_string(source.begin.line) + ": ";
}

Status LoadSection(const std::string& path, const toml::table& section, std::string_view name,
                   Config& config) {
  for (const auto& [key, node] : section) {
    const std::string full = std::string(name) + "." + std::string(key.str());
    const std::string place = Place(path, key.source());
    const auto options = ConfigOptions();
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const Option& o) { return OptionKey(o) == full; });
    if (option == options.end()) {
      return Refuse(place + "there is no option " + Quoted(full) + "; the nearest is " +
                    Quoted(Nearest(full, options, OptionKey)));
    }
    const std::string where = place + full;
    PARLOR_RETURN_IF_ERROR(std::visit(FromToml{*option, node, where, config}, option->place));
  }
  return Ok();
}

Status LoadFile(const std::string& path, Config& config) {
  const toml::parse_result parsed = toml::parse_file(path);
  if (parsed.failed()) {
    return Refuse(Place(path, parsed.error().source()) + std::string(parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    const std::string_view name = key.str();
    const auto sections = ConfigSections();
    const bool known = std::any_of(sections.begin(), sections.end(),
                                   [&](const Section& s) { return s.name == name; });
    if (!known || !node.is_table()) {
      const auto section_name = [](const Section& s) { return s.name; };
      return Refuse(Place(path, key.source()) + "every option stands in a section, and " +
                    Quoted(name) + " is none; the nearest is [" +
                    Nearest(name, sections, section_name) + "]");
    }
    PARLOR_RETURN_IF_ERROR(LoadSection(path, *node.as_table(), name, config));
  }
  return Ok();
}

// ---- The environment

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

struct FromVariable {
  const Option& option;
  const std::string& text;
  const std::string& where;
  Config& config;

  Status operator()(TextAccessor place) const {
    return StoreText(option, text, where, place(config));
  }
  Status operator()(NumberAccessor place) const {
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end) {
      return Refuse(where + " is " + Quoted(text) + "; it " + MustBe(option));
    }
    return StoreNumber(option, value, where, place(config));
  }
  Status operator()(ListAccessor place) const {
    return StoreList(option, SplitList(text), where, place(config));
  }
};

Status LoadVariable(const std::string& variable, const std::string& text, Config& config) {
  if (variable == kConfigFileVariable || variable.starts_with(kTestPrefix)) return Ok();
  const auto options = ConfigOptions();
  const auto option = std::find_if(options.begin(), options.end(),
                                   [&](const Option& o) { return OptionVariable(o) == variable; });
  if (option == options.end()) {
    return Refuse("the environment variable " + variable + " is no option; the nearest is " +
                  Nearest(variable, options, OptionVariable));
  }
  const std::string where = "the environment variable " + variable;
  return std::visit(FromVariable{*option, text, where, config}, option->place);
}

// ---- What options demand of each other

Status CheckBot(const BotConfig& bot) {
  if (bot.openai_url.starts_with("http:") && bot.openai_tls != "none" &&
      !config_checks::IsLoopback(config_checks::UrlHost(bot.openai_url))) {
    return Refuse(
        "bot.openai_url is plain http to another machine: write https://, or bot.openai_tls = "
        "\"none\" if you trust every network in between");
  }
  if (bot.engine == "openai" && (bot.openai_url.empty() || bot.openai_model.empty())) {
    return Refuse("with bot.engine = \"openai\" bot.openai_url and bot.openai_model must be set");
  }
  return Ok();
}

Status CheckMetrics(const MetricsConfig& metrics) {
  const std::string_view host = config_checks::ListenHost(metrics.listen);
  if (metrics.listen.empty() || metrics.reach == "network" || config_checks::IsLoopback(host)) {
    return Ok();
  }
  return Refuse(
      "metrics.listen is an address beyond this machine: write 127.0.0.1, or metrics.reach = "
      "\"network\" if everybody who can reach it may read it");
}

Status CheckTogether(const Config& config) {
  const DatabaseConfig& database = config.database;
  if (database.socket.empty() == database.host.empty()) {
    return Refuse(
        "exactly one of database.socket and database.host must be set; for TCP write socket = \"\" "
        "beside host");
  }
  if (!database.host.empty() && database.tls_ca.empty() &&
      !config_checks::IsLoopback(database.host)) {
    return Refuse("database.host is another machine, so database.tls_ca must be set");
  }
  if (config.session.idle_days > config.session.max_days) {
    return Refuse("session.idle_days must not be more than session.max_days");
  }
  if (config.mail.smtp_tls == "none" && config.mail.smtp_url.starts_with("smtp:") &&
      !config_checks::IsLoopback(config_checks::UrlHost(config.mail.smtp_url))) {
    return Refuse("mail.smtp_tls may be \"none\" only for a relay on this machine");
  }
  if (config.socket.listen_path.empty() && config.socket.listen_port == 0) {
    return Refuse("one of socket.listen_path and socket.listen_port must be set");
  }
  if (config.metrics.stuck_after_ms < 2 * config.bus.sweep_ms) {
    return Refuse("metrics.stuck_after_ms must be at least twice bus.sweep_ms");
  }
  PARLOR_RETURN_IF_ERROR(CheckMetrics(config.metrics));
  return CheckBot(config.bot);
}

}  // namespace

Result<Config> LoadConfig(const std::string& path,
                          const std::map<std::string, std::string>& environment) {
  Config config;
  config.file = path;
  if (!path.empty()) PARLOR_RETURN_IF_ERROR(LoadFile(path, config));
  for (const auto& [variable, text] : environment) {
    PARLOR_RETURN_IF_ERROR(LoadVariable(variable, text, config));
  }
  PARLOR_RETURN_IF_ERROR(CheckTogether(config));
  return config;
}

std::map<std::string, std::string> ParlorEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (!text.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace parlor
