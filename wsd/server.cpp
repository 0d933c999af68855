#include "wsd/server.h"

#include <libwebsockets.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/log.h"
#include "wsd/descriptors.h"
#include "wsd/listen_lock.h"
#include "wsd/origin.h"
#include "wsd/refusal.h"

namespace parlor::wsd {
namespace {

constexpr std::string_view kPath = "/socket";
constexpr size_t kMaxFlushBytes = 262144;  // one write; libwebsockets copies what is not taken
constexpr size_t kReceiveBytes = 1024;     // a connection's own buffer: most of its memory
constexpr unsigned short kMaxHeaderBytes = 16384;
constexpr uint64_t kTickMs = 100;
constexpr uint64_t kEndingTickMs = 20;
constexpr int64_t kCloseSlice = 20;     // a 20th of the connections at a time …
constexpr size_t kMinCloseSlice = 100;  // … but not fewer than this
constexpr int64_t kCloseReplyWaitMs = 2000;

// At most kLogLines of the library's complaints in kLogWindowMs: a fault of the network can repeat
// them without end.
constexpr int kLogLines = 20;
constexpr uint64_t kLogWindowMs = 10000;

void EmitLog(int level, const char* line) {
  static uint64_t window_began_ms = 0;
  static int lines = 0;
  const uint64_t now = uv_hrtime() / 1000000;
  if (now - window_began_ms > kLogWindowMs) {
    if (lines > kLogLines) {
      log::Warning("serving sockets", {{"library_lines_left_out", lines - kLogLines}});
    }
    window_began_ms = now;
    lines = 0;
  }
  if (++lines > kLogLines) return;
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto severity = (level & LLL_ERR) != 0 ? log::Level::kError : log::Level::kWarning;
  log::Write(severity, "serving sockets", {{"libwebsockets", text}});
}

}  // namespace

class Server::Impl {
 public:
  Impl(const Config& config, Gateway& gateway, std::function<void()> drain_mailbox)
      : socket_(config.socket), gateway_(gateway), drain_mailbox_(std::move(drain_mailbox)) {
    scratch_.reserve(kMaxFlushBytes);
  }
  ~Impl();

  Status Start();
  Status Listen();
  void Run();
  void Wake() { lws_cancel_service(context_); }

 private:
  enum class Stage { kServing, kDraining, kClosing };

  // What libwebsockets keeps for a connection: one pointer (its memory is zeroed, no constructor
  // runs). Null before the handshake has succeeded.
  class Connection;
  struct PerConnection {
    Connection* connection;
  };

  // One established connection: the gateway's Peer.
  class Connection final : public Peer {
   public:
    Connection(Impl& server, lws* socket)
        : server_(server), wsi(socket), session(server.gateway_.Open(*this)) {}
    ~Connection() {
      Unlist();
      server_.gateway_.Gone(session);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void WantFlush() override {
      if (list_ == nullptr) List(server_.touched_);
    }
    void PauseReading(bool pause) override { lws_rx_flow_control(wsi, pause ? 0 : 1); }
    void Drop() override {
      dropped = true;
      lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      server_.Wake();  // the library looks at its timers only after an event
    }

    void List(std::vector<Connection*>& list) {
      list_ = &list;
      index_ = list.size();
      list.push_back(this);
    }
    void Unlist() {
      if (list_ != nullptr) (*list_)[index_] = nullptr;
      list_ = nullptr;
    }

   private:
    Impl& server_;
    std::vector<Connection*>* list_ = nullptr;  // touched_ or delayed_
    size_t index_ = 0;

   public:
    lws* const wsi;
    Session& session;
    uint64_t last_write_ms = 0;
    bool dropped = false;
  };

  // Handshake and life of a connection, as libwebsockets tells it.
  static int Callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t length);
  int OnSocketEvent(lws* wsi, lws_callback_reasons reason, PerConnection* user, void* in,
                    size_t length);
  int OnHttp(lws* wsi);
  int Refuse(lws* wsi, Refusal why);
  int ConfirmUpgrade(lws* wsi);
  void Established(lws* wsi, PerConnection* user);
  int Received(lws* wsi, Connection& connection, void* in, size_t length);

