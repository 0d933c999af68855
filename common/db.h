// The database: connections, transactions, rows. db_connection.cpp is the only includer of MySQL
// Connector/C++.
//
// One Database object belongs to one thread (wsd threads, the fcgi process). It connects lazily,
// sets the session up in one place (READ COMMITTED, UTC, strict sql_mode, lock wait timeout), and
// throws a broken connection away. There is no SQL without a Transaction, and no COMMIT but
// Transaction's: the connector's own commit() swallows errors.
//
// Failure: a statement's Status tells what to do. Transact() repeats the whole function after a
// deadlock, a lock wait timeout or a lost connection until `retry_limit_ms` is over (kUnavailable),
// with growing, jittered pauses. A connection lost during COMMIT is kInDoubt: Transact() repeats
// only if the caller said kIdempotent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/database_errors.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor::db {

// A statement's parameter. Bytes is for BINARY/VARBINARY columns; text must be valid UTF-8 (the
// codec saw to that).
struct Bytes {
  std::string_view data;
};
using Param = std::variant<std::nullptr_t, int64_t, uint64_t, std::string_view, Bytes>;

template <typename Tag>
Param P(StrongId<Tag> id) {
  return id.value;
}
inline Param P(TimestampMs time) { return time.value; }
inline Param P(std::string_view text) { return text; }

// A whole result in memory. What grows with the messages has a LIMIT; lists of users, rooms,
// groups, members and who is present may be as long as there are any. Columns count from 0.
class Rows {
 public:
  Rows() = default;
  size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  bool empty() const { return cells_.empty(); }
  bool IsNull(size_t row, size_t column) const { return !Cell(row, column).has_value(); }
  uint64_t U64(size_t row, size_t column) const;
  int64_t I64(size_t row, size_t column) const;
  const std::string& Text(size_t row, size_t column) const;  // "" for NULL
  template <typename Id>
  Id As(size_t row, size_t column) const {
    return Id(U64(row, column));
  }
  TimestampMs Time(size_t row, size_t column) const { return TimestampMs(I64(row, column)); }

 private:
  friend class Connection;
  const std::optional<std::string>& Cell(size_t row, size_t column) const;
  size_t columns_ = 0;
  std::vector<std::optional<std::string>> cells_;  // row after row
};

// What INSERT, UPDATE or DELETE did.
struct Changed {
  uint64_t rows = 0;  // really changed: an UPDATE to the same values counts 0
};

class Connection;  // db_connection.h

// One transaction. Rolls back in the destructor unless Commit() succeeded. Made by
// Database::Transact only.
//
// After any error but a duplicate key it is over: the server may have rolled back all of it, so
// every further statement returns that error unsent, and so does Commit(), whatever the body made
// of it.
class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // `sql` is a constant of queries.h with '?' for parameters; prepared once a connection and kept.
  Result<Rows> Query(std::string_view sql, std::span<const Param> params);
  Result<Rows> Query(std::string_view sql, std::initializer_list<Param> params);
  Result<Changed> Execute(std::string_view sql, std::span<const Param> params);
  Result<Changed> Execute(std::string_view sql, std::initializer_list<Param> params);

  // Multi-row statements of changing length: text made by SqlText (which quotes), not prepared.
  Result<Rows> QueryText(const std::string& sql);
  Result<Changed> ExecuteText(const std::string& sql);

  // The AUTO_INCREMENT id of the last single-row INSERT. Asks the server: a round trip.
  Result<uint64_t> LastInsertId();

  // What this transaction is run for: Database::SetRequestId().
  const std::string& request_id() const { return request_id_; }

  // True when the last statement failed (kConflict) with a duplicate key, 1062: the transaction
  // goes on.
  bool WasDuplicate() const;

  // For a body that lost a race with another transaction: returning this makes Transact() run it
  // again from the start, as after a deadlock.
  Status TryAgain();

 private:
  friend class Database;
  Transaction(Connection* connection, const std::string& request_id)
      : connection_(connection), request_id_(request_id) {}
  Status Begin();
  Status Commit();  // kInDoubt when the connection broke meanwhile
  template <typename T>
  Result<T> Noted(Result<T> result);
  Connection* connection_;
  const std::string& request_id_;
  Status over_;  // the error that ended it
  bool again_ = false;
  bool open_ = false;
};

// Builds a multi-row statement; every value is quoted by its type, so no text of a user is ever
// read as SQL.
class SqlText {
 public:
  explicit SqlText(std::string_view head) : sql_(head) {}
  SqlText& Raw(std::string_view constant);  // only string literals of ours
  SqlText& Value(uint64_t number);
  SqlText& Value(int64_t number);
  SqlText& Text(std::string_view utf8);  // a quoted, escaped utf8mb4 literal
  SqlText& Hex(std::string_view bytes);  // x'…'
  SqlText& Null();
  const std::string& str() const { return sql_; }

 private:
  std::string sql_;
};

enum class Repeat {
  kIdempotent,  // running it twice does no harm: repeat also when COMMIT is in doubt
  kOnce,        // give kInDoubt to the caller
};

class Database {
 public:
  // Does not connect yet. Call DriverInit() once in main, before threads.
  Database(const DatabaseConfig& config, const Clock& clock);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `body` in a transaction and commits if it returns success; otherwise rolls back and
  // returns its Status. `body` may run several times: it must set its results afresh each time. It
  // must not use this Database for anything else.
  Status Transact(Repeat repeat, const std::function<Status(Transaction&)>& body);

  // How often attempts failed, by DatabaseError, since the last call. The thread's own.
  DatabaseErrors TakeErrors();

  // Names what the transactions from now on are run for (a web server's id of a request), until the
  // next call: it goes into the rows of `events`, and so into the log of who acts on them.
  void SetRequestId(std::string request_id);

  // Whether the server answers now; connects at most once. For GET /health.
  Status Ping();

  // Makes waiting and retrying end at once with kUnavailable, for good (shutdown). What comes later
  // is tried once, on a connection that is still there. Any thread.
  void Interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The connector's driver instance is made without a lock: once, before threads.
void DriverInit();

}  // namespace parlor::db
