#include "common/group_members.h"

#include "common/events.h"
#include "common/groups.h"
#include "common/messages.h"
#include "common/presence_store.h"
#include "tests/support/store_test.h"

namespace parlor::group_members {
namespace {

using MaybeChange = Result<std::optional<Change>>;

class GroupMembersTest : public testing::StoreTest {
 protected:
  MaybeChange EnterOne(ConversationId group, UserId user) {
    return In([&](db::Transaction& tx) { return Enter(tx, group, user, LimitsConfig(), kNow); });
  }
  MaybeChange LeaveOne(ConversationId group, UserId user) {
    return In([&](db::Transaction& tx) { return Leave(tx, group, user, kNow); });
  }
  MaybeChange RemoveOne(UserId caller, UserId member) {
    return In([&](db::Transaction& tx) { return Remove(tx, group_, caller, member, kNow); });
  }
  std::vector<Change> LeaveAll(const std::vector<UserId>& users) {
    return In([&](db::Transaction& tx) { return LeaveEverywhere(tx, users, kNow); }).value();
  }
  std::vector<Snapshot> Load(ConversationId group = {}) {
    return In([&](db::Transaction& tx) { return LoadPresence(tx, group); }).value();
  }
  void Write(UserId from) {
    std::vector<Result<messages::Stored>> outcomes;
    const messages::Outgoing message{from, messages::ToGroup{group_}, "text", {}};
    ASSERT_TRUE(In([&](db::Transaction& tx) {
                  return messages::Append(tx, {&message, 1}, kNow, &outcomes);
                }).ok());
    ASSERT_TRUE(outcomes.at(0).ok());
  }
  std::string Where(ConversationId group, UserId user) {
    return " WHERE conversation_id = " + std::to_string(group.value) +
           " AND user_id = " + std::to_string(user.value);
  }
  uint64_t ReadSeq(UserId user) {
    return db_.Number("SELECT read_seq FROM members" + Where(group_, user));
  }
  uint64_t Counted(ConversationId group) {
    return db_.Number("SELECT member_count FROM chat_groups WHERE id = " +
                      std::to_string(group.value));
  }
  void ExpectCountsAreTrue() {
    EXPECT_EQ(Count("chat_groups g WHERE member_count <> (SELECT COUNT(*) FROM members m WHERE "
                    "m.conversation_id = g.id)"),
              0u);
  }

  UserId ada_ = db_.AddUser("Ada", "Lovelace"), bob_ = db_.AddUser("Bob", "Kahn");
  ConversationId group_ = db_.AddGroup(ada_, "Looms");
};

// ---- entering and leaving

TEST_F(GroupMembersTest, EnteringIsToldOnceWithNumberAndNames) {
  const MaybeChange first = EnterOne(group_, bob_);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(first->has_value());
  const PresenceChanged& event = (*first)->event;
  EXPECT_EQ(event.group, group_);
  EXPECT_EQ(event.presence_seq, 1u);
  EXPECT_EQ(event.user, bob_);
  EXPECT_EQ(event.first_name, "Bob");
  EXPECT_EQ(event.last_name, "Kahn");
  EXPECT_TRUE(event.is_enter);

  const MaybeChange again = EnterOne(group_, bob_);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->has_value());
  EXPECT_EQ(Count("present"), 1u);
  EXPECT_EQ(Count("events"), 1u);
}

TEST_F(GroupMembersTest, TheEventIsTheRowOfItsId) {
  const Change change = EnterOne(group_, bob_)->value();
  const auto rows =
      In([&](db::Transaction& tx) { return events::Pending(tx, EventId(), 10); }).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, change.id);
  EXPECT_EQ(rows[0].payload, EncodeEvent(change.event, EventId()));
}

TEST_F(GroupMembersTest, LeavingIsToldOnceAndEndsNoMembership) {
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  const MaybeChange left = LeaveOne(group_, bob_);
  ASSERT_TRUE(left.ok());
  ASSERT_TRUE(left->has_value());
  EXPECT_EQ((*left)->event.presence_seq, 2u);
  EXPECT_EQ((*left)->event.first_name, "Bob");
  EXPECT_FALSE((*left)->event.is_enter);
  EXPECT_FALSE(LeaveOne(group_, bob_)->has_value());
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(Count("members" + Where(group_, bob_)), 1u);
  EXPECT_EQ(Count("events"), 2u);
}

