// sql/: schema.sql and the migrations lead to the same.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/database.h"

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
  const db::Rows rules =
      db.Read("SELECT priority, pattern, answer, enabled FROM bot_rules ORDER BY id");
  for (size_t row = 0; row < rules.size(); ++row) {
    dump.push_back(rules.Text(row, 0) + " " + rules.Text(row, 1) + " " + rules.Text(row, 2) + " " +
                   rules.Text(row, 3));
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

// A server that takes backslashes literally and cuts what is too long.
TEST(SchemaTest, TheServersModeChangesNothing) {
  TestDatabase schema, migrated(TestDatabase::Tables::kNone);
  const auto dump = Dump(schema);
  const std::string before = schema.Read("SELECT @@GLOBAL.sql_mode").Text(0, 0);
  schema.Run("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
  std::string output;
  EXPECT_EQ(Migrate(migrated, &output), 0) << output;
  TestDatabase another;
  schema.Run("SET GLOBAL sql_mode = '" + before + "'");
  EXPECT_EQ(dump, Dump(migrated));
  auto applied = Dump(another);
  EXPECT_EQ(dump, applied);
}

TEST(SchemaTest, MigratingAgainChangesNothing) {
  TestDatabase db;
  const auto before = Dump(db);
  std::string output;
  EXPECT_EQ(Migrate(db, &output), 0) << output;
  EXPECT_NE(output.find("is at migration 3"), std::string::npos) << output;
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
  refused("INSERT INTO schema_migrations VALUES (4, 'from_the_future', 1)", "newer");
  refused("UPDATE schema_migrations SET version = 5 WHERE version = 4", "not 4");
  refused("UPDATE schema_migrations SET applied_at_ms = 0 WHERE version = 1", "failed half-way");
}

// A group of the first version: its members are counted.
TEST(SchemaTest, MigratingKeepsWhatIsThere) {
  TestDatabase db(TestDatabase::Tables::kNone);
  std::string output;
  ASSERT_EQ(RunSqlScript("", "$(command -v mariadb || command -v mysql)",
                         db.config().name + " <sql/migrations/0001_initial.sql", &output),
            0)
      << output;
  db.Run(
      "CREATE TABLE schema_migrations (version INT UNSIGNED NOT NULL PRIMARY KEY, name "
      "VARCHAR(128) NOT NULL, applied_at_ms BIGINT NOT NULL) ENGINE=InnoDB DEFAULT "
      "CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
  db.Run("INSERT INTO schema_migrations VALUES (1, 'initial', 1)");
  const UserId ada = db.AddUser(), bob = db.AddUser();
  db.Run("INSERT INTO conversations (id, kind, created_at_ms) VALUES (1, 2, 1), (2, 2, 1)");
  db.Run("INSERT INTO chat_groups (id, name, owner_id) VALUES (1, 'one', " +
         std::to_string(ada.value) + "), (2, 'two', " + std::to_string(bob.value) + ")");
  db.Run("INSERT INTO members (conversation_id, user_id, joined_at_ms) SELECT 1, id, 1 FROM users");
  db.Run(
      "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body) VALUES "
      "(1, 1, 1, 1, 'old')");

  ASSERT_EQ(Migrate(db, &output), 0) << output;
  EXPECT_EQ(db.Number("SELECT member_count FROM chat_groups WHERE id = 1"), 2u);
  EXPECT_EQ(db.Number("SELECT member_count FROM chat_groups WHERE id = 2"), 0u);
  EXPECT_EQ(db.Number("SELECT SUM(presence_seq) FROM chat_groups"), 0u);
  EXPECT_EQ(db.Number("SELECT flags FROM messages WHERE body = 'old'"), 0u);
}

TEST(SchemaTest, ViewsShowGroupsAndWhoIsThere) {
  TestDatabase db;
  const UserId ada = db.AddUser("Ada", "Lovelace"), bob = db.AddUser("Bob", "Kahn");
  const ConversationId group = db.AddGroup(ada, "Looms");
  db.AddMember(group, bob);
  db.Run("INSERT INTO present VALUES (" + std::to_string(group.value) + ", " +
         std::to_string(bob.value) + ", 1700000000123)");
  const db::Rows groups = db.Read(
      "SELECT id, name, owner_id, owner, member_count, present_now, messages, created_at, "
      "last_sent_at FROM admin_groups");
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups.As<ConversationId>(0, 0), group);
  EXPECT_EQ(groups.Text(0, 1), "Looms");
  EXPECT_EQ(groups.As<UserId>(0, 2), ada);
  EXPECT_EQ(groups.Text(0, 3), "Ada Lovelace");
  EXPECT_EQ(groups.U64(0, 4), 2u);
  EXPECT_EQ(groups.U64(0, 5), 1u);
  EXPECT_EQ(groups.U64(0, 6), 0u);
  EXPECT_EQ(groups.Text(0, 7), "2023-11-14 22:13:20.000");
  EXPECT_TRUE(groups.IsNull(0, 8));
  db.Run("UPDATE conversations SET last_sent_at_ms = 1700000000123, last_seq = 7");
  EXPECT_EQ(db.Read("SELECT last_sent_at FROM admin_groups").Text(0, 0), "2023-11-14 22:13:20.123");
  const db::Rows present = db.Read(
      "SELECT conversation_id, name, user_id, first_name, last_name, entered_at FROM "
      "admin_present");
  ASSERT_EQ(present.size(), 1u);
  EXPECT_EQ(present.Text(0, 1), "Looms");
  EXPECT_EQ(present.As<UserId>(0, 2), bob);
  EXPECT_EQ(present.Text(0, 3), "Bob");
  EXPECT_EQ(present.Text(0, 5), "2023-11-14 22:13:20.123");
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

}  // namespace
}  // namespace parlor
