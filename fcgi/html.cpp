#include "fcgi/html.h"

#include <string>

#include "common/protocol.h"

namespace parlor::fcgi {

// The measures and colours of web/styles/base.css: here as there, it is one product.
const std::string_view kPageStyle =
    ":root{color-scheme:light dark;--ground:#f1f4f4;--surface:#fff;--text:#1a2425;--soft:#4f5f60;"
    "--edge:#7b8a8a;--accent:#1d686c;--over:#165457;--on:#fff;"
    "--shadow:0 .5rem 2rem rgb(20 40 40/.16)}"
    "@media(prefers-color-scheme:dark){:root{--ground:#11181a;--surface:#161e20;--text:#e4ebea;"
    "--soft:#a3b3b2;--edge:#71817f;--accent:#74c8c3;--over:#90d8d3;--on:#062322;"
    "--shadow:0 .5rem 2rem rgb(0 0 0/.5)}}"
    "*{box-sizing:border-box}"
    "body{display:grid;min-height:100vh;margin:0;padding:1.5rem 1rem;background:var(--ground);"
    "color:var(--text);font:.9375rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
    "\"Liberation Sans\",sans-serif}"
    "main{display:grid;gap:1rem;width:min(26rem,100%);margin:auto;padding:2rem;border-radius:1."
    "25rem;"
    "background:var(--surface);box-shadow:var(--shadow)}"
    "h1,p,form{margin:0}h1{font-size:1.5rem;font-weight:650;line-height:1.2;overflow-wrap:anywhere}"
    ".brand{display:flex;align-items:center;gap:.75rem;margin-bottom:.75rem;font-size:1.0625rem;"
    "font-weight:700}"
    "svg{width:2rem;height:2rem;fill:var(--accent)}path{fill:var(--on)}"
    "form,label{display:grid;gap:1rem}label{gap:.35rem;font-weight:550}"
    "input{width:100%;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--edge);"
    "border-radius:.625rem;background:var(--surface);color:var(--text);font:inherit}"
    ".wrong{padding:.6rem .75rem;border:1px solid var(--edge);border-radius:.625rem}"
    "a{color:var(--accent);text-underline-offset:.15em}.hint{color:var(--soft);text-align:center}"
    "button,.button{display:block;width:100%;min-height:2.75rem;padding:.6rem 1rem;border:0;"
    "border-radius:.625rem;background:var(--accent);color:var(--on);font:inherit;font-weight:550;"
    "text-align:center;text-decoration:none;cursor:pointer}"
    "button:hover,.button:hover{background:var(--over)}"
    ":focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    "@media(max-width:30rem){body{padding:0;background:var(--surface)}main{margin:0;width:100%;"
    "padding:1.5rem 1rem;border-radius:0;box-shadow:none}}";
const std::string_view kPageStyleHash = "n6b3ofym8StVhnf41kcjMzGN4Q7fWzWDlhTdnGx2cA0=";

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

// The sign of web/icons/parlor.svg; drawn here, as the page loads nothing.
constexpr std::string_view kBrand =
    "<p class=\"brand\"><svg viewBox=\"0 0 32 32\" aria-hidden=\"true\">"
    "<rect width=\"32\" height=\"32\" rx=\"9\"/>"
    "<path d=\"M9 9.5h14a2.5 2.5 0 0 1 2.5 2.5v7a2.5 2.5 0 0 1-2.5 2.5h-7l-5 4v-4H9A2.5 2.5 0 0 1 "
    "6.5 "
    "19v-7A2.5 2.5 0 0 1 9 9.5z\"/><circle cx=\"12\" cy=\"15.5\" r=\"1.5\"/>"
    "<circle cx=\"16\" cy=\"15.5\" r=\"1.5\"/><circle cx=\"20\" cy=\"15.5\" r=\"1.5\"/></svg>"
    "<span>Parlor</span></p>";

// From here on it goes on at this origin's own pages (web/state/route.js).
constexpr std::string_view kSignIn = "<a class=\"button\" href=\"/#/signin\">Sign in</a>";
constexpr std::string_view kNewLink =
    "<p>Create your account once more: a new link is sent to you at once.</p>"
    "<a class=\"button\" href=\"/#/signup\">Get a new link</a>"
    "<p class=\"hint\">Do you have an account already? <a href=\"/#/signin\">Sign in</a></p>";
constexpr std::string_view kTryAgain = "<a class=\"button\" href=\"\">Try again</a>";

std::string_view WhereToGo(int status) {
  if (status < 300) return kSignIn;
  return status == 404 || status == 410 ? kNewLink : kTryAgain;
}

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
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><title>" +
      Escape(title) + " · Parlor</title><style>" + std::string(kPageStyle) +
      "</style></head>\n<body><main>" + std::string(kBrand) + "<h1>" + Escape(title) + "</h1><p>" +
      Escape(text) + "</p>" + std::string(extra) + "</main></body></html>\n";
  response.Set("Content-Type", "text/html; charset=utf-8");
  response.Set("Cache-Control", "no-store");
  response.Set("Content-Security-Policy", Policy());
  response.Set("Referrer-Policy", "no-referrer");
  response.Set("X-Robots-Tag", "noindex");
  response.Set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

Response HtmlPage(int status, std::string_view title, std::string_view text) {
  return Page(status, title, text, WhereToGo(status));
}

Response HtmlPageWithButton(std::string_view title, std::string_view text,
                            std::string_view button) {
  return Page(200, title, text,
              "<form method=\"post\"><button>" + Escape(button) + "</button></form>");
}

// The browser checks the length too, the rest is the worker's to say.
Response HtmlPageWithPassword(int status, std::string_view title, std::string_view text,
                              std::string_view wrong, std::string_view button) {
  std::string form;
  if (!wrong.empty()) form = "<p class=\"wrong\" role=\"alert\">" + Escape(wrong) + "</p>";
  form +=
      "<form method=\"post\"><label>Password<input type=\"password\" name=\"password\" "
      "autocomplete=\"new-password\" minlength=\"" +
      std::to_string(kMinPasswordCharacters) + "\" required autofocus></label><button>" +
      Escape(button) + "</button></form>";
  return Page(status, title, text, form);
}

}  // namespace parlor::fcgi
