// One request being answered: what a handler works with. One thread, gone with the answer.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "common/bus.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/password.h"
#include "common/sessions.h"
#include "fcgi/event_batch.h"
#include "fcgi/hash_slots.h"
#include "fcgi/http.h"
#include "fcgi/router.h"

namespace parlor::fcgi {

// What a worker process has one of each. Owned by main.
struct Services {
  const Config& config;
  const Clock& clock;
  db::Database& database;
  EventPublisher& publisher;
  const PasswordHasher& hasher;
  HashSlots& hash_slots;
};

class Call {
 public:
  Call(const Services& services, const Request& request, const Match& match)
      : services_(services), request_(request), match_(match) {}

  // What is wrong with the request before any handler looks at it, in this order: no token at all
  // (of a path that needs some), no such path, not this method, no representation that the client
  // takes, body too large, body not JSON.
  Status Fault() const;

  // Runs `body` in a transaction (see Database::Transact: it may run several times) and pushes its
  // events after the commit. On a session route nothing is looked at before the token: first
  // kInvalidToken unless its session is alive, then the request's Fault(), then `body`.
  Status Transact(db::Repeat repeat, const std::function<Status(db::Transaction&)>& body);

  // Takes one message out of what the caller may send, for what costs others as much as a message
  // does. kTooManyRequests, with the seconds to wait. Only on a session route, inside Transact().
  // After the locks of users and groups: whoever is the victim of a deadlock runs again.
  Status ChargeRate(db::Transaction& tx);

  // Writes `event` with the transaction; pushed when that is committed.
  Status AddEvent(db::Transaction& tx, const Event& event);

  // For an event whose row a store has written with the transaction already: pushed when that is
  // committed.
  void AddWrittenEvent(const Event& event, EventId id) {
    events_.AddWritten(event, id, {request_.request_id, Now()});
  }

  // Inside Transact(), in a run that found what an earlier run of this request had stored, whose
  // commit was in doubt: its events are pushed after this one. Only for who can prove that it was
  // this request that stored it: an event that was rolled back must not be told. (Those that are
  // not pushed are rows, and the daemon finds them.)
  void AddEarlierEvents() { events_.AddEarlier(); }

  // Aborts on a session route before Transact() has found the session: a handler must not tell a
  // stranger what it thinks of a body.
  const Request& request() const;
  std::string_view parameter(size_t index = 0) const;  // what stands in the path's braces, in order
  // The same as an id. What is no number from 1 to 2^53 - 1 names nothing: kNotFound, with what
  // there is none of ("There is no such group.").
  Result<ConversationId> ConversationInPath(std::string_view not_found) const;
  Result<UserId> UserInPath(size_t index, std::string_view not_found) const;
  const sessions::Session& session() const;  // of a session route, inside and after Transact()
  bool wants_html() const;                   // a browser, on a route that has pages

  const Services& services() const { return services_; }
  TimestampMs Now() const { return services_.clock.Now(); }

 private:
  Status Authenticate(db::Transaction& tx);
  Result<uint64_t> IdInPath(size_t index, std::string_view not_found) const;

  const Services& services_;
  const Request& request_;
  const Match& match_;
  std::optional<sessions::Session> session_;
  EventBatch events_;
};

}  // namespace parlor::fcgi
