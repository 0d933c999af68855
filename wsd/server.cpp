// Life and end of the server.
#include "wsd/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/log.h"
#include "wsd/descriptors.h"
#include "wsd/server_impl.h"

namespace parlor::wsd {
namespace {

constexpr size_t kReceiveBytes = 1024;  // a connection's own buffer: most of its memory
constexpr unsigned short kMaxHeaderBytes = 16384;
constexpr mode_t kSocketMode = 0660;
constexpr uint64_t kTickMs = Gateway::kTickMs;
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

Status Server::Impl::Start() {
  std::signal(SIGPIPE, SIG_IGN);
  if (socket_.listen_path.empty() && socket_.listen_port == 0) {
    return Status::InvalidField("socket.listen_path",
                                "Neither socket.listen_path nor socket.listen_port is set.");
  }
  if (!socket_.listen_path.empty()) {
    PARLOR_ASSIGN_OR_RETURN(ListenLock lock, ListenLock::Take(socket_.listen_path));
    lock_.emplace(std::move(lock));
  }
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
  info.pcontext = &context_;  // set to null when the library has freed it
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
      &tick_, [](uv_timer_t* handle) { Of(handle).Tick(); }, kTickMs, kTickMs);
  constexpr std::array numbers{SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < signals_.size(); ++i) {
    uv_signal_init(&loop_, &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(
        &signals_[i], [](uv_signal_t* handle, int number) { Of(handle).OnSignal(number); },
        numbers[i]);
  }
}

// Who connects now waits in the kernel's queue until Run().
Status Server::Impl::Listen() {
  if (!socket_.listen_path.empty()) PARLOR_RETURN_IF_ERROR(CreateVhost(true));
  if (socket_.listen_port != 0) PARLOR_RETURN_IF_ERROR(CreateVhost(false));
  listening_ = ListeningDescriptors();  // before there are threads: all of them are the library's
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
  if (lws_create_vhost(context_, &info) != nullptr) {
    // The library leaves it to the umask when it has no owner to set.
    if (unix_socket) chmod(socket_.listen_path.c_str(), kSocketMode);
    return Ok();
  }
  return Status(ErrorCode::kUnavailable,
                unix_socket ? "Can't listen on " + socket_.listen_path + "."
                            : "Can't listen on " + socket_.listen_address + " port " +
                                  std::to_string(socket_.listen_port) + ".");
}

// The machine's name is for people who look at the table; where there is a path, the name in the
// lock file is what makes it ours alone.
std::string Server::Impl::Place() const {
  std::array<char, HOST_NAME_MAX + 1> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
  const std::string machine = std::string(host.data()) + ":";
  if (lock_) return machine + socket_.listen_path + "#" + lock_->name();
  return machine + socket_.listen_address + ":" + std::to_string(socket_.listen_port);
}

void Server::Impl::Run() {
  drain_mailbox_();
  uv_run(&loop_, UV_RUN_DEFAULT);
  StopListening();
}

void Server::Impl::Tick() {
  gateway_.Tick();
  if (!supervisor_.ready() && gateway_.ready() && stage_ == Stage::kServing) supervisor_.Ready();
  supervisor_.Alive(static_cast<int64_t>(uv_now(&loop_)), gateway_.connections());
}

// Nobody serves who connects from here on: he must be refused at once, and not wait in the kernel's
// queue until the threads have ended. The descriptors are closed by the library when it ends (a
// destroyed virtual host of a foreign loop keeps its own).
void Server::Impl::StopListening() {
  for (const int descriptor : std::exchange(listening_, {})) shutdown(descriptor, SHUT_RDWR);
}

Server::Impl::~Impl() {
  if (context_ != nullptr) lws_context_destroy(context_);
  if (handles_open_) CloseHandles();
  if (!loop_open_) return;
  uv_run(&loop_, UV_RUN_DEFAULT);  // lets every handle finish closing
  // With a loop that is not its own the library frees its memory at a second call.
  if (context_ != nullptr) lws_context_destroy(context_);
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
  if (number == SIGHUP) {
    if (stage_ == Stage::kServing) StartReload();
    return;
  }
  if (std::exchange(told_to_end_, true)) {
    log::Warning("ending at once", {{"signal", number}});
    if (lock_) lock_->RemoveSocket();
    std::_Exit(128 + number);
  }
  if (stage_ != Stage::kServing) {  // by itself, see End(); only a second signal is impatience
    log::Info("ending already", {{"signal", number}});
    return;
  }
  log::Info("ending", {{"signal", number}, {"connections", gateway_.connections()}});
  StartEnding();
}

void Server::Impl::End(std::string_view why) {
  if (stage_ != Stage::kServing) return;
  log::Warning("ending", {{"why", why}, {"connections", gateway_.connections()}});
  StartEnding();
}

void Server::Impl::StartEnding() {
  stage_ = Stage::kDraining;
  supervisor_.Stopping();
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

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Create(const Config& config, Gateway& gateway,
                                               std::function<void()> drain_mailbox) {
  auto impl = std::make_unique<Impl>(config, gateway, std::move(drain_mailbox));
  PARLOR_RETURN_IF_ERROR(impl->Start());
  PARLOR_RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::Wake() { impl_->Wake(); }
void Server::End(std::string_view why) { impl_->End(why); }
void Server::Run() { impl_->Run(); }
std::string Server::Place() const { return impl_->Place(); }

}  // namespace parlor::wsd
