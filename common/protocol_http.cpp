// Bodies of HTTP: what clients send and what they get. Queries of GET are in protocol_query.cpp.
#include <span>
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/protocol_json.h"

namespace parlor {
namespace {

using json::Object;
using json::ObjectWriter;

Result<std::string> PersonName(const Object& object, std::string_view field) {
  PARLOR_ASSIGN_OR_RETURN(const std::string name, object.Text(field));
  return NormalizeName(name, kMaxPersonNameCharacters, field);
}

Result<std::optional<std::string>> OptionalPersonName(const Object& object,
                                                      std::string_view field) {
  if (!object.Has(field)) return std::optional<std::string>();
  PARLOR_ASSIGN_OR_RETURN(std::string name, PersonName(object, field));
  return std::optional<std::string>(std::move(name));
}

Result<std::optional<std::string>> OptionalGroupName(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<std::string> name,
                          object.OptionalTextOrNumber("name"));
  if (!name) return std::optional<std::string>();
  PARLOR_ASSIGN_OR_RETURN(std::string normalized,
                          NormalizeName(*name, kMaxGroupNameCharacters, "name"));
  return std::optional<std::string>(std::move(normalized));
}

Result<std::string> Email(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(const std::string email, object.Text("email"));
  return NormalizeEmail(email, "email");
}

void WriteUser(ObjectWriter& entry, const PublicUser& user) {
  entry.Id("user_id", user.id)
      .Text("first_name", user.first_name)
      .Text("last_name", user.last_name)
      .Flag("online", user.online);
}

void WriteGroup(ObjectWriter& entry, const GroupSummary& group) {
  entry.Id("chat_group_id", group.id)
      .Text("name", group.name)
      .Id("owner_id", group.owner)
      .Number("members", group.members)
      .Flag("is_member", group.is_member);
  if (group.last_seq) {
    entry.Time("last_timestamp", group.last_sent_at);
  } else {
    entry.Null("last_timestamp");
  }
  entry.Id("last_seq", group.last_seq).Number("unread", group.unread);
}

// […] with one object an item, written by `write`.
template <typename Item, typename Write>
void AppendList(std::string& out, std::span<const Item> items, Write write) {
  out.reserve(out.size() + 32 + items.size() * 96);
  out += '[';
  for (const Item& item : items) {
    if (out.back() != '[') out += ',';
    ObjectWriter entry(out);
    write(entry, item);
    entry.Close();
  }
  out += ']';
}

// {"name":[…]}
template <typename Item, typename Write>
std::string EncodeList(std::string_view name, std::span<const Item> items, Write write) {
  std::string out;
  ObjectWriter object(out);
  object.Name(name);
  AppendList(out, items, write);
  object.Close();
  return out;
}

// {"messages":[…],"has_more":…}; `write_extra` adds what only some pages have.
template <typename WriteExtra>
std::string EncodePage(const MessagePage& page, WriteExtra write_extra) {
  const auto write = [&](ObjectWriter& entry, const Message& message) {
    entry.Id("seq", message.seq)
        .Id("user_id", message.sender)
        .Text("message", message.body)
        .Time("timestamp", message.sent_at);
    if (message.is_removed) entry.Flag("removed", true);
    write_extra(entry, message);
  };
  std::string out;
  ObjectWriter object(out);
  object.Name("messages");
  AppendList(out, std::span<const Message>(page.messages), write);
  object.Flag("has_more", page.has_more).Close();
  return out;
}

}  // namespace

Result<RegisterRequest> ParseRegisterRequest(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  RegisterRequest request;
  PARLOR_ASSIGN_OR_RETURN(request.email, Email(object));
  PARLOR_ASSIGN_OR_RETURN(request.password, object.Text("password"));
  PARLOR_ASSIGN_OR_RETURN(request.first_name, PersonName(object, "first_name"));
  PARLOR_ASSIGN_OR_RETURN(request.last_name, PersonName(object, "last_name"));
  return request;
}

