#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/protocol.h"

namespace parlor {
namespace {

// The frame, if it is a good one of that sort.
template <typename Frame>
std::optional<Frame> As(std::string_view text) {
  const auto parsed = ParseClientFrame(text);
  const auto* frame = std::get_if<ClientFrame>(&parsed);
  if (frame == nullptr || !std::holds_alternative<Frame>(*frame)) return std::nullopt;
  return std::get<Frame>(*frame);
}

std::optional<FrameError> Error(std::string_view text) {
  auto parsed = ParseClientFrame(text);
  if (auto* error = std::get_if<FrameError>(&parsed)) return std::move(*error);
  return std::nullopt;
}

std::string WrongField(std::string_view text) {
  const std::optional<FrameError> error = Error(text);
  return error ? error->status.field() : "";
}

TEST(ClientFrameTest, ATokenAloneIsAnInitFrame) {
  EXPECT_EQ(As<InitFrame>(R"({"token":"abc"})")->token, "abc");
  EXPECT_EQ(As<InitFrame>(R"({"token":"abc","chat_type":null,"extra":[1]})")->token, "abc");
}

TEST(ClientFrameTest, RoomGroupAndBot) {
  const auto room = As<SendFrame>(
      R"({"token":"t","chat_type":"room","other_user_id":2,"message":"hi","client_msg_id":"1"})");
  ASSERT_TRUE(room);
  EXPECT_EQ(room->kind, ConversationKind::kRoom);
  EXPECT_EQ(room->token, "t");
  EXPECT_EQ(room->other_user, UserId(2));
  EXPECT_EQ(room->message, "hi");
  EXPECT_EQ(room->client_msg_id, "1");
  const auto group = As<SendFrame>(R"({"chat_type":"group","chat_group_id":3,"message":"hi"})");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->kind, ConversationKind::kGroup);
  EXPECT_EQ(group->group, ConversationId(3));
  EXPECT_FALSE(group->token || group->client_msg_id);
  const auto bot = As<SendFrame>(R"({"chat_type":"bot","message":"hi"})");
  ASSERT_TRUE(bot);
  EXPECT_EQ(bot->kind, ConversationKind::kBot);
}

TEST(ClientFrameTest, WhatANewerClientSendsIsUnknownNotWrong) {
  EXPECT_TRUE(As<UnknownFrame>("{}"));
  EXPECT_TRUE(As<UnknownFrame>(R"({"type":"typing","other_user_id":"?"})"));
  EXPECT_EQ(As<UnknownFrame>(R"({"type":"typing","token":"t"})")->token, "t");
  EXPECT_TRUE(As<SendFrame>(R"({"type":"x","chat_type":"bot","message":"hi"})"));
}

TEST(ClientFrameTest, ErrorsNameTheField) {
  EXPECT_EQ(WrongField(R"({"token":5})"), "token");
  EXPECT_EQ(WrongField(R"({"token":5,"chat_type":"bot","message":"m"})"), "token");
  EXPECT_EQ(WrongField(R"({"chat_type":5})"), "chat_type");
  EXPECT_EQ(WrongField(R"({"chat_type":"ROOM","other_user_id":2,"message":"m"})"), "chat_type");
  EXPECT_EQ(WrongField(R"({"chat_type":"room","message":"m"})"), "other_user_id");
  EXPECT_EQ(WrongField(R"({"chat_type":"room","other_user_id":"2","message":"m"})"),
            "other_user_id");
  EXPECT_EQ(WrongField(R"({"chat_type":"room","other_user_id":2.0,"message":"m"})"),
            "other_user_id");
  EXPECT_EQ(WrongField(R"({"chat_type":"group","chat_group_id":0,"message":"m"})"),
            "chat_group_id");
  EXPECT_EQ(WrongField(R"({"chat_type":"bot"})"), "message");
  EXPECT_EQ(WrongField(R"({"chat_type":"bot","message":""})"), "message");
  EXPECT_EQ(WrongField(R"({"chat_type":"bot","message":"a\u0000b"})"), "message");
  EXPECT_EQ(WrongField(R"({"chat_type":"bot","message":["m"]})"), "message");
  EXPECT_EQ(WrongField(R"({"chat_type":"bot","message":"m","client_msg_id":""})"), "client_msg_id");
}

TEST(ClientFrameTest, ErrorsCarryTheClientMessageIdThatCouldBeRead) {
  EXPECT_EQ(Error(R"({"client_msg_id":"c9","chat_type":"bot"})")->client_msg_id, "c9");
  EXPECT_EQ(Error(R"({"client_msg_id":9,"chat_type":"bot"})")->client_msg_id, std::nullopt);
  EXPECT_EQ(Error(R"({"client_msg_id":"c9","chat_type":"bot")")->client_msg_id, std::nullopt);
}

TEST(ClientFrameTest, ErrorsCarryTheTokenThatCouldBeRead) {
  EXPECT_EQ(Error(R"({"token":"t","chat_type":"bot"})")->token, "t");
  EXPECT_EQ(Error(R"({"token":5,"chat_type":"bot"})")->token, std::nullopt);
  EXPECT_EQ(Error(R"({"chat_type":"bot"})")->token, std::nullopt);
  EXPECT_EQ(Error(R"({"token":"t","chat_type":"bot")")->token, std::nullopt);
}

TEST(ClientFrameTest, WhatIsNotAnObjectIsMalformed) {
  for (const char* text : {"", "hello", "[]", "\"x\"", "{\"token\":\"\xFF\"}", "{}x"}) {
    const auto error = Error(text);
    ASSERT_TRUE(error) << text;
    EXPECT_EQ(error->status.code(), ErrorCode::kMalformedJson) << text;
  }
}

TEST(ServerFrameTest, AcksNameTheirConversation) {
  EXPECT_EQ(EncodeAck(ConversationKind::kRoom, ConversationId(4), Seq(9), TimestampMs(1500),
                      "\"c\"", false),
            R"({"type":"ack","client_msg_id":"\"c\"","chat_room_id":4,"seq":9,)"
            R"("timestamp":"1970-01-01T00:00:01.500Z","duplicate":false})");
  const auto group = nlohmann::json::parse(
      EncodeAck(ConversationKind::kGroup, ConversationId(5), Seq(9), TimestampMs(1500), "c", true));
  EXPECT_EQ(group["chat_group_id"], 5);
  EXPECT_EQ(group["duplicate"], true);
  const auto bot = nlohmann::json::parse(
      EncodeAck(ConversationKind::kBot, ConversationId(6), Seq(9), TimestampMs(1500), "c", true));
  EXPECT_EQ(bot.size(), 5U);
}

