#include <charconv>
#include <optional>
#include <vector>

#include "common/conversations.h"
#include "common/messages.h"
#include "common/send_rate.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

// What is no number names no room, and so is not found either.
Result<ConversationId> RoomFromPath(std::string_view text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == 0 || id > kMaxJsonInteger) {
    return Status(ErrorCode::kNotFound, "There is no such room.");
  }
  return ConversationId(id);
}

// The socket's code for the same limit is too_fast; here it is what HTTP clients know.
Status ChargeRate(Call& call, db::Transaction& tx) {
  Status status =
      send_rate::Charge(tx, call.session().user, call.services().config.limits, call.Now());
  if (status.ok() || status.code() != ErrorCode::kTooFast) return status;
  return Status::RetryAfter(ErrorCode::kTooManyRequests, status.retry_after_ms(), status.message());
}

// A repeat shows what was stored the first time.
Status ReadFirst(db::Transaction& tx, const messages::Stored& stored, std::string* body) {
  PARLOR_ASSIGN_OR_RETURN(
      const auto found,
      messages::ReadRange(tx, stored.conversation, stored.sent_at, stored.seq, stored.seq, 1));
  if (!found.empty()) *body = found.front().body;
  return Ok();
}

PostResult ResultOf(const RoomPost& post, UserId sender, const messages::Stored& stored) {
  PostResult result;
  result.kind = ConversationKind::kRoom;
  result.conversation = stored.conversation;
  result.sender = sender;
  result.other_user = post.other_user;
  result.seq = stored.seq;
  result.sent_at = stored.sent_at;
  result.body = post.message;
  result.client_msg_id = post.client_msg_id;
  result.duplicate = stored.duplicate;
  return result;
}

// One request's attempts to store its message: there are more when a commit was in doubt.
class Posting {
 public:
  Posting(Call& call, const RoomPost& post) : call_(call), post_(post) {}

  // Rate, message and event in one transaction.
  Result<PostResult> Store(db::Transaction& tx);
  // What was stored last may be there or not, its charge too.
  void Doubt() { in_doubt_ = true; }

 private:
  Result<messages::Stored> Append(db::Transaction& tx);
  bool IsOurs(const messages::Stored& found) const;

  Call& call_;
  const RoomPost& post_;
  std::optional<messages::Stored> last_;  // of an earlier run
  bool in_doubt_ = false;
};

Result<messages::Stored> Posting::Append(db::Transaction& tx) {
  const messages::Outgoing outgoing{call_.session().user, messages::ToUser{post_.other_user},
                                    post_.message, post_.client_msg_id};
  std::vector<Result<messages::Stored>> outcomes;
  PARLOR_RETURN_IF_ERROR(messages::Append(tx, std::span(&outgoing, 1), call_.Now(), &outcomes));
  PARLOR_CHECK(outcomes.size() == 1);
  return outcomes.front();
}

// A repeat of our own earlier run is none for the client.
bool Posting::IsOurs(const messages::Stored& found) const {
  return last_ && !last_->duplicate && found.duplicate &&
         found.conversation == last_->conversation && found.seq == last_->seq &&
         found.sent_at == last_->sent_at;
}

// In doubt the charge comes last: if an earlier run was stored, so was its charge.
Result<PostResult> Posting::Store(db::Transaction& tx) {
  if (!in_doubt_) PARLOR_RETURN_IF_ERROR(ChargeRate(call_, tx));
  PARLOR_ASSIGN_OR_RETURN(const messages::Stored stored, Append(tx));
  const UserId sender = call_.session().user;
  PostResult result = ResultOf(post_, sender, stored);
  if (IsOurs(stored)) {
    result.duplicate = false;
    call_.AddEarlierEvents();
    return result;
  }
  last_ = stored;
  if (stored.duplicate) {
    PARLOR_RETURN_IF_ERROR(ReadFirst(tx, stored, &result.body));
    return result;
  }
  if (in_doubt_) PARLOR_RETURN_IF_ERROR(ChargeRate(call_, tx));
  PARLOR_RETURN_IF_ERROR(
      call_.AddEvent(tx, MessageSent{ConversationKind::kRoom, stored.conversation, stored.seq,
                                     stored.sent_at, sender, post_.other_user, post_.message}));
  return result;
}

}  // namespace

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
    PARLOR_ASSIGN_OR_RETURN(const ConversationId room, RoomFromPath(call.parameter()));
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
  RoomPost post;
  PostResult result;
  Posting posting(call, post);
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(post, ParseRoomPost(call.request().body));
    PARLOR_ASSIGN_OR_RETURN(result, posting.Store(tx));
    return Ok();
  };
  Status status = call.Transact(db::Repeat::kOnce, body);
  // With its client_msg_id the message can be sent again without harm, so we find out ourselves.
  if (!status.ok() && status.code() == ErrorCode::kInDoubt && post.client_msg_id) {
    posting.Doubt();
    status = call.Transact(db::Repeat::kIdempotent, body);
  }
  PARLOR_RETURN_IF_ERROR(status);
  return JsonResponse(result.duplicate ? 200 : 201, EncodePostResult(result));
}

}  // namespace parlor::fcgi::handlers
