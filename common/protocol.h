// THE wire: bodies of HTTP, frames of the socket, events of the bus, with their limits and their
// codec.
//
// Shapes are those of docs/protocol.md; every one has an example there that a contract test parses.
// Decoders give a Status that can go straight to the person who sent the bytes (kMalformedJson, or
// kInvalidField with the field); they never throw and never recurse on foreign input. Encoders give
// compact JSON in UTF-8; text that is not valid UTF-8 (a model's, an administrator's) is repaired
// with U+FFFD. Pure functions: any thread. nlohmann/json is included by protocol*.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor {

// ---- Limits that clients can rely on (bodies and frames have options in config.h)
inline constexpr size_t kMaxMessageBytes = 16000;
inline constexpr size_t kMaxClientMsgIdBytes = 64;
inline constexpr size_t kMaxEmailBytes = 254;
inline constexpr size_t kMaxPersonNameCharacters = 64;
inline constexpr size_t kMaxGroupNameCharacters = 100;
inline constexpr size_t kMinPasswordCharacters = 8;
inline constexpr size_t kMaxPasswordCharacters = 128;
inline constexpr int kMaxJsonDepth = 16;
inline constexpr uint64_t kMaxJsonInteger = (uint64_t{1} << 53) - 1;

// ---- Text rules (shared by HTTP, socket and SQL tools)
bool IsValidUtf8(std::string_view text);
size_t CountCharacters(std::string_view utf8);  // code points
// Trimmed of white space; kInvalidField naming `field` if it breaks the rules of docs/protocol.md.
// An address that passes is a mail::IsPlainAddress as well: it can stand in an SMTP command and in
// a header as it is, so a mail can be written to it.
Result<std::string> NormalizeEmail(std::string_view email, std::string_view field);
Result<std::string> NormalizeName(std::string_view name, size_t max_characters,
                                  std::string_view field);

// ---- HTTP: requests
// Names are trimmed and checked, e-mail addresses normalized; a password is only checked for its
// type here.
struct RegisterRequest {
  std::string email, password, first_name, last_name;
};
struct LoginRequest {
  std::string email, password;
};
struct ProfileChange {
  std::optional<std::string> first_name, last_name, password, current_password;
};
struct ReadMark {
  ConversationId conversation;
  // As the field was named: chat_room_id or chat_group_id.
  ConversationKind kind = ConversationKind::kRoom;
  std::optional<ParsedTimestamp> up_to;  // absent: up to the newest message
};
struct RoomPost {
  UserId other_user;
  std::string message;
  std::optional<std::string> client_msg_id;
};
struct GroupPost {
  std::string message;
  std::optional<std::string> client_msg_id;
};
// A group's name may come as a JSON number, as the seed of the protocol writes it: its decimal
// text.
struct GroupCreation {
  std::string name;  // trimmed and checked
};
struct GroupChange {
  // From the body, or from the path (a different one in the body is refused). Absent: the one group
  // that the caller owns.
  std::optional<ConversationId> group;
  std::optional<std::string> name;
  std::optional<UserId> owner;  // at least one of these two is given
};
// Which part of a conversation: see GET /chat_rooms/{id} in protocol.md.
struct PageRequest {
  std::optional<ParsedTimestamp> timestamp;
  bool before = false;
  std::optional<uint32_t> limit;
};
struct UserQuery {
  UserId after;                   // 0: from the first
  std::optional<uint32_t> limit;  // absent: all
  bool online_only = false;
  std::string name;  // substring of "first last", without regard to case; empty: all
};
struct GroupQuery {
  ConversationId after;           // 0: from the first
  std::optional<uint32_t> limit;  // absent: all
  bool member_only = false;       // those that the caller is a member of
  std::string name;               // substring, without regard to case; empty: all
};

Result<RegisterRequest> ParseRegisterRequest(std::string_view body);
Result<LoginRequest> ParseLoginRequest(std::string_view body);
Result<ProfileChange> ParseProfileChange(std::string_view body);
Result<ReadMark> ParseReadMark(std::string_view body);
Result<RoomPost> ParseRoomPost(std::string_view body);
Result<GroupPost> ParseGroupPost(std::string_view body);
Result<GroupCreation> ParseGroupCreation(std::string_view body);
Result<GroupChange> ParseGroupChange(std::string_view body);
Result<bool> ParseIsEnter(std::string_view body);  // {"is_enter": …} of POST /chat_groups/{id}