TEST(ServerFrameTest, RoomMessagesComeBackToTheByte) {
  std::string body;
  for (char c = 1; c < 0x7F; ++c) body += c;
  body += "\x7F é 王 😀 \xE2\x80\xA8";
  const std::string frame = EncodeRoomMessage(ConversationId(kMaxJsonInteger), UserId(2),
                                              {Seq(3), TimestampMs(1500), UserId(1), body});
  const auto json = nlohmann::json::parse(frame);
  EXPECT_EQ(json, (nlohmann::json{{"type", "room_chat_message"},
                                  {"user_id", 1},
                                  {"other_user_id", 2},
                                  {"chat_room_id", kMaxJsonInteger},
                                  {"seq", 3},
                                  {"message", body},
                                  {"timestamp", "1970-01-01T00:00:01.500Z"}}));
}

TEST(ServerFrameTest, GroupMessagesComeBackToTheByte) {
  const std::string body = "a\x01\"\\ é 😀 \xE2\x80\xA8";
  const auto json = nlohmann::json::parse(
      EncodeGroupMessage(ConversationId(5), {Seq(3), TimestampMs(1500), UserId(1), body}));
  EXPECT_EQ(json, (nlohmann::json{{"type", "group_chat_message"},
                                  {"user_id", 1},
                                  {"chat_group_id", 5},
                                  {"seq", 3},
                                  {"message", body},
                                  {"timestamp", "1970-01-01T00:00:01.500Z"}}));
}