  // Sending.
  void FlushTouched();
  void FlushDelayed();
  void Flush(Connection& connection);
  bool WriteQueue(Connection& connection);

  // Ending.
  void OnSignal(int number);
  void EndingStep();
  void CloseSlice();

  Status CreateVhost(bool unix_socket);
  void StartHandles();
  void CloseHandles();
  template <typename Handle>
  static Impl& Of(Handle* handle) {
    return *static_cast<Impl*>(handle->data);
  }

  const SocketConfig socket_;
  Gateway& gateway_;
  const std::function<void()> drain_mailbox_;

  int64_t max_connections_ = 0;
  int64_t open_ = 0;  // accepted connections, established or not
  std::optional<ListenLock> lock_;

  uv_loop_t loop_{};
  bool loop_open_ = false;
  bool handles_open_ = false;
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_timer_t tick_{};
  uv_timer_t delay_{};
  uv_timer_t ending_{};
  std::array<uv_signal_t, 2> signals_{};

  lws_context* context_ = nullptr;
  std::array<lws_protocols, 2> protocols_{};
  lws_retry_bo_t no_library_timers_{};  // both times 0: no timer a connection; ours are the wheel's
  std::array<void*, 1> foreign_loops_{};

  std::vector<Connection*> touched_;
  std::vector<Connection*> delayed_;
  std::string scratch_;

  Stage stage_ = Stage::kServing;
  int64_t ending_began_ms_ = 0;
  int64_t all_told_ms_ = 0;
};

// ---- Life of the server ------------------------------------------------------------------------

Status Server::Impl::Start() {
  std::signal(SIGPIPE, SIG_IGN);
  PARLOR_ASSIGN_OR_RETURN(const int64_t descriptors, SetDescriptorLimit(socket_.max_descriptors));
  max_connections_ = ConnectionLimit(socket_.max_connections, descriptors);
  if (uv_loop_init(&loop_) != 0) return Status(ErrorCode::kInternal, "No event loop.");
  loop_open_ = true;
  foreign_loops_[0] = &loop_;

  protocols_[0] = lws_protocols{"parlor", &Impl::Callback, sizeof(PerConnection), kReceiveBytes,
                                0,        nullptr,         kMaxFlushBytes};
  lws_set_log_level(LLL_ERR | LLL_WARN, &EmitLog);
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.foreign_loops = foreign_loops_.data();
  info.max_http_header_data = kMaxHeaderBytes;
  info.user = this;
  context_ = lws_create_context(&info);
  if (context_ == nullptr) {
    return Status(ErrorCode::kInternal,
                  "libwebsockets does not start (is libwebsockets-evlib-uv installed?).");
  }
  StartHandles();
  return Ok();
}

void Server::Impl::StartHandles() {
  handles_open_ = true;
  uv_prepare_init(&loop_, &prepare_);
  uv_check_init(&loop_, &check_);
  for (uv_timer_t* timer : {&tick_, &delay_, &ending_}) {
    uv_timer_init(&loop_, timer);
    timer->data = this;
  }
  prepare_.data = check_.data = this;
  // Check comes after all reading of a turn; prepare catches what timers touched before the loop
  // waits.
  uv_check_start(&check_, [](uv_check_t* handle) { Of(handle).FlushTouched(); });
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { Of(handle).FlushTouched(); });
  uv_timer_start(
      &tick_, [](uv_timer_t* handle) { Of(handle).gateway_.Tick(); }, kTickMs, kTickMs);
  constexpr std::array kSignals{SIGTERM, SIGINT};
  for (size_t i = 0; i < signals_.size(); ++i) {
    uv_signal_init(&loop_, &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(
        &signals_[i], [](uv_signal_t* handle, int number) { Of(handle).OnSignal(number); },
        kSignals[i]);
  }
}

Status Server::Impl::Listen() {
  if (socket_.listen_path.empty() && socket_.listen_port == 0) {
    return Status::InvalidField("socket.listen_path",
                                "Neither socket.listen_path nor socket.listen_port is set.");
  }
  if (!socket_.listen_path.empty()) {
    PARLOR_ASSIGN_OR_RETURN(ListenLock lock, ListenLock::Take(socket_.listen_path));
    lock_.emplace(std::move(lock));
    PARLOR_RETURN_IF_ERROR(CreateVhost(true));
  }
  if (socket_.listen_port != 0) PARLOR_RETURN_IF_ERROR(CreateVhost(false));
  log::Info("listening", {{"path", socket_.listen_path},
                          {"port", socket_.listen_port},
                          {"max_connections", max_connections_}});
  return Ok();
}

Status Server::Impl::CreateVhost(bool unix_socket) {
  lws_context_creation_info info{};
  info.vhost_name = unix_socket ? "unix" : "tcp";
  info.protocols = protocols_.data();
  info.retry_and_idle_policy = &no_library_timers_;
  if (unix_socket) {
    info.options = LWS_SERVER_OPTION_UNIX_SOCK;
    info.iface = socket_.listen_path.c_str();
    if (!socket_.listen_owner.empty()) info.unix_socket_perms = socket_.listen_owner.c_str();
  } else {
    info.port = static_cast<int>(socket_.listen_port);
    if (!socket_.listen_address.empty()) info.iface = socket_.listen_address.c_str();
  }
  if (lws_create_vhost(context_, &info) != nullptr) return Ok();
  return Status(ErrorCode::kUnavailable,
                unix_socket ? "Can't listen on " + socket_.listen_path + "."
                            : "Can't listen on " + socket_.listen_address + " port " +
                                  std::to_string(socket_.listen_port) + ".");
}

void Server::Impl::Run() {
  drain_mailbox_();
  uv_run(&loop_, UV_RUN_DEFAULT);
}

Server::Impl::~Impl() {
  if (context_ != nullptr) lws_context_destroy(context_);
  if (handles_open_) CloseHandles();
  if (!loop_open_) return;
  uv_run(&loop_, UV_RUN_DEFAULT);  // lets every handle finish closing
  uv_loop_close(&loop_);
}

void Server::Impl::CloseHandles() {
  const auto close = [](auto* handle) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
  };
  close(&prepare_);
  close(&check_);
  for (uv_timer_t* timer : {&tick_, &delay_, &ending_}) close(timer);
  for (uv_signal_t& signal : signals_) close(&signal);
}

