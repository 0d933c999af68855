#include "wsd/presence.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "common/events.h"
#include "common/group_members.h"
#include "common/presence_store.h"
#include "common/sessions.h"
#include "common/token.h"
#include "tests/support/database_proxy.h"
#include "tests/wsd/thread_fixture.h"

namespace parlor::wsd {
namespace {

using Cut = testing::DatabaseProxy::Cut;

class PresenceTest : public ThreadTest {
 protected:
  Presence& Thread() {
    if (!presence_) presence_ = std::make_unique<Presence>(config_, manual_, results_);
    return *presence_;
  }
  void Start() { ASSERT_TRUE(Thread().Start("here:/run/parlor/test.sock#1").ok()); }

  testing::DatabaseProxy& Proxy() {
    if (!proxy_) {
      const std::string path = std::filesystem::temp_directory_path() /
                               ("parlor-presence-" + std::to_string(getpid()) + ".sock");
      proxy_ = std::make_unique<testing::DatabaseProxy>(path, config_.database.socket);
      config_.database.socket = path;
    }
    return *proxy_;
  }

  void Advance(int64_t ms) {
    manual_.Advance(ms);
    Thread().Wake();
  }

  void ExpectNext(UserId user, bool online) {
    const OnlineChanged change = Next<OnlineChanged>();
    EXPECT_EQ(change.user, user);
    EXPECT_EQ(change.online, online);
  }

  // Present in a group, by HTTP.
  void Enter(ConversationId group, UserId user) {
    Change([&](db::Transaction& tx) {
      return group_members::Enter(tx, group, user, LimitsConfig(), manual_.Now()).status();
    });
  }
  // Online at another daemon, which lives.
  void SetOnlineElsewhere(UserId user) {
    Change([&](db::Transaction& tx) -> Status {
      PARLOR_ASSIGN_OR_RETURN(const DaemonId other,
                              presence_store::RegisterDaemon(tx, "elsewhere", manual_.Now()));
      return presence_store::SetOnline(tx, other, std::span(&user, 1), manual_.Now()).status();
    });
  }
  PresenceChanged ExpectLeft(ConversationId group, UserId user) {
    const EventArrived arrived = Next<EventArrived>();
    const auto change = std::get<PresenceChanged>(arrived.event);
    EXPECT_EQ(change.group, group);
    EXPECT_EQ(change.user, user);
    EXPECT_FALSE(change.is_enter);
    EXPECT_EQ(Count("events WHERE id = " + std::to_string(arrived.id.value)), 1U);
    return change;
  }

  FakeClock manual_;
  std::unique_ptr<testing::DatabaseProxy> proxy_;
  std::unique_ptr<Presence> presence_;
};

TEST_F(PresenceTest, RegistersTheDaemonAndTakesItOffAtTheEnd) {
  Start();
  ASSERT_TRUE(Eventually(
      [&] { return Count("daemons WHERE endpoint = 'here:/run/parlor/test.sock#1'") == 1; }));
  ASSERT_TRUE(Thread().Push(UserCame{db_.AddUser()}));
  Next<OnlineChanged>();
  EXPECT_EQ(Count("online"), 1U);
  Thread().Stop(Soon());
  EXPECT_EQ(Count("daemons"), 0U);
  EXPECT_EQ(Count("online"), 0U);
  EXPECT_FALSE(Thread().Push(UserCame{db_.AddUser()}));
}

TEST_F(PresenceTest, ReportsWhoCameAndWhoLeft) {
  const UserId ada = db_.AddUser();
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
  EXPECT_EQ(Count("online"), 1U);
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ExpectNext(ada, false);
  EXPECT_EQ(Count("online"), 0U);
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
}

TEST_F(PresenceTest, UserOnlineElsewhereIsNoNews) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  Change([&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const DaemonId other,
                            presence_store::RegisterDaemon(tx, "elsewhere", manual_.Now()));
    const UserId users[] = {ada};
    return presence_store::SetOnline(tx, other, users, manual_.Now()).status();
  });
  Start();
  for (const UserId user : {ada, bob}) ASSERT_TRUE(Thread().Push(UserCame{user}));
  ExpectNext(bob, true);
  ASSERT_TRUE(Eventually([&] { return Count("online") == 3; }));
  for (const UserId user : {ada, bob}) ASSERT_TRUE(Thread().Push(UserLeft{user}));
  ExpectNext(bob, false);
  ASSERT_TRUE(Eventually([&] { return Count("online") == 1; }));
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

TEST_F(PresenceTest, OnlyTheLastStateOfAUserCountsWhileItWaits) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ASSERT_TRUE(Thread().Push(UserCame{bob}));
  ASSERT_TRUE(Thread().Push(UserLeft{bob}));
  ASSERT_TRUE(Thread().Push(UserCame{bob}));
  Start();
  ExpectNext(bob, true);
  EXPECT_EQ(Count("online"), 1U);
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

TEST_F(PresenceTest, ManyUsersAtOnce) {
  std::set<UserId> users;
  for (int i = 0; i < 40; ++i) users.insert(db_.AddUser());
  for (const UserId user : users) ASSERT_TRUE(Thread().Push(UserCame{user}));
  Start();
  std::set<UserId> reported;
  for (size_t i = 0; i < users.size(); ++i) reported.insert(Next<OnlineChanged>().user);
  EXPECT_EQ(reported, users);
}

TEST_F(PresenceTest, UnknownUserDoesNotKeepTheOthers) {
  const UserId ada = db_.AddUser();
  ASSERT_TRUE(Thread().Push(UserCame{UserId(987'654'321)}));
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  Start();
  ExpectNext(ada, true);
}

TEST_F(PresenceTest, HeartbeatMovesWithTheClock) {
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  Advance(Presence::kHeartbeatMs);
  const std::string now = std::to_string(manual_.Now().value);
  EXPECT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + now) == 1; }));
}

