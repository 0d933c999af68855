#include "wsd/origin.h"

#include <algorithm>

#include "common/ascii.h"

namespace parlor::wsd {
namespace {

struct Origin {
  std::string scheme;
  std::string authority;  // host, and the port unless it is the scheme's default
};

std::string WithoutDefaultPort(std::string authority, std::string_view scheme) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.resize(authority.size() - port.size());
  return authority;
}

// nullopt for what is no http(s) origin: "null", file:, an extension's page, garbage.
std::optional<Origin> Parse(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme = LowerCase(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  std::string authority = WithoutDefaultPort(LowerCase(text.substr(colon + 3)), scheme);
  if (authority.empty() || authority.find_first_of("/@ ") != std::string::npos) return std::nullopt;
  return Origin{std::move(scheme), std::move(authority)};
}

bool SameHost(const Origin& origin, std::string_view host) {
  return !host.empty() && origin.authority == WithoutDefaultPort(LowerCase(host), origin.scheme);
}

}  // namespace

bool OriginAllowed(std::optional<std::string_view> origin, std::string_view host,
                   std::span<const std::string> allowed) {
  if (!origin) return true;
  if (std::find(allowed.begin(), allowed.end(), "*") != allowed.end()) return true;
  const std::optional<Origin> page = Parse(*origin);
  if (!page) return false;
  if (allowed.empty()) return SameHost(*page, host);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    const std::optional<Origin> listed = Parse(entry);
    return listed && listed->scheme == page->scheme && listed->authority == page->authority;
  });
}

}  // namespace parlor::wsd
