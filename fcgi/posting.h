// A message sent over HTTP, to a room or to a group: rate, store, event, and what to do when the
// database breaks off at its COMMIT. One thread, one request.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/messages.h"
#include "fcgi/call.h"

namespace parlor::fcgi {

// What a handler has read from its request.
struct Draft {
  messages::Target to;  // ToUser or ToGroup
  std::string message;
  std::optional<std::string> client_msg_id;
};

// 201 with the message, or 200 for a repeat, which shows what was stored the first time. `read`
// runs in the transaction, as often as that does, when the caller is known to be signed in. Errors
// are those of `read` and messages::Append, kTooManyRequests, and kInDoubt for a message without
// client_msg_id whose COMMIT was cut off; one that has it is tried again, and charged once.
Result<Response> Post(Call& call, const std::function<Result<Draft>()>& read);

}  // namespace parlor::fcgi
