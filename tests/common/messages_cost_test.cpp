// What a message costs the server: counted, not measured.
#include <map>

#include "common/bot_chats.h"
#include "common/group_members.h"
#include "common/messages.h"
#include "tests/support/store_test.h"

namespace parlor::messages {
namespace {

class MessagesCostTest : public testing::StoreTest {
 protected:
  struct Cost {
    uint64_t statements = 0;
    uint64_t rows_read = 0;
    uint64_t rows_written = 0;
    friend bool operator==(const Cost&, const Cost&) = default;
  };

  static Cost Now(db::Transaction& tx) {
    const db::Rows rows = tx.QueryText("SHOW SESSION STATUS").value();
    Cost cost;
    for (size_t row = 0; row < rows.size(); ++row) {
      const std::string& name = rows.Text(row, 0);
      if (name == "Questions") cost.statements = rows.U64(row, 1);
      if (name.starts_with("Handler_read_")) cost.rows_read += rows.U64(row, 1);
      for (const char* written : {"Handler_write", "Handler_update", "Handler_delete"}) {
        if (name == written) cost.rows_written += rows.U64(row, 1);
      }
    }
    return cost;
  }
  // Of what `call` does, without START TRANSACTION and COMMIT. Looking costs something too, which
  // is taken off.
  template <typename Call>
  Cost CostOf(Call call) {
    Cost cost;
    EXPECT_TRUE(
        In([&](db::Transaction& tx) -> Status {
          const Cost first = Now(tx), before = Now(tx);
          PARLOR_RETURN_IF_ERROR(call(tx));
          const Cost after = Now(tx);
          const auto spent = [&](uint64_t Cost::*part) {
            return after.*part - before.*part - (before.*part - first.*part);
          };
          cost = {spent(&Cost::statements), spent(&Cost::rows_read), spent(&Cost::rows_written)};
          return Ok();
        }).ok());
    return cost;
  }
  Cost CostOfSending(const std::vector<Outgoing>& batch) {
    std::vector<Result<Stored>> outcomes;
    const Cost cost =
        CostOf([&](db::Transaction& tx) { return Append(tx, batch, kNow, &outcomes); });
    for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.ok());
    return cost;
  }

  ConversationId GroupOf(uint64_t members) {
    const ConversationId group = db_.AddGroup(ada_);
    const std::string first = std::to_string(1'000'000 * ++groups_);
    db_.Run(
        "INSERT INTO users (id, email, email_key, first_name, last_name, password_hash, "
        "created_at_ms) WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE "
        "i < 99), u AS (SELECT " +
        first +
        " + a.i * 100 + b.i AS id FROM n a JOIN n b) "
        "SELECT id, id, id, 'A', 'B', '*', 1 FROM u WHERE id < " +
        first + " + " + std::to_string(members - 1));
    db_.Run("INSERT INTO members (conversation_id, user_id, joined_at_ms) SELECT " +
            std::to_string(group.value) + ", id, 1 FROM users WHERE id >= " + first);
    return group;
  }

  UserId ada_ = db_.AddUser("Ada"), bob_ = db_.AddUser("Bob");

