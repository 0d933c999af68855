#include "fcgi/call.h"

#include <charconv>
#include <string>

#include "common/protocol.h"
#include "common/send_rate.h"
#include "common/token.h"
#include "fcgi/negotiation.h"

namespace parlor::fcgi {
namespace {

Status InvalidToken() {
  return {ErrorCode::kInvalidToken, "A valid token is needed in the header `authentication`."};
}

}  // namespace

Status Call::Fault() const {
  if (match_.access == Access::kToken && request_.token.empty()) return InvalidToken();
  if (match_.pattern.empty()) return {ErrorCode::kNotFound, "There is no such path."};
  if (match_.route == nullptr) {
    return {ErrorCode::kMethodNotAllowed, "This path answers " + match_.allow + "."};
  }
  if (match_.route->pages != Pages::kNone && ParseAccept(request_.accept).json == 0 &&
      !wants_html()) {
    return {ErrorCode::kNotAcceptable, "Answers are application/json."};
  }
  if (request_.body_too_large) {
    return {ErrorCode::kTooLarge, "A body may have up to " +
                                      std::to_string(services_.config.http.max_body_bytes) +
                                      " bytes."};
  }
  const bool is_form =
      match_.route->pages == Pages::kHtmlToo && IsFormContentType(request_.content_type);
  if (!request_.body.empty() && !IsJsonContentType(request_.content_type) && !is_form) {
    return {ErrorCode::kUnsupportedMediaType, "A body must be application/json."};
  }
  return Ok();
}

Status Call::Authenticate(db::Transaction& tx) {
  const auto hash = HashToken(request_.token);
  if (!hash) return InvalidToken();
  const TimestampMs now = Now();
  PARLOR_ASSIGN_OR_RETURN(auto found, sessions::Find(tx, std::span(&*hash, 1), now));
  if (found.empty()) return InvalidToken();
  session_ = found.front();
  return sessions::Touch(tx, *session_, services_.config.session, now).status();
}

Status Call::Transact(db::Repeat repeat, const std::function<Status(db::Transaction&)>& body) {
  const bool needs_session = match_.access == Access::kSession;
  // No token of ours: said without a way to the database.
  if (needs_session && !HashToken(request_.token)) return InvalidToken();
  Status status = services_.database.Transact(repeat, [&](db::Transaction& tx) -> Status {
    events_.Reset();
    if (needs_session) {
      PARLOR_RETURN_IF_ERROR(Authenticate(tx));
      PARLOR_RETURN_IF_ERROR(Fault());
    }
    return body(tx);
  });
  if (status.ok()) events_.Push(services_.publisher);
  return status;
}

// The socket's code for the same limit is too_fast; here it is what HTTP clients know.
Status Call::ChargeRate(db::Transaction& tx) {
  Status status = send_rate::Charge(tx, session().user, services_.config.limits, Now());
  if (status.ok() || status.code() != ErrorCode::kTooFast) return status;
  return Status::RetryAfter(ErrorCode::kTooManyRequests, status.retry_after_ms(), status.message());
}

Status Call::AddEvent(db::Transaction& tx, const Event& event) {
  return events_.Add(tx, event, Now());
}

const Request& Call::request() const {
  PARLOR_CHECK(match_.access != Access::kSession || session_.has_value());
  return request_;
}

std::string_view Call::parameter(size_t index) const {
  PARLOR_CHECK(index < match_.parameters.size());
  return match_.parameters[index];
}

Result<uint64_t> Call::IdInPath(size_t index, std::string_view not_found) const {
  const std::string_view text = parameter(index);
  const char* const end = text.data() + text.size();
  uint64_t id = 0;
  const auto [stopped, error] = std::from_chars(text.data(), end, id);
  if (error != std::errc() || stopped != end || id == 0 || id > kMaxJsonInteger) {
    return Status(ErrorCode::kNotFound, std::string(not_found));
  }
  return id;
}

Result<ConversationId> Call::ConversationInPath(std::string_view not_found) const {
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, IdInPath(0, not_found));
  return ConversationId(id);
}

Result<UserId> Call::UserInPath(size_t index, std::string_view not_found) const {
  PARLOR_ASSIGN_OR_RETURN(const uint64_t id, IdInPath(index, not_found));
  return UserId(id);
}

const sessions::Session& Call::session() const {
  PARLOR_CHECK(session_.has_value());
  return *session_;
}

bool Call::wants_html() const {
  return match_.route != nullptr && match_.route->pages == Pages::kHtmlToo &&
         ParseAccept(request_.accept).PrefersHtml();
}

}  // namespace parlor::fcgi
