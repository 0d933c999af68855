#include <optional>

#include "common/bot_chats.h"
#include "common/messages.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {

// Before the first message there is no conversation: an empty page.
Result<Response> ReadBotChat(Call& call) {
  MessagePage page;
  const auto body = [&](db::Transaction& tx) -> Status {
    page = {};
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto wanted, ParsePageRequest(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(const auto chat, bot_chats::Find(tx, call.session().user));
    if (!chat) return Ok();
    PARLOR_ASSIGN_OR_RETURN(page, messages::ReadPage(tx, *chat, wanted));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeBotPage(page));
}

}  // namespace parlor::fcgi::handlers
