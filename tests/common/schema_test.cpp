// sql/: schema.sql and the migrations lead to the same, and the accounts of sql/grants.sql can do
// what the programs do, and no more.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/conversations.h"
#include "common/events.h"
#include "common/mail_outbox.h"
#include "common/messages.h"
#include "common/presence_store.h"
#include "common/queries.h"
#include "common/registrations.h"
#include "common/send_rate.h"
#include "common/sessions.h"
#include "common/tries.h"
#include "common/users.h"
#include "tests/support/store_test.h"

namespace parlor {
namespace {

using testing::RunSqlScript;
using testing::TestDatabase;

// Every table and view as the server would write it, and the versions.
std::vector<std::string> Dump(TestDatabase& db) {
  std::vector<std::string> dump;
  const db::Rows tables = db.Read("SHOW FULL TABLES");
  for (size_t row = 0; row < tables.size(); ++row) {
    const std::string& name = tables.Text(row, 0);
    const bool view = tables.Text(row, 1) == "VIEW";
    const db::Rows text = db.Read((view ? "SHOW CREATE VIEW " : "SHOW CREATE TABLE ") + name);
    std::string created = text.Text(0, 1);
    // Counters are not structure.
    if (const size_t counter = created.find(" AUTO_INCREMENT="); counter != std::string::npos) {
      created.erase(counter, created.find(' ', counter + 1) - counter);
    }
    dump.push_back(created);
  }
  const db::Rows versions =
      db.Read("SELECT version, name, applied_at_ms > 0 FROM schema_migrations ORDER BY version");
  for (size_t row = 0; row < versions.size(); ++row) {
    dump.push_back(versions.Text(row, 0) + " " + versions.Text(row, 1) + versions.Text(row, 2));
  }
  return dump;
}

int Migrate(TestDatabase& db, std::string* output) {
  return RunSqlScript("", "sql/migrate.sh", db.config().name, output);
}

TEST(SchemaTest, MigrationsLeadToTheSchema) {
  TestDatabase schema, migrated(TestDatabase::Tables::kNone);
  std::string output;
  ASSERT_EQ(Migrate(migrated, &output), 0) << output;
  const auto dump = Dump(schema);
  EXPECT_GT(dump.size(), 20u);
  EXPECT_EQ(dump, Dump(migrated));
}

TEST(SchemaTest, MigratingAgainChangesNothing) {
  TestDatabase db;
  const auto before = Dump(db);
  std::string output;
  EXPECT_EQ(Migrate(db, &output), 0) << output;
  EXPECT_NE(output.find("is at migration 2"), std::string::npos) << output;
  EXPECT_EQ(before, Dump(db));
}

TEST(SchemaTest, NewerHalfWayAndForeignDatabasesAreRefused) {
  TestDatabase db;
  const auto refused = [&](const std::string& change, const std::string& because) {
    db.Run(change);
    std::string output;
    EXPECT_EQ(Migrate(db, &output), 1) << output;
    EXPECT_NE(output.find(because), std::string::npos) << output;
  };
  refused("INSERT INTO schema_migrations VALUES (3, 'from_the_future', 1)", "newer");
  refused("UPDATE schema_migrations SET version = 4 WHERE version = 3", "not 3");
  refused("UPDATE schema_migrations SET applied_at_ms = 0 WHERE version = 1", "failed half-way");
}

TEST(SchemaTest, ViewsShowTimesInUtcAndNoHashes) {
  TestDatabase db;
  db.AddUser();
  db.Run("UPDATE users SET created_at_ms = 1700000000123");
  const db::Rows rows = db.Read("SELECT * FROM admin_users");
  EXPECT_EQ(rows.Text(0, 4), "2023-11-14 22:13:20.123");
  EXPECT_TRUE(rows.IsNull(0, 5));
  const db::Rows columns = db.Read(
      "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND "
      "table_name LIKE 'admin%' AND column_name LIKE '%hash%'");
  EXPECT_EQ(columns.U64(0, 0), 0u);
}

// ---- accounts

class GrantsTest : public testing::StoreTest {
 protected:
  void SetUp() override { CreateUsers(); }
  void CreateUsers() {
    std::string output;
    ASSERT_EQ(RunSqlScript("PARLOR_ACCOUNT_PREFIX=ptest_ PARLOR_WORKER_PASSWORD=\"it's 1\" "
                           "PARLOR_DAEMON_PASSWORD=two PARLOR_ADMIN_PASSWORD=three",
                           "sql/create-users.sh", db_.config().name, &output),
              0)
        << output;
  }
  // Everything that the accounts may do.
  std::vector<std::string> Rights() {
    constexpr std::pair<const char*, const char*> kKinds[] = {
        {"user", "''"},
        {"schema", "table_schema"},
        {"table", "CONCAT(table_schema, '.', table_name)"},
        {"column", "CONCAT(table_schema, '.', table_name, '.', column_name)"}};
    std::vector<std::string> rights;
    for (const auto& [kind, object] : kKinds) {
      const db::Rows rows =
          db_.Read(std::string("SELECT CONCAT_WS(' ', grantee, privilege_type, is_grantable, ") +
                   object + ") AS r FROM information_schema." + kind +
                   "_privileges WHERE grantee LIKE '_ptest%' ORDER BY r");
      for (size_t row = 0; row < rows.size(); ++row) rights.push_back(rows.Text(row, 0));
    }
    return rights;
  }
  void TearDown() override {
    for (const char* role : {"worker", "daemon", "admin"}) {
      db_.Run("DROP USER ptest_" + std::string(role) + "@localhost");
    }
  }
  DatabaseConfig As(const std::string& role, const std::string& password) {
    DatabaseConfig config = db_.config();
    config.user = "ptest_" + role;
    config.password = password;
    return config;
  }
  template <typename Call>
  void Works(db::Database& database, const char* what, Call call) {
    EXPECT_EQ(Code(In(database, call)), std::nullopt) << what;
  }
  void Refused(db::Database& database, const std::string& sql) {
    EXPECT_EQ(Code(In(database, [&](db::Transaction& tx) { return tx.ExecuteText(sql).status(); })),
              ErrorCode::kInternal)
        << sql;
  }

