#include "wsd/bot/openai_engine.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ascii.h"
#include "common/completions.h"

namespace parlor::wsd {
namespace {

constexpr int64_t kConnectTimeoutMs = 5000;
constexpr int kStopCheckMs = 200;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Status Failed(const std::string& why) { return Status(ErrorCode::kUnavailable, why); }

// What comes back of one request, within its bounds.
struct Reply {
  explicit Reply(int64_t limit) : max_bytes(static_cast<size_t>(limit)) {}

  size_t max_bytes;
  size_t bytes = 0;  // headers included: libcurl 7.88 keeps them without a bound of its own
  std::string body;
  bool too_large = false;
  bool stream_over = false;  // it has said all, and need not be waited for
  CURL* easy = nullptr;

  bool Count(size_t more) {
    bytes += more;
    too_large = bytes > max_bytes;
    return !too_large;
  }
  bool HasType(std::string_view wanted) const {
    char* type = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == nullptr) {
      return false;
    }
    const std::string_view whole(type);
    const std::string_view essence = whole.substr(0, whole.find_first_of("; \t"));
    return EqualsIgnoringCase(essence, wanted);
  }
  bool IsStream() const { return HasType("text/event-stream"); }

  // libcurl's callbacks: anything but the full size ends the transfer.
  static size_t OnHeader(char* /*data*/, size_t size, size_t count, void* self) {
    return static_cast<Reply*>(self)->Count(size * count) ? size * count : 0;
  }
  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    auto* reply = static_cast<Reply*>(self);
    if (!reply->Count(size * count)) return 0;
    const size_t seen = reply->body.size();
    reply->body.append(data, size * count);
    reply->stream_over = reply->IsStream() && completions::IsStreamOver(reply->body, seen);
    return reply->stream_over ? 0 : size * count;
  }
};

// The conversation as models' templates want it: begun by the user, then by turns. Apologies are no
// part of it; questions in a row (the apology between them is left out) become one.
std::vector<completions::Turn> TurnsOf(const std::vector<Message>& context) {
  std::vector<completions::Turn> turns;
  for (const Message& message : context) {
    const bool is_user = message.sender != kBotUserId;
    if (message.is_apology || (turns.empty() && !is_user)) continue;
    if (!turns.empty() && turns.back().is_user == is_user) {
      turns.back().text += "\n\n" + message.body;
    } else {
      turns.push_back({is_user, message.body});
    }
  }
  return turns;
}

class OpenAiEngine final : public BotEngine {
 public:
  OpenAiEngine(const BotConfig& config, const Clock& clock, const std::atomic<bool>& stop)
      : config_(config), clock_(clock), stop_(stop), url_(config.openai_url) {
    while (url_.ends_with('/')) url_.pop_back();
    url_ += "/chat/completions";
  }
  ~OpenAiEngine() override = default;

  Status SetUp();
  Result<std::string> Answer(const Question& question) override;

 private:
  void SetSecurity(CURL* easy) const;
  bool AddHeader(const std::string& line);
  CURLcode Perform();
  Status Explain(CURLcode code, const Reply& reply) const;
  Result<std::string> Read(const Reply& reply) const;

  const BotConfig& config_;
  const Clock& clock_;
  const std::atomic<bool>& stop_;
  std::string url_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  // In this order: the handles go before the list that they use.
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;  // keeps the connection
  std::unique_ptr<CURL, EasyDeleter> easy_;
};

bool OpenAiEngine::AddHeader(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  (void)headers_.release();
  headers_.reset(longer);
  return true;
}

Status OpenAiEngine::SetUp() {
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  bool complete = multi_ && easy_ && AddHeader("Content-Type: application/json") &&
                  AddHeader("Accept: application/json") && AddHeader("Expect:");
  if (!config_.openai_key.empty()) {
    complete = complete && AddHeader("Authorization: Bearer " + config_.openai_key);
  }
  if (!complete) return Status(ErrorCode::kInternal, "libcurl: out of memory");
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a hanging name lookup does not hold the end up
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Reply::OnHeader);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Reply::OnBody);
  SetSecurity(easy);
  if (curl_easy_setopt(easy, CURLOPT_URL, url_.c_str()) != CURLE_OK) {
    return Status::InvalidField("bot.openai_url", "bot.openai_url can't be used.");
  }
  return Ok();
}

void OpenAiEngine::SetSecurity(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);  // the key is for this server alone
  curl_easy_setopt(easy, CURLOPT_PROXY, "");           // none, whatever the environment says
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!config_.openai_ca.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, config_.openai_ca.c_str());
  }
}

Result<std::string> OpenAiEngine::Answer(const Question& question) {
  const int64_t left_ms =
      std::min(config_.timeout_s * 1000, question.answer_by_ms - clock_.MonotonicMs());
  if (left_ms <= 0) return Failed("no time is left to ask the model");
  const std::string body = completions::EncodeRequest(config_.openai_model, config_.system_prompt,
                                                      TurnsOf(question.context));
  Reply reply(config_.max_answer_bytes);
  CURL* easy = easy_.get();
  reply.easy = easy;
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left_ms));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(left_ms, kConnectTimeoutMs)));
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply);
  error_[0] = '\0';
  const CURLcode code = Perform();
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, nullptr);
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && reply.stream_over)) {
    return Explain(code, reply);
  }
  return Read(reply);
}

// curl_easy_perform, but that it looks often enough whether it shall stop.
CURLcode OpenAiEngine::Perform() {
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int running = 1;
  while (!stop_) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
    if (running == 0) {
      int left = 0;
      const CURLMsg* done = curl_multi_info_read(multi_.get(), &left);
      if (done != nullptr && done->msg == CURLMSG_DONE) code = done->data.result;
      break;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, kStopCheckMs, nullptr);
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

// libcurl's details only where none of the server's words can be in them.
Status OpenAiEngine::Explain(CURLcode code, const Reply& reply) const {
  if (stop_) return Failed("the daemon ends");
  if (reply.too_large) {
    return Failed("the model's answer is larger than bot.max_answer_bytes");
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Failed("the model timed out");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      if (error_[0] != '\0') return Failed(error_.data());
      break;
    default:
      break;
  }
  return Failed(curl_easy_strerror(code));
}

Result<std::string> OpenAiEngine::Read(const Reply& reply) const {
  long status = 0;
  curl_easy_getinfo(reply.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    const std::string_view word = completions::RefusalWord(reply.body);
    return Failed("the model's server answered " + std::to_string(status) +
                  (word.empty() ? "" : " " + std::string(word)));
  }
  if (reply.IsStream()) return completions::DecodeStream(reply.body);
  if (reply.HasType("application/json")) return completions::DecodeAnswer(reply.body);
  return Failed("the model's answer is neither JSON nor a stream of events");
}

}  // namespace

Result<std::unique_ptr<BotEngine>> MakeOpenAiEngine(const BotConfig& config, const Clock& clock,
                                                    const std::atomic<bool>& stop) {
  if (config.openai_url.empty() || config.openai_model.empty()) {
    return Status::InvalidField("bot.openai_url",
                                "bot.openai_url and bot.openai_model must be set.");
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Status(ErrorCode::kInternal, "libcurl could not be initialized.");
  }
  auto engine = std::make_unique<OpenAiEngine>(config, clock, stop);
  PARLOR_RETURN_IF_ERROR(engine->SetUp());
  return std::unique_ptr<BotEngine>(std::move(engine));
}

}  // namespace parlor::wsd
