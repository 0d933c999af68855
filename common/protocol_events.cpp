// Events of the bus, also as rows of `events`: what workers and administrators' scripts tell the
// daemons. Conversations are named by conversation_id and chat_type here, as the tables do.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/protocol_json.h"

namespace parlor {
namespace {

using json::Object;
using json::ObjectWriter;

constexpr uint64_t kVersion = 1;
constexpr size_t kMaxRequestIdBytes = 64;

constexpr std::string_view kUserUpdate = "user_update";
constexpr std::string_view kSessionEnded = "session_ended";
constexpr std::string_view kUserSuspended = "user_suspended";
constexpr std::string_view kReadMark = "read_mark";
constexpr std::string_view kMessage = "message";
constexpr std::string_view kGroupUpdate = "group_update";
constexpr std::string_view kGroupEntered = "group_entered";
constexpr std::string_view kGroupLeft = "group_left";
constexpr std::string_view kMemberRemoved = "group_member_removed";
constexpr std::string_view kMessageRemoved = "message_removed";
constexpr std::string_view kGroupRemoved = "group_removed";
constexpr std::string_view kUserRemoved = "user_removed";

std::string_view TypeOf(const UserUpdated&) { return kUserUpdate; }
std::string_view TypeOf(const SessionEnded&) { return kSessionEnded; }
std::string_view TypeOf(const UserSuspended&) { return kUserSuspended; }
std::string_view TypeOf(const ReadMarkMoved&) { return kReadMark; }
std::string_view TypeOf(const MessageSent&) { return kMessage; }
std::string_view TypeOf(const GroupUpdated&) { return kGroupUpdate; }
std::string_view TypeOf(const PresenceChanged& event) {
  return event.is_enter ? kGroupEntered : kGroupLeft;
}
std::string_view TypeOf(const MemberRemoved&) { return kMemberRemoved; }
std::string_view TypeOf(const MessageRemoved&) { return kMessageRemoved; }
std::string_view TypeOf(const GroupRemoved&) { return kGroupRemoved; }
std::string_view TypeOf(const UserRemoved&) { return kUserRemoved; }

void Write(ObjectWriter& object, const UserUpdated& event) {
  object.Id("user_id", event.user)
      .Text("first_name", event.first_name)
      .Text("last_name", event.last_name);
}

void Write(ObjectWriter& object, const SessionEnded& event) {
  object.Id("user_id", event.user).Id("session_id", event.session);
}

void Write(ObjectWriter& object, const UserSuspended& event) { object.Id("user_id", event.user); }

void Write(ObjectWriter& object, const ReadMarkMoved& event) {
  object.Id("user_id", event.user)
      .Text("chat_type", json::ChatType(event.kind))
      .Id("conversation_id", event.conversation)
      .Number("unread", event.unread)
      .Time("timestamp", event.timestamp);
}

// sql/admin/messages.sql and erase.sql find these rows of `events` by LIKE: by the order of the
// fields (v and type before them) and that none has a space around it.
void Write(ObjectWriter& object, const MessageSent& event) {
  object.Text("chat_type", json::ChatType(event.kind))
      .Id("conversation_id", event.conversation)
      .Id("seq", event.seq)
      .Time("timestamp", event.sent_at)
      .Id("user_id", event.sender);
  if (event.kind == ConversationKind::kRoom) object.Id("other_user_id", event.other_user);
  object.Text("message", event.body);
}

void Write(ObjectWriter& object, const GroupUpdated& event) {
  object.Id("conversation_id", event.group).Text("name", event.name).Id("owner_id", event.owner);
}

void Write(ObjectWriter& object, const PresenceChanged& event) {
  object.Id("conversation_id", event.group)
      .Number("presence_seq", event.presence_seq)
      .Id("user_id", event.user)
      .Text("first_name", event.first_name)
      .Text("last_name", event.last_name);
}

void Write(ObjectWriter& object, const MemberRemoved& event) {
  object.Id("conversation_id", event.group).Id("user_id", event.user);
}

void Write(ObjectWriter& object, const MessageRemoved& event) {
  object.Text("chat_type", json::ChatType(event.kind))
      .Id("conversation_id", event.conversation)
      .Id("seq", event.seq)
      .Time("timestamp", event.sent_at);
  if (event.kind != ConversationKind::kGroup) object.Id("user_id", event.user);
  if (event.kind == ConversationKind::kRoom) object.Id("other_user_id", event.other_user);
}

void Write(ObjectWriter& object, const GroupRemoved& event) {
  object.Id("conversation_id", event.group);
}

void Write(ObjectWriter& object, const UserRemoved& event) { object.Id("user_id", event.user); }

Result<TimestampMs> Time(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<ParsedTimestamp> time,
                          object.OptionalTimestamp("timestamp"));
  if (!time) return json::Missing("timestamp");
  return time->floor;
}

Result<ConversationKind> Kind(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const std::string chat_type, object.Text("chat_type"));
  const std::optional<ConversationKind> kind = json::KindOfChatType(chat_type);
  if (!kind) return json::Invalid("chat_type", "must be room, group or bot.");
  return *kind;
}

