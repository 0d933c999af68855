// docs/protocol.md and the codec say the same. Every example of the document goes through its codec
// function: what clients send must be accepted, what the server sends is rebuilt from the example's
// own values and must come out with the same fields. And the other way round: a codec function
// without a row here, or a row without an example, fails.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/protocol.h"
#include "fcgi/error_map.h"

namespace parlor {
namespace {

using nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path << ": run the tests from the top folder of the repository";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// ---- The values of an example, as the codec's types
template <typename Id>
Id IdIn(const json& example, const char* name) {
  return Id(example.at(name).get<uint64_t>());
}

TimestampMs TimeIn(const json& example, const char* name = "timestamp") {
  const auto time = ParseTimestamp(example.at(name).get<std::string>());
  EXPECT_TRUE(time.has_value() && !time->has_remainder) << example;
  return time ? time->floor : TimestampMs();
}

std::string TextIn(const json& example, const char* name) { return example.at(name); }

std::optional<std::string> OptionalTextIn(const json& example, const char* name) {
  return example.contains(name) ? std::optional<std::string>(TextIn(example, name)) : std::nullopt;
}

ConversationKind KindIn(const json& example) {
  return example.contains("chat_group_id") ? ConversationKind::kGroup : ConversationKind::kRoom;
}

ConversationId ConversationIn(const json& example) {
  const bool is_group = example.contains("chat_group_id");
  return IdIn<ConversationId>(example, is_group ? "chat_group_id" : "chat_room_id");
}

ErrorCode CodeIn(const json& example) {
  for (const fcgi::ErrorMapRow& row : fcgi::kErrorMap) {
    if (WireCode(row.code) == TextIn(example, "code")) return row.code;
  }
  ADD_FAILURE() << "unknown code in " << example;
  return ErrorCode::kInternal;
}

Status ErrorIn(const json& example, const char* message) {
  const ErrorCode code = CodeIn(example);
  if (code == ErrorCode::kInvalidField) {
    return Status::InvalidField(TextIn(example, "field"), TextIn(example, message));
  }
  return Status::RetryAfter(code, example.value("retry_after_ms", int64_t{0}),
                            TextIn(example, message));
}

Profile ProfileIn(const json& example) {
  Profile profile{IdIn<UserId>(example, "user_id"), TextIn(example, "email"),
                  TextIn(example, "first_name"), TextIn(example, "last_name"), TimestampMs()};
  if (example.contains("created_at")) profile.created_at = TimeIn(example, "created_at");
  return profile;
}

// Every entry of the list `name`, made by `make`.
template <typename Item>
std::vector<Item> ListIn(const json& example, const char* name,
                         const std::function<Item(const json&)>& make) {
  std::vector<Item> items;
  for (const json& entry : example.at(name)) items.push_back(make(entry));
  return items;
}

// ---- What is done with an example: the answer is what the server would send, "" for what it takes
using Check = std::function<std::string(const std::string& text, const json& example)>;

template <typename T>
Check Accepts(Result<T> (*parse)(std::string_view)) {
  return [parse](const std::string& text, const json&) {
    const Result<T> result = parse(text);
    EXPECT_TRUE(result.ok()) << result.status().message() << ": " << text;
    return std::string();
  };
}

// The parameters of a GET as a body, and the same as a query.
template <typename T>
Check AcceptsParameters(Result<T> (*parse)(const QueryPairs&, std::string_view)) {
  return [parse](const std::string& text, const json& example) {
    QueryPairs query;
    for (const auto& [name, value] : example.items()) {
      query.emplace_back(name, value.is_string() ? TextIn(example, name.c_str()) : value.dump());
    }
    EXPECT_TRUE(parse({}, text).ok()) << text;
    EXPECT_TRUE(parse(query, "").ok()) << text;
    return std::string();
  };
}

template <typename Frame>
Check AcceptsFrame() {
  return [](const std::string& text, const json&) {
    const auto parsed = ParseClientFrame(text);
    const auto* frame = std::get_if<ClientFrame>(&parsed);
    EXPECT_TRUE(frame != nullptr && std::holds_alternative<Frame>(*frame)) << text;
    return std::string();
  };
}

Check Sends(std::function<std::string(const json&)> encode) {
  return [encode = std::move(encode)](const std::string&, const json& example) {
    return encode(example);
  };
}

// An event is both read and written.
template <typename Kind>
Check IsEvent() {
  return [](const std::string& text, const json&) -> std::string {
    const Result<DecodedEvent> decoded = DecodeEvent(text);
    EXPECT_TRUE(decoded.ok()) << decoded.status().message() << ": " << text;
    if (!decoded.ok()) return "";
    EXPECT_TRUE(std::holds_alternative<Kind>(decoded->event)) << text;
    return EncodeEvent(decoded->event, decoded->id, decoded->origin);
  };
}

struct Row {
  std::string name;      // as in the comment above the example
  std::string function;  // of common/protocol.h
  Check check;
};

std::string ReencodePage(const json& example) {
  return EncodeMessagePage({ListIn<Message>(example, "messages",
                                            [](const json& entry) {
                                              return Message{IdIn<Seq>(entry, "seq"),
                                                             TimeIn(entry),
                                                             IdIn<UserId>(entry, "user_id"),
                                                             TextIn(entry, "message"),
                                                             false,
                                                             entry.value("removed", false)};
                                            }),
                            example.at("has_more")});
}

std::string ReencodeUsers(const json& example) {
  return EncodeUsers(ListIn<PublicUser>(example, "users", [](const json& entry) {
    return PublicUser{IdIn<UserId>(entry, "user_id"), TextIn(entry, "first_name"),
                      TextIn(entry, "last_name"), entry.at("online")};
  }));
}

std::string ReencodeRooms(const json& example) {
  return EncodeRooms(ListIn<RoomSummary>(example, "chat_rooms", [](const json& entry) {
    return RoomSummary{IdIn<ConversationId>(entry, "chat_room_id"),
                       IdIn<UserId>(entry, "other_user_id"), TimeIn(entry, "last_timestamp"),
                       IdIn<Seq>(entry, "last_seq"), entry.at("unread")};
  }));
}

std::string ReencodeNotifications(const json& example) {
  return EncodeNotifications(ListIn<Notification>(example, "notifications", [](const json& entry) {
    return Notification{ConversationIn(entry), KindIn(entry), IdIn<UserId>(entry, "user_id"),
                        entry.at("unread"), TimeIn(entry)};
  }));
}

std::string ReencodePostResult(const json& example) {
  return EncodePostResult({KindIn(example), ConversationIn(example),
                           IdIn<UserId>(example, "user_id"),
                           UserId(example.value("other_user_id", uint64_t{0})),
                           IdIn<Seq>(example, "seq"), TimeIn(example), TextIn(example, "message"),
                           OptionalTextIn(example, "client_msg_id"), example.at("duplicate")});
}

GroupSummary GroupIn(const json& example) {
  GroupSummary group;
  group.id = ConversationIn(example);
  group.name = TextIn(example, "name");
  group.owner = IdIn<UserId>(example, "owner_id");
  group.members = example.at("members");
  group.is_member = example.at("is_member");
  group.last_seq = IdIn<Seq>(example, "last_seq");
  if (group.last_seq) group.last_sent_at = TimeIn(example, "last_timestamp");
  group.unread = example.at("unread");
  return group;
}

std::string ReencodeGroupMembers(const json& example) {
  return EncodeGroupMembers(ListIn<GroupMember>(example, "users", [](const json& e) {
    return GroupMember{{IdIn<UserId>(e, "user_id"), TextIn(e, "first_name"), TextIn(e, "last_name"),
                        e.at("online")},
                       e.at("present")};
  }));
}

Message BotMessageIn(const json& example) {
  return {IdIn<Seq>(example, "seq"),
          TimeIn(example),
          example.at("is_user").get<bool>() ? UserId(7) : kBotUserId,
          TextIn(example, "message"),
          example.value("error", false),
          example.value("removed", false)};
}

std::string ReencodeBotPage(const json& example) {
  MessagePage page;
  page.messages = ListIn<Message>(example, "messages", [](const json& e) {
    Message message = BotMessageIn(e);
    message.sender = IdIn<UserId>(e, "user_id");
    return message;
  });
  page.has_more = example.at("has_more");
  return EncodeBotPage(page);
}

std::string ReencodeHealth(const json& example) {
  return EncodeHealth(example.value("missing", std::vector<std::string>()));
}

std::string ReencodeAck(const json& example) {
  const bool is_bot = !example.contains("chat_room_id") && !example.contains("chat_group_id");
  return EncodeAck(is_bot ? ConversationKind::kBot : KindIn(example),
                   is_bot ? ConversationId(1) : ConversationIn(example), IdIn<Seq>(example, "seq"),
                   TimeIn(example), TextIn(example, "client_msg_id"), example.at("duplicate"));
}

Message LiveMessageIn(const json& example) {
  return {IdIn<Seq>(example, "seq"),  TimeIn(example), IdIn<UserId>(example, "user_id"),
          TextIn(example, "message"), false,           example.value("removed", false)};
}

std::string ReencodeRoomMessage(const json& example) {
  return EncodeRoomMessage(IdIn<ConversationId>(example, "chat_room_id"),
                           IdIn<UserId>(example, "other_user_id"), LiveMessageIn(example));
}

std::vector<Row> Requests() {
  return {
      {"body: RegisterRequest", "ParseRegisterRequest", Accepts(ParseRegisterRequest)},
      {"body: LoginRequest", "ParseLoginRequest", Accepts(ParseLoginRequest)},
      {"body: ProfileChange", "ParseProfileChange", Accepts(ParseProfileChange)},
      {"body: InvitationAnswer", "ParseProfileChange", Accepts(ParseProfileChange)},
      {"body: ReadMark", "ParseReadMark", Accepts(ParseReadMark)},
      {"body: RoomPost", "ParseRoomPost", Accepts(ParseRoomPost)},
      {"body: GroupPost", "ParseGroupPost", Accepts(ParseGroupPost)},
      {"body: GroupCreation", "ParseGroupCreation", Accepts(ParseGroupCreation)},
      {"body: GroupChange", "ParseGroupChange", Accepts(ParseGroupChange)},
      {"body: IsEnter", "ParseIsEnter", Accepts(ParseIsEnter)},
      {"body: GroupQuery", "ParseGroupQuery", AcceptsParameters(ParseGroupQuery)},
      {"body: PageRequest", "ParsePageRequest", AcceptsParameters(ParsePageRequest)},
      {"body: UserQuery", "ParseUserQuery", AcceptsParameters(ParseUserQuery)},
      {"frame: init", "ParseClientFrame", AcceptsFrame<InitFrame>()},
      {"frame: send", "ParseClientFrame", AcceptsFrame<SendFrame>()},
  };
}

std::vector<Row> Answers() {
  return {
      {"body: MessageOnly", "EncodeMessageOnly",
       Sends([](const json& e) { return EncodeMessageOnly(TextIn(e, "message")); })},
      {"body: Confirmed", "EncodeConfirmed",
       Sends([](const json& e) { return EncodeConfirmed(ProfileIn(e)); })},
      {"body: Login", "EncodeLogin", Sends([](const json& e) {
         return EncodeLogin(TextIn(e, "token"), IdIn<UserId>(e, "user_id"),
                            TimeIn(e, "expires_at"));
       })},
      {"body: Users", "EncodeUsers", Sends(ReencodeUsers)},
      {"body: Profile", "EncodeProfile",
       Sends([](const json& e) { return EncodeProfile(ProfileIn(e)); })},
      {"body: MessagePage", "EncodeMessagePage", Sends(ReencodePage)},
      {"body: Rooms", "EncodeRooms", Sends(ReencodeRooms)},
      {"body: Notifications", "EncodeNotifications", Sends(ReencodeNotifications)},
      {"body: PostResult", "EncodePostResult", Sends(ReencodePostResult)},
      {"body: BotPage", "EncodeBotPage", Sends(ReencodeBotPage)},
      {"body: Group", "EncodeGroup", Sends([](const json& e) { return EncodeGroup(GroupIn(e)); })},
      {"body: Groups", "EncodeGroups", Sends([](const json& e) {
         return EncodeGroups(ListIn<GroupSummary>(e, "chat_groups", GroupIn));
       })},
      {"body: GroupMembers", "EncodeGroupMembers", Sends(ReencodeGroupMembers)},
      {"body: Health", "EncodeHealth", Sends(ReencodeHealth)},
      {"body: Problem", "EncodeProblem", Sends([](const json& e) {
         const fcgi::ErrorMapRow& row = fcgi::HttpErrorOf(CodeIn(e));
         return EncodeProblem(row.http_status, row.title, ErrorIn(e, "detail"));
       })},
  };
}

std::vector<Row> ServerFrames() {
  return {
      {"frame: ready", "EncodeReady", Sends([](const json& e) {
         return EncodeReady(IdIn<UserId>(e, "user_id"), IdIn<SessionId>(e, "session_id"));
       })},
      {"frame: ack", "EncodeAck", Sends(ReencodeAck)},
      {"frame: error", "EncodeError", Sends([](const json& e) {
         return EncodeError(ErrorIn(e, "message"), OptionalTextIn(e, "client_msg_id"));
       })},
      {"frame: user_update", "EncodeUserUpdate", Sends([](const json& e) {
         return EncodeUserUpdate(IdIn<UserId>(e, "user_id"), TextIn(e, "first_name"),
                                 TextIn(e, "last_name"));
       })},
      {"frame: user_activity", "EncodeUserActivity", Sends([](const json& e) {
         return EncodeUserActivity(IdIn<UserId>(e, "user_id"), e.at("login"));
       })},
      {"frame: room_chat_message", "EncodeRoomMessage", Sends(ReencodeRoomMessage)},
      {"frame: group_chat_message", "EncodeGroupMessage", Sends([](const json& e) {
         return EncodeGroupMessage(ConversationIn(e), LiveMessageIn(e));
       })},
      {"frame: bot_chat_message", "EncodeBotMessages", Sends([](const json& e) {
         const json& both = e.at("messages");
         return EncodeBotMessages(BotMessageIn(both.at(0)), BotMessageIn(both.at(1)));
       })},
      {"frame: group_chat_update", "EncodeGroupUpdate", Sends([](const json& e) {
         return EncodeGroupUpdate(ConversationIn(e), TextIn(e, "name"),
                                  IdIn<UserId>(e, "owner_id"));
       })},
      {"frame: group_chat_activitity", "EncodeGroupActivity", Sends([](const json& e) {
         return EncodeGroupActivity(ConversationIn(e), IdIn<UserId>(e, "user_id"), "Ada",
                                    "Lovelace", e.at("is_enter"));
       })},
      {"frame: group_member_removed", "EncodeGroupMemberRemoved", Sends([](const json& e) {
         return EncodeGroupMemberRemoved(ConversationIn(e), IdIn<UserId>(e, "user_id"));
       })},
      {"frame: message_removed", "EncodeMessageRemoved", Sends([](const json& e) {
         const bool is_bot = e.at("chat_type") == "bot";
         return EncodeMessageRemoved(is_bot ? ConversationKind::kBot : KindIn(e),
                                     is_bot ? ConversationId() : ConversationIn(e),
                                     IdIn<Seq>(e, "seq"), TimeIn(e));
       })},
      {"frame: group_removed", "EncodeGroupRemoved",
       Sends([](const json& e) { return EncodeGroupRemoved(ConversationIn(e)); })},
      {"frame: user_removed", "EncodeUserRemoved",
       Sends([](const json& e) { return EncodeUserRemoved(IdIn<UserId>(e, "user_id")); })},
      {"frame: notification_update", "EncodeNotificationUpdate", Sends([](const json& e) {
         return EncodeNotificationUpdate(KindIn(e), ConversationIn(e), e.at("unread"), TimeIn(e));
       })},
  };
}

std::vector<Row> Events() {
  return {
      {"event: user_update", "EncodeEvent", IsEvent<UserUpdated>()},
      {"event: session_ended", "EncodeEvent", IsEvent<SessionEnded>()},
      {"event: user_suspended", "EncodeEvent", IsEvent<UserSuspended>()},
      {"event: read_mark", "EncodeEvent", IsEvent<ReadMarkMoved>()},
      {"event: message", "DecodeEvent", IsEvent<MessageSent>()},
      {"event: group_update", "EncodeEvent", IsEvent<GroupUpdated>()},
      {"event: group_entered", "EncodeEvent", IsEvent<PresenceChanged>()},
      {"event: group_left", "EncodeEvent", IsEvent<PresenceChanged>()},
      {"event: group_member_removed", "EncodeEvent", IsEvent<MemberRemoved>()},
      {"event: message_removed", "EncodeEvent", IsEvent<MessageRemoved>()},
      {"event: group_removed", "EncodeEvent", IsEvent<GroupRemoved>()},
      {"event: user_removed", "EncodeEvent", IsEvent<UserRemoved>()},
  };
}

std::vector<Row> AllRows() {
  std::vector<Row> rows;
  for (const auto& part : {Requests(), Answers(), ServerFrames(), Events()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

struct Example {
  std::string name;
  std::string text;
};

// "frame: ready" of "<!-- frame: ready -->"; empty for other lines and other comments.
std::string NameInComment(std::string_view line) {
  if (!line.starts_with("<!-- ") || !line.ends_with(" -->")) return "";
  const std::string name(line.substr(5, line.size() - 9));
  for (const char* kind : {"body: ", "frame: ", "event: "}) {
    if (name.starts_with(kind)) return name;
  }
  return "";
}

// The ```json blocks with the comment above each; a block without one has an empty name.
std::vector<Example> ExamplesIn(const std::string& document) {
  std::vector<Example> examples;
  std::istringstream lines(document);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```json") {
      std::string text;
      while (std::getline(lines, line) && line != "```") text += line + "\n";
      examples.push_back({std::exchange(name, ""), text});
    } else {
      EXPECT_EQ(name, "") << "no example right below its comment";
      name = NameInComment(line);
    }
  }
  return examples;
}

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Every name in `header` that begins like a codec function and is followed by a parenthesis.
std::set<std::string> CodecFunctionsIn(const std::string& header) {
  std::set<std::string> functions;
  for (size_t i = 0; i < header.size();) {
    size_t end = i;
    while (end < header.size() && IsWordCharacter(header[end])) ++end;
    const std::string word = header.substr(i, end - i);
    const bool is_codec =
        word.starts_with("Parse") || word.starts_with("Encode") || word.starts_with("Decode");
    if (is_codec && end < header.size() && header[end] == '(') functions.insert(word);
    i = end + 1;
  }
  return functions;
}

// Code and HTTP status of "| `gone` | 410 | … |".
std::map<std::string, std::string> ErrorTableIn(const std::string& document) {
  std::map<std::string, std::string> table;
  std::istringstream lines(document);
  std::string line;
  while (std::getline(lines, line) && line != "<!-- table: error codes -->") {
  }
  while (std::getline(lines, line) && line.starts_with('|')) {
    const size_t code_end = line.find("` | ", 3);
    if (!line.starts_with("| `") || code_end == std::string::npos) continue;  // the table's head
    table[line.substr(3, code_end - 3)] = line.substr(code_end + 4, 3);
  }
  return table;
}

TEST(ProtocolExamplesTest, EveryExampleIsWhatTheCodecSays) {
  std::map<std::string, Check> checks;
  for (Row& row : AllRows()) checks[row.name] = std::move(row.check);
  for (const Example& example : ExamplesIn(ReadFile("docs/protocol.md"))) {
    SCOPED_TRACE(example.name + " " + example.text);
    const auto check = checks.find(example.name);
    if (check == checks.end()) {
      ADD_FAILURE() << "an example that no codec function belongs to";
      continue;
    }
    try {
      const json parsed = json::parse(example.text);
      const std::string sent = check->second(example.text, parsed);
      if (!sent.empty()) {
        EXPECT_EQ(json::parse(sent), parsed);
      }
    } catch (const json::exception& e) {
      ADD_FAILURE() << e.what();
    }
  }
}

TEST(ProtocolExamplesTest, EveryBodyFrameAndEventHasAnExample) {
  std::set<std::string> documented;
  for (const Example& example : ExamplesIn(ReadFile("docs/protocol.md"))) {
    documented.insert(example.name);
  }
  for (const Row& row : AllRows()) EXPECT_TRUE(documented.count(row.name)) << row.name;
}

TEST(ProtocolExamplesTest, EveryFunctionOfTheCodecIsCoveredHere) {
  std::set<std::string> covered = {"ParseQueryString"};  // no JSON
  for (const Row& row : AllRows()) covered.insert(row.function);
  const std::set<std::string> functions = CodecFunctionsIn(ReadFile("common/protocol.h"));
  EXPECT_GT(functions.size(), 20U);
  for (const std::string& function : functions) EXPECT_TRUE(covered.count(function)) << function;
}

TEST(ProtocolExamplesTest, EveryKindOfEventHasARow) {
  // PresenceChanged has two names: group_entered and group_left.
  EXPECT_EQ(Events().size(), std::variant_size_v<Event> + 1);
}

TEST(ProtocolErrorsTest, TheTableListsExactlyTheCodesAndTheirStatus) {
  std::map<std::string, std::string> expected;
  for (const fcgi::ErrorMapRow& row : fcgi::kErrorMap) {
    expected[std::string(WireCode(row.code))] = std::to_string(row.http_status);
  }
  EXPECT_EQ(ErrorTableIn(ReadFile("docs/protocol.md")), expected);
}

}  // namespace
}  // namespace parlor
