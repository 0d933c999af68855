#include "fcgi/html.h"

#include <string>

namespace parlor::fcgi {

const std::string_view kPageStyle =
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:30rem;margin:15vh auto;padding:0 1rem}"
    "button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#2457c5;"
    "color:#fff;cursor:pointer}"
    "a{color:#2457c5}"
    "@media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e6e6}a{color:#9db8f5}}";
const std::string_view kPageStyleHash = "0RlLbKps1EtnpYuSpcUi+nPC0fl/K9/OZTW/VsLtqXg=";

namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// From here on it goes on where people sign in: at this origin's own pages (web/state/route.js).
constexpr std::string_view kSignInLink = "<p><a href=\"/#/signin\">Sign in</a></p>";

std::string Policy() {
  return "default-src 'none'; style-src 'sha256-" + std::string(kPageStyleHash) +
         "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

// `extra` is markup of ours.
Response Page(int status, std::string_view title, std::string_view text, std::string_view extra) {
  Response response;
  response.status = status;
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>" +
      Escape(title) + "</title><style>" + std::string(kPageStyle) +
      "</style></head>\n<body><main><h1>" + Escape(title) + "</h1><p>" + Escape(text) + "</p>" +
      std::string(extra) + "</main></body></html>\n";
  response.Set("Content-Type", "text/html; charset=utf-8");
  response.Set("Cache-Control", "no-store");
  response.Set("Content-Security-Policy", Policy());
  response.Set("Referrer-Policy", "no-referrer");
  response.Set("X-Robots-Tag", "noindex");
  response.Set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

// What has gone well leads to the sign-in; what has not, nowhere.
Response HtmlPage(int status, std::string_view title, std::string_view text) {
  return Page(status, title, text, status < 300 ? kSignInLink : "");
}

Response HtmlPageWithButton(std::string_view title, std::string_view text,
                            std::string_view button) {
  return Page(200, title, text,
              "<form method=\"post\"><button>" + Escape(button) + "</button></form>");
}

}  // namespace parlor::fcgi