TEST_F(PresenceTest, DaemonWhoseRowHasGoneRegistersAgainWithItsUsersSilently) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
  db_.Run("DELETE FROM daemons");
  ASSERT_EQ(Count("online"), 0U);
  EXPECT_TRUE(Nothing<DatabaseWentBack>());
  Advance(Presence::kHeartbeatMs);
  Next<DatabaseWentBack>();
  EXPECT_EQ(Count("online JOIN daemons ON id = daemon_id"), 1U);
  ASSERT_TRUE(Thread().Push(UserCame{bob}));
  ExpectNext(bob, true);
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ExpectNext(ada, false);
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

TEST_F(PresenceTest, DaemonWhoseRowIsOlderThanItsLastHeartbeatKnowsOfTheRestore) {
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  const std::string began = std::to_string(manual_.Now().value);
  Advance(Presence::kHeartbeatMs);
  const std::string beat = std::to_string(manual_.Now().value);
  ASSERT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + beat) == 1; }));
  db_.Run("UPDATE daemons SET heartbeat_at_ms = " + began);  // as in a dump that was made before
  EXPECT_TRUE(Nothing<DatabaseWentBack>());
  Advance(Presence::kHeartbeatMs);
  Next<DatabaseWentBack>();
  EXPECT_EQ(Count("daemons"), 1U) << "registered again, in place of the old row";
}

TEST_F(PresenceTest, ClockThatIsSetBackIsNoRestore) {
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  const auto heartbeat = [&] { return db_.Number("SELECT heartbeat_at_ms FROM daemons"); };
  const uint64_t before = heartbeat();
  manual_.SetWallClock(TimestampMs(manual_.Now().value - 3600000));
  Advance(Presence::kHeartbeatMs);
  ASSERT_TRUE(Eventually([&] { return heartbeat() > before; })) << "it moves, or it looks dead";
  Advance(Presence::kHeartbeatMs);
  EXPECT_TRUE(Nothing<DatabaseWentBack>());
}

TEST_F(PresenceTest, DaemonWithAnotherNameLeavesTheRowOfThisOneAlone) {
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  Change([&](db::Transaction& tx) {
    return presence_store::RegisterDaemon(tx, "there:/run/parlor/test.sock#2", manual_.Now())
        .status();
  });
  Advance(Presence::kHeartbeatMs);
  const std::string now = std::to_string(manual_.Now().value);
  ASSERT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + now) == 1; }));
  EXPECT_EQ(Count("daemons"), 2U);
  EXPECT_TRUE(Nothing<DatabaseWentBack>());
}

