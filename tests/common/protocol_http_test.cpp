#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/protocol.h"

namespace parlor {
namespace {

// What is wrong with it: the field, the code when there is none, "" when nothing.
template <typename T>
std::string Wrong(const Result<T>& result) {
  if (result.ok()) return "";
  const Status status = result.status();
  return status.field().empty() ? std::string(WireCode(status.code())) : status.field();
}

std::string RegisterBody(const std::string& changed, const std::string& value) {
  nlohmann::json body = {{"email", "ada@example.org"},
                         {"password", "correct horse"},
                         {"first_name", "Ada"},
                         {"last_name", "Lovelace"}};
  body[changed] = nlohmann::json::parse(value);
  return body.dump();
}

TEST(RegisterRequestTest, NormalizesAllButThePassword) {
  const auto request = ParseRegisterRequest(
      R"({"email":" Ada@Example.org ","password":"  p ","first_name":" Ada ","last_name":"L",
          "x":[]})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->email, "Ada@Example.org");
  EXPECT_EQ(request->password, "  p ");
  EXPECT_EQ(request->first_name, "Ada");
  EXPECT_EQ(request->last_name, "L");
}

TEST(RegisterRequestTest, EveryFieldIsNeededAndMustBeText) {
  for (const char* field : {"email", "password", "first_name", "last_name"}) {
    for (const char* value : {"null", "5", "true", "[\"x\"]", "{}"}) {
      EXPECT_EQ(Wrong(ParseRegisterRequest(RegisterBody(field, value))), field) << value;
    }
  }
  EXPECT_EQ(Wrong(ParseRegisterRequest("{}")), "email");
  EXPECT_EQ(Wrong(ParseRegisterRequest("[]")), "malformed_json");
}

TEST(RegisterRequestTest, NamesAndAddressesFollowTheirRules) {
  EXPECT_EQ(Wrong(ParseRegisterRequest(RegisterBody("email", "\"no at\""))), "email");
  EXPECT_EQ(Wrong(ParseRegisterRequest(RegisterBody("email", "\"a@b\\r\\nX: y\""))), "email");
  EXPECT_EQ(Wrong(ParseRegisterRequest(RegisterBody("first_name", "\" \""))), "first_name");
  EXPECT_EQ(Wrong(ParseRegisterRequest(RegisterBody("last_name", "\"a\\u0000b\""))), "last_name");
}

TEST(LoginRequestTest, NeedsBothFields) {
  EXPECT_EQ(Wrong(ParseLoginRequest(R"({"email":"a@b","password":""})")), "");
  EXPECT_EQ(Wrong(ParseLoginRequest(R"({"email":"a@b"})")), "password");
  EXPECT_EQ(Wrong(ParseLoginRequest(R"({"password":"x"})")), "email");
}

TEST(ProfileChangeTest, EverythingIsOptional) {
  const auto nothing = ParseProfileChange(R"({"first_name":null,"password":null})");
  ASSERT_TRUE(nothing.ok());
  EXPECT_FALSE(nothing->first_name || nothing->last_name || nothing->password ||
               nothing->current_password);
  const auto all = ParseProfileChange(
      R"({"first_name":" A ","last_name":"B","password":"new","current_password":"old"})");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->first_name, "A");
  EXPECT_EQ(all->last_name, "B");
  EXPECT_EQ(all->password, "new");
  EXPECT_EQ(all->current_password, "old");
}

TEST(ProfileChangeTest, AGivenNameMustBeOne) {
  EXPECT_EQ(Wrong(ParseProfileChange(R"({"first_name":""})")), "first_name");
  EXPECT_EQ(Wrong(ParseProfileChange(R"({"last_name":7})")), "last_name");
  EXPECT_EQ(Wrong(ParseProfileChange(R"({"password":12345678})")), "password");
}

TEST(ReadMarkTest, IsOfARoomOrAGroup) {
  const auto room = ParseReadMark(R"({"chat_room_id":4,"chat_group_id":null})");
  ASSERT_TRUE(room.ok());
  EXPECT_EQ(room->kind, ConversationKind::kRoom);
  EXPECT_EQ(room->conversation, ConversationId(4));
  EXPECT_FALSE(room->up_to.has_value());
  const auto group = ParseReadMark(R"({"chat_group_id":5,"timestamp":"1970-01-01T00:00:02Z"})");
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->kind, ConversationKind::kGroup);
  EXPECT_EQ(group->up_to->floor, TimestampMs(2000));
}

TEST(ReadMarkTest, ExactlyOneIdIsNeeded) {
  EXPECT_EQ(Wrong(ParseReadMark("{}")), "chat_room_id");
  EXPECT_EQ(Wrong(ParseReadMark(R"({"chat_room_id":4,"chat_group_id":5})")), "chat_group_id");
  EXPECT_EQ(Wrong(ParseReadMark(R"({"chat_room_id":"4"})")), "chat_room_id");
  EXPECT_EQ(Wrong(ParseReadMark(R"({"chat_room_id":4,"timestamp":"later"})")), "timestamp");
}

