#include "fcgi/posting.h"

#include <span>
#include <utility>
#include <vector>

#include "fcgi/responses.h"

namespace parlor::fcgi {
namespace {

// A repeat shows what was stored the first time.
Status ReadFirst(db::Transaction& tx, const messages::Stored& stored, PostResult* result) {
  PARLOR_ASSIGN_OR_RETURN(
      const auto found,
      messages::ReadRange(tx, stored.conversation, stored.sent_at, stored.seq, stored.seq, 1));
  if (found.empty()) return Ok();
  result->body = found.front().body;
  result->is_removed = found.front().is_removed;
  return Ok();
}

PostResult ResultOf(const Draft& draft, UserId sender, const messages::Stored& stored) {
  PostResult result;
  result.kind = messages::KindOf(draft.to);
  PARLOR_CHECK(result.kind != ConversationKind::kBot);
  if (const auto* room = std::get_if<messages::ToUser>(&draft.to)) result.other_user = room->other;
  result.conversation = stored.conversation;
  result.sender = sender;
  result.seq = stored.seq;
  result.sent_at = stored.sent_at;
  result.body = draft.message;
  result.client_msg_id = draft.client_msg_id;
  result.duplicate = stored.duplicate;
  return result;
}

Event EventOf(const PostResult& result) {
  return MessageSent{result.kind,   result.conversation, result.seq, result.sent_at,
                     result.sender, result.other_user,   result.body};
}

// One request's attempts to store its message: there are more when a commit was in doubt.
class Posting {
 public:
  explicit Posting(Call& call) : call_(call) {}

  // Rate, message and event in one transaction.
  Result<PostResult> Store(db::Transaction& tx, const Draft& draft);
  // What was stored last may be there or not, its charge too.
  void Doubt() { in_doubt_ = true; }

 private:
  Result<messages::Stored> Append(db::Transaction& tx, const Draft& draft);
  bool IsOurs(const messages::Stored& found) const;

  Call& call_;
  std::optional<messages::Stored> last_;  // of an earlier run
  bool in_doubt_ = false;
};

Result<messages::Stored> Posting::Append(db::Transaction& tx, const Draft& draft) {
  const messages::Outgoing outgoing{call_.session().user, draft.to, draft.message,
                                    draft.client_msg_id};
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
Result<PostResult> Posting::Store(db::Transaction& tx, const Draft& draft) {
  if (!in_doubt_) PARLOR_RETURN_IF_ERROR(call_.ChargeRate(tx));
  PARLOR_ASSIGN_OR_RETURN(const messages::Stored stored, Append(tx, draft));
  PostResult result = ResultOf(draft, call_.session().user, stored);
  if (IsOurs(stored)) {
    result.duplicate = false;
    call_.AddEarlierEvents();
    return result;
  }
  last_ = stored;
  if (stored.duplicate) {
    PARLOR_RETURN_IF_ERROR(ReadFirst(tx, stored, &result));
    return result;
  }
  if (in_doubt_) PARLOR_RETURN_IF_ERROR(call_.ChargeRate(tx));
  PARLOR_RETURN_IF_ERROR(call_.AddEvent(tx, EventOf(result)));
  return result;
}

}  // namespace

Result<Response> Post(Call& call, const std::function<Result<Draft>()>& read) {
  Draft draft;
  PostResult result;
  Posting posting(call);
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(draft, read());
    PARLOR_ASSIGN_OR_RETURN(result, posting.Store(tx, draft));
    return Ok();
  };
  Status status = call.Transact(db::Repeat::kOnce, body);
  // With its client_msg_id the message can be sent again without harm, so we find out ourselves.
  if (!status.ok() && status.code() == ErrorCode::kInDoubt && draft.client_msg_id) {
    posting.Doubt();
    status = call.Transact(db::Repeat::kIdempotent, body);
  }
  PARLOR_RETURN_IF_ERROR(status);
  return JsonResponse(result.duplicate ? 200 : 201, EncodePostResult(result));
}

}  // namespace parlor::fcgi
