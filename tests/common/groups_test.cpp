#include "common/groups.h"

#include "common/group_members.h"
#include "common/messages.h"
#include "tests/support/store_test.h"

namespace parlor::groups {
namespace {

class GroupsTest : public testing::StoreTest {
 protected:
  using Names = std::vector<std::string>;

  GroupSummary Make(UserId owner, std::string_view name) {
    return In([&](db::Transaction& tx) { return Create(tx, owner, name, LimitsConfig(), kNow); })
        .value();
  }
  GroupSummary See(ConversationId group, UserId caller) {
    return In([&](db::Transaction& tx) { return Get(tx, group, caller); }).value();
  }
  Names Listed(UserId caller, const GroupQuery& query) {
    Names names;
    const auto list = In([&](db::Transaction& tx) { return List(tx, caller, query); }).value();
    for (const GroupSummary& group : list) {
      names.push_back(group.name);
    }
    return names;
  }
  static GroupQuery Named(std::string name) { return {{}, {}, false, std::move(name)}; }
  Result<ChangeOutcome> ChangeAs(UserId caller, const GroupChange& change) {
    return In([&](db::Transaction& tx) { return Change(tx, caller, change, LimitsConfig()); });
  }
  void Write(UserId from, ConversationId group) {
    std::vector<Result<messages::Stored>> outcomes;
    const messages::Outgoing message{from, messages::ToGroup{group}, "text", {}};
    ASSERT_TRUE(In([&](db::Transaction& tx) {
                  return messages::Append(tx, {&message, 1}, kNow, &outcomes);
                }).ok());
    ASSERT_TRUE(outcomes.at(0).ok());
  }

  UserId ada_ = db_.AddUser("Ada"), bob_ = db_.AddUser("Bob"), eve_ = db_.AddUser("Eve");
};

TEST_F(GroupsTest, CreatorIsOwnerAndFirstMemberAndNotPresent) {
  const GroupSummary made = Make(ada_, "Looms");
  EXPECT_EQ(made.name, "Looms");
  EXPECT_EQ(made.owner, ada_);
  EXPECT_EQ(made.members, 1u);
  EXPECT_TRUE(made.is_member);
  EXPECT_EQ(made.last_seq, Seq());
  const GroupSummary seen = See(made.id, ada_);
  EXPECT_EQ(seen.name, made.name);
  EXPECT_EQ(seen.owner, ada_);
  EXPECT_EQ(seen.members, 1u);
  EXPECT_TRUE(seen.is_member);
  EXPECT_EQ(Count("members"), 1u);
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(db_.Number("SELECT kind FROM conversations"), 2u);
  EXPECT_NE(Make(ada_, "Looms").id, made.id);  // names need not be unique
}

TEST_F(GroupsTest, EverybodySeesAGroupEachInTheirWay) {
  const ConversationId group = Make(ada_, "Looms").id;
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return group_members::Enter(tx, group, bob_, LimitsConfig(), kNow);
              }).ok());
  Write(ada_, group);
  Write(ada_, group);
  const GroupSummary of_ada = See(group, ada_), of_bob = See(group, bob_),
                     of_eve = See(group, eve_);
  EXPECT_EQ(of_ada.unread, 0u);
  EXPECT_EQ(of_bob.unread, 2u);
  EXPECT_TRUE(of_bob.is_member);
  EXPECT_EQ(of_eve.unread, 0u);
  EXPECT_FALSE(of_eve.is_member);
  EXPECT_EQ(of_eve.members, 2u);
  EXPECT_EQ(of_eve.last_seq, Seq(2));
  EXPECT_EQ(of_eve.last_sent_at, After(1));
  EXPECT_EQ(Code(In([&](db::Transaction& tx) { return Get(tx, ConversationId(999), ada_); })),
            ErrorCode::kNotFound);
}

TEST_F(GroupsTest, ListGoesByIdAndInSlices) {
  const ConversationId first = Make(ada_, "a").id;
  Make(bob_, "b");
  Make(ada_, "c");
  EXPECT_EQ(Listed(eve_, {}), (Names{"a", "b", "c"}));
  EXPECT_EQ(Listed(eve_, {first, {}, false, {}}), (Names{"b", "c"}));
  EXPECT_EQ(Listed(eve_, {first, 1, false, {}}), (Names{"b"}));
  EXPECT_EQ(Listed(ada_, {{}, {}, true, {}}), (Names{"a", "c"}));
  EXPECT_EQ(Listed(ada_, {first, {}, true, {}}), (Names{"c"}));
  EXPECT_EQ(Listed(ada_, {{}, 1, true, {}}), (Names{"a"}));
  EXPECT_EQ(Listed(eve_, {{}, {}, true, {}}), Names{});
}

