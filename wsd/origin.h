// Which web pages may open a socket here: the Origin check of the handshake (RFC 6455 section
// 10.2). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parlor::wsd {

// `origin` as the browser sent it; nullopt for a client that sends none (not a browser): allowed.
// `host` is the Host header, which nginx passes on; no forwarded header is looked at, any client
// can send those. `allowed` is socket.allowed_origins: empty means "the page's host and port are
// those of the Host header, by http or https", "*" means all; otherwise one of them, compared
// without regard to case and with default ports left out.
bool OriginAllowed(std::optional<std::string_view> origin, std::string_view host,
                   std::span<const std::string> allowed);

}  // namespace parlor::wsd
