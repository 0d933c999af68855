#include "wsd/dispatch.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

TEST(DispatchTest, EveryFrameHasItsRow) {
  EXPECT_EQ(FindFrame(InitFrame{"t"}).action, FrameAction::kGreet);
  EXPECT_EQ(FindFrame(UnknownFrame{}).action, FrameAction::kIgnore);
  for (const auto kind :
       {ConversationKind::kRoom, ConversationKind::kGroup, ConversationKind::kBot}) {
    SendFrame frame;
    frame.kind = kind;
    EXPECT_EQ(FindFrame(frame).action, FrameAction::kStore);
  }
}

TEST(DispatchTest, GroupMessageIsAddressedToTheGroup) {
  SendFrame frame;
  frame.kind = ConversationKind::kGroup;
  frame.group = ConversationId(9);
  frame.message = "hello";
  frame.client_msg_id = "a";
  const messages::Outgoing outgoing = FindFrame(frame).address(UserId(1), frame);
  EXPECT_EQ(outgoing.sender, UserId(1));
  EXPECT_EQ(std::get<messages::ToGroup>(outgoing.to).group, ConversationId(9));
  EXPECT_EQ(outgoing.body, "hello");
  EXPECT_EQ(outgoing.client_msg_id, "a");
}

TEST(DispatchTest, QuestionIsAddressedToTheBot) {
  SendFrame frame;
  frame.kind = ConversationKind::kBot;
  frame.message = "hello";
  const messages::Outgoing outgoing = FindFrame(frame).address(UserId(1), frame);
  EXPECT_EQ(outgoing.sender, UserId(1));
  EXPECT_TRUE(std::holds_alternative<messages::ToBot>(outgoing.to));
  EXPECT_EQ(outgoing.body, "hello");
  EXPECT_FALSE(outgoing.client_msg_id);
}

TEST(DispatchTest, RoomMessageIsAddressedToTheOtherUser) {
  SendFrame frame;
  frame.other_user = UserId(2);
  frame.message = "hello";
  frame.client_msg_id = "a";
  const messages::Outgoing outgoing = FindFrame(frame).address(UserId(1), frame);
  EXPECT_EQ(outgoing.sender, UserId(1));
  EXPECT_EQ(std::get<messages::ToUser>(outgoing.to).other, UserId(2));
  EXPECT_EQ(outgoing.body, "hello");
  EXPECT_EQ(outgoing.client_msg_id, "a");
}

TEST(DispatchTest, TokenIsFoundInEveryKindOfFrame) {
  EXPECT_EQ(*TokenOf(InitFrame{"t"}), "t");
  EXPECT_EQ(*TokenOf(UnknownFrame{"t"}), "t");
  EXPECT_EQ(TokenOf(UnknownFrame{}), nullptr);
  SendFrame frame;
  EXPECT_EQ(TokenOf(frame), nullptr);
  frame.token = "t";
  const ClientFrame with_token = frame;
  EXPECT_EQ(*TokenOf(with_token), "t");
  FrameError error;
  EXPECT_EQ(TokenOf(error), nullptr);
  error.token = "t";
  EXPECT_EQ(*TokenOf(error), "t");
}

}  // namespace
}  // namespace parlor::wsd
