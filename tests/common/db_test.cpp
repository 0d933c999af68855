#include "common/db.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "common/db_connection.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/database.h"

namespace parlor::db {
namespace {

using parlor::testing::CuttingProxy;

class DbTest : public ::testing::Test {
 protected:
  DbTest() { db_.Run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10)) ENGINE=InnoDB"); }

  uint64_t Count() { return db_.Number("SELECT COUNT(*) FROM t"); }
  static Status Insert(Transaction& tx, int64_t id, std::string_view v = "x") {
    return tx.Execute("INSERT INTO t VALUES (?, ?)", {id, v}).status();
  }
  Status Transact(const std::function<Status(Transaction&)>& body, Repeat repeat = Repeat::kOnce) {
    return db_.database().Transact(repeat, body);
  }

  parlor::testing::TestDatabase db_{parlor::testing::TestDatabase::Tables::kNone};
  SystemClock clock_;
};

TEST_F(DbTest, SessionIsSetUpTheSameEverywhere) {
  const Rows rows = db_.Read(
      "SELECT @@session.time_zone, @@session.sql_mode, @@session.innodb_lock_wait_timeout, "
      "@@session.character_set_client, @@session.collation_connection, @@session.autocommit, "
      "@@session.tx_isolation");
  EXPECT_EQ(rows.Text(0, 0), "+00:00");
  EXPECT_NE(rows.Text(0, 1).find("STRICT_ALL_TABLES"), std::string::npos);
  EXPECT_NE(rows.Text(0, 1).find("NO_ENGINE_SUBSTITUTION"), std::string::npos);
  EXPECT_EQ(rows.Text(0, 1).find("NO_BACKSLASH_ESCAPES"), std::string::npos);
  EXPECT_EQ(rows.U64(0, 2), 4u);
  EXPECT_EQ(rows.Text(0, 3), "utf8mb4");
  EXPECT_EQ(rows.Text(0, 4), "utf8mb4_unicode_520_ci");
  EXPECT_EQ(rows.U64(0, 5), 1u);
  EXPECT_EQ(rows.Text(0, 6), "READ-COMMITTED");
}

TEST_F(DbTest, ErrorOfTheBodyRollsBack) {
  const Status status = Transact([](Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(Insert(tx, 1));
    return Status(ErrorCode::kForbidden, "no");
  });
  EXPECT_EQ(status.code(), ErrorCode::kForbidden);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(Transact([](Transaction& tx) { return Insert(tx, 1); }).ok());
  EXPECT_EQ(Count(), 1u);
}

TEST_F(DbTest, DuplicateKeyLeavesTheTransactionUsable) {
  const Status status = Transact([](Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(Insert(tx, 1));
    EXPECT_FALSE(tx.WasDuplicate());
    EXPECT_EQ(Insert(tx, 1).code(), ErrorCode::kConflict);
    EXPECT_TRUE(tx.WasDuplicate());
    return Insert(tx, 2);
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(Count(), 2u);
}

TEST_F(DbTest, MistakeInSqlIsInternalAndEndsTheTransaction) {
  const Status status = Transact([](Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(Insert(tx, 1));
    EXPECT_EQ(tx.QueryText("SELECT nonsense").status().code(), ErrorCode::kInternal);
    EXPECT_EQ(Insert(tx, 2).code(), ErrorCode::kInternal);
    return Ok();  // even so
  });
  EXPECT_EQ(status.code(), ErrorCode::kInternal);
  EXPECT_EQ(status.message().find("nonsense"), std::string::npos);
  EXPECT_EQ(Count(), 0u);
}

TEST_F(DbTest, TooLongAValueIsAnErrorNotACut) {
  EXPECT_EQ(Transact([](Transaction& tx) { return Insert(tx, 1, "more than ten"); }).code(),
            ErrorCode::kInternal);
  EXPECT_EQ(Count(), 0u);
}

TEST_F(DbTest, ValuesComeBackAsTheyWent) {
  db_.Run(
      "CREATE TABLE w (b VARBINARY(300), s VARCHAR(300) CHARACTER SET utf8mb4, u BIGINT "
      "UNSIGNED, i BIGINT, n INT NULL)");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::string text = "\xf0\x9f\x98\x80 \xc3\xa9 '\\\"; --";
  const auto body = [&](Transaction& tx) -> Status {
    PARLOR_RETURN_IF_ERROR(
        tx.Execute("INSERT INTO w VALUES (?, ?, ?, ?, ?)",
                   {Bytes{bytes}, std::string_view(text), UINT64_MAX, INT64_MIN, nullptr})
            .status());
    SqlText sql("INSERT INTO w VALUES (");
    sql.Hex(bytes).Raw(",").Text(text).Raw(",").Value(UINT64_MAX).Raw(",").Value(INT64_MIN);
    return tx.ExecuteText(sql.Raw(",").Null().Raw(")").str()).status();
  };
  ASSERT_TRUE(Transact(body).ok());
  const auto check = [&](const Rows& rows) {
    ASSERT_EQ(rows.size(), 2u);
    for (size_t row = 0; row < 2; ++row) {
      EXPECT_EQ(rows.Text(row, 0), bytes);
      EXPECT_EQ(rows.Text(row, 1), text);
      EXPECT_EQ(rows.U64(row, 2), UINT64_MAX);
      EXPECT_EQ(rows.I64(row, 3), INT64_MIN);
      EXPECT_TRUE(rows.IsNull(row, 4));
      EXPECT_EQ(rows.Text(row, 4), "");
    }
  };
  check(db_.Read("SELECT * FROM w"));
  ASSERT_TRUE(Transact([&](Transaction& tx) -> Status {
                PARLOR_ASSIGN_OR_RETURN(const Rows rows, tx.Query("SELECT * FROM w", {}));
                check(rows);
                return Ok();
              }).ok());
}

TEST_F(DbTest, LastInsertIdIsTheRows) {
  db_.Run("CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT = 7");
  ASSERT_TRUE(Transact([](Transaction& tx) -> Status {
                PARLOR_RETURN_IF_ERROR(
                    tx.Execute("INSERT INTO a (v) VALUES (?)", {int64_t{1}}).status());
                EXPECT_EQ(*tx.LastInsertId(), 7u);
                return Ok();
              }).ok());
}

TEST_F(DbTest, StatementsCostNoHiddenRoundTrips) {
  uint64_t before = 0, after = 0;
  const auto questions = [](Transaction& tx) {
    return tx.QueryText("SHOW SESSION STATUS LIKE 'Questions'")->U64(0, 1);
  };
  for (int round = 0; round < 2; ++round) {  // the second finds its statements prepared
    ASSERT_TRUE(Transact([&](Transaction& tx) -> Status {
                  before = questions(tx);
                  PARLOR_RETURN_IF_ERROR(Insert(tx, round));
                  PARLOR_RETURN_IF_ERROR(
                      tx.Query("SELECT v FROM t WHERE id = ?", {int64_t{1}}).status());
                  PARLOR_RETURN_IF_ERROR(tx.ExecuteText("DELETE FROM t WHERE id = 99").status());
                  after = questions(tx);
                  return Ok();
                }).ok());
  }
  EXPECT_EQ(after - before, 4u);  // the last question about it included
}

// ---- repeating

TEST_F(DbTest, LostRaceRunsTheBodyAgain) {
  int runs = 0;
  EXPECT_TRUE(Transact([&](Transaction& tx) -> Status {
                PARLOR_RETURN_IF_ERROR(Insert(tx, 1));
                return ++runs < 3 ? tx.TryAgain() : Ok();
              }).ok());
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(Count(), 1u);
}

TEST_F(DbTest, DeadlockIsRepeatedUntilBothAreDone) {
  db_.Run("INSERT INTO t VALUES (1, '0'), (2, '0')");
  const auto add = [&](int64_t first, int64_t second) {
    Database database(db_.config(), clock_);
    for (int i = 0; i < 30; ++i) {
      EXPECT_TRUE(
          database
              .Transact(Repeat::kOnce,
                        [&](Transaction& tx) -> Status {
                          for (const int64_t id : {first, second}) {
                            PARLOR_RETURN_IF_ERROR(
                                tx.Execute("UPDATE t SET v = v + 1 WHERE id = ?", {id}).status());
                          }
                          return Ok();
                        })
              .ok());
    }
  };
  std::thread other([&] { add(2, 1); });
  add(1, 2);
  other.join();
  EXPECT_EQ(db_.Number("SELECT SUM(v) FROM t"), 120u);
}

TEST_F(DbTest, LockWaitRollsBackAllOfIt) {
  db_.Run("INSERT INTO t VALUES (1, '0')");
  DatabaseConfig config = db_.config();
  config.lock_wait_timeout_s = 1;
  config.retry_limit_ms = 1;
  Database impatient(config, clock_);
  ASSERT_TRUE(
      Transact([&](Transaction& tx) -> Status {
        PARLOR_RETURN_IF_ERROR(tx.ExecuteText("UPDATE t SET v = '1' WHERE id = 1").status());
        const Status status = impatient.Transact(Repeat::kOnce, [](Transaction& other) -> Status {
          PARLOR_RETURN_IF_ERROR(Insert(other, 2));
          (void)other.ExecuteText("UPDATE t SET v = '2' WHERE id = 1").ok();
          return Ok();
        });
        EXPECT_EQ(status.code(), ErrorCode::kUnavailable);
        return Ok();
      }).ok());
  EXPECT_EQ(Count(), 1u);
}

TEST_F(DbTest, ConnectionKilledWhileIdleIsReplaced) {
  const std::string id = std::to_string(db_.Number("SELECT CONNECTION_ID()"));
  Database killer(db_.config(), clock_);
  ASSERT_TRUE(killer
                  .Transact(Repeat::kOnce,
                            [&](Transaction& tx) { return tx.ExecuteText("KILL " + id).status(); })
                  .ok());
  EXPECT_TRUE(db_.database().Ping().ok());
  ASSERT_TRUE(killer
                  .Transact(Repeat::kOnce,
                            [&](Transaction& tx) {
                              return tx
                                  .ExecuteText("KILL " +
                                               std::to_string(db_.Number("SELECT CONNECTION_ID()")))
                                  .status();
                            })
                  .ok());
  EXPECT_TRUE(Transact([](Transaction& tx) { return Insert(tx, 1); }).ok());
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(db_.Read("SELECT @@session.tx_isolation").Text(0, 0), "READ-COMMITTED");
}

TEST_F(DbTest, ServerAwayIsUnavailableAfterTheLimit) {
  DatabaseConfig config = db_.config();
  config.socket += ".nobody";
  config.retry_limit_ms = 30;
  Database away(config, clock_);
  int runs = 0;
  const Status status = away.Transact(Repeat::kIdempotent, [&](Transaction&) {
    ++runs;
    return Ok();
  });
  EXPECT_EQ(status.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(away.Ping().code(), ErrorCode::kUnavailable);
}

TEST_F(DbTest, AServerAwayIsLoggedOnce) {
  DatabaseConfig config = db_.config();
  config.socket += ".nobody";
  config.retry_limit_ms = 30;
  Database away(config, clock_);
  ::testing::internal::CaptureStderr();
  (void)away.Transact(Repeat::kOnce, [](Transaction&) { return Ok(); }).ok();
  (void)away.Ping().ok();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("2002"), std::string::npos) << log;
  EXPECT_EQ(log.find("2002"), log.rfind("2002")) << log;
}

TEST_F(DbTest, WrongAccountIsNotTriedAgain) {
  DatabaseConfig config = db_.config();
  config.user = "nobody_of_this_name";
  config.retry_limit_ms = 3'600'000;
  Database stranger(config, clock_);
  EXPECT_EQ(stranger.Transact(Repeat::kOnce, [](Transaction&) { return Ok(); }).code(),
            ErrorCode::kUnavailable);
}

TEST_F(DbTest, InterruptEndsWaiting) {
  DatabaseConfig config = db_.config();
  config.socket += ".nobody";
  config.retry_limit_ms = 3'600'000;
  Database away(config, clock_);
  std::thread waiting([&] {
    EXPECT_EQ(away.Transact(Repeat::kOnce, [](Transaction&) { return Ok(); }).code(),
              ErrorCode::kUnavailable);
  });
  away.Interrupt();
  waiting.join();
}

TEST_F(DbTest, OtherMachineWithoutTlsIsRefused) {
  DatabaseConfig config;
  config.socket.clear();
  config.name = "parlor";
  config.retry_limit_ms = 3'600'000;
  for (const char* host : {"192.0.2.1", "127.evil.example", "localhost.evil.example"}) {
    config.host = host;
    Database remote(config, clock_);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(remote.Ping().code(), ErrorCode::kInternal) << host;
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("database.tls_ca"), std::string::npos);
  }
}

TEST_F(DbTest, ErrorsAreLoggedWithoutValues) {
  ::testing::internal::CaptureStderr();
  (void)Transact([](Transaction& tx) {
    return tx.ExecuteText("INSERT INTO t (nonsense) VALUES ('ada@example.org')").status();
  }).ok();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("1054"), std::string::npos) << log;
  EXPECT_EQ(log.find("ada@"), std::string::npos) << log;
}

// ---- a COMMIT whose answer is lost

class LostCommitTest : public DbTest {
 protected:
  DatabaseConfig Proxied() {
    DatabaseConfig config = db_.config();
    config.socket = proxy_path_;
    return config;
  }
  const std::string proxy_path_ =
      std::filesystem::temp_directory_path().string() + "/parlor-proxy-" + std::to_string(getpid());
  CuttingProxy proxy_{proxy_path_, db_.config().socket};
  Database database_{Proxied(), clock_};
};

TEST_F(LostCommitTest, IsInDoubtWhetherStoredOrNot) {
  ASSERT_TRUE(database_.Ping().ok());
  proxy_.CutAt(
      "\x03"
      "COMMIT",
      CuttingProxy::Cut::kBeforeServer);
  EXPECT_EQ(database_.Transact(Repeat::kOnce, [](Transaction& tx) { return Insert(tx, 1); }).code(),
            ErrorCode::kInDoubt);
  proxy_.CutAt(
      "\x03"
      "COMMIT",
      CuttingProxy::Cut::kBeforeAnswer);
  EXPECT_EQ(database_.Transact(Repeat::kOnce, [](Transaction& tx) { return Insert(tx, 2); }).code(),
            ErrorCode::kInDoubt);
  EXPECT_EQ(db_.Number("SELECT id FROM t"), 2u);
}

TEST_F(LostCommitTest, IsRepeatedWhenThatDoesNoHarm) {
  for (const auto cut : {CuttingProxy::Cut::kBeforeServer, CuttingProxy::Cut::kBeforeAnswer}) {
    int runs = 0;
    proxy_.CutAt(
        "\x03"
        "COMMIT",
        cut);
    EXPECT_TRUE(database_
                    .Transact(Repeat::kIdempotent,
                              [&](Transaction& tx) -> Status {
                                ++runs;
                                const Status status = Insert(tx, 1);
                                return tx.WasDuplicate() ? Ok() : status;
                              })
                    .ok());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(Count(), 1u);
  }
}

TEST_F(LostCommitTest, BeforeItTheTransactionIsRepeatedAnyway) {
  proxy_.CutAt("INSERT", CuttingProxy::Cut::kBeforeAnswer, 2);
  EXPECT_TRUE(database_
                  .Transact(Repeat::kOnce,
                            [](Transaction& tx) {
                              return tx.ExecuteText("INSERT INTO t VALUES (1, 'x')").status();
                            })
                  .ok());
  EXPECT_EQ(proxy_.cuts_left(), 0);
  EXPECT_EQ(proxy_.connections(), 3);
  EXPECT_EQ(Count(), 1u);
}

TEST(ClassifyErrorTest, SaysWhatToDo) {
  EXPECT_EQ(ClassifyError(1062), Failure::kDuplicate);
  for (const int code : {1213, 1205, 1020, 1180}) EXPECT_EQ(ClassifyError(code), Failure::kRetry);
  for (const int code : {1040, 1053, 1290, 1836, 1927, 2002, 2003, 2006, 2013, 2055}) {
    EXPECT_EQ(ClassifyError(code), Failure::kLost);
  }
  for (const int code : {1064, 1146, 1406, 1452})
    EXPECT_EQ(ClassifyError(code), Failure::kPermanent);
}

TEST(ClassifyErrorTest, WhateverTheClientLibraryReportsIsALostConnection) {
  for (const int code : {2000, 2012, 2014, 2026, 2027, 2999}) {
    EXPECT_EQ(ClassifyError(code), Failure::kLost) << code;
  }
  for (const int code : {1999, 3000}) EXPECT_EQ(ClassifyError(code), Failure::kPermanent) << code;
}

}  // namespace
}  // namespace parlor::db
