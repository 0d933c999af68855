#include "fcgi/negotiation.h"

#include <algorithm>
#include <string>

#include "common/ascii.h"

namespace parlor::fcgi {
namespace {

// Takes the part before the first `separator` off `rest`.
std::string_view TakePart(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return TrimBlanks(part);
}

// "0.75" is 750. What is no quality counts as 1, as if it had not been written.
int QualityFrom(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
  int quality = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 1000;
  int weight = 100;
  for (size_t i = 2; i < text.size() && weight > 0; ++i, weight /= 10) {
    if (text[i] < '0' || text[i] > '9') return 1000;
    quality += (text[i] - '0') * weight;
  }
  return std::min(quality, 1000);
}

struct Range {
  std::string type;
  int quality = 1000;
};

Range ParseRange(std::string_view text) {
  Range range;
  range.type = LowerCase(TakePart(text, ';'));
  while (!text.empty()) {
    const std::string_view parameter = TakePart(text, ';');
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
      range.quality = QualityFrom(TrimBlanks(parameter.substr(2)));
    }
  }
  return range;
}

// The most specific range that covers a type decides, whatever the order.
struct Best {
  int specificity = 0;
  int quality = 0;

  void Offer(int offered_specificity, int offered_quality) {
    if (offered_specificity < specificity) return;
    quality =
        offered_specificity > specificity ? offered_quality : std::max(quality, offered_quality);
    specificity = offered_specificity;
  }
};

constexpr int kAnything = 1;
constexpr int kMainType = 2;
constexpr int kExact = 3;

}  // namespace

Preferences ParseAccept(std::string_view accept) {
  if (TrimBlanks(accept).empty()) return Preferences{};
  Best json;
  Best html;
  while (!accept.empty()) {
    const Range range = ParseRange(TakePart(accept, ','));
    if (range.type == "*/*" || range.type == "*") {
      json.Offer(kAnything, range.quality);
      html.Offer(kAnything, range.quality);
    } else if (range.type == "application/*") {
      json.Offer(kMainType, range.quality);
    } else if (range.type == "application/json" || range.type == "application/problem+json") {
      json.Offer(kExact, range.quality);
    } else if (range.type == "text/*") {
      html.Offer(kMainType, range.quality);
    } else if (range.type == "text/html") {
      html.Offer(kExact, range.quality);
    }
  }
  return Preferences{json.quality, html.quality, html.specificity > kAnything};
}

bool IsJsonContentType(std::string_view content_type) {
  const std::string type = LowerCase(TakePart(content_type, ';'));
  return type.empty() || type == "application/json";
}

bool IsFormContentType(std::string_view content_type) {
  return LowerCase(TakePart(content_type, ';')) == "application/x-www-form-urlencoded";
}

bool MatchesEtag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view candidate = TakePart(if_none_match, ',');
    if (candidate == "*") return true;
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
  }
  return false;
}

}  // namespace parlor::fcgi