// Whatever its clock says, and whatever ours.
TEST_F(PresenceTest, DaemonThatMovesItsHeartbeatIsNeverPurgedAndASilentOneIs) {
  DaemonId other;
  Change([&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(other, presence_store::RegisterDaemon(tx, "elsewhere", TimestampMs(1)));
    return Ok();
  });
  const std::string row = "daemons WHERE id = " + std::to_string(other.value);
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 2; }));
  const auto purged = [&](int64_t ms) {  // true: gone after that time and a purge
    Advance(ms);
    const std::string beat = std::to_string(manual_.Now().value);
    EXPECT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + beat) == 1; }));
    Advance(
        Presence::kHeartbeatMs);  // the turn before, with its purge, is over when this one beats
    const std::string next = std::to_string(manual_.Now().value);
    EXPECT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + next) == 1; }));
    return Count(row) == 0;
  };
  EXPECT_FALSE(purged(Presence::kPurgeMs));
  manual_.SetWallClock(TimestampMs(manual_.Now().value + 10 * SilentDaemons::kSilentMs));
  EXPECT_FALSE(purged(Presence::kPurgeMs));
  EXPECT_FALSE(purged(SilentDaemons::kSilentMs / 2));
  db_.Run("UPDATE daemons SET heartbeat_at_ms = 2 WHERE id = " + std::to_string(other.value));
  EXPECT_FALSE(purged(Presence::kPurgeMs));
  EXPECT_FALSE(purged(SilentDaemons::kSilentMs / 2));
  EXPECT_TRUE(purged(SilentDaemons::kSilentMs / 2));
}

TEST_F(PresenceTest, NothingIsForgottenWhileTheDatabaseIsAway) {
  config_.database.retry_limit_ms = 100;
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  Proxy();
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
  Proxy().SetAway(true);
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ASSERT_TRUE(Thread().Push(UserCame{bob}));
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() > 10; }));  // longer than one retry
  Proxy().SetAway(false);
  ExpectNext(ada, false);
  ExpectNext(bob, true);
}

TEST_F(PresenceTest, StartsWithoutADatabaseAndRegistersWhenItIsThere) {
  config_.database.retry_limit_ms = 100;
  const UserId ada = db_.AddUser();
  Proxy().SetAway(true);
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() > 2; }));
  Proxy().SetAway(false);
  ExpectNext(ada, true);
}

