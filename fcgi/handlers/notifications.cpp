#include <vector>

#include "common/conversations.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {

Result<Response> ListNotifications(Call& call) {
  std::vector<Notification> list;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(list, conversations::ListNotifications(tx, call.session().user));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeNotifications(list));
}

Result<Response> MarkRead(Call& call) {
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ReadMark mark, ParseReadMark(call.request().body));
    const UserId user = call.session().user;
    PARLOR_ASSIGN_OR_RETURN(const auto outcome, conversations::MoveReadMark(tx, user, mark));
    if (!outcome.moved) return Ok();
    return call.AddEvent(tx, ReadMarkMoved{user, mark.kind, mark.conversation, outcome.unread,
                                           outcome.last_sent_at});
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return NoContent();
}

}  // namespace parlor::fcgi::handlers
