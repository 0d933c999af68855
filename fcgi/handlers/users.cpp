#include "common/users.h"

#include <string>
#include <vector>

#include "common/token.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/negotiation.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

std::string EtagOf(std::string_view body) { return '"' + ToHex(BytesOf(Sha256(body))) + '"'; }

// No cache on the way or in a browser may keep it: it is about people. A client that holds the last
// answer and its tag itself is spared the same one again.
Response Revalidated(const Request& request, std::string body) {
  const std::string etag = EtagOf(body);
  Response response;
  if (MatchesEtag(request.if_none_match, etag)) {
    response.status = 304;
  } else {
    response.body = std::move(body);
    response.Set("Content-Type", "application/json");
  }
  response.Set("ETag", etag);
  response.Set("Cache-Control", "no-store");
  return response;
}

}  // namespace

Result<Response> ListUsers(Call& call) {
  std::vector<PublicUser> people;
  const auto body = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const auto pairs, ParseQueryString(call.request().query));
    PARLOR_ASSIGN_OR_RETURN(const auto query, ParseUserQuery(pairs, call.request().body));
    PARLOR_ASSIGN_OR_RETURN(people, users::List(tx, query, call.Now()));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(call.Transact(db::Repeat::kIdempotent, body));
  return Revalidated(call.request(), EncodeUsers(people));
}

}  // namespace parlor::fcgi::handlers
