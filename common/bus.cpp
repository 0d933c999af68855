#include "common/bus.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <span>
#include <utility>
#include <zmq.hpp>

#include "common/log.h"

namespace parlor {
namespace {

constexpr int kReconnectMs = 100;
constexpr int kReconnectMaxMs = 2000;
constexpr int64_t kMaxEventBytes = 1 << 20;  // a message of 16,000 bytes, however it is escaped
constexpr std::string_view kIpcScheme = "ipc://";

int ToInt(int64_t value) {
  return static_cast<int>(std::clamp<int64_t>(value, 0, std::numeric_limits<int>::max()));
}

// Polls until something is ready or `wait_ms` is over; a signal in between does not shorten it.
bool Poll(std::span<zmq::pollitem_t> items, int64_t wait_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const auto timeout = std::max(left, std::chrono::milliseconds(0));
    try {
      return zmq::poll(items.data(), items.size(), timeout) > 0;
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR) return false;
    }
  }
}

// The file of an ipc endpoint; empty for tcp and for abstract names.
std::string IpcPath(const std::string& endpoint) {
  if (!endpoint.starts_with(kIpcScheme) || endpoint.starts_with("ipc://@")) return "";
  return endpoint.substr(kIpcScheme.size());
}

Status BindError(const std::string& endpoint, const char* reason) {
  return {ErrorCode::kUnavailable, "bus.endpoint: cannot bind " + endpoint + ": " + reason};
}

}  // namespace

// ---- Publisher

struct EventPublisher::Impl {
  zmq::context_t context{1};
  zmq::socket_t socket;  // empty if the endpoint is not one: then nobody is ever reachable
  bool starting = true;  // nobody has waited for the daemon yet
};

// ZMQ_IMMEDIATE: nothing is queued for a daemon that is not there; after a long outage it would be
// stale, and the rows in `events` are there anyway.
EventPublisher::EventPublisher(const BusConfig& config) : impl_(std::make_unique<Impl>()) {
  try {
    zmq::socket_t socket(impl_->context, zmq::socket_type::push);
    socket.set(zmq::sockopt::linger, ToInt(config.linger_ms));
    socket.set(zmq::sockopt::immediate, 1);
    socket.set(zmq::sockopt::sndhwm, std::max(1, ToInt(config.high_water_mark)));
    socket.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
    socket.set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
    socket.connect(config.endpoint);
    impl_->socket = std::move(socket);
  } catch (const zmq::error_t& e) {
    log::Error("connecting to the event bus", {{"endpoint", config.endpoint}, {"error", e.what()}});
  }
}

EventPublisher::~EventPublisher() = default;

bool EventPublisher::Publish(std::string_view bytes) {
  if (!impl_->socket) return false;
  while (true) {
    try {
      return impl_->socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait).has_value();
    } catch (const zmq::error_t& e) {
      if (e.num() == EINTR) continue;
      log::Error("pushing an event", {{"error", e.what()}});
      return false;
    }
  }
}

bool EventPublisher::Reachable(int wait_ms) {
  if (!impl_->socket) return false;
  std::array items = {zmq::pollitem_t{impl_->socket.handle(), 0, ZMQ_POLLOUT, 0}};
  return Poll(items, wait_ms);
}

bool EventPublisher::ReachableAtStart(int wait_ms) {
  return Reachable(std::exchange(impl_->starting, false) ? wait_ms : 0);
}

// ---- Subscriber

struct EventSubscriber::Impl {
  ~Impl() {
    if (interrupt >= 0) close(interrupt);
  }
  zmq::context_t context{1};
  zmq::socket_t socket;
  int interrupt = -1;  // an eventfd: written by Interrupt(), never read
};

Result<std::unique_ptr<EventSubscriber>> EventSubscriber::Bind(const BusConfig& config) {
  auto impl = std::make_unique<Impl>();
  impl->interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (impl->interrupt < 0) return BindError(config.endpoint, std::strerror(errno));
  try {
    zmq::socket_t socket(impl->context, zmq::socket_type::pull);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvhwm, std::max(1, ToInt(config.high_water_mark)));
    socket.set(zmq::sockopt::maxmsgsize, kMaxEventBytes);
    socket.bind(config.endpoint);
    impl->socket = std::move(socket);
  } catch (const zmq::error_t& e) {
    return BindError(config.endpoint, e.what());
  }
  const std::string path = IpcPath(config.endpoint);
  // The library makes the file by the umask, and who may write to it may connect.
  if (!path.empty() && chmod(path.c_str(), 0660) != 0) {
    return BindError(config.endpoint, std::strerror(errno));
  }
  return std::unique_ptr<EventSubscriber>(new EventSubscriber(std::move(impl)));
}

EventSubscriber::EventSubscriber(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventSubscriber::~EventSubscriber() = default;

// A busy bus costs one call an event: polls only when there is nothing.
std::optional<std::string> EventSubscriber::Receive(int64_t wait_ms) {
  std::optional<std::string> event = ReceiveNow();
  if (event || wait_ms <= 0) return event;
  std::array items = {zmq::pollitem_t{nullptr, impl_->interrupt, ZMQ_POLLIN, 0},
                      zmq::pollitem_t{impl_->socket.handle(), 0, ZMQ_POLLIN, 0}};
  if (!Poll(items, wait_ms) || items[0].revents != 0) return std::nullopt;
  return ReceiveNow();
}

std::optional<std::string> EventSubscriber::ReceiveNow() {
  try {
    zmq::message_t message;
    if (!impl_->socket.recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
    return message.to_string();
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) log::Error("receiving an event", {{"error", e.what()}});
    return std::nullopt;
  }
}

void EventSubscriber::Interrupt() {
  const uint64_t one = 1;
  if (write(impl_->interrupt, &one, sizeof one) < 0) return;  // full: it is readable already
}

}  // namespace parlor