TEST_F(PresenceTest, CommitInDoubtDoesNotSwallowTheReport) {
  Proxy();
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  for (const Cut cut : {Cut::kAfterCommit, Cut::kBeforeCommit}) {
    const UserId user = db_.AddUser();
    Proxy().CutCommits(cut);
    ASSERT_TRUE(Thread().Push(UserCame{user}));
    ExpectNext(user, true);
    Proxy().CutCommits(cut);
    ASSERT_TRUE(Thread().Push(UserLeft{user}));
    ExpectNext(user, false);
  }
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

TEST_F(PresenceTest, CommitInDoubtBeforeAnOutageDoesNotSwallowTheReport) {
  config_.database.retry_limit_ms = 100;
  Proxy();
  Start();
  const UserId first = db_.AddUser();
  ASSERT_TRUE(Thread().Push(UserCame{first}));
  ExpectNext(first, true);
  // The next commit is that of a user: a turn purges only once a minute.
  ASSERT_TRUE(Thread().Push(UserLeft{first}));
  ExpectNext(first, false);
  const UserId user = db_.AddUser();
  for (const bool online : {true, false}) {
    const int cut = Proxy().commits_cut();
    const int turned_away = Proxy().turned_away();
    Proxy().CutCommits(Cut::kAfterCommit);
    Proxy().GoAwayWithNextCut();
    const bool pushed = online ? Thread().Push(UserCame{user}) : Thread().Push(UserLeft{user});
    ASSERT_TRUE(pushed);
    ASSERT_TRUE(Eventually(
        [&] { return Proxy().commits_cut() > cut && Proxy().turned_away() > turned_away + 10; }));
    Proxy().SetAway(false);
    ExpectNext(user, online);
  }
  EXPECT_TRUE(Nothing<OnlineChanged>());
  Thread().Stop(Soon());
}

TEST_F(PresenceTest, UserWhoComesWhileTheDaemonsRowIsGoneIsKept) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
  db_.Run("DELETE FROM daemons");
  ASSERT_TRUE(Thread().Push(UserCame{bob}));  // long before the next heartbeat
  ExpectNext(bob, true);
  EXPECT_EQ(Count("online JOIN daemons ON id = daemon_id"), 2U);
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

// ---- Presence in groups ends with the last socket

TEST_F(PresenceTest, WhoGoesOfflineIsPresentNowhere) {
  const UserId ada = db_.AddUser("Ada", "Lovelace");
  const ConversationId group = db_.AddGroup(ada);
  const ConversationId other = db_.AddGroup(ada);
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  ExpectNext(ada, true);
  Enter(group, ada);
  Enter(other, ada);
  EXPECT_TRUE(Nothing<EventArrived>());
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ExpectNext(ada, false);
  const PresenceChanged left = ExpectLeft(group, ada);
  EXPECT_EQ(left.presence_seq, 2U);
  EXPECT_EQ(left.first_name, "Ada");
  ExpectLeft(other, ada);
  EXPECT_EQ(Count("present"), 0U);
  EXPECT_EQ(Count("members WHERE user_id = " + std::to_string(ada.value)), 2U);
}

TEST_F(PresenceTest, WhoNeverCameIsPresentNowhereEither) {
  const UserId ada = db_.AddUser();
  const UserId suspended = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  Enter(group, ada);
  Enter(group, suspended);
  db_.Run("UPDATE users SET suspended_at_ms = 1 WHERE id = " + std::to_string(suspended.value));
  Start();
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ExpectLeft(group, ada);
  ASSERT_TRUE(Thread().Push(UserLeft{suspended}));
  ExpectLeft(group, suspended);
  EXPECT_EQ(Count("present"), 0U);
  EXPECT_TRUE(Nothing<OnlineChanged>());
}

TEST_F(PresenceTest, WhoIsOnlineElsewhereStaysPresent) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  SetOnlineElsewhere(ada);
  for (const UserId user : {ada, bob}) Enter(group, user);
  Start();
  for (const UserId user : {ada, bob}) ASSERT_TRUE(Thread().Push(UserCame{user}));
  ExpectNext(bob, true);
  for (const UserId user : {ada, bob}) ASSERT_TRUE(Thread().Push(UserLeft{user}));
  ExpectNext(bob, false);
  ExpectLeft(group, bob);
  EXPECT_EQ(Count("present WHERE user_id = " + std::to_string(ada.value)), 1U);
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(PresenceTest, WhoComesBackBeforeItWasAppliedHasLeftHisGroupsAllTheSame) {
  const UserId ada = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  Enter(group, ada);
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));
  ASSERT_TRUE(Thread().Push(UserCame{ada}));
  Start();
  ExpectLeft(group, ada);
  ExpectNext(ada, true);
  EXPECT_EQ(Count("online"), 1U);
}

TEST_F(PresenceTest, UserWhomTheDatabaseRefusesKeepsNobodyInHisGroups) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const UserId carol = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  for (const UserId user : {ada, bob, carol}) Enter(group, user);
  db_.Run("CREATE TRIGGER refuse BEFORE DELETE ON present FOR EACH ROW IF OLD.user_id = " +
          std::to_string(bob.value) + " THEN SIGNAL SQLSTATE '45000'; END IF");
  for (const UserId user : {ada, bob, carol}) ASSERT_TRUE(Thread().Push(UserLeft{user}));
  Start();
  std::set<UserId> left;
  for (int i = 0; i < 2; ++i) {
    left.insert(std::get<PresenceChanged>(Next<EventArrived>().event).user);
  }
  EXPECT_EQ(left, (std::set{ada, carol}));
  EXPECT_EQ(Count("present"), 1U);
}

TEST_F(PresenceTest, CommitInDoubtLeavesTheNewsToTheSweep) {
  const UserId ada = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  Proxy();
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  for (const Cut cut : {Cut::kAfterCommit, Cut::kBeforeCommit}) {
    ASSERT_TRUE(Thread().Push(UserCame{ada}));
    ExpectNext(ada, true);
    Enter(group, ada);
    db_.Run("DELETE FROM events");
    Proxy().CutCommits(cut);
    ASSERT_TRUE(Thread().Push(UserLeft{ada}));
    ExpectNext(ada, false);
    EXPECT_EQ(Count("present"), 0U);
    EXPECT_EQ(Count("events"), 1U) << "written once";
    if (cut == Cut::kBeforeCommit) ExpectLeft(group, ada);
    EXPECT_TRUE(Nothing<EventArrived>());
  }
}

