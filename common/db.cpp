#include "common/db.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

#include "common/db_connection.h"
#include "common/log.h"

namespace parlor::db {

// ---- Transaction

Transaction::~Transaction() {
  // A rollback that fails leaves the connection lost(), and it is thrown away.
  if (open_ && !connection_->lost()) (void)connection_->ExecuteText("ROLLBACK").ok();
}

Status Transaction::Begin() {
  PARLOR_RETURN_IF_ERROR(connection_->ExecuteText("START TRANSACTION").status());
  open_ = true;
  return Ok();
}

Status Transaction::Commit() {
  if (!over_.ok()) return over_;
  // As a statement: the connector's own commit() returns normally when nothing was stored.
  Status status = connection_->ExecuteText("COMMIT").status();
  open_ = !status.ok();
  if (status.ok()) return status;
  if (!connection_->lost()) return over_ = status;
  return over_ = Status(ErrorCode::kInDoubt,
                        "The database went away while this was being stored: it may or may not be "
                        "there.");
}

template <typename T>
Result<T> Transaction::Noted(Result<T> result) {
  if (!result.ok() && !WasDuplicate()) over_ = result.status();
  return result;
}

Result<Rows> Transaction::Query(std::string_view sql, std::span<const Param> params) {
  if (!over_.ok()) return over_;
  return Noted(connection_->Query(sql, params));
}

Result<Rows> Transaction::Query(std::string_view sql, std::initializer_list<Param> params) {
  return Query(sql, std::span<const Param>(params.begin(), params.size()));
}

Result<Changed> Transaction::Execute(std::string_view sql, std::span<const Param> params) {
  if (!over_.ok()) return over_;
  return Noted(connection_->Execute(sql, params));
}

Result<Changed> Transaction::Execute(std::string_view sql, std::initializer_list<Param> params) {
  return Execute(sql, std::span<const Param>(params.begin(), params.size()));
}

Result<Rows> Transaction::QueryText(const std::string& sql) {
  if (!over_.ok()) return over_;
  return Noted(connection_->QueryText(sql));
}

Result<Changed> Transaction::ExecuteText(const std::string& sql) {
  if (!over_.ok()) return over_;
  return Noted(connection_->ExecuteText(sql));
}

Result<uint64_t> Transaction::LastInsertId() {
  PARLOR_ASSIGN_OR_RETURN(const Rows rows, QueryText("SELECT LAST_INSERT_ID()"));
  return rows.U64(0, 0);
}

bool Transaction::WasDuplicate() const { return connection_->failure() == Failure::kDuplicate; }

Status Transaction::TryAgain() {
  again_ = true;
  return over_ = Status(ErrorCode::kUnavailable, "The database is busy. Try again.");
}

// ---- Database

namespace {

constexpr int64_t kFirstPauseMs = 4;
constexpr int64_t kLongestPauseMs = 500;

enum class Verdict {
  kFinal,
  kAgainAtOnce,  // an idle connection had been closed by the server
  kAgain,
  kInDoubt,
};

struct Attempt {
  Status status;
  Verdict verdict = Verdict::kFinal;
  std::optional<DatabaseError> error = std::nullopt;  // what it counts as
};

}  // namespace

struct Database::Impl {
  Impl(const DatabaseConfig& c, const Clock& k)
      : config(c), clock(k), random(std::random_device{}()) {}

  Attempt Connect();
  Attempt TryOnce(const std::function<Status(Transaction&)>& body);
  DatabaseError ErrorOf(const Status& status) const;
  void Note(const std::optional<DatabaseError>& error) {
    if (error) ++errors[static_cast<size_t>(*error)];
  }
  bool Pause(int64_t ms);
  bool Interrupted() {
    const std::lock_guard lock(mutex);
    return interrupted;
  }

  const DatabaseConfig config;
  const Clock& clock;
  std::string request_id;
  std::unique_ptr<Connection> connection;
  bool away = false;  // connecting failed last time, and that is in the log
  std::minstd_rand random;
  DatabaseErrors errors{};

