#include "common/config_checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace parlor::config_checks {
namespace {

constexpr size_t kMaxSocketPath = 107;  // sockaddr_un.sun_path without the NUL
constexpr size_t kMaxMailAddress = 254;
constexpr size_t kMaxPoolName = 16;
constexpr int kMaxPort = 65535;
constexpr std::string_view kBusScheme = "ipc://";

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsNameCharacter);
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

// Control characters end up in other programs' hands (a path in a log, a name in a header).
bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

bool HasScheme(std::string_view url, std::string_view scheme) {
  return url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://") &&
         IsPrintable(url) && !UrlHost(url).empty();
}

}  // namespace

bool IsPath(std::string_view text) { return text.starts_with('/') && !HasControl(text); }

bool IsPathOrEmpty(std::string_view text) { return text.empty() || IsPath(text); }

bool IsSocketPathOrEmpty(std::string_view text) {
  return IsPathOrEmpty(text) && text.size() <= kMaxSocketPath;
}

bool IsBusEndpoint(std::string_view text) {
  if (!text.starts_with(kBusScheme)) return false;
  const std::string_view path = text.substr(kBusScheme.size());
  return IsPath(path) && path.size() <= kMaxSocketPath;
}

bool IsPublicUrl(std::string_view text) {
  return (HasScheme(text, "http") || HasScheme(text, "https")) && !text.ends_with('/') &&
         text.find_first_of("?#\"<>") == std::string_view::npos;
}

bool IsOrigin(std::string_view text) {
  if (text == "*") return true;
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return false;
  return HasScheme(text, text.substr(0, scheme_end)) && IsWord(text.substr(0, scheme_end)) &&
         text.find('/', scheme_end + 3) == std::string_view::npos;
}

bool IsOwner(std::string_view text) {
  if (text.empty()) return true;
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && IsWord(text.substr(0, colon)) &&
         IsWord(text.substr(colon + 1));
}

bool IsIpAddress(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const std::string terminated(text);
  return inet_pton(AF_INET, terminated.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
}

bool IsSmtpUrl(std::string_view text) {
  return text.empty() || HasScheme(text, "smtp") || HasScheme(text, "smtps");
}

bool IsTlsDemand(std::string_view text) { return text == "required" || text == "none"; }

bool IsBotEngine(std::string_view text) { return text == "rules" || text == "openai"; }

// Without a login and a query: such a URL would be a secret, and be seen in logs.
bool IsModelUrl(std::string_view text) {
  return text.empty() || ((HasScheme(text, "http") || HasScheme(text, "https")) &&
                          text.find_first_of("?#@\"<>\\") == std::string_view::npos);
}

bool IsKey(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool IsMailAddress(std::string_view text) {
  const size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && IsPrintable(text) &&
         text.size() <= kMaxMailAddress && text.find_first_of("<>,;\"") == std::string_view::npos;
}

bool IsHostName(std::string_view text) { return text.empty() || IsWord(text); }

bool IsDatabaseName(std::string_view text) { return IsWord(text) && text.size() <= 64; }

bool IsLogLevel(std::string_view text) {
  return text == "debug" || text == "info" || text == "warning" || text == "error";
}

bool IsListenAddress(std::string_view text) {
  if (text.empty()) return true;
  const std::string_view port = text.substr(text.rfind(':') + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_port =
      error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= kMaxPort;
  const std::string_view host = ListenHost(text);
  const bool is_six = host.find(':') != std::string_view::npos;
  return is_port && IsIpAddress(host) && is_six == text.starts_with('[') &&
         text.size() == host.size() + port.size() + (is_six ? 3 : 1);
}

bool IsReach(std::string_view text) { return text == "loopback" || text == "network"; }

bool IsPoolName(std::string_view text) {
  return text.size() <= kMaxPoolName && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::string_view ListenHost(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && IsIpAddress(host));
}

std::string_view UrlHost(std::string_view url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return {};
  std::string_view rest = url.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    return close == std::string_view::npos ? std::string_view() : rest.substr(1, close - 1);
  }
  return rest.substr(0, rest.find(':'));
}

}  // namespace parlor::config_checks