TEST(RoomPostTest, TakesMessagesToTheByte) {
  const auto post = ParseRoomPost(
      R"({"other_user_id":2,"message":" \n\u00e9\ud83d\ude00 ","client_msg_id":"c-1"})");
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(post->other_user, UserId(2));
  EXPECT_EQ(post->message, " \né😀 ");
  EXPECT_EQ(post->client_msg_id, "c-1");
}

TEST(RoomPostTest, MessagesHave1To16000BytesWithoutNul) {
  const auto wrong = [](const std::string& message) {
    const nlohmann::json body = {{"other_user_id", 2}, {"message", message}};
    return Wrong(ParseRoomPost(body.dump()));
  };
  EXPECT_EQ(wrong(std::string(16000, 'x')), "");
  EXPECT_EQ(wrong(std::string(16001, 'x')), "message");
  EXPECT_EQ(wrong(""), "message");
  EXPECT_EQ(wrong(std::string("a\0b", 3)), "message");
  std::string emoji;
  for (int i = 0; i < 4000; ++i) emoji += "😀";
  EXPECT_EQ(wrong(emoji), "");
  EXPECT_EQ(wrong(emoji + "x"), "message");
}

TEST(RoomPostTest, ClientMessageIdsHave1To64Bytes) {
  const auto wrong = [](const nlohmann::json& id) {
    const nlohmann::json body = {{"other_user_id", 2}, {"message", "m"}, {"client_msg_id", id}};
    return Wrong(ParseRoomPost(body.dump()));
  };
  EXPECT_EQ(wrong(nullptr), "");
  EXPECT_EQ(wrong(std::string(64, 'x')), "");
  EXPECT_EQ(wrong(std::string(65, 'x')), "client_msg_id");
  EXPECT_EQ(wrong(""), "client_msg_id");
  EXPECT_EQ(wrong(7), "client_msg_id");
  EXPECT_EQ(wrong(std::string("a\0b", 3)), "client_msg_id");
}

TEST(GroupPostTest, IsAMessageAndAnId) {
  const auto post = ParseGroupPost(R"({"message":"m","client_msg_id":"c"})");
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(post->message, "m");
  EXPECT_EQ(post->client_msg_id, "c");
  EXPECT_EQ(Wrong(ParseGroupPost(R"({"message":""})")), "message");
  EXPECT_EQ(Wrong(ParseGroupPost(R"({"message":"m","client_msg_id":""})")), "client_msg_id");
}

TEST(GroupCreationTest, NamesAreTrimmedAndMayBeIntegers) {
  EXPECT_EQ(ParseGroupCreation(R"({"name":"  Engines "})")->name, "Engines");
  EXPECT_EQ(ParseGroupCreation(R"({"name":42})")->name, "42");
  EXPECT_EQ(ParseGroupCreation(R"({"name":-7})")->name, "-7");
  EXPECT_EQ(ParseGroupCreation(R"({"name":18446744073709551615})")->name, "18446744073709551615");
}

TEST(GroupCreationTest, NamesHave1To100Characters) {
  const auto wrong = [](const nlohmann::json& name) {
    return Wrong(ParseGroupCreation(nlohmann::json{{"name", name}}.dump()));
  };
  std::string letters;
  for (int i = 0; i < 100; ++i) letters += "é";
  EXPECT_EQ(wrong(letters), "");
  EXPECT_EQ(wrong(letters + "x"), "name");
  EXPECT_EQ(wrong("  "), "name");
  EXPECT_EQ(wrong("a\nb"), "name");
  EXPECT_EQ(wrong(nullptr), "name");
  EXPECT_EQ(wrong(1.5), "name");
  EXPECT_EQ(wrong(true), "name");
  EXPECT_EQ(wrong(nlohmann::json::array()), "name");
  EXPECT_EQ(ParseGroupCreation(R"({"name":1.5})").status().message(),
            "name must be a string or an integer.");
}

TEST(GroupChangeTest, TakesWhatIsGiven) {
  const auto name = ParseGroupChange(R"({"name":5})");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->name, "5");
  EXPECT_FALSE(name->group || name->owner);
  const auto all = ParseGroupChange(R"({"chat_group_id":3,"name":"n","owner_id":4})");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->group, ConversationId(3));
  EXPECT_EQ(all->owner, UserId(4));
}

TEST(GroupChangeTest, NeedsANameOrAnOwner) {
  EXPECT_EQ(Wrong(ParseGroupChange("{}")), "name");
  EXPECT_EQ(Wrong(ParseGroupChange(R"({"chat_group_id":3,"name":null})")), "name");
  EXPECT_EQ(Wrong(ParseGroupChange(R"({"owner_id":4})")), "");
  EXPECT_EQ(Wrong(ParseGroupChange(R"({"owner_id":0})")), "owner_id");
  EXPECT_EQ(Wrong(ParseGroupChange(R"({"chat_group_id":"3","name":"n"})")), "chat_group_id");
}

