#include "common/completions.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/protocol_json.h"

namespace parlor::completions {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kThoughts = {
    {{"<think>", "</think>"}, {"<thinking>", "</thinking>"}}};
constexpr std::string_view kCut = " …";
constexpr std::string_view kData = "data:";
constexpr std::string_view kDone = "[DONE]";
constexpr std::array<std::string_view, 8> kRefusalWords = {
    "invalid_api_key",       "insufficient_quota",      "rate_limit_exceeded",
    "model_not_found",       "context_length_exceeded", "billing_hard_limit_reached",
    "invalid_request_error", "permission_denied"};

Status NoAnswer(std::string_view why) {
  return Status(ErrorCode::kUnavailable, "the model's answer " + std::string(why));
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// A member of an object; nullptr when it is no object, has no such member or it is null.
const Json* Member(const Json& json, const char* name) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

const Json* FirstChoice(const Json& json) {
  const Json* choices = Member(json, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty()) return nullptr;
  return &choices->front();
}

// `content` is a text, or a list of parts of which some are texts.
void AppendContent(std::string& text, const Json& content) {
  if (const auto* whole = content.get_ptr<const std::string*>()) text += *whole;
  if (!content.is_array()) return;
  for (const Json& part : content) {
    const Json* words = Member(part, "text");
    if (words != nullptr && words->is_string()) text += words->get_ref<const std::string&>();
  }
}

Result<std::string> Said(std::string_view text, bool is_cut) {
  text = Trimmed(text);
  for (const auto& [open, close] : kThoughts) {
    const size_t end = text.find(close);
    const size_t begin = text.find(open);
    if (begin == 0 && end == std::string_view::npos) return NoAnswer("has thoughts only");
    // An opening tag in the middle is the text's own: somebody asked about it.
    if (end == std::string_view::npos || (begin != 0 && begin < end)) continue;
    text = Trimmed(text.substr(end + close.size()));
  }
  if (text.empty()) return NoAnswer("has no text");
  return std::string(text) + std::string(is_cut ? kCut : "");
}

bool IsCut(const Json* finish_reason) {
  return finish_reason != nullptr && finish_reason->is_string() &&
         finish_reason->get_ref<const std::string&>() == "length";
}

Json ParseJson(std::string_view text) { return Json::parse(text, nullptr, false); }

struct Stream {
  std::string text;
  bool over = false;
  bool is_cut = false;
};

// One event's data. kUnavailable: it is broken, or says that the server has failed.
Status TakeEvent(std::string_view data, Stream& stream) {
  if (data == kDone) {
    stream.over = true;
    return Ok();
  }
  const Json event = ParseJson(data);
  if (!event.is_object()) return NoAnswer("has an event that is not a JSON object");
  if (Member(event, "error") != nullptr) return NoAnswer("is an error");
  const Json* choice = FirstChoice(event);
  if (choice == nullptr) return Ok();  // figures about use, a keep-alive
  if (const Json* delta = Member(*choice, "delta")) {
    if (const Json* content = Member(*delta, "content")) AppendContent(stream.text, *content);
  }
  if (const Json* reason = Member(*choice, "finish_reason")) {
    stream.over = true;
    stream.is_cut = IsCut(reason);
  }
  return Ok();
}

// Whether a line that ended behind `seen` is the event with the finish_reason. A line is looked at
// once, when it is whole.
bool HasLastEvent(std::string_view body, size_t seen) {
  for (size_t end = seen; (end = body.find_first_of("\r\n", end)) != std::string_view::npos;
       ++end) {
    const size_t before = end == 0 ? std::string_view::npos : body.find_last_of("\r\n", end - 1);
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = body.substr(begin, end - begin);
    if (!line.starts_with(kData) || line.find("\"finish_reason\"") == std::string_view::npos)
      continue;
    Stream stream;
    if (TakeEvent(Trimmed(line.substr(kData.size())), stream).ok() && stream.over) return true;
  }
  return false;
}

// The next line, without its end; moves `text` behind it.
std::string_view NextLine(std::string_view& text) {
  const size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string EncodeRequest(std::string_view model, std::string_view system_prompt,
                          std::span<const Turn> turns) {
  std::string body;
  json::ObjectWriter request(body);
  request.Text("model", model).Name("messages");
  body += '[';
  const auto append = [&](std::string_view role, std::string_view content) {
    if (body.back() != '[') body += ',';
    json::ObjectWriter(body).Text("role", role).Text("content", content).Close();
  };
  if (!system_prompt.empty()) append("system", system_prompt);
  for (const Turn& turn : turns) append(turn.is_user ? "user" : "assistant", turn.text);
  body += ']';
  request.Flag("stream", false).Close();
  return body;
}

Result<std::string> DecodeAnswer(std::string_view body) {
  const Json answer = ParseJson(body);
  if (answer.is_discarded()) return NoAnswer("is not JSON");
  if (Member(answer, "error") != nullptr) return NoAnswer("is an error");
  const Json* choice = FirstChoice(answer);
  if (choice == nullptr) return NoAnswer("has no choices");
  const Json* message = Member(*choice, "message");
  const Json* content = message == nullptr ? nullptr : Member(*message, "content");
  if (content == nullptr) return NoAnswer("has no text");
  std::string text;
  AppendContent(text, *content);
  return Said(text, IsCut(Member(*choice, "finish_reason")));
}

Result<std::string> DecodeStream(std::string_view body) {
  Stream stream;
  std::string_view left = body;
  // An event of this protocol is one line; what comes behind [DONE] is none of it.
  while (!left.empty()) {
    const std::string_view line = NextLine(left);
    if (!line.starts_with(kData)) continue;
    const std::string_view data = Trimmed(line.substr(kData.size()));
    if (data.empty()) continue;
    PARLOR_RETURN_IF_ERROR(TakeEvent(data, stream));
    if (data == kDone) break;
  }
  if (!stream.over) return NoAnswer("breaks off");
  return Said(stream.text, stream.is_cut);
}

bool IsStreamOver(std::string_view body, size_t seen) {
  if (HasLastEvent(body, seen)) return true;
  // The line may have begun before; a quotation of it within JSON does not begin a line.
  constexpr size_t kLongest = 16;
  for (size_t at = seen > kLongest ? seen - kLongest : 0; at < body.size(); ++at) {
    at = body.find(kData, at);
    if (at == std::string_view::npos) return false;
    if (at > 0 && body[at - 1] != '\n' && body[at - 1] != '\r') continue;
    std::string_view rest = body.substr(at + kData.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.starts_with(kDone)) return true;
  }
  return false;
}

std::string_view RefusalWord(std::string_view body) {
  const Json answer = ParseJson(body);
  const Json* error = Member(answer, "error");
  if (error == nullptr) return {};
  for (const char* name : {"code", "type"}) {
    const Json* word = Member(*error, name);
    if (word == nullptr || !word->is_string()) continue;
    const auto* known =
        std::find(kRefusalWords.begin(), kRefusalWords.end(), word->get_ref<const std::string&>());
    if (known != kRefusalWords.end()) return *known;
  }
  return {};
}

}  // namespace parlor::completions
