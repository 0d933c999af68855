// SMTP by libcurl.
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "common/config_checks.h"
#include "common/mail.h"
#include "wsd/delivery.h"

namespace parlor::wsd {
namespace {

constexpr int64_t kConnectTimeoutS = 10;
constexpr std::array kAboutTheLogin = {530L, 534L, 535L, 538L};
constexpr int64_t kSpareS = 5;  // libcurl's own limits, behind ours

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

size_t ReadMessage(char* buffer, size_t size, size_t count, void* left) {
  auto* text = static_cast<std::string_view*>(left);
  const size_t taken = text->copy(buffer, size * count);
  text->remove_prefix(taken);
  return taken;
}

// Ends a transfer when told to, or when its time is over. libcurl alone would then still say QUIT
// and wait for the answer (120 s by default, whatever CURLOPT_TIMEOUT says) of a server that may
// have stalled: so the connection is shut down under it.
class TransferGuard {
 public:
  TransferGuard(const std::atomic<bool>& stop, int64_t timeout_s)
      : stop_(stop), end_(std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s)) {}

  void Attach(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &TransferGuard::Progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &TransferGuard::Open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &TransferGuard::Close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  }
  // Whatever libcurl still wants to say on them when it cleans up fails at once.
  void ShutDown() {
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  bool timed_out() const { return timed_out_; }

 private:
  // Called at least once a second.
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto* guard = static_cast<TransferGuard*>(self);
    guard->timed_out_ = std::chrono::steady_clock::now() >= guard->end_;
    if (!guard->stop_ && !guard->timed_out_) return 0;
    guard->ShutDown();
    return 1;
  }
  static curl_socket_t Open(void* self, curlsocktype, curl_sockaddr* address) {
    const int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (opened < 0) return CURL_SOCKET_BAD;
    static_cast<TransferGuard*>(self)->sockets_.insert(opened);
    return opened;
  }
  static int Close(void* self, curl_socket_t socket) {
    static_cast<TransferGuard*>(self)->sockets_.erase(socket);
    return close(socket);
  }

  const std::atomic<bool>& stop_;
  const std::chrono::steady_clock::time_point end_;
  std::set<int> sockets_;
  bool timed_out_ = false;
};

bool IsThisMachine(const std::string& smtp_url) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  char* part = nullptr;
  if (curl_url_set(url.get(), CURLUPART_URL, smtp_url.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
          CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_HOST, &part, 0) != CURLUE_OK) {
    return false;
  }
  const std::string host(part);
  curl_free(part);
  return host == "[::1]" || config_checks::IsLoopback(host);
}

// A refusal of this mail by its recipient's server is final. Our own trouble (the login, TLS, the
// sender's address) is not the mail's fault: an administrator can mend it.
bool IsRefusal(CURLcode code, long answer, std::string_view error) {
  if (answer < 500 || answer > 599) return false;
  if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR && code != CURLE_WEIRD_SERVER_REPLY) {
    return false;
  }
  return !error.starts_with("MAIL failed") &&
         std::find(kAboutTheLogin.begin(), kAboutTheLogin.end(), answer) == kAboutTheLogin.end();
}

class SmtpDelivery final : public MailDelivery {
 public:
  SmtpDelivery(const MailConfig& config, const std::atomic<bool>& stop)
      : config_(config), url_(config.smtp_url), stop_(stop) {
    while (url_.ends_with('/')) url_.pop_back();
    if (!config_.helo_name.empty()) url_ += "/" + config_.helo_name;  // libcurl's place for it
  }

  Delivered Deliver(const Envelope& envelope, const std::string& message) override;

 private:
  void SetUp(CURL* easy) const;

  const MailConfig config_;
  std::string url_;
  const std::atomic<bool>& stop_;
};

void SmtpDelivery::SetUp(CURL* easy) const {
  const bool tls = config_.smtp_tls != "none";
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // none, whatever the environment says
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USE_SSL,
                   static_cast<long>(tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!config_.smtp_ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, config_.smtp_ca.c_str());
  if (!config_.smtp_user.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, config_.smtp_user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, config_.smtp_password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(std::min(config_.timeout_s, kConnectTimeoutS)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, static_cast<long>(config_.timeout_s + kSpareS));
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   static_cast<long>(config_.timeout_s + kSpareS));
  // QUIT is said within the transfer, under the guard, and not when the handle is cleaned up.
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a hanging name lookup does not hold the end up
}

Delivered SmtpDelivery::Deliver(const Envelope& envelope, const std::string& message) {
  // Sent to the server as they are, so nothing but a plain address may come here.
  if (!mail::IsPlainAddress(envelope.from) || !mail::IsPlainAddress(envelope.to)) {
    return {Delivered::Outcome::kRefused, "not a plain address"};
  }
  TransferGuard guard(stop_, config_.timeout_s);
  const Easy easy(curl_easy_init());
  const List recipients(curl_slist_append(nullptr, ("<" + envelope.to + ">").c_str()));
  if (!easy || !recipients) return {Delivered::Outcome::kTryLater, "out of memory"};
  const std::string sender = "<" + envelope.from + ">";
  std::string_view left(message);
  std::array<char, CURL_ERROR_SIZE> error{};
  SetUp(easy.get());
  guard.Attach(easy.get());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, &ReadMessage);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &left);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error.data());
  const CURLcode code = curl_easy_perform(easy.get());
  guard.ShutDown();
  if (code == CURLE_OK) return {};
  if (guard.timed_out()) return {Delivered::Outcome::kTryLater, "timed out"};
  long answer = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer);
  const std::string_view detail(error.data());
  return {IsRefusal(code, answer, detail) ? Delivered::Outcome::kRefused
                                          : Delivered::Outcome::kTryLater,
          std::string(detail.empty() ? std::string_view(curl_easy_strerror(code)) : detail)};
}

}  // namespace

Result<std::unique_ptr<MailDelivery>> MakeSmtpDelivery(const MailConfig& config,
                                                       const std::atomic<bool>& stop) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Status(ErrorCode::kInternal, "libcurl could not be initialized.");
  }
  if (config.smtp_tls == "none" && !IsThisMachine(config.smtp_url)) {
    return Status::InvalidField("mail.smtp_tls",
                                "mail.smtp_tls = \"none\" is for a mail server on this machine "
                                "(localhost, 127.0.0.0/8 or [::1]) only.");
  }
  return std::unique_ptr<MailDelivery>(std::make_unique<SmtpDelivery>(config, stop));
}

}  // namespace parlor::wsd