TEST_F(GroupMembersTest, WhatDoesNotExistIsNotFound) {
  const ConversationId nowhere(999);
  EXPECT_EQ(Code(EnterOne(nowhere, bob_)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(LeaveOne(nowhere, bob_)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(EnterOne(group_, UserId(999))), ErrorCode::kNotFound);
  EXPECT_FALSE(LeaveOne(group_, UserId(999))->has_value());
  EXPECT_EQ(Count("events"), 0u);
}

// Suspended after the request's session was looked at.
TEST_F(GroupMembersTest, SuspendedUserCannotEnter) {
  db_.Run("UPDATE users SET suspended_at_ms = 1 WHERE id = " + std::to_string(bob_.value));
  const auto entered =
      In([&](db::Transaction& tx) { return Enter(tx, group_, bob_, LimitsConfig(), kNow); });
  EXPECT_EQ(Code(entered), ErrorCode::kInvalidToken);
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(Count("members"), 1u);
  EXPECT_EQ(Count("events"), 0u);
}

TEST_F(GroupMembersTest, NobodyIsPresentInMoreGroupsThanTheLimit) {
  LimitsConfig limits;
  limits.present_groups = 2;
  const auto enter = [&](ConversationId group) {
    return Code(In([&](db::Transaction& tx) { return Enter(tx, group, bob_, limits, kNow); }));
  };
  const ConversationId second = db_.AddGroup(ada_), third = db_.AddGroup(ada_);
  EXPECT_EQ(enter(group_), std::nullopt);
  EXPECT_EQ(enter(second), std::nullopt);
  EXPECT_EQ(enter(third), ErrorCode::kConflict);
  EXPECT_EQ(enter(second), std::nullopt) << "is there already";
  EXPECT_EQ(Count("members WHERE conversation_id = " + std::to_string(third.value)), 1u);
  ASSERT_TRUE(In([&](db::Transaction& tx) { return Leave(tx, group_, bob_, kNow); }).ok());
  EXPECT_EQ(enter(third), std::nullopt);
}

TEST_F(GroupMembersTest, WhoEntersFirstIsAMemberWhoHasReadEverything) {
  Write(ada_);
  Write(ada_);
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  EXPECT_EQ(ReadSeq(bob_), 2u);
  EXPECT_EQ(Counted(group_), 2u);
  Write(ada_);
  ASSERT_TRUE(LeaveOne(group_, bob_).ok());
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  EXPECT_EQ(ReadSeq(bob_), 2u);  // a member stays where he was
  EXPECT_EQ(Counted(group_), 2u);
  ExpectCountsAreTrue();
}

// ---- removing

TEST_F(GroupMembersTest, MembersRemoveThemselvesAndTheOwnerRemovesAnybody) {
  const UserId eve = db_.AddUser();
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  db_.AddMember(group_, eve);
  EXPECT_EQ(Counted(group_), 3u);

  const MaybeChange went = RemoveOne(bob_, bob_);
  ASSERT_TRUE(went.ok());
  ASSERT_TRUE(went->has_value());  // was present
  EXPECT_EQ((*went)->event.presence_seq, 2u);
  EXPECT_FALSE((*went)->event.is_enter);
  const MaybeChange put_out = RemoveOne(ada_, eve);
  ASSERT_TRUE(put_out.ok());
  EXPECT_FALSE(put_out->has_value());  // was not
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(Counted(group_), 1u);
  ExpectCountsAreTrue();
}

TEST_F(GroupMembersTest, RemovingHasItsRules) {
  const UserId eve = db_.AddUser();
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  db_.AddMember(group_, eve);
  EXPECT_EQ(Code(RemoveOne(bob_, eve)), ErrorCode::kForbidden);
  EXPECT_EQ(Code(RemoveOne(bob_, ada_)), ErrorCode::kForbidden);  // not the owner either
  EXPECT_EQ(Code(RemoveOne(ada_, ada_)), ErrorCode::kConflict);
  EXPECT_EQ(Code(RemoveOne(ada_, UserId(999))), ErrorCode::kNotFound);
  ASSERT_TRUE(RemoveOne(ada_, eve).ok());
  EXPECT_EQ(Code(RemoveOne(ada_, eve)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(RemoveOne(eve, eve)), ErrorCode::kNotFound);
  EXPECT_EQ(Code(RemoveOne(eve, bob_)), ErrorCode::kForbidden);
  group_ = ConversationId(999);
  EXPECT_EQ(Code(RemoveOne(ada_, bob_)), ErrorCode::kNotFound);
  EXPECT_EQ(Count("members"), 2u);
  EXPECT_EQ(Count("present"), 1u);
}

TEST_F(GroupMembersTest, WhoWasRemovedCannotWriteAndBeginsAnew) {
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  ASSERT_TRUE(RemoveOne(ada_, bob_).ok());
  Write(ada_);
  std::vector<Result<messages::Stored>> outcomes;
  const messages::Outgoing message{bob_, messages::ToGroup{group_}, "text", {}};
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return messages::Append(tx, {&message, 1}, kNow, &outcomes);
              }).ok());
  EXPECT_EQ(Code(outcomes.at(0)), ErrorCode::kForbidden);
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  EXPECT_EQ(ReadSeq(bob_), 1u);
}