Result<Event> ReadUserUpdated(const Object& object) {
  UserUpdated event;
  PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  PARLOR_ASSIGN_OR_RETURN(event.first_name, object.Text("first_name"));
  PARLOR_ASSIGN_OR_RETURN(event.last_name, object.Text("last_name"));
  return Event(std::move(event));
}

Result<Event> ReadSessionEnded(const Object& object) {
  SessionEnded event;
  PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  PARLOR_ASSIGN_OR_RETURN(event.session, object.Identifier<SessionId>("session_id"));
  return Event(event);
}

Result<Event> ReadUserSuspended(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const UserId user, object.Identifier<UserId>("user_id"));
  return Event(UserSuspended{user});
}

Result<Event> ReadReadMark(const Object& object) {
  ReadMarkMoved event{};
  PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  PARLOR_ASSIGN_OR_RETURN(event.kind, Kind(object));
  PARLOR_ASSIGN_OR_RETURN(event.conversation, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.unread, object.Integer("unread", 0, kMaxJsonInteger));
  PARLOR_ASSIGN_OR_RETURN(event.timestamp, Time(object));
  return Event(event);
}

Result<Event> ReadMessage(const Object& object) {
  MessageSent event{};
  PARLOR_ASSIGN_OR_RETURN(event.kind, Kind(object));
  PARLOR_ASSIGN_OR_RETURN(event.conversation, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.seq, object.Identifier<Seq>("seq"));
  PARLOR_ASSIGN_OR_RETURN(event.sent_at, Time(object));
  const bool may_be_bot = event.kind == ConversationKind::kBot;
  PARLOR_ASSIGN_OR_RETURN(const uint64_t sender,
                          object.Integer("user_id", may_be_bot ? 0 : 1, kMaxJsonInteger));
  event.sender = UserId(sender);
  if (event.kind == ConversationKind::kRoom) {
    PARLOR_ASSIGN_OR_RETURN(event.other_user, object.Identifier<UserId>("other_user_id"));
  }
  PARLOR_ASSIGN_OR_RETURN(event.body, json::MessageText(object));
  return Event(std::move(event));
}

Result<Event> ReadGroupUpdated(const Object& object) {
  GroupUpdated event;
  PARLOR_ASSIGN_OR_RETURN(event.group, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.name, object.Text("name"));
  PARLOR_ASSIGN_OR_RETURN(event.owner, object.Identifier<UserId>("owner_id"));
  return Event(std::move(event));
}

Result<PresenceChanged> ReadPresence(const Object& object) {
  PresenceChanged event;
  PARLOR_ASSIGN_OR_RETURN(event.group, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.presence_seq, object.Integer("presence_seq", 1, kMaxJsonInteger));
  PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  PARLOR_ASSIGN_OR_RETURN(event.first_name, object.Text("first_name"));
  PARLOR_ASSIGN_OR_RETURN(event.last_name, object.Text("last_name"));
  return event;
}

Result<Event> ReadGroupEntered(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(PresenceChanged event, ReadPresence(object));
  event.is_enter = true;
  return Event(std::move(event));
}

Result<Event> ReadGroupLeft(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(PresenceChanged event, ReadPresence(object));
  return Event(std::move(event));
}

