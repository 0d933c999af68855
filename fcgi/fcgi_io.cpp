#include "fcgi/fcgi_io.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "common/log.h"
#include "fcgi/cgi.h"

namespace parlor::fcgi {
namespace {

// After the answer libfcgi waits for nginx to close, by default up to 2 s in which we answer
// nobody else.
constexpr const char* kClosePollVariable = "LIBFCGI_OS_CLOSE_POLL_TIMEOUT";
constexpr const char* kClosePollMs = "100";

std::string_view ViewOf(const char* text) { return text == nullptr ? std::string_view() : text; }

bool HasBody(const Request& request) { return request.method != Method::kHead; }

// ---- CGI

// Writes all of `bytes`, or gives up when the server has gone.
bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

size_t ReadSome(int descriptor, char* buffer, size_t size) {
  while (true) {
    const ssize_t count = read(descriptor, buffer, size);
    if (count < 0 && errno == EINTR) continue;
    return count > 0 ? static_cast<size_t>(count) : 0;
  }
}

// A server need not close our standard input behind the body: its length is in the environment.
size_t ContentLength() {
  const std::string_view text = ViewOf(std::getenv("CONTENT_LENGTH"));
  size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

// ---- FastCGI

sigset_t EndSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

// Waits for a connection or the end. The signals are blocked and read as a file: one that comes
// while a request is in hand interrupts none of its reads, and none is lost between a look at a
// flag and accept(), as it would be with libfcgi's own handlers.
class Listener {
 public:
  Listener() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    const sigset_t signals = EndSignals();
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    // Several workers wait on the same socket, and another may be quicker: then accept() must
    // return. One of them is woken a connection.
    const int flags = fcntl(kSocket, F_GETFL);
    ok_ = flags >= 0 && fcntl(kSocket, F_SETFL, flags | O_NONBLOCK) == 0 &&
          Add(kSocket, EPOLLIN | EPOLLEXCLUSIVE) && Add(signals_, EPOLLIN);
  }
  ~Listener() {
    close(signals_);
    close(epoll_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool ok() const { return ok_; }

  // False when the process is to end.
  bool Await(const HandleIdle& idle) {
    while (true) {
      std::array<epoll_event, 2> events{};
      const int wait_ms = static_cast<int>(idle().value_or(-1));
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
      if (count < 0 && errno != EINTR) return false;
      for (int i = 0; i < count; ++i) {
        if (events[static_cast<size_t>(i)].data.fd == signals_) return false;
      }
      if (count > 0) return true;
    }
  }

 private:
  static constexpr int kSocket = 0;  // where a FastCGI program finds its listening socket

  bool Add(int descriptor, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  int epoll_;
  int signals_ = -1;
  bool ok_ = false;
};

size_t ReadSome(FCGX_Stream* stream, char* buffer, size_t size) {
  const int limit = static_cast<int>(std::min<size_t>(size, std::numeric_limits<int>::max()));
  const int count = FCGX_GetStr(buffer, limit, stream);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void AnswerOne(FCGX_Request& fastcgi, size_t max_body_bytes, const HandleRequest& handle) {
  Request request =
      RequestFrom([&](const char* name) { return ViewOf(FCGX_GetParam(name, fastcgi.envp)); });
  ReadBody([&](char* buffer, size_t size) { return ReadSome(fastcgi.in, buffer, size); },
           max_body_bytes, &request);
  const std::string bytes = Serialize(handle(request), HasBody(request));
  FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), fastcgi.out);
  FCGX_Finish_r(&fastcgi);
}

}  // namespace

void PrepareProcess() {
  unsetenv("HTTP_PROXY");
  setenv(kClosePollVariable, kClosePollMs, 0);
  signal(SIGPIPE, SIG_IGN);
  if (StartedAsCgi()) return;  // there, a signal ends us as it ends any program
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool StartedAsCgi() { return FCGX_IsCGI() != 0; }

bool StartedByHand() { return StartedAsCgi() && std::getenv("REQUEST_METHOD") == nullptr; }

int ServeCgi(size_t max_body_bytes, const HandleRequest& handle) {
  Request request = RequestFrom([](const char* name) { return ViewOf(std::getenv(name)); });
  size_t left = ContentLength();
  ReadBody(
      [&](char* buffer, size_t size) {
        const size_t wanted = std::min(size, left);
        const size_t count = wanted == 0 ? 0 : ReadSome(STDIN_FILENO, buffer, wanted);
        left -= count;
        return count;
      },
      max_body_bytes, &request);
  return WriteAll(STDOUT_FILENO, Serialize(handle(request), HasBody(request))) ? 0 : 1;
}

int ServeFastCgi(size_t max_body_bytes, const HandleRequest& handle, const HandleIdle& idle) {
  Listener listener;
  FCGX_Request fastcgi = {};
  if (!listener.ok() || FCGX_Init() != 0 || FCGX_InitRequest(&fastcgi, 0, 0) != 0) {
    log::Error("preparing FastCGI", {{"error", std::strerror(errno)}});
    return 1;
  }
  while (listener.Await(idle)) {
    const int code = FCGX_Accept_r(&fastcgi);
    if (code >= 0) {
      AnswerOne(fastcgi, max_body_bytes, handle);
    } else if (code != -EAGAIN && code != -EINTR) {
      log::Error("accepting a request", {{"code", code}, {"error", std::strerror(-code)}});
      return 1;
    }
  }
  return 0;
}

}  // namespace parlor::fcgi
