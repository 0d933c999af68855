#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/protocol.h"

namespace parlor {
namespace {

// There and back: what a daemon reads is what a worker wrote.
DecodedEvent ThereAndBack(const Event& event, EventId id = EventId(0)) {
  const Result<DecodedEvent> decoded = DecodeEvent(EncodeEvent(event, id));
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  return decoded.ok() ? *decoded : DecodedEvent{};
}

bool Refused(std::string_view bytes) {
  const Result<DecodedEvent> decoded = DecodeEvent(bytes);
  if (!decoded.ok()) {
    EXPECT_EQ(decoded.status().code(), ErrorCode::kMalformedJson);
  }
  return !decoded.ok();
}

TEST(EventTest, UserUpdatedSurvives) {
  const DecodedEvent decoded = ThereAndBack(UserUpdated{UserId(7), "Ada \"A\"", "Löve"});
  const auto& event = std::get<UserUpdated>(decoded.event);
  EXPECT_EQ(event.user, UserId(7));
  EXPECT_EQ(event.first_name, "Ada \"A\"");
  EXPECT_EQ(event.last_name, "Löve");
  EXPECT_EQ(decoded.id, EventId(0));
}

TEST(EventTest, OriginSurvives) {
  const EventOrigin origin{"9d2f-6C_0.e", TimestampMs(1700000000123)};
  const auto decoded = DecodeEvent(EncodeEvent(UserSuspended{UserId(7)}, EventId(1), origin));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->origin.request_id, origin.request_id);
  EXPECT_EQ(decoded->origin.at, origin.at);
}

TEST(EventTest, OriginThatMakesNoSenseIsNoneAndCostsNoEvent) {
  const std::string too_long = "\"request_id\":\"" + std::string(65, 'a') + "\"";
  for (const std::string& bad : std::vector<std::string>{
           R"("request_id":7)", R"("request_id":"")", R"("request_id":"a b")",
           R"("request_id":"<b>")", R"("at_ms":"yesterday")", R"("at_ms":-1)", too_long}) {
    const auto decoded = DecodeEvent(R"({"v":1,"type":"user_suspended","user_id":7,)" + bad + "}");
    ASSERT_TRUE(decoded.ok()) << bad;
    EXPECT_EQ(decoded->origin.request_id, "") << bad;
    EXPECT_EQ(decoded->origin.at, TimestampMs()) << bad;
  }
}

TEST(EventTest, SessionEndedAndUserSuspendedSurvive) {
  const DecodedEvent ended = ThereAndBack(SessionEnded{UserId(7), SessionId(8)}, EventId(99));
  EXPECT_EQ(std::get<SessionEnded>(ended.event).user, UserId(7));
  EXPECT_EQ(std::get<SessionEnded>(ended.event).session, SessionId(8));
  EXPECT_EQ(ended.id, EventId(99));
  const DecodedEvent suspended = ThereAndBack(UserSuspended{UserId(7)});
  EXPECT_EQ(std::get<UserSuspended>(suspended.event).user, UserId(7));
}

TEST(EventTest, ReadMarkMovedSurvives) {
  const DecodedEvent decoded = ThereAndBack(
      ReadMarkMoved{UserId(7), ConversationKind::kGroup, ConversationId(5), 0, TimestampMs(1500)});
  const auto& event = std::get<ReadMarkMoved>(decoded.event);
  EXPECT_EQ(event.user, UserId(7));
  EXPECT_EQ(event.kind, ConversationKind::kGroup);
  EXPECT_EQ(event.conversation, ConversationId(5));
  EXPECT_EQ(event.unread, 0U);
  EXPECT_EQ(event.timestamp, TimestampMs(1500));
}

TEST(EventTest, MessageSentSurvives) {
  const DecodedEvent decoded =
      ThereAndBack(MessageSent{ConversationKind::kRoom, ConversationId(5), Seq(6),
                               TimestampMs(1700000000123), UserId(7), UserId(8), "hé\n😀"});
  const auto& event = std::get<MessageSent>(decoded.event);
  EXPECT_EQ(event.kind, ConversationKind::kRoom);
  EXPECT_EQ(event.conversation, ConversationId(5));
  EXPECT_EQ(event.seq, Seq(6));
  EXPECT_EQ(event.sent_at, TimestampMs(1700000000123));
  EXPECT_EQ(event.sender, UserId(7));
  EXPECT_EQ(event.other_user, UserId(8));
  EXPECT_EQ(event.body, "hé\n😀");
}

TEST(EventTest, TheBotMaySpeak) {
  const DecodedEvent decoded =
      ThereAndBack(MessageSent{ConversationKind::kBot, ConversationId(5), Seq(6), TimestampMs(1),
                               kBotUserId, UserId(0), "hello"});
  EXPECT_EQ(std::get<MessageSent>(decoded.event).sender, kBotUserId);
}

TEST(EventTest, GroupUpdatedAndMemberRemovedSurvive) {
  const DecodedEvent updated =
      ThereAndBack(GroupUpdated{ConversationId(5), "Gruppe \"ä\"", UserId(7)});
  EXPECT_EQ(std::get<GroupUpdated>(updated.event).group, ConversationId(5));
  EXPECT_EQ(std::get<GroupUpdated>(updated.event).name, "Gruppe \"ä\"");
  EXPECT_EQ(std::get<GroupUpdated>(updated.event).owner, UserId(7));
  const DecodedEvent removed = ThereAndBack(MemberRemoved{ConversationId(5), UserId(8)});
  EXPECT_EQ(std::get<MemberRemoved>(removed.event).group, ConversationId(5));
  EXPECT_EQ(std::get<MemberRemoved>(removed.event).user, UserId(8));
}

TEST(EventTest, PresenceChangesSurviveInBothDirections) {
  for (const bool is_enter : {true, false}) {
    const DecodedEvent decoded =
        ThereAndBack(PresenceChanged{ConversationId(5), 9, UserId(7), "Ada", "Lovelace", is_enter});
    const auto& event = std::get<PresenceChanged>(decoded.event);
    EXPECT_EQ(event.group, ConversationId(5));
    EXPECT_EQ(event.presence_seq, 9U);
    EXPECT_EQ(event.user, UserId(7));
    EXPECT_EQ(event.first_name, "Ada");
    EXPECT_EQ(event.last_name, "Lovelace");
    EXPECT_EQ(event.is_enter, is_enter);
  }
}

TEST(EventTest, RemovalsSurvive) {
  for (const ConversationKind kind :
       {ConversationKind::kRoom, ConversationKind::kGroup, ConversationKind::kBot}) {
    const DecodedEvent decoded = ThereAndBack(
        MessageRemoved{kind, ConversationId(5), Seq(6), TimestampMs(1500), UserId(7), UserId(8)});
    const auto& event = std::get<MessageRemoved>(decoded.event);
    EXPECT_EQ(event.kind, kind);
    EXPECT_EQ(event.conversation, ConversationId(5));
    EXPECT_EQ(event.seq, Seq(6));
    EXPECT_EQ(event.sent_at, TimestampMs(1500));
    EXPECT_EQ(event.user, kind == ConversationKind::kGroup ? UserId() : UserId(7));
    EXPECT_EQ(event.other_user, kind == ConversationKind::kRoom ? UserId(8) : UserId());
  }
  const DecodedEvent group = ThereAndBack(GroupRemoved{ConversationId(5)}, EventId(9));
  EXPECT_EQ(std::get<GroupRemoved>(group.event).group, ConversationId(5));
  const DecodedEvent user = ThereAndBack(UserRemoved{UserId(7)});
  EXPECT_EQ(std::get<UserRemoved>(user.event).user, UserId(7));
}

TEST(EventTest, AScriptMayWriteItsOwn) {
  const auto decoded = DecodeEvent(R"( { "v" : 1, "type" : "user_suspended", "user_id" : 12 } )");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<UserSuspended>(decoded->event).user, UserId(12));
}