// ---- Ending ------------------------------------------------------------------------------------

void Server::Impl::OnSignal(int number) {
  if (stage_ != Stage::kServing) {
    log::Warning("ending at once", {{"signal", number}});
    if (lock_) lock_->RemoveFiles();
    std::_Exit(128 + number);
  }
  log::Info("ending", {{"signal", number}, {"connections", gateway_.connections()}});
  stage_ = Stage::kDraining;
  uv_update_time(&loop_);
  ending_began_ms_ = static_cast<int64_t>(uv_now(&loop_));
  gateway_.StartDraining();
  uv_timer_start(
      &ending_, [](uv_timer_t* handle) { Of(handle).EndingStep(); }, 0, kEndingTickMs);
}

// Draining may take three quarters of the time there is; the rest is for saying good-bye.
void Server::Impl::EndingStep() {
  const int64_t now = static_cast<int64_t>(uv_now(&loop_));
  const int64_t spent_ms = now - ending_began_ms_;
  if (stage_ == Stage::kDraining) {
    if (!gateway_.Drained() && spent_ms < socket_.shutdown_timeout_ms * 3 / 4) return;
    stage_ = Stage::kClosing;
  }
  CloseSlice();
  const bool told = all_told_ms_ != 0 && now - all_told_ms_ > kCloseReplyWaitMs;
  if (gateway_.connections() == 0 || told || spent_ms > socket_.shutdown_timeout_ms) {
    uv_stop(&loop_);
  }
}