Result<LoginRequest> ParseLoginRequest(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  LoginRequest request;
  PARLOR_ASSIGN_OR_RETURN(request.email, Email(object));
  PARLOR_ASSIGN_OR_RETURN(request.password, object.Text("password"));
  return request;
}

Result<ProfileChange> ParseProfileChange(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  ProfileChange change;
  PARLOR_ASSIGN_OR_RETURN(change.first_name, OptionalPersonName(object, "first_name"));
  PARLOR_ASSIGN_OR_RETURN(change.last_name, OptionalPersonName(object, "last_name"));
  PARLOR_ASSIGN_OR_RETURN(change.password, object.OptionalText("password"));
  PARLOR_ASSIGN_OR_RETURN(change.current_password, object.OptionalText("current_password"));
  return change;
}

Result<ReadMark> ParseReadMark(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  const bool is_group = object.Has("chat_group_id");
  if (is_group && object.Has("chat_room_id")) {
    return json::Invalid("chat_group_id", "and chat_room_id must not be given together.");
  }
  ReadMark mark{};
  mark.kind = is_group ? ConversationKind::kGroup : ConversationKind::kRoom;
  PARLOR_ASSIGN_OR_RETURN(mark.conversation,
                          object.Identifier<ConversationId>(json::ConversationField(mark.kind)));
  PARLOR_ASSIGN_OR_RETURN(mark.up_to, object.OptionalTimestamp("timestamp"));
  return mark;
}

Result<RoomPost> ParseRoomPost(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  RoomPost post;
  PARLOR_ASSIGN_OR_RETURN(post.other_user, object.Identifier<UserId>("other_user_id"));
  PARLOR_ASSIGN_OR_RETURN(post.message, json::MessageText(object));
  PARLOR_ASSIGN_OR_RETURN(post.client_msg_id, json::ClientMessageId(object));
  return post;
}

Result<GroupPost> ParseGroupPost(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  GroupPost post;
  PARLOR_ASSIGN_OR_RETURN(post.message, json::MessageText(object));
  PARLOR_ASSIGN_OR_RETURN(post.client_msg_id, json::ClientMessageId(object));
  return post;
}

Result<GroupCreation> ParseGroupCreation(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  PARLOR_ASSIGN_OR_RETURN(std::optional<std::string> name, OptionalGroupName(object));
  if (!name) return json::Missing("name");
  return GroupCreation{*std::move(name)};
}

Result<GroupChange> ParseGroupChange(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  GroupChange change;
  if (object.Has("chat_group_id")) {
    PARLOR_ASSIGN_OR_RETURN(change.group, object.Identifier<ConversationId>("chat_group_id"));
  }
  PARLOR_ASSIGN_OR_RETURN(change.name, OptionalGroupName(object));
  if (object.Has("owner_id")) {
    PARLOR_ASSIGN_OR_RETURN(change.owner, object.Identifier<UserId>("owner_id"));
  }
  if (!change.name && !change.owner) {
    return json::Invalid("name", "is missing: give a name, an owner_id, or both.");
  }
  return change;
}

Result<bool> ParseIsEnter(std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Object object, Object::Parse(body));
  PARLOR_ASSIGN_OR_RETURN(const std::optional<bool> is_enter, object.OptionalFlag("is_enter"));
  if (!is_enter) return json::Missing("is_enter");
  return *is_enter;
}

std::string EncodeMessageOnly(std::string_view message) {
  std::string out;
  ObjectWriter(out).Text("message", message).Close();
  return out;
}

std::string EncodeConfirmed(const Profile& user) {
  std::string out;
  ObjectWriter(out)
      .Id("user_id", user.id)
      .Text("email", user.email)
      .Text("first_name", user.first_name)
      .Text("last_name", user.last_name)
      .Close();
  return out;
}