TEST(EventTest, OtherVersionsTypesAndShapesAreRefused) {
  for (const char* bytes :
       {"",
        "x",
        "[]",
        "{}",
        R"({"type":"user_suspended","user_id":1})",
        R"({"v":2,"type":"user_suspended","user_id":1})",
        R"({"v":"1","type":"user_suspended","user_id":1})",
        R"({"v":1,"type":"user_deleted","user_id":1})",
        R"({"v":1,"type":"user_suspended"})",
        R"({"v":1,"type":"user_suspended","user_id":0})",
        R"({"v":1,"type":"user_suspended","user_id":1,"id":"x"})",
        R"({"v":1,"type":"session_ended","user_id":1})",
        R"({"v":1,"type":"user_update","user_id":1,"first_name":"A"})",
        R"({"v":1,"type":"read_mark","user_id":1,"chat_type":"room","conversation_id":1,
           "unread":0})",
        R"({"v":1,"type":"group_update","conversation_id":1,"name":"n"})",
        R"({"v":1,"type":"group_member_removed","conversation_id":1})",
        R"({"v":1,"type":"group_entered","conversation_id":1,"presence_seq":0,"user_id":1,
            "first_name":"A","last_name":"B"})",
        R"({"v":1,"type":"group_left","conversation_id":1,"user_id":1,"first_name":"A",
            "last_name":"B"})",
        R"({"v":1,"type":"group_removed"})",
        R"({"v":1,"type":"user_removed","user_id":0})",
        R"({"v":1,"type":"message_removed","chat_type":"room","conversation_id":1,"seq":1,
            "timestamp":1,"user_id":2})",
        R"({"v":1,"type":"message_removed","chat_type":"group","conversation_id":1,"timestamp":1})",
        R"({"v":1,"type":"message","chat_type":"room","conversation_id":1,"seq":1,"timestamp":1,
            "user_id":0,"other_user_id":2,"message":"m"})"}) {
    EXPECT_TRUE(Refused(bytes)) << bytes;
  }
}

}  // namespace
}  // namespace parlor