// What a GET says, from the query string (decoded pairs) and, where that is silent, from a JSON
// body (may be empty). An empty value in a query counts as not given.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
Result<PageRequest> ParsePageRequest(const QueryPairs& query, std::string_view body);
Result<UserQuery> ParseUserQuery(const QueryPairs& query, std::string_view body);
Result<GroupQuery> ParseGroupQuery(const QueryPairs& query, std::string_view body);
// Splits and percent-decodes "a=b&c=d" ('+' is a space); kInvalidField if a name or value is not
// valid UTF-8.
Result<QueryPairs> ParseQueryString(std::string_view query);

// ---- HTTP: answers
struct PublicUser {
  UserId id;
  std::string first_name, last_name;
  bool online = false;
};
struct Profile {
  UserId id;
  std::string email, first_name, last_name;
  TimestampMs created_at;
};
struct Message {
  Seq seq;
  TimestampMs sent_at;
  UserId sender;  // kBotUserId: the bot
  std::string body;
  bool is_apology = false;  // of the bot, which had no answer: "error": true
  bool is_removed = false;  // by an administrator: the body is empty, "removed": true
};
struct MessagePage {
  std::vector<Message> messages;  // oldest first
  bool has_more = false;          // in the page's direction
};
struct RoomSummary {
  ConversationId id;
  UserId other_user;
  TimestampMs last_sent_at;
  Seq last_seq;
  uint64_t unread = 0;
};
struct Notification {
  ConversationId conversation;
  ConversationKind kind = ConversationKind::kRoom;
  UserId last_sender;
  uint64_t unread = 0;
  TimestampMs timestamp;
};
// No message yet: last_seq 0, and the time is null on the wire.
struct GroupSummary {
  ConversationId id;
  std::string name;
  UserId owner;
  uint64_t members = 0;
  bool is_member = false;  // the caller
  TimestampMs last_sent_at;
  Seq last_seq;
  uint64_t unread = 0;  // 0 unless is_member
};
struct GroupMember {
  PublicUser user;
  bool present = false;  // looks at the group now
};
// A message sent over HTTP, to a room or a group.
struct PostResult {
  ConversationKind kind = ConversationKind::kRoom;
  ConversationId conversation;
  UserId sender;
  UserId other_user;  // room
  Seq seq;
  TimestampMs sent_at;
  std::string body;
  std::optional<std::string> client_msg_id;
  bool duplicate = false;
  bool is_removed = false;  // of a repeat: the first one was removed
};

std::string EncodeMessageOnly(std::string_view message);  // {"message": …} of POST /register
std::string EncodeConfirmed(const Profile& user);         // GET /register/<token>
std::string EncodeLogin(std::string_view token, UserId user, TimestampMs expires_at);
std::string EncodeUsers(std::span<const PublicUser> users);
std::string EncodeProfile(const Profile& profile);
std::string EncodeMessagePage(const MessagePage& page);
std::string EncodeBotPage(const MessagePage& page);  // with "is_user"
std::string EncodeRooms(std::span<const RoomSummary> rooms);
std::string EncodeNotifications(std::span<const Notification> notifications);
std::string EncodePostResult(const PostResult& result);
std::string EncodeGroup(const GroupSummary& group);
std::string EncodeGroups(std::span<const GroupSummary> groups);
std::string EncodeGroupMembers(std::span<const GroupMember> members);
std::string EncodeHealth(std::span<const std::string> missing);  // empty: ok
// application/problem+json (RFC 9457). `http_status` and `title` come from fcgi/error_map.
std::string EncodeProblem(int http_status, std::string_view title, const Status& error);

// ---- Socket: what clients send

// A frame with neither chat_type nor type: only the token (the first frame of a connection, or a
// rebind).
struct InitFrame {
  std::string token;
};
struct SendFrame {
  std::optional<std::string> token;
  ConversationKind kind = ConversationKind::kRoom;
  UserId other_user;     // room
  ConversationId group;  // group
  std::string message;
  std::optional<std::string> client_msg_id;
};
// Something from a newer client (no chat_type, and a type or no token): ignored, but for its token,
// which counts as in every frame.
struct UnknownFrame {
  std::optional<std::string> token;
};
using ClientFrame = std::variant<InitFrame, SendFrame, UnknownFrame>;

// Why a frame was refused, and of what came in it what could be read all the same: the id for the
// answer, and the token, which counts as in every frame.
struct FrameError {
  Status status;
  std::optional<std::string> client_msg_id;
  std::optional<std::string> token;
};
std::variant<ClientFrame, FrameError> ParseClientFrame(std::string_view text);

// ---- Socket: what the server sends