// ---- leaving everywhere

TEST_F(GroupMembersTest, LeaveEverywhereNumbersEachChangeOfEachGroup) {
  const UserId eve = db_.AddUser("Eve", "E");
  const ConversationId second = db_.AddGroup(ada_), third = db_.AddGroup(ada_);
  for (const UserId user : {ada_, bob_, eve}) {
    ASSERT_TRUE(EnterOne(group_, user).ok());
    ASSERT_TRUE(EnterOne(second, user).ok());
  }
  ASSERT_TRUE(EnterOne(third, ada_).ok());

  const std::vector<Change> changes = LeaveAll({eve, bob_, eve, UserId(999)});
  ASSERT_EQ(changes.size(), 4u);
  std::vector<std::tuple<ConversationId, uint64_t, UserId>> left;
  for (const Change& change : changes) {
    EXPECT_FALSE(change.event.is_enter);
    EXPECT_EQ(change.event.first_name, change.event.user == bob_ ? "Bob" : "Eve");
    EXPECT_EQ(Count("events WHERE id = " + std::to_string(change.id.value)), 1u);
    left.emplace_back(change.event.group, change.event.presence_seq, change.event.user);
  }
  EXPECT_EQ(left, (decltype(left){
                      {group_, 4, bob_}, {group_, 5, eve}, {second, 4, bob_}, {second, 5, eve}}));
  const std::vector<Snapshot> now = Load();
  ASSERT_EQ(now.size(), 3u);
  EXPECT_EQ(now[0].presence_seq, 5u);
  EXPECT_EQ(now[0].present, std::vector<UserId>{ada_});
  EXPECT_EQ(now[2].presence_seq, 1u);
  EXPECT_EQ(now[2].present, std::vector<UserId>{ada_});
  EXPECT_TRUE(LeaveAll({bob_, eve}).empty());
  EXPECT_TRUE(LeaveAll({}).empty());
}

// ---- reading

TEST_F(GroupMembersTest, SnapshotsAreOfAllGroupsOrOfOne) {
  const ConversationId empty = db_.AddGroup(bob_);
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  ASSERT_TRUE(EnterOne(group_, ada_).ok());
  ASSERT_TRUE(EnterOne(empty, bob_).ok());
  ASSERT_TRUE(LeaveOne(empty, bob_).ok());
  const std::vector<Snapshot> all = Load();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].group, group_);
  EXPECT_EQ(all[0].presence_seq, 2u);
  EXPECT_EQ(all[0].present, (std::vector<UserId>{ada_, bob_}));
  EXPECT_EQ(all[1].group, empty);
  EXPECT_EQ(all[1].presence_seq, 2u);
  EXPECT_TRUE(all[1].present.empty());
  const std::vector<Snapshot> one = Load(empty);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].group, empty);
  EXPECT_TRUE(Load(ConversationId(999)).empty());
}

