// sql/grants.sql, sql/create-users.sh: the accounts can do what the programs do, and no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/bot_chats.h"
#include "common/conversations.h"
#include "common/events.h"
#include "common/group_members.h"
#include "common/groups.h"
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
  // As the rights on the schema name it.
  std::string EscapedName() {
    std::string escaped;
    for (const char c : db_.config().name) escaped += c == '_' ? "\\_" : std::string(1, c);
    return escaped;
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
  db_.Run("UPDATE pending_registrations SET password_hash = ''");
  WORKS(worker, registrations::RenewInvitation(tx, "new@example.org", kNow));
  db_.Run("UPDATE pending_registrations SET password_hash = '$hash'");
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

TEST_F(GrantsTest, WorkerKeepsGroups) {
  db::Database worker(As("worker", "it's 1"), clock_);
  ConversationId group;
  Works(worker, "Create", [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(const GroupSummary made,
                            groups::Create(tx, ada_, "Looms", LimitsConfig(), kNow));
    group = made.id;
    return Ok();
  });
  WORKS(worker, groups::List(tx, bob_, GroupQuery{{}, 1, false, "l"}));
  WORKS(worker, groups::List(tx, bob_, GroupQuery{{}, {}, true, {}}));
  WORKS(worker, groups::Get(tx, group, bob_));
  WORKS(worker, groups::CheckExists(tx, group));
  WORKS(worker, group_members::Enter(tx, group, bob_, LimitsConfig(), kNow));
  WORKS(worker, group_members::Leave(tx, group, bob_, kNow));
  WORKS(worker, group_members::Enter(tx, group, bob_, LimitsConfig(), kNow));
  WORKS(worker, group_members::List(tx, group, UserQuery{{}, {}, true, "a"}, kNow));
  WORKS(worker, group_members::Remove(tx, group, ada_, bob_, kNow));
  WORKS(worker, group_members::Enter(tx, group, bob_, LimitsConfig(), kNow));
  WORKS(worker, groups::Change(tx, ada_, GroupChange{{}, "New", bob_}, LimitsConfig()));
  WORKS(worker, group_members::Leave(tx, group, bob_, kNow));
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(Count("events"), 6u);
  WORKS(worker, bot_chats::Find(tx, ada_));
}

TEST_F(GrantsTest, DaemonKeepsGroupsAndAnswers) {
  const ConversationId group = db_.AddGroup(ada_);
  for (const UserId user : {ada_, bob_}) {
    ASSERT_TRUE(In([&](db::Transaction& tx) {
                  return group_members::Enter(tx, group, user, LimitsConfig(), kNow);
                }).ok());
  }
  db::Database daemon(As("daemon", "two"), clock_);
  WORKS(daemon, group_members::LoadPresence(tx, group));
  WORKS(daemon, group_members::LoadPresence(tx, ConversationId()));
  WORKS(daemon, group_members::LeftOver(tx, UserId(), kNow, kNow, 10));
  WORKS(daemon, group_members::CountUnread(tx, group, {}));
  const UserId users[] = {ada_, bob_};
  WORKS(daemon, group_members::CountUnread(tx, group, users));
  WORKS(daemon, presence_store::OnlineSomewhere(tx, users, kNow));
  WORKS(daemon, group_members::LeaveEverywhere(tx, users, kNow));
  EXPECT_EQ(Count("present"), 0u);
  EXPECT_EQ(Count("events"), 4u);

  const messages::Outgoing question{ada_, messages::ToBot{}, "hello", {}};
  std::vector<Result<messages::Stored>> outcomes;
  WORKS(daemon, messages::Append(tx, {&question, 1}, kNow, &outcomes));
  ASSERT_TRUE(outcomes.at(0).ok());
  const ConversationId chat = outcomes[0]->conversation;
  WORKS(daemon, bot_chats::FindUnanswered(tx, kNow, 10));
  WORKS(daemon, bot_chats::Context(tx, chat, Seq(1), 10));
  WORKS(daemon, bot_chats::LoadRules(tx, 10));
  WORKS(daemon, bot_chats::FirstNameOf(tx, ada_));
  WORKS(daemon, bot_chats::StoreAnswer(tx, ada_, Seq(1), {"Hello."}, kNow));
  WORKS(daemon, bot_chats::StoreAnswer(tx, ada_, Seq(1), {"Hello."}, kNow));
  EXPECT_EQ(Count("messages"), 2u);
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
  WORKS(daemon, messages::IsStored(tx, room, ada_, "1"));

  const SessionConfig config;
  const sessions::Session session =
      *In([&](db::Transaction& tx) { return sessions::Create(tx, ada_, token_, config, kNow); });
  const std::vector<TokenHash> tokens = {token_, TokenHash{2}};
  WORKS(daemon, sessions::Find(tx, {tokens.data(), 1}, kNow));
  WORKS(daemon, sessions::Find(tx, tokens, kNow));
  WORKS(daemon, sessions::Touch(tx, session, config, After(7'200'000)));
  WORKS(daemon, sessions::PurgeExpired(tx, kNow, 10));
  WORKS(daemon, tries::Purge(tx, kNow, 10));
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
  WORKS(daemon, presence_store::Heartbeat(tx, id, kNow, kNow));
  WORKS(daemon, presence_store::SetOnline(tx, id, users, kNow));
  WORKS(daemon, presence_store::SetOffline(tx, id, users, kNow));
  WORKS(daemon, presence_store::PurgeDaemon(tx, {id, kNow}));
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
  Refused(worker, "SELECT pattern FROM bot_rules");
  Refused(worker, "DELETE FROM chat_groups");
  Refused(daemon, "INSERT INTO present VALUES (1, 1, 1)");
  Refused(daemon, "DELETE FROM members");
  Refused(daemon, "UPDATE chat_groups SET name = ''");
  Refused(daemon, "SELECT email FROM users");
  Refused(daemon, "UPDATE users SET first_name = ''");
  Refused(daemon, "DELETE FROM bot_rules");
  Refused(admin, "SELECT password_hash FROM users");
  Refused(admin, "SELECT token_hash FROM sessions");
  Refused(admin, "UPDATE users SET password_hash = ''");
  Refused(admin, "UPDATE users SET suspended_at_ms = 1");
  Refused(admin, "UPDATE messages SET body = ''");
  Refused(admin, "DELETE FROM messages");
  Refused(admin, "DELETE FROM sessions");
  Refused(admin, "DELETE FROM events");
  Refused(admin,
          "INSERT INTO audit (at_ms, actor, action, target, details) VALUES (1, '', '', '', '')");
  Refused(admin, "INSERT INTO bot_rules (pattern, answer) VALUES ('tea', 'Yes.')");
  Refused(admin, "UPDATE bot_rules SET enabled = FALSE");
  Refused(admin, "DELETE FROM bot_rules");
  Refused(admin, "UPDATE mail_outbox SET attempts = 0");
  Refused(admin, "DELETE FROM mail_outbox");
  Refused(admin, "UPDATE audit SET actor = ''");
  Refused(admin, "INSERT INTO events (created_at_ms, payload) VALUES (1, '')");
  Refused(admin, "UPDATE chat_groups SET name = ''");
  Refused(admin, "DELETE FROM members");
  Refused(admin, "DELETE FROM present");
  Refused(admin, "DELETE FROM pending_registrations");
  Refused(admin, "DELETE FROM audit");
  Refused(admin, "CREATE PROCEDURE x() SELECT 1");
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

TEST_F(GrantsTest, NoOtherSchemaIsMeant) {
  const std::string name = db_.config().name;
  ASSERT_NE(EscapedName(), name) << "it needs a name with _, which stands for any character";
  const std::vector<std::string> rights = Rights();
  const auto other = [&](const std::string& right) { return right.ends_with(" " + name); };
  EXPECT_EQ(std::count_if(rights.begin(), rights.end(), other), 0);
  db_.Run("GRANT EXECUTE ON `" + name + "`.* TO ptest_admin@localhost");
  CreateUsers();
  EXPECT_EQ(Rights(), rights) << "what an older version gave is taken back";
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
  for (const char* view : {"users", "registrations", "sessions", "conversations", "groups",
                           "present", "members", "messages", "mail", "daemons", "audit"}) {
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

TEST_F(GrantsTest, PasswordsThatAreNotGivenCanBeKept) {
  const std::vector<std::string> rights = Rights();
  db_.Run("REVOKE EXECUTE ON `" + EscapedName() + "`.* FROM ptest_admin@localhost");
  std::string output;
  EXPECT_EQ(RunSqlScript("PARLOR_ACCOUNT_PREFIX=ptest_ PARLOR_KEEP_PASSWORDS=yes",
                         "sql/create-users.sh", db_.config().name, &output),
            0)
      << output;
  EXPECT_EQ(Rights(), rights);
  for (const auto& [role, password] : {std::pair{"worker", "it's 1"}, {"daemon", "two"}}) {
    db::Database database(As(role, password), clock_);
    Works(database, role, [](db::Transaction& tx) { return tx.QueryText("SELECT 1").status(); });
  }
  EXPECT_EQ(RunSqlScript("PARLOR_ACCOUNT_PREFIX=ptest_nobody_ PARLOR_KEEP_PASSWORDS=yes",
                         "sql/create-users.sh", db_.config().name, &output),
            1);
  EXPECT_NE(output.find("is not there"), std::string::npos) << output;
}

}  // namespace
}  // namespace parlor
