#include "wsd/metrics_server.h"

#include <civetweb.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <utility>

#include "common/log.h"
#include "wsd/thread.h"

namespace parlor::wsd {
namespace {

// A connection that says nothing keeps a thread until the time is over: enough threads that a
// handful of those (preconnects, checks of the port alone) hold up no scrape.
constexpr const char* kThreads = "16";
constexpr const char* kRequestTimeoutMs = "2000";
constexpr const char* kMaxRequestBytes = "8192";

constexpr auto kKnockEvery = std::chrono::milliseconds(20);

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

std::string Serialize(const WatchAnswer& answer, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  text.append(ReasonPhrase(answer.status)).append("\r\nContent-Type: ").append(answer.type);
  text.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
  if (answer.status == 405) text.append("\r\nAllow: GET, HEAD");
  text.append("\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (with_body) text += answer.body;
  return text;
}

// Connects, and hangs up. `listen` is address:port, [address]:port; the address of all interfaces
// leads to ourselves too. Without success nothing is lost but time.
void Knock(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return;
  std::string address = listen.substr(0, colon);
  if (address.size() > 2 && address.front() == '[') address = address.substr(1, address.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), listen.c_str() + colon + 1, &hints, &found) != 0) return;
  const int descriptor =
      socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor >= 0) {
    static_cast<void>(connect(descriptor, found->ai_addr, found->ai_addrlen));
    close(descriptor);
  }
  freeaddrinfo(found);
}

// The library's complaints, mostly of clients: not ours to repeat, but at debug.
int OnLogMessage(const mg_connection* /*connection*/, const char* message) {
  log::Debug("answering for metrics", {{"civetweb", message}});
  return 1;  // said
}

}  // namespace

struct MetricsServer::Impl {
  explicit Impl(Answer a) : answer(std::move(a)) {}
  ~Impl() {
    if (context != nullptr) Stop();
    mg_exit_library();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Stop();
  static int OnRequest(mg_connection* connection, void* self);

  const Answer answer;
  std::string listen;
  mg_callbacks callbacks{};
  mg_context* context = nullptr;
};

// The library looks whether it is to stop when somebody connects, else every two seconds.
void MetricsServer::Impl::Stop() {
  std::future<void> stopped = std::async(std::launch::async, [this] { mg_stop(context); });
  while (stopped.wait_for(kKnockEvery) != std::future_status::ready) Knock(listen);
}

int MetricsServer::Impl::OnRequest(mg_connection* connection, void* self) {
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const bool is_head = method == "HEAD";
  WatchAnswer answer{405, "text/plain; charset=utf-8", "GET or HEAD only.\n"};
  if (is_head || method == "GET") {
    answer =
        static_cast<Impl*>(self)->answer(request->local_uri != nullptr ? request->local_uri : "");
  }
  const std::string text = Serialize(answer, !is_head);
  mg_write(connection, text.data(), text.size());
  mg_disable_keep_alive(connection);
  return answer.status;  // handled
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& listen,
                                                            Answer answer) {
  mg_init_library(0);
  auto impl = std::make_unique<Impl>(std::move(answer));
  impl->listen = listen;
  impl->callbacks.log_message = &OnLogMessage;
  // Without a document_root no file is served.
  std::array<const char*, 11> options = {"listening_ports",
                                         listen.c_str(),
                                         "num_threads",
                                         kThreads,
                                         "request_timeout_ms",
                                         kRequestTimeoutMs,
                                         "max_request_size",
                                         kMaxRequestBytes,
                                         "enable_directory_listing",
                                         "no",
                                         nullptr};
  std::array<char, 256> reason{};
  unsigned code = 0;
  mg_error_data error{&code, reason.data(), reason.size()};
  mg_init_data init{&impl->callbacks, impl.get(), options.data()};
  {
    const SignalsBlocked blocked;
    impl->context = mg_start2(&init, &error);
  }
  if (impl->context == nullptr) {
    return Status(ErrorCode::kUnavailable, "metrics.listen: can't listen on " + listen +
                                               " (is it in use?): " + reason.data());
  }
  mg_set_request_handler(impl->context, "/", &Impl::OnRequest, impl.get());
  log::Info("answering for metrics", {{"listen", listen}});
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

}  // namespace parlor::wsd
