// One session at the server, for db.cpp alone: opening and setting it up, statements, and what
// their errors mean. One thread; never repairs itself: who finds it lost() throws it away.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/config.h"
#include "common/db.h"
#include "common/status.h"

namespace parlor::db {

// What the last statement's error means for the transaction and the connection.
enum class Failure {
  kNone,
  kDuplicate,  // 1062: nothing happened, the transaction goes on
  kRetry,      // deadlock, lock wait, certification: roll back and run the whole again
  kLost,       // the connection is gone, or the server can't be written to now
  kPermanent,  // a mistake of ours; running it again would not help
};

// Of a server's or the client library's error on an open connection.
Failure ClassifyError(int code);

class Connection {
 public:
  struct Opened {
    std::unique_ptr<Connection> connection;  // null: see `status`
    Status status;
    bool permanent = false;  // wrong settings: trying again would not help
  };
  // `quiet`: that it fails has been logged before.
  static Opened Open(const DatabaseConfig& config, bool quiet);
  ~Connection();

  // Statuses: kConflict (duplicate), kUnavailable (retry, lost), kInternal (permanent; logged).
  Result<Rows> Query(std::string_view sql, std::span<const Param> params);
  Result<Changed> Execute(std::string_view sql, std::span<const Param> params);
  Result<Rows> QueryText(const std::string& sql);
  Result<Changed> ExecuteText(const std::string& sql);

  Failure failure() const { return failure_; }  // of the last statement
  bool lost() const { return lost_; }

 private:
  struct Impl;  // everything of the connector's
  explicit Connection(std::unique_ptr<Impl> impl);
  Status SetUp(const DatabaseConfig& config);
  Status Failed(int code, const char* sql_state, std::string_view sql, const char* what);
  template <typename Work>
  auto Guarded(std::string_view logged_sql, Work work) -> Result<decltype(work())>;
  template <typename ResultSet>
  static Rows Fetch(ResultSet& result);

  std::unique_ptr<Impl> impl_;
  Failure failure_ = Failure::kNone;
  bool lost_ = false;
};

}  // namespace parlor::db