class GroupListTest : public GroupMembersTest {
 protected:
  // "Ada", with '*' when online and '!' when present.
  std::vector<std::string> Listed(const UserQuery& query) {
    const auto members =
        In([&](db::Transaction& tx) { return List(tx, group_, query, kNow); }).value();
    std::vector<std::string> names;
    for (const GroupMember& member : members) {
      names.push_back(member.user.first_name + (member.user.online ? "*" : "") +
                      (member.present ? "!" : ""));
    }
    return names;
  }
  // Makes the users online at a daemon that was last heard of at `heartbeat`.
  void Online(const char* endpoint, TimestampMs heartbeat, const std::vector<UserId>& users) {
    ASSERT_TRUE(In([&](db::Transaction& tx) -> Status {
                  PARLOR_ASSIGN_OR_RETURN(const DaemonId id,
                                          presence_store::RegisterDaemon(tx, endpoint, heartbeat));
                  return presence_store::SetOnline(tx, id, users, heartbeat).status();
                }).ok());
  }
  UnreadCounts Unread(const std::vector<UserId>& users) {
    return In([&](db::Transaction& tx) { return CountUnread(tx, group_, users); }).value();
  }
  using Names = std::vector<std::string>;
  using Counts = std::vector<std::pair<UserId, uint64_t>>;

  UserId eve_ = db_.AddUser("Eve", "E"), zoe_ = db_.AddUser("Zo\xc3\xab", "100%");
};

TEST_F(GroupListTest, MembersAreListedByIdAndInSlices) {
  db_.AddMember(group_, zoe_);
  db_.AddMember(group_, bob_);
  ASSERT_TRUE(EnterOne(db_.AddGroup(eve_, "other"), bob_).ok());
  EXPECT_EQ(Listed({}), (Names{"Ada", "Bob", "Zo\xc3\xab"}));
  EXPECT_EQ(Listed({ada_, {}, false, {}}), (Names{"Bob", "Zo\xc3\xab"}));
  EXPECT_EQ(Listed({ada_, 1, false, {}}), (Names{"Bob"}));
  EXPECT_EQ(Listed({{}, {}, false, "ZO\xc3\x8b 1"}), (Names{"Zo\xc3\xab"}));
  EXPECT_EQ(Listed({{}, {}, false, "%"}), (Names{"Zo\xc3\xab"}));
  EXPECT_EQ(Listed({{}, {}, false, "eve"}), (Names{}));
  const UserQuery query;
  group_ = ConversationId(999);
  EXPECT_EQ(Code(In([&](db::Transaction& tx) { return List(tx, group_, query, kNow); })),
            ErrorCode::kNotFound);
}

TEST_F(GroupListTest, OnlineAndPresentAreTwoThings) {
  for (const UserId user : {bob_, eve_}) db_.AddMember(group_, user);
  Online("alive", After(-presence_store::kDeadAfterMs), {ada_, eve_});
  Online("dead", After(-presence_store::kDeadAfterMs - 1), {bob_});
  ASSERT_TRUE(EnterOne(group_, bob_).ok());
  ASSERT_TRUE(EnterOne(group_, eve_).ok());
  EXPECT_EQ(Listed({}), (Names{"Ada*", "Bob!", "Eve*!"}));
  EXPECT_EQ(Listed({{}, {}, true, {}}), (Names{"Ada*", "Eve*!"}));
  EXPECT_EQ(Listed({{}, 1, true, "e"}), (Names{"Ada*"}));
  db_.Run("UPDATE users SET suspended_at_ms = 5 WHERE first_name = 'Ada'");
  EXPECT_EQ(Listed({{}, {}, true, {}}), (Names{"Eve*!"}));
}

TEST_F(GroupListTest, UnreadIsCountedForTheNamedOrForAllMembersOnlineOrNot) {
  const UserId stranger = db_.AddUser();
  Write(ada_);
  for (const UserId user : {bob_, eve_}) ASSERT_TRUE(EnterOne(group_, user).ok());
  ASSERT_TRUE(LeaveOne(group_, bob_).ok());
  db_.AddMember(group_, zoe_);  // has read nothing
  Write(ada_);
  Write(ada_);
  UnreadCounts counts = Unread({zoe_, stranger, bob_, UserId(999)});
  EXPECT_EQ(counts.unread, (Counts{{bob_, 2}, {zoe_, 3}}));
  EXPECT_EQ(counts.last_sent_at, After(2));
  EXPECT_TRUE(Unread({stranger}).unread.empty());
  counts = Unread({});
  EXPECT_EQ(counts.unread, (Counts{{ada_, 0}, {bob_, 2}, {eve_, 2}, {zoe_, 3}}));
  EXPECT_EQ(counts.last_sent_at, After(2));
  group_ = ConversationId(999);
  EXPECT_TRUE(Unread({}).unread.empty());
  EXPECT_TRUE(Unread({ada_}).unread.empty());
}

}  // namespace
}  // namespace parlor::group_members