std::string EncodeLogin(std::string_view token, UserId user, TimestampMs expires_at) {
  std::string out;
  ObjectWriter(out).Text("token", token).Id("user_id", user).Time("expires_at", expires_at).Close();
  return out;
}

std::string EncodeUsers(std::span<const PublicUser> users) {
  return EncodeList("users", users, WriteUser);
}

std::string EncodeProfile(const Profile& profile) {
  std::string out;
  ObjectWriter(out)
      .Id("user_id", profile.id)
      .Text("email", profile.email)
      .Text("first_name", profile.first_name)
      .Text("last_name", profile.last_name)
      .Time("created_at", profile.created_at)
      .Close();
  return out;
}

std::string EncodeMessagePage(const MessagePage& page) {
  return EncodePage(page, [](ObjectWriter&, const Message&) {});
}

std::string EncodeBotPage(const MessagePage& page) {
  return EncodePage(page, [](ObjectWriter& entry, const Message& message) {
    entry.Flag("is_user", message.sender != kBotUserId);
    if (message.is_apology) entry.Flag("error", true);
  });
}

std::string EncodeRooms(std::span<const RoomSummary> rooms) {
  return EncodeList("chat_rooms", rooms, [](ObjectWriter& entry, const RoomSummary& room) {
    entry.Id("chat_room_id", room.id)
        .Id("other_user_id", room.other_user)
        .Time("last_timestamp", room.last_sent_at)
        .Id("last_seq", room.last_seq)
        .Number("unread", room.unread);
  });
}

std::string EncodeNotifications(std::span<const Notification> notifications) {
  return EncodeList(
      "notifications", notifications, [](ObjectWriter& entry, const Notification& notification) {
        entry.Id(json::ConversationField(notification.kind), notification.conversation)
            .Id("user_id", notification.last_sender)
            .Flag("is_read", notification.unread == 0)
            .Number("unread", notification.unread)
            .Time("timestamp", notification.timestamp);
      });
}

std::string EncodeGroup(const GroupSummary& group) {
  std::string out;
  ObjectWriter object(out);
  WriteGroup(object, group);
  object.Close();
  return out;
}

std::string EncodeGroups(std::span<const GroupSummary> groups) {
  return EncodeList("chat_groups", groups, WriteGroup);
}

std::string EncodeGroupMembers(std::span<const GroupMember> members) {
  return EncodeList("users", members, [](ObjectWriter& entry, const GroupMember& member) {
    WriteUser(entry, member.user);
    entry.Flag("present", member.present);
  });
}

std::string EncodePostResult(const PostResult& result) {
  std::string out;
  ObjectWriter object(out);
  object.Id(json::ConversationField(result.kind), result.conversation).Id("user_id", result.sender);
  if (result.kind == ConversationKind::kRoom) object.Id("other_user_id", result.other_user);
  object.Id("seq", result.seq).Text("message", result.body).Time("timestamp", result.sent_at);
  if (result.client_msg_id) object.Text("client_msg_id", *result.client_msg_id);
  object.Flag("duplicate", result.duplicate);
  if (result.is_removed) object.Flag("removed", true);
  object.Close();
  return out;
}

std::string EncodeHealth(std::span<const std::string> missing) {
  std::string out;
  ObjectWriter object(out);
  object.Text("status", missing.empty() ? "ok" : "unavailable");
  if (!missing.empty()) {
    object.Name("missing");
    out += '[';
    for (const std::string& part : missing) {
      if (out.back() != '[') out += ',';
      json::AppendString(out, part);
    }
    out += ']';
  }
  object.Close();
  return out;
}

std::string EncodeProblem(int http_status, std::string_view title, const Status& error) {
  std::string out;
  ObjectWriter object(out);
  object.Text("type", "about:blank")
      .Text("title", title)
      .Number("status", static_cast<uint64_t>(http_status))
      .Text("code", WireCode(error.code()))
      .Text("detail", error.message());
  if (!error.field().empty()) object.Text("field", error.field());
  object.Close();
  return out;
}

}  // namespace parlor