TEST_F(GroupsTest, BothListsTellTheSameOfAGroup) {
  const ConversationId group = Make(ada_, "a").id;
  Write(ada_, group);
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return group_members::Enter(tx, group, bob_, LimitsConfig(), kNow);
              }).ok());
  Write(ada_, group);
  for (const bool member_only : {false, true}) {
    const auto list = In([&](db::Transaction& tx) {
                        return List(tx, bob_, {{}, {}, member_only, {}});
                      }).value();
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].id, group);
    EXPECT_EQ(list[0].owner, ada_);
    EXPECT_EQ(list[0].members, 2u);
    EXPECT_TRUE(list[0].is_member);
    EXPECT_EQ(list[0].last_seq, Seq(2));
    EXPECT_EQ(list[0].last_sent_at, After(1));
    EXPECT_EQ(list[0].unread, 1u);
  }
}

TEST_F(GroupsTest, NameIsSearchedAsTextWithoutRegardToCase) {
  Make(ada_, "Zo\xc3\xab 100%");
  Make(ada_, "under_score");
  Make(bob_, "Back\\slash");
  EXPECT_EQ(Listed(ada_, Named("ZO\xc3\x8b 1")), (Names{"Zo\xc3\xab 100%"}));
  EXPECT_EQ(Listed(ada_, Named("%")), (Names{"Zo\xc3\xab 100%"}));
  EXPECT_EQ(Listed(ada_, Named("_")), (Names{"under_score"}));
  EXPECT_EQ(Listed(ada_, Named("\\")), (Names{"Back\\slash"}));
  EXPECT_EQ(Listed(ada_, {{}, {}, true, "S"}), (Names{"under_score"}));
}

TEST_F(GroupsTest, OnlyGroupsExist) {
  const ConversationId group = Make(ada_, "a").id;
  std::vector<Result<messages::Stored>> outcomes;
  const messages::Outgoing message{ada_, messages::ToUser{bob_}, "text", {}};
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return messages::Append(tx, {&message, 1}, kNow, &outcomes);
              }).ok());
  const auto exists = [&](ConversationId id) {
    return Code(In([&](db::Transaction& tx) { return CheckExists(tx, id); }));
  };
  EXPECT_EQ(exists(group), std::nullopt);
  EXPECT_EQ(exists(outcomes.at(0)->conversation), ErrorCode::kNotFound);
  EXPECT_EQ(exists(ConversationId(999)), ErrorCode::kNotFound);
}

// ---- changing

TEST_F(GroupsTest, OwnerRenames) {
  const ConversationId group = Make(ada_, "Looms").id;
  const Result<ChangeOutcome> renamed = ChangeAs(ada_, {group, "looms", {}});
  ASSERT_TRUE(renamed.ok());
  EXPECT_TRUE(renamed->changed);  // another case is another name
  EXPECT_EQ(renamed->group.name, "looms");
  EXPECT_EQ(See(group, bob_).name, "looms");
  const Result<ChangeOutcome> again = ChangeAs(ada_, {group, "looms", ada_});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->group.members, 1u);
}

TEST_F(GroupsTest, OwnerHandsOverToAMember) {
  const ConversationId group = Make(ada_, "Looms").id;
  EXPECT_EQ(Code(ChangeAs(ada_, {group, "New", bob_})), ErrorCode::kInvalidField);
  EXPECT_EQ(ChangeAs(ada_, {group, {}, bob_}).status().field(), "owner_id");
  EXPECT_EQ(ChangeAs(ada_, {group, {}, UserId(999)}).status().field(), "owner_id");
  EXPECT_EQ(See(group, ada_).name, "Looms");

  db_.AddMember(group, bob_);
  const Result<ChangeOutcome> handed = ChangeAs(ada_, {group, "New", bob_});
  ASSERT_TRUE(handed.ok());
  EXPECT_TRUE(handed->changed);
  EXPECT_EQ(handed->group.owner, bob_);
  EXPECT_EQ(handed->group.name, "New");
  EXPECT_TRUE(handed->group.is_member);  // as Ada sees it: she stays
  EXPECT_EQ(Code(ChangeAs(ada_, {group, "Mine", {}})), ErrorCode::kForbidden);
  EXPECT_EQ(See(group, ada_).name, "New");
}