TEST(ServerFrameTest, ARemovedMessageKeepsItsPlace) {
  Message removed{Seq(3), TimestampMs(1500), UserId(1), ""};
  removed.is_removed = true;
  for (const std::string& frame : {EncodeRoomMessage(ConversationId(5), UserId(2), removed),
                                   EncodeGroupMessage(ConversationId(5), removed)}) {
    const auto json = nlohmann::json::parse(frame);
    EXPECT_EQ(json.at("message"), "");
    EXPECT_EQ(json.at("removed"), true);
    EXPECT_EQ(json.at("seq"), 3);
  }
}

TEST(ServerFrameTest, RemovalsNameTheirConversation) {
  EXPECT_EQ(
      EncodeMessageRemoved(ConversationKind::kRoom, ConversationId(5), Seq(3), TimestampMs(1500)),
      R"({"type":"message_removed","chat_type":"room","chat_room_id":5,"seq":3,)"
      R"("timestamp":"1970-01-01T00:00:01.500Z"})");
  EXPECT_EQ(
      EncodeMessageRemoved(ConversationKind::kGroup, ConversationId(5), Seq(3), TimestampMs(1500)),
      R"({"type":"message_removed","chat_type":"group","chat_group_id":5,"seq":3,)"
      R"("timestamp":"1970-01-01T00:00:01.500Z"})");
  EXPECT_EQ(
      EncodeMessageRemoved(ConversationKind::kBot, ConversationId(5), Seq(3), TimestampMs(1500)),
      R"({"type":"message_removed","chat_type":"bot","seq":3,)"
      R"("timestamp":"1970-01-01T00:00:01.500Z"})");
  EXPECT_EQ(EncodeGroupRemoved(ConversationId(5)), R"({"type":"group_removed","chat_group_id":5})");
  EXPECT_EQ(EncodeUserRemoved(UserId(7)), R"({"type":"user_removed","user_id":7})");
}

TEST(ServerFrameTest, BotMessagesAreAQuestionAndItsAnswer) {
  const Message question{Seq(1), TimestampMs(1500), UserId(7), "why?"};
  Message answer{Seq(2), TimestampMs(1501), kBotUserId, "\"so\""};
  EXPECT_EQ(
      EncodeBotMessages(question, answer),
      R"({"type":"bot_chat_message","messages":[)"
      R"({"is_user":true,"message":"why?","timestamp":"1970-01-01T00:00:01.500Z","seq":1},)"
      R"({"is_user":false,"message":"\"so\"","timestamp":"1970-01-01T00:00:01.501Z","seq":2}]})");
  answer.is_apology = true;
  const auto json = nlohmann::json::parse(EncodeBotMessages(question, answer));
  EXPECT_EQ(json["messages"][1]["error"], true);
  EXPECT_FALSE(json["messages"][0].contains("error"));
}

TEST(ServerFrameTest, GroupActivityIsASentence) {
  const auto entered = nlohmann::json::parse(
      EncodeGroupActivity(ConversationId(5), UserId(7), "Ada", "Lovelace", true));
  EXPECT_EQ(entered["type"], "group_chat_activitity");  // the seed's spelling
  EXPECT_EQ(entered["message"], "Ada Lovelace entered the group");
  EXPECT_EQ(entered["is_enter"], true);
  const auto left = nlohmann::json::parse(
      EncodeGroupActivity(ConversationId(5), UserId(7), "Ada", "Lovelace", false));
  EXPECT_EQ(left["message"], "Ada Lovelace left the group");
  EXPECT_EQ(left["is_enter"], false);
}

TEST(ServerFrameTest, ErrorsSayOnlyWhatIsKnown) {
  EXPECT_EQ(EncodeError(Status(ErrorCode::kNotFound, "no"), std::nullopt),
            R"({"type":"error","code":"not_found","message":"no"})");
  EXPECT_EQ(EncodeError(Status::InvalidField("message", "no"), "c"),
            R"({"type":"error","code":"invalid_field","message":"no","field":"message",)"
            R"("client_msg_id":"c"})");
  EXPECT_EQ(EncodeError(Status::RetryAfter(ErrorCode::kTooFast, 50, "slow"), std::nullopt),
            R"({"type":"error","code":"too_fast","message":"slow","retry_after_ms":50})");
}

}  // namespace
}  // namespace parlor