std::string EncodeReady(UserId user, SessionId session);
std::string EncodeAck(ConversationKind kind, ConversationId conversation, Seq seq,
                      TimestampMs sent_at, std::string_view client_msg_id, bool duplicate);
std::string EncodeError(const Status& error, const std::optional<std::string>& client_msg_id);
std::string EncodeUserUpdate(UserId user, std::string_view first_name, std::string_view last_name);
std::string EncodeUserActivity(UserId user, bool login);
std::string EncodeRoomMessage(ConversationId room, UserId other_user, const Message& message);
std::string EncodeGroupMessage(ConversationId group, const Message& message);
// Both in one frame; the question's sender is a user, the answer's kBotUserId.
std::string EncodeBotMessages(const Message& question, const Message& answer);
std::string EncodeGroupUpdate(ConversationId group, std::string_view name, UserId owner);
// "Ada Lovelace entered the group", with the type in the seed's spelling, group_chat_activitity.
std::string EncodeGroupActivity(ConversationId group, UserId user, std::string_view first_name,
                                std::string_view last_name, bool is_enter);
std::string EncodeGroupMemberRemoved(ConversationId group, UserId user);
// The text of a message is gone, its place stays. No id is said of a bot chat: a user has one.
std::string EncodeMessageRemoved(ConversationKind kind, ConversationId conversation, Seq seq,
                                 TimestampMs sent_at);
std::string EncodeGroupRemoved(ConversationId group);
std::string EncodeUserRemoved(UserId user);
std::string EncodeNotificationUpdate(ConversationKind kind, ConversationId conversation,
                                     uint64_t unread, TimestampMs timestamp);

// ---- Bus events (worker or SQL script → daemon)

// One JSON object with "v" (version, 1), "type", and "id" (its row in `events`, absent inside the
// row itself). docs/protocol.md has an example of each.
struct UserUpdated {
  UserId user;
  std::string first_name, last_name;
};
struct SessionEnded {
  UserId user;
  SessionId session;
};
struct UserSuspended {
  UserId user;
};
struct ReadMarkMoved {
  UserId user;
  ConversationKind kind = ConversationKind::kRoom;
  ConversationId conversation;
  uint64_t unread;
  TimestampMs timestamp;
};
struct MessageSent {
  ConversationKind kind = ConversationKind::kRoom;
  ConversationId conversation;
  Seq seq;
  TimestampMs sent_at;
  UserId sender;
  UserId other_user;  // room
  std::string body;
};
struct GroupUpdated {  // made, renamed or handed over
  ConversationId group;
  std::string name;
  UserId owner;
};
// group_entered, group_left. `presence_seq` is the number of this change among those of its group:
// 1, 2, 3, … in the order of the commits (chat_groups.presence_seq), so a daemon can take them in
// that order however they arrive.
struct PresenceChanged {
  ConversationId group;
  uint64_t presence_seq = 0;
  UserId user;
  std::string first_name, last_name;
  bool is_enter = false;
};
struct MemberRemoved {  // left the group for good, or was put out of it
  ConversationId group;
  UserId user;
};
// By an administrator, as the next two.
struct MessageRemoved {
  ConversationKind kind = ConversationKind::kRoom;
  ConversationId conversation;
  Seq seq;
  TimestampMs sent_at;
  UserId user;        // room: one of the two; bot: whose chat it is
  UserId other_user;  // room
};
struct GroupRemoved {
  ConversationId group;
};
struct UserRemoved {  // erased: the account is a nameless row from now on
  UserId user;
};
using Event =
    std::variant<UserUpdated, SessionEnded, UserSuspended, ReadMarkMoved, MessageSent, GroupUpdated,
                 PresenceChanged, MemberRemoved, MessageRemoved, GroupRemoved, UserRemoved>;

// Whence an event came, for logs and metrics; nothing is decided by it. Both may be missing.
struct EventOrigin {
  std::string request_id;  // of the request that made it; IsRequestId(), or empty
  TimestampMs at;          // when it was written; 0: not known
};
// What a web server numbers requests with: at most 64 of A-Z, a-z, 0-9, '-', '_' and '.'. Anything
// else is a stranger's text and belongs into no log.
bool IsRequestId(std::string_view text);

std::string EncodeEvent(const Event& event, EventId id,
                        const EventOrigin& origin = {});  // what is 0 or empty is left out
std::string_view EventName(const Event& event);           // its "type"
struct DecodedEvent {
  Event event;
  EventId id;
  EventOrigin origin;
};
// kMalformedJson for what is not an event of a version and type that we know.
Result<DecodedEvent> DecodeEvent(std::string_view bytes);

}  // namespace parlor
