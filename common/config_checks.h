// What texts of the configuration may look like. Each is true for what is allowed. Pure.
#pragma once

#include <string_view>

namespace parlor::config_checks {

bool IsPath(std::string_view text);  // absolute
bool IsPathOrEmpty(std::string_view text);
bool IsSocketPathOrEmpty(std::string_view text);  // short enough for sockaddr_un (107 bytes)
bool IsBusEndpoint(std::string_view text);        // ipc:///path
bool IsPublicUrl(std::string_view text);          // http(s)://host…, no '/' at the end
bool IsOrigin(std::string_view text);             // scheme://host[:port], or "*"
bool IsOwner(std::string_view text);              // user:group, or empty
bool IsIpAddress(std::string_view text);          // IPv4 or IPv6 in digits
bool IsSmtpUrl(std::string_view text);            // smtp://host[:port], smtps://…, or empty
bool IsMailAddress(std::string_view text);
bool IsBotEngine(std::string_view text);  // rules, openai
bool IsModelUrl(std::string_view text);   // http(s)://host…, without login and query, or empty
bool IsTlsDemand(std::string_view text);  // required, none
bool IsKey(std::string_view text);        // what can stand in a header as it is, or empty
bool IsHostName(std::string_view text);   // or empty
bool IsDatabaseName(std::string_view text);
bool IsLogLevel(std::string_view text);
bool IsListenAddress(std::string_view text);  // IP address and port, 127.0.0.1:9464, or empty
bool IsReach(std::string_view text);          // loopback, network
bool IsPoolName(std::string_view text);       // short, in small letters, or empty

// Whether a connection to `host` stays on this machine: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(std::string_view host);
// The host of "scheme://host:port/path" ("[::1]" without the brackets).
std::string_view UrlHost(std::string_view url);
// The address of "127.0.0.1:9464" or "[::1]:9464".
std::string_view ListenHost(std::string_view listen);

}  // namespace parlor::config_checks
