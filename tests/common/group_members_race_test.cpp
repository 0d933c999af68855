// Groups changed from many connections at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "common/group_members.h"
#include "common/groups.h"
#include "common/messages.h"
#include "common/presence_store.h"
#include "common/queries.h"
#include "tests/support/store_test.h"

namespace parlor::group_members {
namespace {

class GroupRaceTest : public testing::StoreTest {
 protected:
  // Runs `work(thread, database)` in `count` threads with a connection each.
  template <typename Work>
  void InThreads(unsigned count, Work work) {
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (unsigned i = 0; i < count; ++i) {
      threads.emplace_back([this, i, work] {
        const SystemClock clock;
        db::Database database(db_.config(), clock);
        work(i, database);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // Like In(), for any thread; what was changed is noted after the commit.
  template <typename Call>
  void Change(db::Database& database, Call call) {
    std::vector<PresenceChanged> changes;
    const Status status = database.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
      changes.clear();
      return call(tx, changes);
    });
    EXPECT_TRUE(status.ok()) << status.message();
    const std::lock_guard lock(mutex_);
    changes_.insert(changes_.end(), changes.begin(), changes.end());
  }
  static Status Note(const Result<std::optional<group_members::Change>>& outcome,
                     std::vector<PresenceChanged>& changes) {
    if (!outcome.ok()) return outcome.status();
    if (outcome->has_value()) changes.push_back((*outcome)->event);
    return Ok();
  }
  void EnterOrLeave(db::Database& database, bool enter, ConversationId group, UserId user) {
    Change(database, [&](db::Transaction& tx, auto& changes) {
      return Note(
          enter ? Enter(tx, group, user, LimitsConfig(), kNow) : Leave(tx, group, user, kNow),
          changes);
    });
  }
  void LeaveAll(db::Database& database, const std::vector<UserId>& users) {
    Change(database, [&](db::Transaction& tx, auto& changes) -> Status {
      PARLOR_ASSIGN_OR_RETURN(const auto left, LeaveEverywhere(tx, users, kNow));
      for (const auto& change : left) changes.push_back(change.event);
      return Ok();
    });
  }

  // Each group's changes are numbered 1, 2, 3, …; played in that order they alternate for each
  // user and end in what the tables say.
  void ExpectChangesTellTheTruth() {
    std::sort(changes_.begin(), changes_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.group, a.presence_seq) < std::tie(b.group, b.presence_seq);
    });
    std::map<ConversationId, uint64_t> last;
    std::map<ConversationId, std::set<UserId>> present;
    for (const PresenceChanged& change : changes_) {
      EXPECT_EQ(change.presence_seq, ++last[change.group]);
      std::set<UserId>& users = present[change.group];
      EXPECT_EQ(change.is_enter ? users.insert(change.user).second : users.erase(change.user) > 0,
                true);
    }
    const auto snapshots =
        In([&](db::Transaction& tx) { return LoadPresence(tx, ConversationId()); }).value();
    for (const Snapshot& snapshot : snapshots) {
      EXPECT_EQ(snapshot.presence_seq, last[snapshot.group]);
      const std::set<UserId> users(snapshot.present.begin(), snapshot.present.end());
      EXPECT_EQ(users, present[snapshot.group]);
    }
    EXPECT_EQ(Count("events"), changes_.size());
    EXPECT_EQ(Count("chat_groups g WHERE member_count <> (SELECT COUNT(*) FROM members m WHERE "
                    "m.conversation_id = g.id)"),
              0u);
    EXPECT_EQ(Count("members m JOIN conversations c ON c.id = m.conversation_id WHERE "
                    "m.read_seq > c.last_seq"),
              0u);
  }

  // Until so many transactions wait for a lock.
  void WaitForLockWaits(uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    const SystemClock clock;
    db::Database database(db_.config(), clock);
    uint64_t waiting = 0;
    while (waiting < count && std::chrono::steady_clock::now() < deadline) {
      const auto rows = In(database, [](auto& tx) {
        return tx.QueryText("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'");
      });
      ASSERT_TRUE(rows.ok());
      waiting = rows->U64(0, 1);
    }
    EXPECT_EQ(waiting, count);
  }

  // Where the server counts them (MariaDB does).
  uint64_t Deadlocks() {
    const db::Rows rows = db_.Read("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'");
    return rows.empty() ? 0 : rows.U64(0, 1);
  }

  void AddUsers(int count) {
    for (int i = 0; i < count; ++i) users_.push_back(db_.AddUser());
  }

