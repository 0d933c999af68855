#include "common/conversations.h"

#include "common/group_members.h"
#include "common/messages.h"
#include "tests/support/store_test.h"

namespace parlor::conversations {
namespace {

class ConversationsTest : public testing::StoreTest {
 protected:
  messages::Stored Send(UserId from, messages::Target to, int64_t at_ms) {
    std::vector<Result<messages::Stored>> outcomes;
    const messages::Outgoing message{from, to, "text", {}};
    EXPECT_TRUE(In([&](db::Transaction& tx) {
                  return messages::Append(tx, {&message, 1}, After(at_ms), &outcomes);
                }).ok());
    return outcomes.at(0).value();
  }
  ConversationId Talk(UserId from, UserId to, int64_t at_ms) {
    return Send(from, messages::ToUser{to}, at_ms).conversation;
  }
  Result<MarkOutcome> Mark(UserId user, ConversationId conversation,
                           std::optional<int64_t> up_to_ms = {},
                           ConversationKind kind = ConversationKind::kRoom) {
    ReadMark mark{conversation, kind, {}};
    if (up_to_ms) mark.up_to = ParsedTimestamp{After(*up_to_ms)};
    return In([&](db::Transaction& tx) { return MoveReadMark(tx, user, mark); });
  }

  UserId ada_ = db_.AddUser("Ada"), bob_ = db_.AddUser("Bob"), eve_ = db_.AddUser("Eve");
};

TEST_F(ConversationsTest, RoomsAreListedNewestFirstForBoth) {
  const ConversationId with_bob = Talk(ada_, bob_, 0);
  const ConversationId with_eve = Talk(eve_, ada_, 10);
  Talk(eve_, ada_, 11);
  const auto rooms = *In([&](db::Transaction& tx) { return ListRooms(tx, ada_); });
  ASSERT_EQ(rooms.size(), 2u);
  EXPECT_EQ(rooms[0].id, with_eve);
  EXPECT_EQ(rooms[0].other_user, eve_);
  EXPECT_EQ(rooms[0].unread, 2u);
  EXPECT_EQ(rooms[0].last_seq, Seq(2));
  EXPECT_EQ(rooms[0].last_sent_at, After(11));
  EXPECT_EQ(rooms[1].id, with_bob);
  EXPECT_EQ(rooms[1].unread, 0u);
  const auto of_bob = *In([&](db::Transaction& tx) { return ListRooms(tx, bob_); });
  ASSERT_EQ(of_bob.size(), 1u);
  EXPECT_EQ(of_bob[0].other_user, ada_);
  EXPECT_EQ(of_bob[0].unread, 1u);
}

TEST_F(ConversationsTest, RoomIsItsTwoUsersAlone) {
  const ConversationId room = Talk(ada_, bob_, 0);
  const auto other = [&](UserId user) {
    return In([&](db::Transaction& tx) { return OtherUserOfRoom(tx, room, user); });
  };
  EXPECT_EQ(*other(ada_), bob_);
  EXPECT_EQ(*other(bob_), ada_);
  EXPECT_EQ(Code(other(eve_)), ErrorCode::kNotFound);
}

TEST_F(ConversationsTest, NotificationsAreRoomsAndGroupsWithAMessage) {
  const ConversationId room = Talk(ada_, bob_, 0);
  const ConversationId group = db_.AddGroup(bob_);
  db_.AddGroup(bob_, "silent");
  Send(bob_, messages::ToGroup{group}, 5);
  Send(bob_, messages::ToBot{}, 6);
  const auto list = *In([&](db::Transaction& tx) { return ListNotifications(tx, bob_); });
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].conversation, group);
  EXPECT_EQ(list[0].kind, ConversationKind::kGroup);
  EXPECT_EQ(list[0].unread, 0u);
  EXPECT_EQ(list[1].conversation, room);
  EXPECT_EQ(list[1].last_sender, ada_);
  EXPECT_EQ(list[1].unread, 1u);
  EXPECT_EQ(list[1].timestamp, After(0));
}

