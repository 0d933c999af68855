#include "fcgi/fcgi_io.h"

#include <fcgiapp.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
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

volatile sig_atomic_t g_ending = 0;  // a signal handler has nowhere else to put it

// libfcgi looks at its flag, then calls accept(): a signal between the two would be slept through.
// So SIGALRM follows every second until the process has ended.
extern "C" void OnEndSignal(int /*signal*/) {
  g_ending = 1;
  FCGX_ShutdownPending();
  alarm(1);
}

void InstallSignalHandlers() {
  struct sigaction action = {};
  action.sa_handler = OnEndSignal;  // without SA_RESTART: accept() must return
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGTERM, SIGUSR1, SIGALRM}) sigaction(signal, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

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

void PrepareEnvironment() {
  unsetenv("HTTP_PROXY");
  setenv(kClosePollVariable, kClosePollMs, 0);
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

int ServeFastCgi(size_t max_body_bytes, const HandleRequest& handle) {
  InstallSignalHandlers();  // before FCGX_Init, which leaves handlers alone that are there
  FCGX_Request fastcgi = {};
  if (FCGX_Init() != 0 || FCGX_InitRequest(&fastcgi, 0, 0) != 0) {
    log::Error("preparing FastCGI");
    return 1;
  }
  int code = 0;
  while ((code = FCGX_Accept_r(&fastcgi)) >= 0) AnswerOne(fastcgi, max_body_bytes, handle);
  if (g_ending != 0) return 0;
  log::Error("accepting a request", {{"code", code}, {"error", std::strerror(-code)}});
  return 1;
}

}  // namespace parlor::fcgi