  std::mutex mutex_;
  std::vector<PresenceChanged> changes_;
  std::vector<UserId> users_;
};

TEST_F(GroupRaceTest, OneEntersOnceThroughManyConnections) {
  AddUsers(2);
  const ConversationId group = db_.AddGroup(users_[0]);
  for (const bool enter : {true, false, true}) {
    InThreads(4, [&](unsigned, db::Database& database) {
      EnterOrLeave(database, enter, group, users_[1]);
    });
  }
  EXPECT_EQ(changes_.size(), 3u);
  EXPECT_EQ(Count("members"), 2u);
  ExpectChangesTellTheTruth();
}

TEST_F(GroupRaceTest, ManyEnterAtOnceAndEachGetsItsNumber) {
  AddUsers(40);
  const ConversationId group = db_.AddGroup(users_[0]);
  InThreads(4, [&](unsigned thread, db::Database& database) {
    for (size_t i = thread; i < users_.size(); i += 4) {
      EnterOrLeave(database, true, group, users_[i]);
    }
  });
  EXPECT_EQ(changes_.size(), 40u);
  EXPECT_EQ(db_.Number("SELECT member_count FROM chat_groups"), 40u);
  ExpectChangesTellTheTruth();
}

// The one that began first holds the group's row: the other gets the next number, after it.
TEST_F(GroupRaceTest, ChangeThatWaitsComesBehind) {
  AddUsers(2);
  const ConversationId group = db_.AddGroup(users_[0]);
  std::thread other;
  Change(db_.database(), [&](db::Transaction& tx, auto& changes) {
    const Status entered = Note(Enter(tx, group, users_[0], LimitsConfig(), kNow), changes);
    if (!other.joinable()) {
      other = std::thread([&] {
        const SystemClock clock;
        db::Database database(db_.config(), clock);
        EnterOrLeave(database, true, group, users_[1]);
      });
    }
    return entered;
  });
  other.join();
  ASSERT_EQ(changes_.size(), 2u);
  ExpectChangesTellTheTruth();
  EXPECT_EQ(changes_[0].user, users_[0]);
}

TEST_F(GroupRaceTest, TwoGiveTheGroupAwayOneDoes) {
  AddUsers(3);
  const ConversationId group = db_.AddGroup(users_[0]);
  for (const size_t i : {1, 2}) db_.AddMember(group, users_[i]);
  std::atomic<int> handed{0}, refused{0};
  InThreads(2, [&](unsigned thread, db::Database& database) {
    const auto outcome = In(database, [&](db::Transaction& tx) {
      return groups::Change(tx, users_[0], {group, {}, users_[1 + thread]}, LimitsConfig());
    });
    ++(outcome.ok() ? handed : refused);
    EXPECT_EQ(Code(outcome), outcome.ok() ? std::nullopt : std::optional(ErrorCode::kForbidden));
  });
  EXPECT_EQ(handed, 1);
  EXPECT_EQ(refused, 1);
}

// An owner can't be put out, nor a group handed to one who has just left: whoever comes second
// sees what the first did.
TEST_F(GroupRaceTest, OwnerIsAlwaysAMember) {
  AddUsers(2);
  for (int round = 0; round < 20; ++round) {
    const ConversationId group = db_.AddGroup(users_[0]);
    db_.AddMember(group, users_[1]);
    InThreads(2, [&](unsigned thread, db::Database& database) {
      if (thread == 0) {
        (void)In(database, [&](db::Transaction& tx) {
          return groups::Change(tx, users_[0], {group, {}, users_[1]}, LimitsConfig());
        }).ok();
      } else {
        (void)In(database, [&](db::Transaction& tx) {
          return Remove(tx, group, users_[1], users_[1], kNow);
        }).ok();
      }
    });
  }
  EXPECT_EQ(Count("chat_groups g WHERE NOT EXISTS (SELECT 1 FROM members m WHERE "
                  "m.conversation_id = g.id AND m.user_id = g.owner_id)"),
            0u);
}

// Both writers have looked who is a member, and wait for the group's conversation while one of the
// senders is removed: what they store afterwards is not his, alone or in a batch with others.
TEST_F(GroupRaceTest, NothingOfARemovedMemberIsStored) {
  AddUsers(2);
  const ConversationId group = db_.AddGroup(users_[0]);
  db_.AddMember(group, users_[1]);
  const std::vector<messages::Outgoing> batches[] = {
      {{users_[1], messages::ToGroup{group}, "late", {}}},
      {{users_[0], messages::ToGroup{group}, "owner's", {}},
       {users_[1], messages::ToGroup{group}, "late", {}}}};
  std::vector<Result<messages::Stored>> outcomes[2];
  std::vector<std::thread> writers;
  const Status locked = db_.database().Transact(db::Repeat::kOnce, [&](auto& holder) -> Status {
    const db::Param id = db::P(group);
    PARLOR_RETURN_IF_ERROR(holder.Query(queries::kLockConversation, {id}).status());
    for (int i : {0, 1}) {
      writers.emplace_back([&, i] {
        const SystemClock clock;
        db::Database database(db_.config(), clock);
        const Status status = database.Transact(db::Repeat::kOnce, [&](auto& tx) {
          return messages::Append(tx, batches[i], kNow, &outcomes[i]);
        });
        EXPECT_TRUE(status.ok()) << status.message();
      });
    }
    WaitForLockWaits(2);
    InThreads(1, [&](unsigned, db::Database& database) {
      const auto removed =
          In(database, [&](auto& tx) { return Remove(tx, group, users_[0], users_[1], kNow); });
      EXPECT_TRUE(removed.ok());
    });
    return Ok();
  });
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(locked.ok());
  EXPECT_EQ(Code(outcomes[0].at(0)), ErrorCode::kForbidden);
  EXPECT_EQ(Code(outcomes[1].at(0)), std::nullopt);
  EXPECT_EQ(Code(outcomes[1].at(1)), ErrorCode::kForbidden);
  EXPECT_EQ(Count("messages WHERE body = 'late'"), 0u);
  EXPECT_EQ(Count("messages"), 1u);
}

// Entering, leaving, being removed, going offline and writing, all over each other. Everything
// succeeds, and nobody waits for each other: all lock in the order of groups.h.
TEST_F(GroupRaceTest, EverythingAtOnceEndsInTheTruth) {
  AddUsers(8);
  std::vector<ConversationId> groups;
  for (int i = 0; i < 4; ++i) groups.push_back(db_.AddGroup(users_[0]));
  const auto daemon =
      In([&](db::Transaction& tx) { return presence_store::RegisterDaemon(tx, "here", kNow); });

  const uint64_t deadlocks = Deadlocks();
  InThreads(5, [&](unsigned thread, db::Database& database) {
    std::minstd_rand random(thread + 1);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    const auto user = [&] { return users_[pick(users_.size())]; };
    const auto group = [&] { return groups[pick(groups.size())]; };
    for (int round = 0; round < 60; ++round) {
      if (thread < 2) {
        EnterOrLeave(database, pick(3) != 0, group(), user());
      } else if (thread == 2) {
        // As the presence thread does: offline, and present nowhere.
        const std::vector<UserId> some = {user(), user(), user()};
        Change(database, [&](db::Transaction& tx, auto& changes) -> Status {
          PARLOR_RETURN_IF_ERROR(presence_store::SetOnline(tx, *daemon, some, kNow).status());
          PARLOR_RETURN_IF_ERROR(presence_store::SetOffline(tx, *daemon, some, kNow).status());
          PARLOR_ASSIGN_OR_RETURN(const auto left, LeaveEverywhere(tx, some, kNow));
          for (const auto& change : left) changes.push_back(change.event);
          return Ok();
        });
      } else if (thread == 3) {
        std::vector<messages::Outgoing> batch;
        for (int i = 0; i < 10; ++i) batch.push_back({user(), messages::ToGroup{group()}, "x", {}});
        for (int i = 0; i < 3; ++i) batch.push_back({user(), messages::ToUser{user()}, "x", {}});
        std::vector<Result<messages::Stored>> outcomes;
        const Status status = database.Transact(db::Repeat::kIdempotent, [&](auto& tx) {
          return messages::Append(tx, batch, kNow, &outcomes);
        });
        EXPECT_TRUE(status.ok()) << status.message();
      } else {
        const UserId member = users_[1 + pick(users_.size() - 1)];
        const ConversationId from = group();
        Change(database, [&](db::Transaction& tx, auto& changes) {
          const Status removed = Note(Remove(tx, from, users_[0], member, kNow), changes);
          return Code(removed) == ErrorCode::kNotFound ? Ok() : removed;
        });
      }
    }
  });
  EXPECT_EQ(Deadlocks(), deadlocks);
  EXPECT_GT(changes_.size(), 50u);
  ExpectChangesTellTheTruth();
  EXPECT_EQ(Count("present p LEFT JOIN members m ON m.conversation_id = p.conversation_id AND "
                  "m.user_id = p.user_id WHERE m.user_id IS NULL"),
            0u);
  InThreads(1, [&](unsigned, db::Database& database) { LeaveAll(database, users_); });
  EXPECT_EQ(Count("present"), 0u);
  ExpectChangesTellTheTruth();
}

}  // namespace
}  // namespace parlor::group_members
