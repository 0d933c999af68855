// The engine that asks a model, behind any server with OpenAI's chat-completions protocol
// (common/completions.h is the codec).
//
// One request a question over a connection that is kept. TLS is verified, redirects are not
// followed, the environment's proxies are ignored. Limits: bot.timeout_s for a request, or what is
// left until the question's answer_by_ms; bot.max_answer_bytes of answer. What fails is
// kUnavailable with a reason for the log, which holds neither the key nor a word of the
// conversation.
#pragma once

#include <atomic>
#include <memory>

#include "common/clock.h"
#include "common/config.h"
#include "common/status.h"
#include "wsd/bot/engine.h"

namespace parlor::wsd {

// For one thread. While `stop` is true requests end at once (a running one within half a second);
// `config`, `clock` and `stop` outlive the engine. kInvalidField: the configuration can't work.
Result<std::unique_ptr<BotEngine>> MakeOpenAiEngine(const BotConfig& config, const Clock& clock,
                                                    const std::atomic<bool>& stop);

}  // namespace parlor::wsd
