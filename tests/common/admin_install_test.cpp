// sql/admin/install.sh: when it loads the procedures, and what they may be called for.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/database.h"

namespace parlor {
namespace {

using testing::RunSqlScript;
using testing::TestDatabase;

// Without an owner they are the loader's, so that nothing of a test stays at the server.
int Install(TestDatabase& db, std::string* output, const std::string& owner = "",
            const std::string& options = "") {
  return RunSqlScript("PARLOR_OWNER=" + owner, "sql/admin/install.sh",
                      options + " " + db.config().name, output);
}

uint64_t Procedures(TestDatabase& db, const std::string& condition = "TRUE") {
  return db.Number("SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = '" +
                   db.config().name + "' AND " + condition);
}

TEST(AdminInstallTest, LoadsAndLoadsAgain) {
  TestDatabase db;
  std::string output;
  ASSERT_EQ(Install(db, &output), 0) << output;
  const uint64_t loaded = Procedures(db);
  EXPECT_GT(loaded, 5u);
  db.Run("CREATE PROCEDURE admin_of_an_older_version() SELECT 1");
  db.Run("CREATE PROCEDURE of_somebody_else() SELECT 1");
  ASSERT_EQ(Install(db, &output), 0) << output;
  EXPECT_EQ(Procedures(db), loaded + 1) << "somebody else's stays, ours of an older version goes";
}

TEST(AdminInstallTest, LoadsForAnOwnerWhoHasThisSchemaAlone) {
  TestDatabase db;
  const std::string owner = db.config().name + "_owner", account = "'" + owner + "'@'localhost'";
  std::string output;
  ASSERT_EQ(Install(db, &output, owner), 0) << output;
  EXPECT_EQ(Procedures(db, "definer <> '" + owner + "@localhost'"), 0u);
  EXPECT_GT(Procedures(db), 5u);
  const auto rights = [&](const std::string& where) {
    return db.Number("SELECT COUNT(*) FROM information_schema." + where + " AND grantee = \"" +
                     account + "\"");
  };
  EXPECT_EQ(rights("schema_privileges WHERE TRUE"), 6u);
  EXPECT_EQ(rights("schema_privileges WHERE table_schema = '" + db.config().name + "'"), 0u)
      << "each _ of the name is escaped, else it means other schemas too";
  EXPECT_EQ(rights("user_privileges WHERE privilege_type <> 'USAGE'"), 0u);
  db.Run("DROP USER " + account);
}

TEST(AdminInstallTest, RefusesAnOwnerWhoMaySignIn) {
  TestDatabase db;
  const std::string owner = db.config().name + "_owner", account = "'" + owner + "'@'localhost'";
  db.Run("CREATE USER " + account + " IDENTIFIED BY 'aA1!somebody'");
  std::string output;
  EXPECT_EQ(Install(db, &output, owner), 1);
  EXPECT_NE(output.find("it is not locked. Nothing was changed."), std::string::npos) << output;
  EXPECT_EQ(Procedures(db), 0u);
  db.Run("DROP USER " + account);
}

TEST(AdminInstallTest, LeavesTheOwnersToHimWhereTheLoaderMayNotNameHim) {
  TestDatabase db;
  const std::string& schema = db.config().name;
  const std::string owner = schema + "_owner", loader = "'" + schema + "_loader'@'localhost'";
  const std::string options = "--user=" + schema + "_loader --password='aA1!somebody'";
  db.Run("CREATE USER " + loader + " IDENTIFIED BY 'aA1!somebody'");
  db.Run("GRANT ALL ON `" + schema + "`.* TO " + loader);
  std::string output;
  ASSERT_EQ(Install(db, &output, owner), 0) << output;
  const uint64_t his = Procedures(db, "definer = '" + owner + "@localhost'");
  EXPECT_EQ(Install(db, &output, owner, options), 1);
  EXPECT_NE(output.find("They are left as they are"), std::string::npos) << output;
  EXPECT_EQ(Procedures(db, "definer = '" + owner + "@localhost'"), his);
  EXPECT_EQ(Install(db, &output, "", options), 0) << "asked for: " << output;
  EXPECT_EQ(Procedures(db, "definer = '" + owner + "@localhost'"), 0u);
  EXPECT_EQ(Install(db, &output, owner + "_of_nobody", options), 0) << output;
  EXPECT_NE(output.find("run with the rights of who loads them"), std::string::npos) << output;
  db.Run("DROP USER " + loader + ", '" + owner + "'@'localhost'");
}

TEST(AdminInstallTest, HelpersGiveNobodyTheOwnersRights) {
  TestDatabase db;
  std::string output;
  ASSERT_EQ(Install(db, &output), 0) << output;
  EXPECT_EQ(Procedures(db, "routine_name LIKE 'internal%' AND security_type <> 'INVOKER'"), 0u);
  EXPECT_EQ(Procedures(db, "routine_name NOT LIKE 'internal%' AND security_type <> 'DEFINER'"), 0u);
  EXPECT_EQ(Procedures(db, "routine_name NOT LIKE 'internal%' AND routine_comment = ''"), 0u);
  EXPECT_EQ(Procedures(db, "routine_type <> 'PROCEDURE'"), 0u)
      << "functions are refused by servers with a binary log";
}

TEST(AdminInstallTest, RefusesWhatIsNotTheNewestSchema) {
  TestDatabase db, empty(TestDatabase::Tables::kNone);
  std::string output;
  EXPECT_EQ(Install(empty, &output), 1);
  EXPECT_NE(output.find("run sql/migrate.sh first"), std::string::npos) << output;
  db.Run("UPDATE schema_migrations SET applied_at_ms = 0 WHERE version = 3");
  EXPECT_EQ(Install(db, &output), 1);
  EXPECT_NE(output.find("failed half-way"), std::string::npos) << output;
  db.Run("DELETE FROM schema_migrations WHERE version = 3");
  EXPECT_EQ(Install(db, &output), 1);
  EXPECT_NE(output.find("the database is at migration 2, the procedures need 3"), std::string::npos)
      << output;
  EXPECT_EQ(Procedures(db), 0u);
}

}  // namespace
}  // namespace parlor