Result<Event> ReadMemberRemoved(const Object& object) {
  MemberRemoved event;
  PARLOR_ASSIGN_OR_RETURN(event.group, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  return Event(event);
}

Result<Event> ReadMessageRemoved(const Object& object) {
  MessageRemoved event;
  PARLOR_ASSIGN_OR_RETURN(event.kind, Kind(object));
  PARLOR_ASSIGN_OR_RETURN(event.conversation, object.Identifier<ConversationId>("conversation_id"));
  PARLOR_ASSIGN_OR_RETURN(event.seq, object.Identifier<Seq>("seq"));
  PARLOR_ASSIGN_OR_RETURN(event.sent_at, Time(object));
  if (event.kind != ConversationKind::kGroup) {
    PARLOR_ASSIGN_OR_RETURN(event.user, object.Identifier<UserId>("user_id"));
  }
  if (event.kind == ConversationKind::kRoom) {
    PARLOR_ASSIGN_OR_RETURN(event.other_user, object.Identifier<UserId>("other_user_id"));
  }
  return Event(event);
}

Result<Event> ReadGroupRemoved(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const auto group, object.Identifier<ConversationId>("conversation_id"));
  return Event(GroupRemoved{group});
}

Result<Event> ReadUserRemoved(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const UserId user, object.Identifier<UserId>("user_id"));
  return Event(UserRemoved{user});
}

struct EventType {
  std::string_view name;
  Result<Event> (*read)(const Object& object);
};
constexpr EventType kEventTypes[] = {
    {kUserUpdate, ReadUserUpdated},
    {kSessionEnded, ReadSessionEnded},
    {kUserSuspended, ReadUserSuspended},
    {kReadMark, ReadReadMark},
    {kMessage, ReadMessage},
    {kGroupUpdate, ReadGroupUpdated},
    {kGroupEntered, ReadGroupEntered},
    {kGroupLeft, ReadGroupLeft},
    {kMemberRemoved, ReadMemberRemoved},
    {kMessageRemoved, ReadMessageRemoved},
    {kGroupRemoved, ReadGroupRemoved},
    {kUserRemoved, ReadUserRemoved},
};

// Not worth an event: what is no id or no time is as if it were not there.
EventOrigin ReadOrigin(const Object& object) {
  EventOrigin origin;
  if (auto text = object.OptionalText("request_id"); text.ok() && *text && IsRequestId(**text)) {
    origin.request_id = **std::move(text);
  }
  const auto at = object.OptionalInteger("at_ms", 1, kMaxJsonInteger);
  if (at.ok() && *at) origin.at = TimestampMs(static_cast<int64_t>(**at));
  return origin;
}

Result<DecodedEvent> Decode(const Object& object) {
  PARLOR_RETURN_IF_ERROR(object.Integer("v", kVersion, kVersion).status());
  PARLOR_ASSIGN_OR_RETURN(const std::string name, object.Text("type"));
  PARLOR_ASSIGN_OR_RETURN(const std::optional<uint64_t> id,
                          object.OptionalInteger("id", 1, kMaxJsonInteger));
  for (const EventType& type : kEventTypes) {
    if (type.name != name) continue;
    PARLOR_ASSIGN_OR_RETURN(Event event, type.read(object));
    return DecodedEvent{std::move(event), EventId(id.value_or(0)), ReadOrigin(object)};
  }
  return json::Invalid("type", "is unknown.");
}

}  // namespace

std::string_view EventName(const Event& event) {
  return std::visit([](const auto& e) { return TypeOf(e); }, event);
}

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

std::string EncodeEvent(const Event& event, EventId id, const EventOrigin& origin) {
  std::string out;
  ObjectWriter object(out);
  object.Number("v", kVersion);
  std::visit(
      [&](const auto& e) {
        object.Text("type", TypeOf(e));
        if (id) object.Id("id", id);
        Write(object, e);
      },
      event);
  if (!origin.request_id.empty()) object.Text("request_id", origin.request_id);
  if (origin.at.value > 0) object.Number("at_ms", static_cast<uint64_t>(origin.at.value));
  object.Close();
  return out;
}

Result<DecodedEvent> DecodeEvent(std::string_view bytes) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(bytes));
  Result<DecodedEvent> event = Decode(object);
  // Nobody waits for an answer to an event: one code for the log, with what was wrong.
  if (!event.ok()) return Status(ErrorCode::kMalformedJson, event.status().message());
  return event;
}

}  // namespace parlor