  std::mutex mutex;
  std::condition_variable wake;
  bool interrupted = false;
};

Attempt Database::Impl::Connect() {
  if (connection && connection->lost()) connection.reset();
  if (connection) return {};
  if (Interrupted()) return {Status(ErrorCode::kUnavailable, "The server is stopping.")};
  Connection::Opened opened = Connection::Open(config, away);
  connection = std::move(opened.connection);
  if (connection && away) log::Info("connected to the database again");
  away = !connection;
  if (connection) return {};
  return {opened.status, opened.permanent ? Verdict::kFinal : Verdict::kAgain,
          DatabaseError::kUnreachable};
}

Attempt Database::Impl::TryOnce(const std::function<Status(Transaction&)>& body) {
  if (Attempt connected = Connect(); !connected.status.ok()) return connected;
  Transaction tx(connection.get(), request_id);
  if (Status begun = tx.Begin(); !begun.ok()) {
    // A connection that lay idle and was closed by the server is nobody's fault.
    if (connection->lost()) return {begun, Verdict::kAgainAtOnce};
    return {begun, Verdict::kFinal, ErrorOf(begun)};
  }
  Status status = body(tx);
  if (status.ok()) status = tx.Commit();
  if (status.ok() || tx.over_.ok()) return {status};
  if (tx.over_.code() == ErrorCode::kInDoubt) {
    return {tx.over_, Verdict::kInDoubt, DatabaseError::kLost};
  }
  const bool again = tx.again_ || connection->lost() || tx.over_.code() == ErrorCode::kUnavailable;
  return {status, again ? Verdict::kAgain : Verdict::kFinal, ErrorOf(tx.over_)};
}

DatabaseError Database::Impl::ErrorOf(const Status& status) const {
  if (connection->lost()) return DatabaseError::kLost;
  return status.code() == ErrorCode::kUnavailable ? DatabaseError::kBusy : DatabaseError::kRefused;
}

// False when interrupted.
bool Database::Impl::Pause(int64_t ms) {
  std::unique_lock lock(mutex);
  return !wake.wait_for(lock, std::chrono::milliseconds(ms), [&] { return interrupted; });
}

Database::Database(const DatabaseConfig& config, const Clock& clock)
    : impl_(std::make_unique<Impl>(config, clock)) {}
Database::~Database() = default;

Status Database::Transact(Repeat repeat, const std::function<Status(Transaction&)>& body) {
  const int64_t started_ms = impl_->clock.MonotonicMs();
  int64_t paused_ms = 0;  // counted too, so that a clock that stands still (tests) ends it as well
  for (int64_t step_ms = kFirstPauseMs;; step_ms = std::min(step_ms * 2, kLongestPauseMs)) {
    Attempt attempt = impl_->TryOnce(body);
    impl_->Note(attempt.error);
    if (attempt.verdict == Verdict::kFinal) return attempt.status;
    if (attempt.verdict == Verdict::kInDoubt && repeat == Repeat::kOnce) return attempt.status;

    // Between half and all of the step, so that those who met once do not meet again.
    std::uniform_int_distribution<int64_t> jitter(step_ms / 2, step_ms);
    const bool at_once = attempt.verdict == Verdict::kAgainAtOnce && step_ms == kFirstPauseMs;
    const int64_t pause_ms = at_once ? 0 : jitter(impl_->random);
    const int64_t spent_ms = std::max(impl_->clock.MonotonicMs() - started_ms, paused_ms);
    if (spent_ms + pause_ms >= impl_->config.retry_limit_ms || !impl_->Pause(pause_ms)) {
      return Status(ErrorCode::kUnavailable, "The database is away or busy. Try again.");
    }
    paused_ms += pause_ms;
  }
}

DatabaseErrors Database::TakeErrors() { return std::exchange(impl_->errors, {}); }

void Database::SetRequestId(std::string request_id) { impl_->request_id = std::move(request_id); }

Status Database::Ping() {
  // A second round only if a connection that was lying idle turned out to be dead.
  for (const bool had_connection : {impl_->connection != nullptr, false}) {
    if (Attempt connected = impl_->Connect(); !connected.status.ok()) return connected.status;
    Status status = impl_->connection->ExecuteText("DO 1").status();
    if (status.ok() || !impl_->connection->lost() || !had_connection) return status;
  }
  return Status(ErrorCode::kUnavailable, "The database is away. Try again.");
}

void Database::Interrupt() {
  const std::lock_guard lock(impl_->mutex);
  impl_->interrupted = true;
  impl_->wake.notify_all();
}

}  // namespace parlor::db