 private:
  uint64_t groups_ = 0;
};

TEST_F(MessagesCostTest, GroupOfThousandsCostsWhatOneOfTenDoes) {
  CostOfSending({{ada_, ToGroup{GroupOf(2)}, "the server reads up on its tables", "1"}});
  std::vector<Cost> costs;
  for (const uint64_t members : {10, 1000, 10000}) {
    const ConversationId group = GroupOf(members);
    ASSERT_EQ(Count("members WHERE conversation_id = " + std::to_string(group.value)), members);
    costs.push_back(CostOfSending({{ada_, ToGroup{group}, "x", "1"}}));
  }
  EXPECT_EQ(costs[0].statements, 6u);  // and START TRANSACTION and COMMIT
  EXPECT_EQ(costs[0].rows_written, costs[1].rows_written);
  EXPECT_EQ(costs[0].rows_written, costs[2].rows_written);
  EXPECT_EQ(costs[0].rows_read, costs[1].rows_read);
  EXPECT_EQ(costs[0].rows_read, costs[2].rows_read);
  EXPECT_EQ(costs[0].statements, costs[2].statements);
}

TEST_F(MessagesCostTest, EachKindOfTargetIsOneMoreLook) {
  const ConversationId group = GroupOf(10);
  EXPECT_EQ(CostOfSending(
                {{ada_, ToUser{bob_}, "makes the room", {}}, {ada_, ToBot{}, "makes the chat", {}}})
                .statements,
            14u);
  EXPECT_EQ(CostOfSending({{ada_, ToUser{bob_}, "x", {}}}).statements, 5u);
  EXPECT_EQ(
      CostOfSending({{ada_, ToUser{bob_}, "x", {}}, {ada_, ToGroup{group}, "x", {}}}).statements,
      6u);
  EXPECT_EQ(CostOfSending({{ada_, ToUser{bob_}, "x", "1"},
                           {ada_, ToGroup{group}, "x", "1"},
                           {bob_, ToUser{ada_}, "x", "1"},
                           {ada_, ToBot{}, "x", "1"}})
                .statements,
            8u);
}

// Find the chat, lock it, look for an earlier answer, insert, move the chat's end: no read mark.
TEST_F(MessagesCostTest, AnswerOfTheBotIsFiveStatements) {
  CostOfSending({{ada_, ToBot{}, "hello", {}}});
  const auto answer = [&](db::Transaction& tx) {
    return bot_chats::StoreAnswer(tx, ada_, Seq(1), {"Hello."}, kNow).status();
  };
  const Cost first = CostOf(answer);
  EXPECT_EQ(first.statements, 5u);
  EXPECT_EQ(first.rows_written, 2u);
  const Cost again = CostOf(answer);
  EXPECT_EQ(again.statements, 4u);
  EXPECT_EQ(again.rows_written, 0u);
}

TEST_F(MessagesCostTest, EnteringDependsOnNoGroupsSize) {
  // The server reads its own tables about a table when that is first used.
  const ConversationId used = GroupOf(2);
  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return group_members::Enter(tx, used, bob_, LimitsConfig(), kNow);
              }).ok());
  std::vector<Cost> costs;
  for (const uint64_t members : {10, 1000}) {
    const ConversationId group = GroupOf(members);
    for (const bool first : {true, false}) {
      const Cost cost = CostOf([&](db::Transaction& tx) {
        return group_members::Enter(tx, group, bob_, LimitsConfig(), kNow).status();
      });
      costs.push_back(cost);
      EXPECT_EQ(cost.statements, first ? 11u : 3u);
    }
    // Where one is present already is counted.
    db_.Run("DELETE FROM present WHERE conversation_id = " + std::to_string(group.value));
  }
  EXPECT_EQ(costs[0], costs[2]);
  EXPECT_EQ(costs[1], costs[3]);
  EXPECT_EQ(costs[1].rows_written, 0u);
}

TEST_F(MessagesCostTest, GoingOfflineIsFiveStatementsAndTwoAChange) {
  std::vector<UserId> users = {ada_, bob_};
  const auto leave = [&](db::Transaction& tx) {
    return group_members::LeaveEverywhere(tx, users, kNow).status();
  };
  EXPECT_EQ(CostOf(leave).statements, 2u);  // present nowhere
  for (int i = 0; i < 3; ++i) {
    const ConversationId group = db_.AddGroup(ada_);
    for (const UserId user : users) {
      ASSERT_TRUE(In([&](db::Transaction& tx) {
                    return group_members::Enter(tx, group, user, LimitsConfig(), kNow);
                  }).ok());
    }
  }
  EXPECT_EQ(CostOf(leave).statements, 5u + 2 * 6);
}

}  // namespace
}  // namespace parlor::messages
