// The pages a person sees who opens a registration link in a browser. Pure functions.
//
// They look as the web client's own pages for guests do. No script and nothing from elsewhere: the
// Content-Security-Policy allows the one style sheet below, by its hash, and a form to ourselves.
// Nobody indexes, frames or caches them, and the link (a secret) is told to nobody as a referrer.
#pragma once

#include <string_view>

#include "fcgi/http.h"

namespace parlor::fcgi {

// A heading, a sentence and where to go on: to the sign-in when all is well, to a new link when
// this one is of no use (404, 410), else to the same page once more. `text` may be foreign, it is
// escaped.
Response HtmlPage(int status, std::string_view title, std::string_view text);

// The same with a button that POSTs to the page's own address.
Response HtmlPageWithButton(std::string_view title, std::string_view text, std::string_view button);

// The same with a field for a new password in the form, named `password`. `wrong`: what was wrong
// with the one before, empty on the first page.
Response HtmlPageWithPassword(int status, std::string_view title, std::string_view text,
                              std::string_view wrong, std::string_view button);

// The page's style sheet and its SHA-256 in Base64, as the policy names it (a test compares).
extern const std::string_view kPageStyle;
extern const std::string_view kPageStyleHash;

}  // namespace parlor::fcgi
