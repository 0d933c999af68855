// What libwebsockets tells the server: handshakes, and the lives of connections.
#include <optional>
#include <string>
#include <utility>

#include "common/ascii.h"
#include "common/log.h"
#include "common/protocol.h"
#include "wsd/origin.h"
#include "wsd/server_impl.h"

namespace parlor::wsd {
namespace {

constexpr std::string_view kPath = "/socket";

std::optional<std::string> Header(lws* wsi, lws_token_indexes token) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) return std::nullopt;
  std::string value(static_cast<size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
  if (copied < 0) return std::nullopt;
  value.resize(static_cast<size_t>(copied));
  return value;
}

// The web server's own id of the handshake; empty: none, or one that only a client could have made
// up.
std::string RequestId(lws* wsi) {
  constexpr std::string_view kName = "x-request-id:";
  const int name_length = static_cast<int>(kName.size());
  const int length = lws_hdr_custom_length(wsi, kName.data(), name_length);
  if (length <= 0) return "";
  std::string value(static_cast<size_t>(length) + 1, '\0');
  const int copied = lws_hdr_custom_copy(wsi, value.data(), static_cast<int>(value.size()),
                                         kName.data(), name_length);
  value.resize(copied > 0 ? static_cast<size_t>(copied) : 0);
  return IsRequestId(value) ? value : "";
}

}  // namespace

int Server::Impl::Callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                           size_t length) {
  auto* server = static_cast<Impl*>(lws_context_user(lws_get_context(wsi)));
  switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      if (server->open_ < server->max_connections_ && server->stage_ == Stage::kServing) return 0;
      ++server->gateway_.counters().connections_refused;
      return 1;
    case LWS_CALLBACK_WSI_CREATE:
      ++server->open_;
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      --server->open_;
      return 0;
    case LWS_CALLBACK_HTTP:
      return server->OnHttp(wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      return server->ConfirmUpgrade(wsi);
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      server->drain_mailbox_();
      return 0;  // anything else would close the library's wake-up pipe for good
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
      return server->OnSocketEvent(wsi, reason, static_cast<PerConnection*>(user), in, length);
    default:
      return lws_callback_http_dummy(wsi, reason, user, in, length);
  }
}

int Server::Impl::OnSocketEvent(lws* wsi, lws_callback_reasons reason, PerConnection* user,
                                void* in, size_t length) {
  if (reason == LWS_CALLBACK_ESTABLISHED) {
    Established(wsi, user);
    return 0;
  }
  // CLOSED also comes for connections that never were established.
  if (user == nullptr || user->connection == nullptr) return 0;
  Connection& connection = *user->connection;
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
      return Received(wsi, connection, in, length);
    case LWS_CALLBACK_RECEIVE_PONG:
      gateway_.Pong(connection.session);
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      Flush(connection);
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      if (connection.session.state == SessionState::kClosing) return -1;  // the answer to ours
      connection.session.close_sent = true;                               // the library answers it
      gateway_.PeerCloses(connection.session);
      return 0;
    default:  // LWS_CALLBACK_CLOSED
      delete std::exchange(user->connection, nullptr);
      return 0;
  }
}

void Server::Impl::Established(lws* wsi, PerConnection* user) {
  user->connection =
      new Connection(*this, wsi, RequestId(wsi));  // owned by the library's memory, until CLOSED
}

int Server::Impl::Received(lws* wsi, Connection& connection, void* in, size_t length) {
  const std::string_view piece(static_cast<const char*>(in), length);
  gateway_.Receive(connection.session, piece, lws_is_final_fragment(wsi) != 0,
                   lws_frame_is_binary(wsi) != 0);
  return 0;
}

// A plain request: this server answers none.
int Server::Impl::OnHttp(lws* wsi) {
  return Refuse(
      wsi, Header(wsi, WSI_TOKEN_GET_URI) == kPath ? Refusal::kNoWebSocket : Refusal::kWrongPath);
}

// Non-zero: no handshake. A refusal is answered here, because one in a later callback would close
// without an answer, which nginx shows as 502.
int Server::Impl::ConfirmUpgrade(lws* wsi) {
  const std::optional<std::string> upgrade = Header(wsi, WSI_TOKEN_UPGRADE);
  if (!upgrade) return -1;  // the library has answered already and dropped the headers
  if (Header(wsi, WSI_TOKEN_GET_URI) != kPath) return Refuse(wsi, Refusal::kWrongPath);
  // Anything but this would go on to the library's HTTP/2, or fail without an answer.
  if (!EqualsIgnoringCase(*upgrade, "websocket") || Header(wsi, WSI_TOKEN_VERSION) != "13" ||
      !Header(wsi, WSI_TOKEN_KEY)) {
    return Refuse(wsi, Refusal::kNoWebSocket);
  }
  if (!OriginAllowed(Header(wsi, WSI_TOKEN_ORIGIN), Header(wsi, WSI_TOKEN_HOST).value_or(""),
                     socket_.allowed_origins)) {
    return Refuse(wsi, Refusal::kOrigin);
  }
  return stage_ == Stage::kServing ? 0 : Refuse(wsi, Refusal::kEnding);
}

// Answers and hangs up (the return value for libwebsockets).
int Server::Impl::Refuse(lws* wsi, Refusal why) {
  ++gateway_.counters().handshakes_refused;
  if (log::Enabled(log::Level::kDebug)) {
    log::Debug("refusing a handshake",
               {{"reason", RefusalName(why)}, {"request_id", RequestId(wsi)}});
  }
  std::string answer(LWS_PRE, '\0');
  answer += RefusalText(why);
  auto* bytes = reinterpret_cast<unsigned char*>(answer.data()) + LWS_PRE;
  lws_write(wsi, bytes, answer.size() - LWS_PRE, LWS_WRITE_HTTP);
  return -1;
}

}  // namespace parlor::wsd