TEST_F(PresenceTest, DaemonThatRegistersAgainLeavesItsUsersInTheirGroups) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  Start();
  for (const UserId user : {ada, bob}) {
    ASSERT_TRUE(Thread().Push(UserCame{user}));
    ExpectNext(user, true);
    Enter(group, user);
  }
  db_.Run("DELETE FROM daemons");
  ASSERT_TRUE(Thread().Push(UserLeft{ada}));  // before the next heartbeat
  ExpectLeft(group, ada);
  Advance(Presence::kHeartbeatMs);
  ASSERT_TRUE(Eventually([&] { return Count("online JOIN daemons ON id = daemon_id") == 1; }));
  EXPECT_EQ(Count("present WHERE user_id = " + std::to_string(bob.value)), 1U);
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(PresenceTest, WhoWasLeftPresentThoughOnlineNowhereIsTakenOutWithinMinutes) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const UserId carol = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  for (const UserId user : {ada, bob, carol}) Enter(group, user);
  Start();
  ASSERT_TRUE(Thread().Push(UserCame{bob}));
  ExpectNext(bob, true);
  Advance(Presence::kPurgeMs);
  const std::string now = std::to_string(manual_.Now().value);
  ASSERT_TRUE(Eventually([&] { return Count("daemons WHERE heartbeat_at_ms = " + now) == 1; }));
  EXPECT_TRUE(Nothing<EventArrived>()) << "everybody has time to come back to a new daemon";
  SetOnlineElsewhere(carol);
  db_.Run("UPDATE daemons SET heartbeat_at_ms = " +
          std::to_string(manual_.Now().value + Presence::kPurgeMs));
  Advance(Presence::kPurgeMs);
  ExpectLeft(group, ada);
  EXPECT_EQ(Count("present"), 2U) << "who is online here or elsewhere stays";
  EXPECT_TRUE(Nothing<EventArrived>());
}

TEST_F(PresenceTest, WhoHasEnteredOnlyJustIsNotTakenForLeftOver) {
  const UserId ada = db_.AddUser();
  const UserId bob = db_.AddUser();
  const ConversationId group = db_.AddGroup(ada);
  const ConversationId other = db_.AddGroup(ada);
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  for (const UserId user : {ada, bob}) Enter(group, user);
  Enter(other, ada);
  // By HTTP, in a moment; the loop will give her a grace to open a socket.
  db_.Run("UPDATE present SET entered_at_ms = " +
          std::to_string(manual_.Now().value + 2 * Presence::kPurgeMs) +
          " WHERE conversation_id = " + std::to_string(other.value));
  Advance(2 * Presence::kPurgeMs);
  ExpectLeft(group, bob);
  EXPECT_EQ(Count("present WHERE user_id = " + std::to_string(ada.value)), 2U);
}

TEST_F(PresenceTest, AThousandWhoVanishAtOnceAllLeave) {
  const UserId owner = db_.AddUser();
  const ConversationId group = db_.AddGroup(owner);
  db_.Run(
      "INSERT INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms) "
      "SELECT CONCAT('many', seq, '@example.org'), CONCAT('many', seq, '@example.org'), 'M', 'N', "
      "'x', 1 FROM seq_1_to_1500");
  db_.Run("INSERT INTO present SELECT " + std::to_string(group.value) +
          ", id, 1 FROM users WHERE first_name = 'M'");
  const db::Rows rows = db_.Read("SELECT id FROM users WHERE first_name = 'M'");
  ASSERT_EQ(rows.size(), 1500U);
  for (size_t row = 0; row < rows.size(); ++row) {
    ASSERT_TRUE(Thread().Push(UserLeft{rows.As<UserId>(row, 0)}));
  }
  Start();
  std::set<uint64_t> seqs;
  for (size_t i = 0; i < rows.size(); ++i) {
    seqs.insert(std::get<PresenceChanged>(Next<EventArrived>().event).presence_seq);
  }
  EXPECT_EQ(seqs.size(), 1500U);
  EXPECT_EQ(*seqs.rbegin(), 1500U);
  EXPECT_EQ(Count("present"), 0U);
}

