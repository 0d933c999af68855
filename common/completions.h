// Chat completions: the bodies of OpenAI's protocol `POST /chat/completions`, as every server that
// speaks it understands them.
//
// Answers are foreign bytes: nothing in them is trusted, and an error says what is wrong with them
// in words of ours, because it goes into the log and an answer may repeat the question or the key.
// Pure; any thread. nlohmann/json is included by completions.cpp alone (beside the wire).
//
// Source: platform.openai.com/docs/api-reference/chat; event streams: html.spec.whatwg.org, 9.2.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/status.h"

namespace parlor::completions {

struct Turn {
  bool is_user = false;  // else the assistant
  std::string text;
};

// What is not valid UTF-8 is repaired with U+FFFD. An empty prompt is left out.
std::string EncodeRequest(std::string_view model, std::string_view system_prompt,
                          std::span<const Turn> turns);

// The text of an answer, in one JSON document (DecodeAnswer) or as a stream of events, which some
// servers send unasked (DecodeStream): choices[0], trimmed of white space, never empty. Of a text
// that begins with thoughts (<think>…</think> or <thinking>…</thinking>, also where the opening tag
// was left with the prompt) what follows them. An answer that the model's own limit of length has
// cut is one all the same, with " …" behind it. kUnavailable: there is none, with
// the reason. A stream without its end is none: half an answer is worse than no answer.
Result<std::string> DecodeAnswer(std::string_view body);
Result<std::string> DecodeStream(std::string_view body);

// Whether the event that ends a stream has come ([DONE], or a finish_reason): some servers then
// leave the connection open. `seen` bytes of the body have been looked at before.
bool IsStreamOver(std::string_view body, size_t seen);

// The word for an error that a server refuses with (`error.code` or `error.type`) if it is one of
// those that help an administrator: "insufficient_quota", "model_not_found". Else empty.
std::string_view RefusalWord(std::string_view body);

}  // namespace parlor::completions
