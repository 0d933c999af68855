#include "common/groups.h"

#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/posting.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

constexpr std::string_view kNoSuchGroup = "There is no such group.";

Event UpdateOf(const GroupSummary& group) {
  return GroupUpdated{group.id, group.name, group.owner};
}

// Once: after a commit in doubt a second run would find a group handed over already, and refuse who
// is its owner no more. The client asks what has become of it.
Result<Response> Change(Call& call, const std::function<Result<GroupChange>()>& read) {
  groups::ChangeOutcome outcome;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const GroupChange change, read());
    PARLOR_ASSIGN_OR_RETURN(
        outcome, groups::Change(tx, call.session().user, change, call.services().config.limits));
    return outcome.changed ? call.AddEvent(tx, UpdateOf(outcome.group)) : Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kOnce, body));
  return JsonResponse(200, EncodeGroup(outcome.group));
}

}  // namespace

Result<Response> ListGroups(Call& call) {
  std::vector<GroupSummary> list;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto query, ParseGroupQuery(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(list, groups::List(tx, call.session().user, query));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeGroups(list));
}

// Told to everybody online, so it counts as a message. Once: nothing tells a group that is there
// already from a second one of the same name.
Result<Response> CreateGroup(Call& call) {
  GroupSummary group;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const GroupCreation wish, ParseGroupCreation(call.request().body));
    PARLOR_ASSIGN_OR_RETURN(group, groups::Create(tx, call.session().user, wish.name,
                                                  call.services().config.limits, call.Now()));
    PARLOR_RETURN_IF_ERROR(call.ChargeRate(tx));
    return call.AddEvent(tx, UpdateOf(group));
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kOnce, body));
  return JsonResponse(201, EncodeGroup(group));
}

Result<Response> ChangeOwnGroup(Call& call) {
  return Change(call, [&] { return ParseGroupChange(call.request().body); });
}

Result<Response> ChangeGroup(Call& call) {
  return Change(call, [&]() -> Result<GroupChange> {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_ASSIGN_OR_RETURN(GroupChange change, ParseGroupChange(call.request().body));
    if (change.group && *change.group != group) {
      return Status::InvalidField("chat_group_id",
                                  "chat_group_id must be the one in the path, or be left out.");
    }
    change.group = group;
    return change;
  });
}

// Open to everybody who is signed in: groups are.
Result<Response> ReadGroup(Call& call) {
  MessagePage page;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_RETURN_IF_ERROR(groups::CheckExists(tx, group));
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto wanted, ParsePageRequest(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(page, messages::ReadPage(tx, group, wanted));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return JsonResponse(200, EncodeMessagePage(page));
}

Result<Response> PostToGroup(Call& call) {
  return Post(call, [&]() -> Result<Draft> {
    PARLOR_ASSIGN_OR_RETURN(const ConversationId group, call.ConversationInPath(kNoSuchGroup));
    PARLOR_ASSIGN_OR_RETURN(const GroupPost post, ParseGroupPost(call.request().body));
    return Draft{messages::ToGroup{group}, post.message, post.client_msg_id};
  });
}

}  // namespace parlor::fcgi::handlers
