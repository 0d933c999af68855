// Frames of the socket, both directions.
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/protocol_json.h"

namespace parlor {
namespace {

using json::Object;
using json::ObjectWriter;

Result<SendFrame> ParseSendFrame(const Object& object) {
  SendFrame frame;
  PARLOR_ASSIGN_OR_RETURN(frame.token, object.OptionalText("token"));
  PARLOR_ASSIGN_OR_RETURN(const std::string chat_type, object.Text("chat_type"));
  const std::optional<ConversationKind> kind = json::KindOfChatType(chat_type);
  if (!kind) return json::Invalid("chat_type", "must be room, group or bot.");
  frame.kind = *kind;
  if (*kind == ConversationKind::kRoom) {
    PARLOR_ASSIGN_OR_RETURN(frame.other_user, object.Identifier<UserId>("other_user_id"));
  } else if (*kind == ConversationKind::kGroup) {
    PARLOR_ASSIGN_OR_RETURN(frame.group, object.Identifier<ConversationId>("chat_group_id"));
  }
  PARLOR_ASSIGN_OR_RETURN(frame.message, json::MessageText(object));
  PARLOR_ASSIGN_OR_RETURN(frame.client_msg_id, json::ClientMessageId(object));
  return frame;
}

Result<ClientFrame> ParseFrame(const Object& object) {
  if (object.Has("chat_type")) {
    PARLOR_ASSIGN_OR_RETURN(SendFrame send, ParseSendFrame(object));
    return ClientFrame(std::move(send));
  }
  PARLOR_ASSIGN_OR_RETURN(std::optional<std::string> token, object.OptionalText("token"));
  if (object.Has("type") || !token) return ClientFrame(UnknownFrame{std::move(token)});
  return ClientFrame(InitFrame{*std::move(token)});
}

// The id for an answer to a frame that was refused, whatever it was refused for.
std::optional<std::string> ReadableClientMessageId(const Object& object) {
  Result<std::optional<std::string>> id = json::ClientMessageId(object);
  return id.ok() ? std::move(id).value() : std::nullopt;
}

std::optional<std::string> ReadableToken(const Object& object) {
  Result<std::optional<std::string>> token = object.OptionalText("token");
  return token.ok() ? std::move(token).value() : std::nullopt;
}

void WriteBotMessage(std::string& out, const Message& message) {
  ObjectWriter object(out);
  object.Flag("is_user", message.sender != kBotUserId)
      .Text("message", message.body)
      .Time("timestamp", message.sent_at)
      .Id("seq", message.seq);
  if (message.is_apology) object.Flag("error", true);
  if (message.is_removed) object.Flag("removed", true);
  object.Close();
}

// What rooms and groups have in common.
void WriteLiveMessage(ObjectWriter& object, const Message& message) {
  object.Id("seq", message.seq).Text("message", message.body).Time("timestamp", message.sent_at);
  if (message.is_removed) object.Flag("removed", true);
  object.Close();
}

}  // namespace

std::variant<ClientFrame, FrameError> ParseClientFrame(std::string_view text) {
  const Result<Object> object = Object::Parse(text);
  if (!object.ok()) return FrameError{object.status(), std::nullopt, std::nullopt};
  Result<ClientFrame> frame = ParseFrame(*object);
  if (!frame.ok()) {
    return FrameError{frame.status(), ReadableClientMessageId(*object), ReadableToken(*object)};
  }
  return std::move(frame).value();
}

std::string EncodeReady(UserId user, SessionId session) {
  std::string out;
  ObjectWriter(out).Text("type", "ready").Id("user_id", user).Id("session_id", session).Close();
  return out;
}

std::string EncodeAck(ConversationKind kind, ConversationId conversation, Seq seq,
                      TimestampMs sent_at, std::string_view client_msg_id, bool duplicate) {
  std::string out;
  out.reserve(256);
  ObjectWriter object(out);
  object.Text("type", "ack").Text("client_msg_id", client_msg_id);
  const std::string_view field = json::ConversationField(kind);
  if (!field.empty()) object.Id(field, conversation);
  object.Id("seq", seq).Time("timestamp", sent_at).Flag("duplicate", duplicate).Close();
  return out;
}

std::string EncodeError(const Status& error, const std::optional<std::string>& client_msg_id) {
  std::string out;
  ObjectWriter object(out);
  object.Text("type", "error")
      .Text("code", WireCode(error.code()))
      .Text("message", error.message());
  if (!error.field().empty()) object.Text("field", error.field());
  if (client_msg_id) object.Text("client_msg_id", *client_msg_id);
  if (error.retry_after_ms() > 0) {
    object.Number("retry_after_ms", static_cast<uint64_t>(error.retry_after_ms()));
  }
  object.Close();
  return out;
}

std::string EncodeUserUpdate(UserId user, std::string_view first_name, std::string_view last_name) {
  std::string out;
  ObjectWriter(out)
      .Text("type", "user_update")
      .Id("user_id", user)
      .Text("first_name", first_name)
      .Text("last_name", last_name)
      .Close();
  return out;
}

std::string EncodeUserActivity(UserId user, bool login) {
  std::string out;
  ObjectWriter(out).Text("type", "user_activity").Id("user_id", user).Flag("login", login).Close();
  return out;
}

std::string EncodeRoomMessage(ConversationId room, UserId other_user, const Message& message) {
  std::string out;
  out.reserve(224 + message.body.size() + message.body.size() / 16);  // some room for escapes
  ObjectWriter object(out);
  object.Text("type", "room_chat_message")
      .Id("user_id", message.sender)
      .Id("other_user_id", other_user)
      .Id("chat_room_id", room);
  WriteLiveMessage(object, message);
  return out;
}

std::string EncodeGroupMessage(ConversationId group, const Message& message) {
  std::string out;
  out.reserve(192 + message.body.size() + message.body.size() / 16);  // some room for escapes
  ObjectWriter object(out);
  object.Text("type", "group_chat_message")
      .Id("user_id", message.sender)
      .Id("chat_group_id", group);
  WriteLiveMessage(object, message);
  return out;
}

std::string EncodeBotMessages(const Message& question, const Message& answer) {
  std::string out;
  out.reserve(256 + question.body.size() + answer.body.size());
  ObjectWriter object(out);
  object.Text("type", "bot_chat_message").Name("messages");
  out += '[';
  WriteBotMessage(out, question);
  out += ',';
  WriteBotMessage(out, answer);
  out += ']';
  object.Close();
  return out;
}

std::string EncodeGroupUpdate(ConversationId group, std::string_view name, UserId owner) {
  std::string out;
  ObjectWriter(out)
      .Text("type", "group_chat_update")
      .Id("chat_group_id", group)
      .Text("name", name)
      .Id("owner_id", owner)
      .Close();
  return out;
}

std::string EncodeGroupActivity(ConversationId group, UserId user, std::string_view first_name,
                                std::string_view last_name, bool is_enter) {
  std::string message(first_name);
  message.append(" ")
      .append(last_name)
      .append(is_enter ? " entered" : " left")
      .append(" the group");
  std::string out;
  ObjectWriter(out)
      .Text("type", "group_chat_activitity")
      .Text("message", message)
      .Id("chat_group_id", group)
      .Id("user_id", user)
      .Flag("is_enter", is_enter)
      .Close();
  return out;
}

std::string EncodeGroupMemberRemoved(ConversationId group, UserId user) {
  std::string out;
  ObjectWriter(out)
      .Text("type", "group_member_removed")
      .Id("chat_group_id", group)
      .Id("user_id", user)
      .Close();
  return out;
}

std::string EncodeMessageRemoved(ConversationKind kind, ConversationId conversation, Seq seq,
                                 TimestampMs sent_at) {
  std::string out;
  ObjectWriter object(out);
  object.Text("type", "message_removed").Text("chat_type", json::ChatType(kind));
  if (kind != ConversationKind::kBot) object.Id(json::ConversationField(kind), conversation);
  object.Id("seq", seq).Time("timestamp", sent_at).Close();
  return out;
}

std::string EncodeGroupRemoved(ConversationId group) {
  std::string out;
  ObjectWriter(out).Text("type", "group_removed").Id("chat_group_id", group).Close();
  return out;
}

std::string EncodeUserRemoved(UserId user) {
  std::string out;
  ObjectWriter(out).Text("type", "user_removed").Id("user_id", user).Close();
  return out;
}

std::string EncodeNotificationUpdate(ConversationKind kind, ConversationId conversation,
                                     uint64_t unread, TimestampMs timestamp) {
  std::string out;
  ObjectWriter(out)
      .Text("type", "notification_update")
      .Id(json::ConversationField(kind), conversation)
      .Number("unread", unread)
      .Time("timestamp", timestamp)
      .Close();
  return out;
}

}  // namespace parlor