TEST(IsEnterTest, IsABoolean) {
  EXPECT_TRUE(*ParseIsEnter(R"({"is_enter":true})"));
  EXPECT_FALSE(*ParseIsEnter(R"({"is_enter":false})"));
  EXPECT_EQ(Wrong(ParseIsEnter("{}")), "is_enter");
  EXPECT_EQ(Wrong(ParseIsEnter(R"({"is_enter":1})")), "is_enter");
  EXPECT_EQ(Wrong(ParseIsEnter(R"({"is_enter":"true"})")), "is_enter");
}

TEST(HttpAnswerTest, AGroupWithoutMessagesHasNoTime) {
  const GroupSummary group{ConversationId(5), "G", UserId(7), 1, true, TimestampMs(), Seq(), 0};
  EXPECT_EQ(EncodeGroup(group),
            R"({"chat_group_id":5,"name":"G","owner_id":7,"members":1,"is_member":true,)"
            R"("last_timestamp":null,"last_seq":0,"unread":0})");
}

TEST(HttpAnswerTest, BotPagesTellWhoSpeaks) {
  const MessagePage page{{{Seq(1), TimestampMs(1500), UserId(7), "hi"},
                          {Seq(2), TimestampMs(1501), kBotUserId, "sorry", true}},
                         false};
  const auto json = nlohmann::json::parse(EncodeBotPage(page))["messages"];
  EXPECT_EQ(json[0]["is_user"], true);
  EXPECT_FALSE(json[0].contains("error"));
  EXPECT_EQ(json[1]["is_user"], false);
  EXPECT_EQ(json[1]["user_id"], 0);
  EXPECT_EQ(json[1]["error"], true);
}

TEST(HttpAnswerTest, WhatWasSentToAGroupNamesTheGroup) {
  PostResult result;
  result.kind = ConversationKind::kGroup;
  result.conversation = ConversationId(5);
  result.sender = UserId(7);
  result.seq = Seq(3);
  result.body = "m";
  const auto json = nlohmann::json::parse(EncodePostResult(result));
  EXPECT_EQ(json["chat_group_id"], 5);
  EXPECT_FALSE(json.contains("other_user_id") || json.contains("chat_room_id"));
}

TEST(HttpAnswerTest, ListsMayBeEmpty) {
  EXPECT_EQ(EncodeUsers({}), R"({"users":[]})");
  EXPECT_EQ(EncodeRooms({}), R"({"chat_rooms":[]})");
  EXPECT_EQ(EncodeNotifications({}), R"({"notifications":[]})");
  EXPECT_EQ(EncodeMessagePage({}), R"({"messages":[],"has_more":false})");
  EXPECT_EQ(EncodeHealth({}), R"({"status":"ok"})");
}

TEST(HttpAnswerTest, ListsKeepTheirOrder) {
  const std::vector<PublicUser> users = {{UserId(1), "A", "B", true}, {UserId(2), "C", "D", false}};
  const auto json = nlohmann::json::parse(EncodeUsers(users));
  ASSERT_EQ(json["users"].size(), 2U);
  EXPECT_EQ(json["users"][0]["user_id"], 1);
  EXPECT_EQ(json["users"][0]["online"], true);
  EXPECT_EQ(json["users"][1]["last_name"], "D");
}

TEST(HttpAnswerTest, PageSaysWhetherThereIsMore) {
  const MessagePage page{{{Seq(3), TimestampMs(1500), UserId(7), "hi"}}, true};
  EXPECT_EQ(EncodeMessagePage(page),
            R"({"messages":[{"seq":3,"user_id":7,"message":"hi",)"
            R"("timestamp":"1970-01-01T00:00:01.500Z"}],"has_more":true})");
}

TEST(HttpAnswerTest, BrokenTextOfTheDatabaseIsRepaired) {
  const auto json = nlohmann::json::parse(EncodeMessageOnly("a\xFF"));
  EXPECT_EQ(json["message"], "a\xEF\xBF\xBD");
}

TEST(HttpAnswerTest, ProblemsNameTheFieldOnlyWhenThereIsOne) {
  EXPECT_EQ(EncodeProblem(422, "Unprocessable Content", Status::InvalidField("email", "bad")),
            R"({"type":"about:blank","title":"Unprocessable Content","status":422,)"
            R"("code":"invalid_field","detail":"bad","field":"email"})");
  EXPECT_EQ(EncodeProblem(503, "Service Unavailable", Status(ErrorCode::kInDoubt, "later")),
            R"({"type":"about:blank","title":"Service Unavailable","status":503,)"
            R"("code":"unavailable","detail":"later"})");
}

}  // namespace
}  // namespace parlor