  SystemClock clock_;
  UserId ada_ = db_.AddUser(), bob_ = db_.AddUser();
  const TokenHash token_{1};
};

#define WORKS(database, expression) \
  Works(database, #expression, [&](db::Transaction& tx) { return expression; })

TEST_F(GrantsTest, WorkerCanDoWhatItDoes) {
  db::Database worker(As("worker", "it's 1"), clock_);
  const registrations::Request request{"new@example.org", "New", "User", "$hash"};
  RegistrationId registration;
  Works(worker, "Put", [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(registration, registrations::Put(tx, request, kNow, After(1000)));
    return Ok();
  });
  WORKS(worker, registrations::Put(tx, request, kNow, After(1000)));
  db_.Run("UPDATE pending_registrations SET token_hash = x'01" + std::string(62, '0') + "'");
  WORKS(worker, registrations::Check(tx, token_, kNow));
  WORKS(worker, registrations::Confirm(tx, token_, kNow));
  WORKS(worker, registrations::Confirm(tx, token_, kNow));
  WORKS(worker, mail_outbox::Add(tx, mail_outbox::Kind::kAddressTaken, "a@b.c", "A", {}, kNow));
  WORKS(worker, events::Add(tx, UserSuspended{ada_}, kNow));

  WORKS(worker, users::FindCredentials(tx, "new@example.org"));
  WORKS(worker, users::EmailTaken(tx, "new@example.org"));
  WORKS(worker, users::GetCredentials(tx, ada_));
  WORKS(worker, users::GetProfile(tx, ada_));
  WORKS(worker, users::GetProfileForUpdate(tx, ada_));
  WORKS(worker, users::SetNames(tx, ada_, "A", "L"));
  WORKS(worker, users::SetPasswordHash(tx, ada_, "$new"));
  WORKS(worker, users::List(tx, UserQuery{{}, {}, true, "a"}, kNow));

  const SessionConfig config;
  sessions::Session session;
  Works(worker, "Create", [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(session, sessions::Create(tx, ada_, token_, config, kNow));
    return Ok();
  });
  const std::vector<TokenHash> tokens = {token_, TokenHash{2}};
  WORKS(worker, sessions::Find(tx, {tokens.data(), 1}, kNow));
  WORKS(worker, sessions::Find(tx, tokens, kNow));
  WORKS(worker, sessions::Touch(tx, session, config, After(7'200'000)));
  WORKS(worker, sessions::EndOthers(tx, ada_, SessionId(999)));
  WORKS(worker, sessions::End(tx, token_));
  for (const int64_t ms : {0, 1, 2'000'000}) {
    WORKS(worker, tries::Reserve(tx, tries::Kind::kPassword, "a@b.c", LimitsConfig(), After(ms)));
  }
  WORKS(worker, tries::Release(tx, tries::Kind::kPassword, "a@b.c", {}));
  WORKS(worker, send_rate::Charge(tx, ada_, LimitsConfig(), kNow));
  WORKS(worker, send_rate::Charge(tx, ada_, LimitsConfig(), kNow));

  const ConversationId group = db_.AddGroup(ada_);
  const std::vector<messages::Outgoing> batch = {{ada_, messages::ToUser{bob_}, "x", "1"},
                                                 {ada_, messages::ToGroup{group}, "x", "1"},
                                                 {ada_, messages::ToBot{}, "x", "1"}};
  std::vector<Result<messages::Stored>> outcomes;
  WORKS(worker, messages::Append(tx, batch, kNow, &outcomes));
  ASSERT_TRUE(outcomes.at(0).ok());
  const ConversationId room = outcomes[0]->conversation;
  WORKS(worker, messages::ReadPage(tx, room, {}));
  WORKS(worker, messages::ReadRange(tx, room, kNow, Seq(1), Seq(1), 1));
  WORKS(worker, conversations::ListRooms(tx, bob_));
  WORKS(worker, conversations::OtherUserOfRoom(tx, room, bob_));
  WORKS(worker, conversations::ListNotifications(tx, bob_));
  const ReadMark mark{room, ConversationKind::kRoom, ParsedTimestamp{kNow}};
  WORKS(worker, conversations::MoveReadMark(tx, bob_, mark));
}

TEST_F(GrantsTest, DaemonCanDoWhatItDoes) {
  db::Database daemon(As("daemon", "two"), clock_);
  const ConversationId group = db_.AddGroup(ada_);
  const std::vector<messages::Outgoing> batch = {{ada_, messages::ToUser{bob_}, "x", "1"},
                                                 {ada_, messages::ToGroup{group}, "x", "1"},
                                                 {ada_, messages::ToBot{}, "x", "1"}};
  std::vector<Result<messages::Stored>> outcomes;
  WORKS(daemon, messages::Append(tx, batch, kNow, &outcomes));
  ASSERT_TRUE(outcomes.at(0).ok());
  const ConversationId room = outcomes[0]->conversation;
  WORKS(daemon, messages::ReadRange(tx, room, kNow, Seq(1), Seq(1), 1));
  WORKS(daemon, tx.Query(queries::kLockConversation, {db::P(room)}));
  WORKS(daemon, tx.Query(queries::kFindByClientId, {db::P(room), db::P(ada_), db::P("1")}));

  const SessionConfig config;
  const sessions::Session session =
      *In([&](db::Transaction& tx) { return sessions::Create(tx, ada_, token_, config, kNow); });
  const std::vector<TokenHash> tokens = {token_, TokenHash{2}};
  WORKS(daemon, sessions::Find(tx, {tokens.data(), 1}, kNow));
  WORKS(daemon, sessions::Find(tx, tokens, kNow));
  WORKS(daemon, sessions::Touch(tx, session, config, After(7'200'000)));
  WORKS(daemon, sessions::PurgeExpired(tx, kNow, 10));
  WORKS(daemon, registrations::SetToken(tx, RegistrationId(1), token_));
  WORKS(daemon, registrations::Purge(tx, kNow, 10));

  ASSERT_TRUE(In([&](db::Transaction& tx) {
                return mail_outbox::Add(tx, mail_outbox::Kind::kAddressTaken, "a@b.c", "A", {},
                                        kNow);
              }).ok());
  WORKS(daemon, mail_outbox::Claim(tx, kNow, 1000, 10));
  WORKS(daemon, mail_outbox::Failed(tx, MailId(1), "no", After(1), kNow));
  WORKS(daemon, mail_outbox::Failed(tx, MailId(1), "no", std::nullopt, kNow));
  WORKS(daemon, mail_outbox::Sent(tx, MailId(1)));
  WORKS(daemon, events::Pending(tx, EventId(), 10));
  const EventId event[] = {EventId(1)};
  WORKS(daemon, events::Delete(tx, event));

  DaemonId id;
  Works(daemon, "RegisterDaemon", [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(id, presence_store::RegisterDaemon(tx, "here", kNow));
    return Ok();
  });
  const UserId users[] = {ada_, bob_};
  WORKS(daemon, presence_store::Heartbeat(tx, id, kNow));
  WORKS(daemon, presence_store::SetOnline(tx, id, users, kNow));
  WORKS(daemon, presence_store::SetOffline(tx, id, users, kNow));
  WORKS(daemon, presence_store::PurgeDead(tx, kNow));
  WORKS(daemon, presence_store::RemoveDaemon(tx, id));
  const std::pair<UserId, send_rate::Bucket> buckets[] = {{ada_, {kNow}}};
  WORKS(daemon, send_rate::Raise(tx, buckets));
  WORKS(daemon, send_rate::Raise(tx, buckets));
}

TEST_F(GrantsTest, NobodyCanDoMore) {
  db::Database worker(As("worker", "it's 1"), clock_), daemon(As("daemon", "two"), clock_),
      admin(As("admin", "three"), clock_);
  for (db::Database* any : {&worker, &daemon, &admin}) {
    Refused(*any, "DROP TABLE messages");
    Refused(*any, "ALTER TABLE users ADD COLUMN x INT");
    Refused(*any, "CREATE TABLE x (id INT)");
    Refused(*any, "DELETE FROM users");
    Refused(*any, "SELECT * FROM mysql.global_priv");
    Refused(*any, "GRANT ALL ON *.* TO CURRENT_USER()");
  }
  Refused(worker, "SELECT recipient FROM mail_outbox");
  Refused(worker, "SELECT payload FROM events");
  Refused(worker, "UPDATE messages SET body = ''");
  Refused(worker, "DELETE FROM messages");
  Refused(worker, "UPDATE users SET email = ''");
  Refused(daemon, "SELECT password_hash FROM users");
  Refused(daemon, "SELECT email FROM pending_registrations");
  Refused(daemon, "INSERT INTO sessions (user_id) VALUES (1)");
  Refused(daemon, "UPDATE messages SET body = ''");
  Refused(admin, "SELECT password_hash FROM users");
  Refused(admin, "SELECT token_hash FROM sessions");
  Refused(admin, "UPDATE users SET password_hash = ''");
}

TEST_F(GrantsTest, RenewingTakesBackWhatIsTooMuch) {
  const std::vector<std::string> before = Rights();
  EXPECT_GT(before.size(), 100u);
  for (const char* extra :
       {"SELECT ON users TO ptest_daemon", "SELECT (email) ON users TO ptest_daemon",
        "UPDATE, DROP ON messages TO ptest_worker", "ALL ON mysql.* TO ptest_worker",
        "PROCESS ON *.* TO ptest_admin", "INSERT ON online TO ptest_worker"}) {
    db_.Run(std::string("GRANT ") + extra + "@localhost WITH GRANT OPTION");
  }
  EXPECT_NE(Rights(), before);
  CreateUsers();
  EXPECT_EQ(Rights(), before);
}

TEST_F(GrantsTest, RenewingDisturbsNobody) {
  std::atomic<bool> over{false};
  std::atomic<int> refused{0};
  std::thread program([&] {
    db::Database daemon(As("daemon", "two"), clock_);
    while (!over) {
      const auto look = [&](db::Transaction& tx) {
        return sessions::Find(tx, {&token_, 1}, kNow).status();
      };
      if (!In(daemon, look).ok()) ++refused;
    }
  });
  CreateUsers();
  over = true;
  program.join();
  EXPECT_EQ(refused, 0);
}

TEST_F(GrantsTest, AdministratorSeesTheViews) {
  db::Database admin(As("admin", "three"), clock_);
  for (const char* view : {"users", "registrations", "sessions", "conversations", "members",
                           "messages", "mail", "daemons"}) {
    Works(admin, view, [&](db::Transaction& tx) {
      return tx.QueryText("SELECT * FROM admin_" + std::string(view)).status();
    });
  }
}

TEST_F(GrantsTest, PasswordsMustBeGiven) {
  std::string output;
  EXPECT_EQ(
      RunSqlScript("PARLOR_WORKER_PASSWORD=x", "sql/create-users.sh", db_.config().name, &output),
      1);
  EXPECT_NE(output.find("PARLOR_DAEMON_PASSWORD is not set"), std::string::npos) << output;
}

}  // namespace
}  // namespace parlor
