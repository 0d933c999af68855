// Everything that passes between the loop and the threads around it, in one place.
//
// The loop owns every socket and all state of sessions; threads own a database connection each. A
// command goes out over the bounded queue of its thread, the result comes back into the loop's
// mailbox. Values only: nothing is shared.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/group_members.h"
#include "common/messages.h"
#include "common/protocol.h"
#include "common/send_rate.h"
#include "common/sessions.h"

namespace parlor::wsd {

// A connection, by a serial number that is never used twice: a result for one that is gone finds
// nothing.
using ConnectionId = StrongId<struct ConnectionTag>;

// ---- loop → writer thread (chosen by conversation, so that one conversation keeps its order)
struct WriteMessage {
  ConnectionId from;
  messages::Outgoing message;
};

// ---- writer → loop: in commit order; one item a batch
struct WriteOutcome {
  WriteMessage request;
  Result<messages::Stored> stored;  // kUnavailable when the database stayed away
};
struct BatchWritten {
  std::vector<WriteOutcome> outcomes;
};

// ---- loop → lookup thread
struct Authenticate {
  ConnectionId from;
  TokenHash token{};
};
struct FetchMissing {  // messages of a conversation that the loop has not seen
  ConversationKind kind{};
  ConversationId conversation;
  TimestampMs since;
  Seq first, last;
};
struct LoadPresence {
  ConversationId group;  // none: all groups
};
struct CountUnread {  // for those of `users` who are members of the group; none named: for all
  ConversationId group;
  std::vector<UserId> users;
};
using LookupCommand = std::variant<Authenticate, FetchMissing, LoadPresence, CountUnread>;

// ---- lookup → loop
struct Authenticated {
  ConnectionId from;
  TokenHash token{};
  // nullopt: no such session; error: the database is away
  Result<std::optional<sessions::Session>> session;
};
struct MissingFetched {
  FetchMissing request;
  Result<std::vector<Message>> messages;
};

struct PresenceLoaded {
  LoadPresence request;
  Result<std::vector<group_members::Snapshot>> groups;
};
struct UnreadCounted {
  CountUnread request;
  Result<group_members::UnreadCounts> counts;
};

// ---- loop → presence thread
struct UserCame {  // first socket of the user at this daemon
  UserId user;
};
// Last socket gone, and the grace over (or logged out); or entered a group without any and did not
// come within the grace. Who is then online nowhere is present nowhere either.
struct UserLeft {
  UserId user;
};
struct TouchSession {  // the session is in use: move its expiry on
  sessions::Session session;
};
struct RaiseRates {  // buckets in heavy use
  std::vector<std::pair<UserId, send_rate::Bucket>> buckets;
};
using PresenceCommand = std::variant<UserCame, UserLeft, TouchSession, RaiseRates>;

// ---- presence → loop
struct OnlineChanged {  // in the order in which the database decided it
  UserId user;
  bool online = false;
};

// The daemon's row had gone, or was older than the daemon knows it: a backup was restored. Nothing
// that is remembered of the database (numbers, ids, who is present) can be taken for true any more.
struct DatabaseWentBack {};

// ---- bus reader → loop
struct EventArrived {
  Event event;
  EventId id;
  EventOrigin origin;
};

// ---- loop → bus reader: acted on; its row may go
struct EventDone {
  EventId id;
};

// ---- loop → bot
struct AskBot {  // committed and acknowledged
  UserId user;
  ConversationId chat;
  Message question;
};

// ---- bot → loop
struct BotAnswered {
  AskBot request;
  // As it was stored; an error: the daemon ends (the next start answers), or the chat is gone.
  Result<Message> answer;
};

using LoopItem =
    std::variant<BatchWritten, Authenticated, MissingFetched, PresenceLoaded, UnreadCounted,
                 OnlineChanged, DatabaseWentBack, EventArrived, BotAnswered>;

}  // namespace parlor::wsd
