#include "common/presence_store.h"

#include <atomic>
#include <thread>

#include "tests/support/store_test.h"

namespace parlor::presence_store {
namespace {

class PresenceStoreTest : public testing::StoreTest {
 protected:
  using Users = std::vector<UserId>;

  DaemonId Start(const char* endpoint, TimestampMs now = kNow) {
    return *In([&](db::Transaction& tx) { return RegisterDaemon(tx, endpoint, now); });
  }
  Users Come(DaemonId daemon, const Users& users, TimestampMs now = kNow) {
    return *In([&](db::Transaction& tx) { return SetOnline(tx, daemon, users, now); });
  }
  Users Go(DaemonId daemon, const Users& users, TimestampMs now = kNow) {
    return *In([&](db::Transaction& tx) { return SetOffline(tx, daemon, users, now); });
  }
  bool SendBeat(DaemonId daemon, TimestampMs now, TimestampMs last = kNow) {
    return *In([&](db::Transaction& tx) { return Heartbeat(tx, daemon, last, now); });
  }

  UserId ada_ = db_.AddUser(), bob_ = db_.AddUser();
};

TEST_F(PresenceStoreTest, FirstInAndLastOutAreTold) {
  const DaemonId one = Start("one"), two = Start("two");
  EXPECT_EQ(Come(one, {bob_, ada_}), (Users{ada_, bob_}));
  EXPECT_EQ(Come(two, {ada_}), Users{});
  EXPECT_EQ(Go(one, {ada_, bob_}), Users{bob_});
  EXPECT_EQ(Go(two, {ada_}), Users{ada_});
}

TEST_F(PresenceStoreTest, RepeatChangesNothing) {
  const DaemonId one = Start("one");
  EXPECT_EQ(Come(one, {ada_, ada_}), Users{ada_});
  EXPECT_EQ(Come(one, {ada_}), Users{});
  EXPECT_EQ(Go(one, {ada_}), Users{ada_});
  EXPECT_EQ(Go(one, {ada_}), Users{});
  EXPECT_EQ(Come(one, {}), Users{});
}

TEST_F(PresenceStoreTest, DeadDaemonsCountForNothing) {
  const DaemonId dead = Start("dead"), one = Start("one");
  Come(dead, {ada_, bob_});
  const TimestampMs later = After(kDeadAfterMs + 1);
  ASSERT_TRUE(SendBeat(one, later));
  EXPECT_EQ(Come(one, {ada_}, later), Users{ada_});
  EXPECT_EQ(Go(one, {ada_}, later), Users{ada_});
}

TEST_F(PresenceStoreTest, OnlineIsWhoHasARowAtALivingDaemon) {
  const DaemonId one = Start("one"), two = Start("two"), dead = Start("dead");
  Come(one, {ada_});
  Come(two, {ada_});
  Come(dead, {bob_});
  const TimestampMs later = After(kDeadAfterMs + 1);
  ASSERT_TRUE(SendBeat(one, later) && SendBeat(two, later));
  const auto online = [&](TimestampMs now) {
    const Users users = {bob_, ada_, UserId(999)};
    return In([&](db::Transaction& tx) { return OnlineSomewhere(tx, users, now); }).value();
  };
  EXPECT_EQ(online(kNow), (Users{ada_, bob_}));
  EXPECT_EQ(online(later), Users{ada_});
  EXPECT_EQ(In([&](db::Transaction& tx) { return OnlineSomewhere(tx, {}, later); }).value(),
            Users{});
}

TEST_F(PresenceStoreTest, NewIncarnationRemovesWhatTheOldOneLeft) {
  const DaemonId old = Start("one"), other = Start("two");
  Come(old, {ada_});
  Come(other, {bob_});
  const DaemonId now = Start("one");
  EXPECT_NE(now, old);
  EXPECT_EQ(Count("online"), 1u);
  EXPECT_FALSE(SendBeat(old, After(1)));
  EXPECT_EQ(Come(now, {ada_, bob_}), Users{ada_});
}

TEST_F(PresenceStoreTest, HeartbeatTellsWhetherTheRowIsThere) {
  const DaemonId one = Start("one");
  EXPECT_TRUE(SendBeat(one, kNow));  // the same time: nothing changes in the row
  EXPECT_TRUE(SendBeat(one, After(1)));
  ASSERT_TRUE(In([&](db::Transaction& tx) { return RemoveDaemon(tx, one); }).ok());
  EXPECT_FALSE(SendBeat(one, After(2)));
}

TEST_F(PresenceStoreTest, HeartbeatTellsWhenTheDatabaseWentBack) {
  const DaemonId one = Start("one");
  ASSERT_TRUE(SendBeat(one, After(5000)));
  EXPECT_TRUE(SendBeat(one, After(5000), After(5000)));
  db_.Run("UPDATE daemons SET heartbeat_at_ms = " + std::to_string(After(4999).value));
  EXPECT_FALSE(SendBeat(one, After(10000), After(5000)));
  EXPECT_EQ(Count("daemons WHERE heartbeat_at_ms = " + std::to_string(After(4999).value)), 1u);
}

TEST_F(PresenceStoreTest, PurgeRemovesADaemonWithItsRowsUnlessItHasMoved) {
  const DaemonId dead = Start("dead"), one = Start("one");
  Come(dead, {ada_});
  const std::vector<Beat> beats = {{dead, kNow}, {one, kNow}};
  EXPECT_EQ(In([&](db::Transaction& tx) { return Beats(tx); }).value(), beats);
  ASSERT_TRUE(SendBeat(one, After(1)));
  for (const Beat& last : beats) {
    ASSERT_TRUE(In([&](db::Transaction& tx) { return PurgeDaemon(tx, last); }).ok());
  }
  EXPECT_EQ(Count("daemons"), 1u);
  EXPECT_EQ(Count("online"), 0u);
  EXPECT_TRUE(SendBeat(one, After(2), After(1)));
}

TEST_F(PresenceStoreTest, UserDeletedMeanwhileIsLeftOut) {
  EXPECT_EQ(Come(Start("one"), {ada_, UserId(999)}), Users{ada_});
}

// Two daemons, each with users that come and go: what was told must add up, whoever was first.
TEST_F(PresenceStoreTest, DaemonsSideBySideAgreeOnWhoIsFirstAndLast) {
  Users users;
  for (int i = 0; i < 5; ++i) users.push_back(db_.AddUser());
  const DaemonId daemons[] = {Start("one"), Start("two"), Start("three")};
  std::atomic<int64_t> came{0}, gone{0};
  std::vector<std::thread> threads;
  for (const DaemonId daemon : daemons) {
    threads.emplace_back([&, daemon] {
      const SystemClock clock;
      db::Database database(db_.config(), clock);
      for (int i = 0; i < 30; ++i) {
        came += static_cast<int64_t>(In(database, [&](db::Transaction& tx) {
                                       return SetOnline(tx, daemon, users, kNow);
                                     })->size());
        gone += static_cast<int64_t>(In(database, [&](db::Transaction& tx) {
                                       return SetOffline(tx, daemon, users, kNow);
                                     })->size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(came, gone);
  EXPECT_GE(came, 5);
  EXPECT_EQ(Count("online"), 0u);
}

}  // namespace
}  // namespace parlor::presence_store
