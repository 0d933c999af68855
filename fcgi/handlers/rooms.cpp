#include <vector>

#include "common/conversations.h"
#include "common/messages.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/posting.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {

Result<Response> ListRooms(Call& call) {
  std::vector<RoomSummary> rooms;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(rooms, conversations::ListRooms(tx, call.session().user));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeRooms(rooms));
}

Result<Response> ReadRoom(Call& call) {
  MessagePage page;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId room,
                            call.ConversationInPath("There is no such room."));
    PARLOR_RETURN_IF_ERROR(conversations::OtherUserOfRoom(tx, room, call.session().user).status());
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto wanted, ParsePageRequest(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(page, messages::ReadPage(tx, room, wanted));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeMessagePage(page));
}

Result<Response> PostToRoom(Call& call) {
  return Post(call, [&]() -> Result<Draft> {
    PARLOR_ASSIGN_OR_RETURN(const RoomPost post, ParseRoomPost(call.request().body));
    return Draft{messages::ToUser{post.other_user}, post.message, post.client_msg_id};
  });
}

}  // namespace parlor::fcgi::handlers
