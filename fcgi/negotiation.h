// What a client takes and what it has already: Accept, Content-Type, If-None-Match (RFC 9110).
// Pure functions.
#pragma once

#include <string_view>

namespace parlor::fcgi {

// How much the client likes each of our representations, 0 (not at all) to 1000.
struct Preferences {
  int json = 1000;          // application/json; application/problem+json counts as well
  int html = 0;             // text/html
  bool html_named = false;  // by its own name or as text/*, not only by */*

  // A browser: it asked for HTML and likes JSON no better.
  bool PrefersHtml() const { return html_named && html > 0 && html >= json; }
};

// An absent (empty) header takes everything.
Preferences ParseAccept(std::string_view accept);

// application/json, with any parameters, in any case; also an absent (empty) one.
bool IsJsonContentType(std::string_view content_type);

// What a form of a page sends: application/x-www-form-urlencoded, with any parameters, in any case.
bool IsFormContentType(std::string_view content_type);

// Whether the If-None-Match header names `etag` (quoted, strong) or is '*'. Weak comparison.
bool MatchesEtag(std::string_view if_none_match, std::string_view etag);

}  // namespace parlor::fcgi