TEST_F(PresenceTest, MovesTheExpiryOfSessionsOn) {
  const UserId ada = db_.AddUser();
  sessions::Session session;
  Change([&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(
        session, sessions::Create(tx, ada, Sha256("token"), config_.session, manual_.Now()));
    return Ok();
  });
  manual_.Advance(2LL * 3600 * 1000);
  ASSERT_TRUE(Thread().Push(TouchSession{session}));
  Start();
  EXPECT_TRUE(Eventually([&] {
    return Count("sessions WHERE expires_at_ms > " + std::to_string(session.expires_at.value)) == 1;
  }));
}

TEST_F(PresenceTest, RaisesRatesToTheHighest) {
  const UserId ada = db_.AddUser();
  const auto raise = [&](int64_t arrival) {
    ASSERT_TRUE(Thread().Push(RaiseRates{{{ada, send_rate::Bucket{TimestampMs(arrival)}}}}));
  };
  raise(500);
  raise(300);
  Start();
  EXPECT_TRUE(Eventually([&] { return Count("send_rates WHERE arrival_at_ms = 500") == 1; }));
}

TEST_F(PresenceTest, SideWorkIsBoundedPresenceIsNot) {
  sessions::Session session;
  for (uint64_t i = 1; i <= Presence::kMaxSideWork; ++i) {
    session.id = SessionId(i);
    ASSERT_TRUE(Thread().Push(TouchSession{session}));
  }
  session.id = SessionId(Presence::kMaxSideWork + 1);
  EXPECT_FALSE(Thread().Push(TouchSession{session}));
  const std::vector<std::pair<UserId, send_rate::Bucket>> many(Presence::kMaxSideWork + 1);
  EXPECT_FALSE(Thread().Push(RaiseRates{many}));
  EXPECT_TRUE(Thread().Push(UserCame{UserId(1)}));
}

TEST_F(PresenceTest, SideWorkInWorkCountsToo) {
  config_.database.retry_limit_ms = 100;
  Proxy().SetAway(true);
  Start();
  sessions::Session session;
  const auto push = [&](uint64_t id) {
    session.id = SessionId(id);
    return Thread().Push(TouchSession{session}) &&
           Thread().Push(RaiseRates{{{UserId(id), send_rate::Bucket{TimestampMs(1)}}}});
  };
  const uint64_t half = Presence::kMaxSideWork / 2;
  for (uint64_t id = 1; id <= half; ++id) ASSERT_TRUE(push(id));
  // Long enough for the thread to have taken what waits into work.
  const int turned_away = Proxy().turned_away();
  ASSERT_TRUE(Eventually([&] { return Proxy().turned_away() > turned_away + 10; }));
  for (uint64_t id = half + 1; id <= Presence::kMaxSideWork; ++id) ASSERT_TRUE(push(id));
  session.id = SessionId(Presence::kMaxSideWork + 1);
  EXPECT_FALSE(Thread().Push(TouchSession{session}));
  EXPECT_FALSE(Thread().Push(RaiseRates{{{UserId(Presence::kMaxSideWork + 1), {}}}}));
  Thread().Stop(Now());
}

TEST_F(PresenceTest, PurgesWhatIsOverEveryMinute) {
  const UserId ada = db_.AddUser();
  const std::string long_ago = std::to_string(manual_.Now().value - 40LL * 86'400'000);
  Start();
  ASSERT_TRUE(Eventually([&] { return Count("daemons") == 1; }));
  const auto add_old_rows = [&](const std::string& name) {
    db_.Run(
        "INSERT INTO sessions (user_id, token_hash, created_at_ms, expires_at_ms, "
        "max_expires_at_ms) VALUES (" +
        std::to_string(ada.value) + ", UNHEX(SHA2('" + name + "', 256)), 1, " + long_ago + ", " +
        long_ago + ")");
    db_.Run(
        "INSERT INTO pending_registrations (email, email_key, first_name, last_name, "
        "password_hash, requested_at_ms, expires_at_ms) VALUES ('" +
        name + "', '" + name + "', 'A', 'B', 'x', 1, " + long_ago + ")");
  };
  for (const char* name : {"one", "two"}) {
    add_old_rows(name);
    Advance(Presence::kPurgeMs);
    EXPECT_TRUE(
        Eventually([&] { return Count("sessions") == 0 && Count("pending_registrations") == 0; }));
  }
}

}  // namespace
}  // namespace parlor::wsd