void Server::Impl::CloseSlice() {
  const size_t slice =
      std::max(gateway_.connections() / static_cast<size_t>(kCloseSlice), kMinCloseSlice);
  if (!gateway_.CloseSome(slice) && all_told_ms_ == 0) {
    all_told_ms_ = static_cast<int64_t>(uv_now(&loop_));
  }
}

// ---- What libwebsockets tells ------------------------------------------------------------------

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
  user->connection = new Connection(*this, wsi);  // owned by the library's memory, until CLOSED
}

int Server::Impl::Received(lws* wsi, Connection& connection, void* in, size_t length) {
  const std::string_view piece(static_cast<const char*>(in), length);
  gateway_.Receive(connection.session, piece, lws_is_final_fragment(wsi) != 0,
                   lws_frame_is_binary(wsi) != 0);
  return 0;
}

namespace {

std::optional<std::string> Header(lws* wsi, lws_token_indexes token) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) return std::nullopt;
  std::string value(static_cast<size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
  if (copied < 0) return std::nullopt;
  value.resize(static_cast<size_t>(copied));
  return value;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

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
  std::string answer(LWS_PRE, '\0');
  answer += RefusalText(why);
  auto* bytes = reinterpret_cast<unsigned char*>(answer.data()) + LWS_PRE;
  lws_write(wsi, bytes, answer.size() - LWS_PRE, LWS_WRITE_HTTP);
  return -1;
}

// ---- Sending -----------------------------------------------------------------------------------

void Server::Impl::FlushTouched() {
  if (touched_.empty()) return;
  const uint64_t now = uv_now(&loop_);
  const auto window = static_cast<uint64_t>(socket_.flush_window_ms);
  for (size_t i = 0; i < touched_.size(); ++i) {  // in place: an entry may vanish meanwhile
    Connection* connection = touched_[i];
    if (connection == nullptr) continue;
    connection->Unlist();
    if (now - connection->last_write_ms >= window) {
      Flush(*connection);
      continue;
    }
    if (delayed_.empty()) {
      uv_timer_start(
          &delay_, [](uv_timer_t* handle) { Of(handle).FlushDelayed(); }, window, 0);
    }
    connection->List(delayed_);
  }
  touched_.clear();
}

void Server::Impl::FlushDelayed() {
  for (size_t i = 0; i < delayed_.size(); ++i) {
    Connection* connection = delayed_[i];
    if (connection == nullptr) continue;
    connection->Unlist();
    Flush(*connection);
  }
  delayed_.clear();
}

// After the close frame the client answers with its own and hangs up; the gateway's wheel sees to
// one that does not.
void Server::Impl::Flush(Connection& connection) {
  if (connection.dropped || !WriteQueue(connection)) return;
  Session& session = connection.session;
  if (session.state == SessionState::kClosing) session.close_sent = true;
}

// The one place that writes. True: everything has gone out. Otherwise the library still holds a
// rest, and calls Flush() when the kernel has taken it.
bool Server::Impl::WriteQueue(Connection& connection) {
  OutQueue& queue = connection.session.outgoing;
  for (;;) {
    if (lws_partial_buffered(connection.wsi) != 0) {
      lws_callback_on_writable(connection.wsi);
      return false;
    }
    if (queue.empty()) return true;
    scratch_.clear();
    queue.TakeInto(scratch_, kMaxFlushBytes);
    auto* bytes = reinterpret_cast<unsigned char*>(scratch_.data());
    if (lws_write(connection.wsi, bytes, scratch_.size(), LWS_WRITE_RAW) < 0) {
      queue.Clear();
      connection.Drop();
      return false;
    }
    connection.last_write_ms = uv_now(&loop_);
    ++gateway_.counters().writes;
    gateway_.counters().bytes_out += scratch_.size();
  }
}

// ---- The outside -------------------------------------------------------------------------------

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Create(const Config& config, Gateway& gateway,
                                               std::function<void()> drain_mailbox) {
  auto impl = std::make_unique<Impl>(config, gateway, std::move(drain_mailbox));
  PARLOR_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::Wake() { impl_->Wake(); }
Status Server::Listen() { return impl_->Listen(); }
void Server::Run() { impl_->Run(); }

}  // namespace parlor::wsd
