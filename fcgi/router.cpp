#include "fcgi/router.h"

#include <optional>

namespace parlor::fcgi {
namespace {

// Takes "/segment" off `rest`; nullopt when it does not begin with '/'.
std::optional<std::string_view> TakeSegment(std::string_view& rest) {
  if (rest.empty() || rest.front() != '/') return std::nullopt;
  rest.remove_prefix(1);
  const size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(segment.size());
  return segment;
}

std::optional<std::vector<std::string_view>> MatchPattern(std::string_view pattern,
                                                          std::string_view path) {
  std::vector<std::string_view> parameters;
  while (!pattern.empty()) {
    const auto expected = TakeSegment(pattern);
    const auto given = TakeSegment(path);
    if (!expected || !given) return std::nullopt;
    if (expected->starts_with('{')) {
      if (given->empty()) return std::nullopt;
      parameters.push_back(*given);
    } else if (*expected != *given) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  return parameters;
}

void AddMethods(Match& match, Method method) {
  if (!match.allow.empty()) match.allow += ", ";
  match.allow += MethodName(method);
  if (method == Method::kGet) match.allow += ", HEAD";
}

}  // namespace

Match FindRoute(std::span<const Route> routes, Method method, std::string_view path) {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match match;
  for (const Route& route : routes) {
    if (match.pattern.empty()) {
      auto parameters = MatchPattern(route.pattern, path);
      if (!parameters) continue;
      match.pattern = route.pattern;
      match.access = route.access;
      match.parameters = std::move(*parameters);
    }
    if (route.pattern != match.pattern) continue;
    AddMethods(match, route.method);
    if (route.method == wanted) match.route = &route;
  }
  return match;
}

}  // namespace parlor::fcgi
