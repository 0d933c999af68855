#include <optional>
#include <vector>

#include "common/group_members.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

constexpr std::string_view kNoSuchGroup = "There is no such group.";

void Announce(Call& call, const std::optional<group_members::Change>& change) {
  if (change) call.AddWrittenEvent(change->event, change->id);
}

Result<std::optional<group_members::Change>> Move(Call& call, db::Transaction& tx,
                                                  ConversationId group, bool is_enter) {
  const UserId user = call.session().user;
  if (!is_enter) return group_members::Leave(tx, group, user, call.Now());
  return group_members::Enter(tx, group, user, call.services().config.limits, call.Now());
}

}  // namespace

Result<Response> ListMembers(Call& call) {
  std::vector<GroupMember> members;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto query, ParseUserQuery(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(members, group_members::List(tx, group, query, call.Now()));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeGroupMembers(members));
}

// A real change is told to all who are present, so it counts as a message. A run after a commit in
// doubt finds nothing to change, and nothing to charge. That it was we who did it can't be known
// then, so nothing is pushed: if it was, the event is a row, and the daemon finds it.
Result<Response> EnterOrLeave(Call& call) {
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_ASSIGN_OR_RETURN(const bool is_enter, ParseIsEnter(call.request().body));
    PARLOR_ASSIGN_OR_RETURN(const auto change, Move(call, tx, group, is_enter));
    if (change) PARLOR_RETURN_IF_ERROR(call.ChargeRate(tx));
    Announce(call, change);
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return NoContent();
}

// A first run that came as far as its COMMIT had found the member; one after it that finds none has
// the answer: it was stored.
Result<Response> RemoveMember(Call& call) {
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_ASSIGN_OR_RETURN(const UserId member,
                            call.UserInPath(1, "There is no such member of this group."));
    PARLOR_ASSIGN_OR_RETURN(const auto change, group_members::Remove(tx, group, call.session().user,
                                                                     member, call.Now()));
    Announce(call, change);
    return call.AddEvent(tx, MemberRemoved{group, member});
  };
  Status status = call.Transact(db::Repeat::kOnce, body);
  if (!status.ok() && status.code() == ErrorCode::kInDoubt) {
    status = call.Transact(db::Repeat::kIdempotent, body);
    if (!status.ok() && status.code() == ErrorCode::kNotFound) status = Ok();
  }
  PARLOR_RETURN_IF_ERROR(status);
  return NoContent();
}

}  // namespace parlor::fcgi::handlers