TEST_F(ConversationsTest, MarkGoesToTheNewest) {
  const ConversationId room = Talk(ada_, bob_, 0);
  Talk(ada_, bob_, 10);
  const MarkOutcome outcome = *Mark(bob_, room);
  EXPECT_TRUE(outcome.moved);
  EXPECT_EQ(outcome.unread, 0u);
  EXPECT_EQ(outcome.last_sent_at, After(10));
  EXPECT_FALSE(Mark(bob_, room)->moved);
}

TEST_F(ConversationsTest, MarkGoesToTheMessageAtOrBeforeATime) {
  const ConversationId room = Talk(ada_, bob_, 0);
  for (const int64_t ms : {10, 20, 30}) Talk(ada_, bob_, ms);
  EXPECT_FALSE(Mark(bob_, room, -1)->moved);
  EXPECT_EQ(Mark(bob_, room, 10)->unread, 2u);
  EXPECT_EQ(Mark(bob_, room, 29)->unread, 1u);
  EXPECT_EQ(Mark(bob_, room, 1'000'000)->unread, 0u);
}

TEST_F(ConversationsTest, MarkNeverGoesBackwards) {
  const ConversationId room = Talk(ada_, bob_, 0);
  Talk(ada_, bob_, 10);
  ASSERT_TRUE(Mark(bob_, room).ok());
  const MarkOutcome back = *Mark(bob_, room, 0);
  EXPECT_FALSE(back.moved);
  EXPECT_EQ(back.unread, 0u);
}

TEST_F(ConversationsTest, MarkNeedsAMemberAndTheRightKind) {
  const ConversationId room = Talk(ada_, bob_, 0);
  EXPECT_EQ(Code(Mark(eve_, room)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(Mark(bob_, room, {}, ConversationKind::kGroup)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(Mark(bob_, ConversationId(999))), ErrorCode::kNotFound);
}

TEST_F(ConversationsTest, GroupsHaveMarksOfTheirMembersAlone) {
  const ConversationId group = db_.AddGroup(bob_);
  db_.AddMember(group, ada_);
  for (const int64_t ms : {0, 10, 20}) Send(bob_, messages::ToGroup{group}, ms);
  constexpr ConversationKind kGroup = ConversationKind::kGroup;
  const MarkOutcome part = *Mark(ada_, group, 10, kGroup);
  EXPECT_TRUE(part.moved);
  EXPECT_EQ(part.unread, 1u);
  EXPECT_EQ(part.last_sent_at, After(20));
  EXPECT_EQ(Mark(ada_, group, {}, kGroup)->unread, 0u);
  EXPECT_FALSE(Mark(bob_, group, {}, kGroup)->moved);  // writing had moved it
  EXPECT_EQ(Code(Mark(eve_, group, {}, kGroup)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(Mark(ada_, group)), ErrorCode::kNotFound);  // it is no room
}

TEST_F(ConversationsTest, WhoLeftAGroupForGoodHearsNoMoreOfIt) {
  const ConversationId group = db_.AddGroup(bob_);
  const auto change = [&](auto call) {
    ASSERT_TRUE(In([&](db::Transaction& tx) { return call(tx).status(); }).ok());
  };
  change([&](db::Transaction& tx) {
    return group_members::Enter(tx, group, ada_, LimitsConfig(), kNow);
  });
  Send(bob_, messages::ToGroup{group}, 0);
  const auto list = [&] {
    return In([&](db::Transaction& tx) { return ListNotifications(tx, ada_); }).value();
  };
  ASSERT_EQ(list().size(), 1u);
  EXPECT_EQ(list()[0].unread, 1u);
  EXPECT_EQ(list()[0].last_sender, bob_);
  change([&](db::Transaction& tx) { return group_members::Remove(tx, group, ada_, ada_, kNow); });
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(Code(Mark(ada_, group, {}, ConversationKind::kGroup)), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace parlor::conversations