TEST_F(GroupsTest, SuspendedMemberCannotBecomeOwner) {
  const ConversationId group = Make(ada_, "Looms").id;
  db_.AddMember(group, bob_);
  db_.Run("UPDATE users SET suspended_at_ms = 5 WHERE id = " + std::to_string(bob_.value));
  const Result<ChangeOutcome> refused = ChangeAs(ada_, {group, {}, bob_});
  EXPECT_EQ(Code(refused), ErrorCode::kInvalidField);
  EXPECT_EQ(refused.status().field(), "owner_id");
  EXPECT_EQ(See(group, ada_).owner, ada_);
}

TEST_F(GroupsTest, NobodyOwnsMoreGroupsThanTheLimit) {
  LimitsConfig limits;
  limits.groups_per_owner = 1;
  const UserId ada = db_.AddUser(), bob = db_.AddUser();
  const auto create = [&](UserId owner) {
    return Code(In([&](db::Transaction& tx) { return Create(tx, owner, "x", limits, kNow); }));
  };
  EXPECT_EQ(create(ada), std::nullopt);
  EXPECT_EQ(create(ada), ErrorCode::kConflict);
  EXPECT_EQ(create(bob), std::nullopt);
  EXPECT_EQ(Count("chat_groups"), 2u);

  const ConversationId third = db_.AddGroup(ada);
  db_.AddMember(third, bob);
  const auto hand_over = [&](const LimitsConfig& allowed) {
    return In([&](db::Transaction& tx) {
      return Change(tx, ada, GroupChange{third, "y", bob}, allowed);
    });
  };
  const auto refused = hand_over(limits);
  EXPECT_EQ(Code(refused), ErrorCode::kInvalidField);
  EXPECT_EQ(refused.status().field(), "owner_id");
  EXPECT_EQ(Count("chat_groups WHERE name = 'y'"), 0u);
  limits.groups_per_owner = 2;
  EXPECT_EQ(Code(hand_over(limits)), std::nullopt);
}

TEST_F(GroupsTest, OthersChangeNothing) {
  const ConversationId group = Make(ada_, "Looms").id;
  db_.AddMember(group, bob_);
  EXPECT_EQ(Code(ChangeAs(bob_, {group, "Mine", {}})), ErrorCode::kForbidden);
  EXPECT_EQ(Code(ChangeAs(bob_, {group, {}, bob_})), ErrorCode::kForbidden);
  EXPECT_EQ(Code(ChangeAs(eve_, {group, {}, eve_})), ErrorCode::kForbidden);
  EXPECT_EQ(Code(ChangeAs(ada_, {ConversationId(999), "Mine", {}})), ErrorCode::kNotFound);
  EXPECT_EQ(See(group, ada_).name, "Looms");
}

TEST_F(GroupsTest, WithoutAnIdItIsTheOneGroupThatTheCallerOwns) {
  EXPECT_EQ(Code(ChangeAs(ada_, {{}, "New", {}})), ErrorCode::kGroupIdRequired);
  const ConversationId of_bob = Make(bob_, "Bob's").id;
  db_.AddMember(of_bob, ada_);
  EXPECT_EQ(Code(ChangeAs(ada_, {{}, "New", {}})), ErrorCode::kGroupIdRequired);
  const ConversationId group = Make(ada_, "Looms").id;
  const Result<ChangeOutcome> renamed = ChangeAs(ada_, {{}, "New", {}});
  ASSERT_TRUE(renamed.ok());
  EXPECT_EQ(renamed->group.id, group);
  EXPECT_EQ(renamed->group.name, "New");
  EXPECT_EQ(See(of_bob, ada_).name, "Bob's");
  Make(ada_, "Second");
  EXPECT_EQ(Code(ChangeAs(ada_, {{}, "Newer", {}})), ErrorCode::kGroupIdRequired);
}

}  // namespace
}  // namespace parlor::groups
