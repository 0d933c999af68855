// A real database for tests. A private server is started with the first TestDatabase of the process
// (socket only, in a temporary folder, as root or as an ordinary user) and stopped at its end; or
// PARLOR_TEST_SOCKET, PARLOR_TEST_USER and PARLOR_TEST_PASSWORD name one that runs already (MariaDB
// or MySQL) and whose account may do everything.
#pragma once

#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/ids.h"

namespace parlor::testing {

// A schema of its own, made from sql/schema.sql and dropped at the end. Any thread may make
// db::Database objects from config(); the functions here are for one thread. They abort the program
// on an error of the database, so tests need not look at every step.
class TestDatabase {
 public:
  enum class Tables { kSchema, kNone };
  explicit TestDatabase(Tables tables = Tables::kSchema);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const DatabaseConfig& config() const { return config_; }
  db::Database& database() { return database_; }

  void Run(const std::string& sql);
  db::Rows Read(const std::string& sql);
  uint64_t Number(const std::string& sql);  // one row of one column

  // A user "First Last" with an address and a password hash that fits nothing.
  UserId AddUser(std::string_view first_name = "Ada", std::string_view last_name = "Lovelace");
  ConversationId AddGroup(UserId owner, std::string_view name = "Group");  // the owner is a member
  void AddMember(ConversationId group, UserId user);

 private:
  DatabaseConfig config_;
  SystemClock clock_;
  db::Database database_;
};

// Runs a program of ours (sql/migrate.sh …) with the client's options for this server appended,
// then `arguments`. Output goes to `output`; the result is the exit status.
int RunSqlScript(const std::string& environment, const std::string& script,
                 const std::string& arguments, std::string* output);

// The root of the source tree.
std::string SourceFolder();

}  // namespace parlor::testing
