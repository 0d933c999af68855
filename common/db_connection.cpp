#include "common/db_connection.h"

#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "common/config_checks.h"
#include "common/log.h"

namespace parlor::db {
namespace {

// get_driver_instance() fills a static map without a lock; a local static makes that happen once.
sql::Driver* Driver() {
  static sql::Driver* const driver = get_driver_instance();
  return driver;
}

sql::ConnectOptionsMap Options(const DatabaseConfig& config) {
  sql::ConnectOptionsMap options;
  options["userName"] = sql::SQLString(config.user);
  options["password"] = sql::SQLString(config.password);
  options["schema"] = sql::SQLString(config.name);
  options["OPT_CONNECT_TIMEOUT"] = static_cast<int>(config.connect_timeout_s);
  options["OPT_READ_TIMEOUT"] = static_cast<int>(config.read_timeout_s);
  options["OPT_WRITE_TIMEOUT"] = static_cast<int>(config.read_timeout_s);
  // Without this a server could ask for any file that we can read.
  options["OPT_LOCAL_INFILE"] = 0;
  if (!config.socket.empty()) {
    options["hostName"] = sql::SQLString("unix://" + config.socket);
    return options;
  }
  options["hostName"] = sql::SQLString(config.host);
  options["port"] = static_cast<int>(config.port);
  if (!config.tls_ca.empty()) {
    // The pair that really verifies; the connector's OPT_SSL_MODE and sslEnforce do not.
    options["sslCA"] = sql::SQLString(config.tls_ca);
    options["sslVerify"] = true;
  }
  return options;
}

// Errors whose text names accounts, tables and columns, never a user's data.
constexpr int kLoggable[] = {1040, 1044, 1045, 1046, 1049, 1054, 1064, 1142, 1143, 1146, 1205,
                             1213, 1305, 1364, 1406, 1452, 2002, 2003, 2006, 2013, 2026};

bool MayLogText(int code) {
  return std::find(std::begin(kLoggable), std::end(kLoggable), code) != std::end(kLoggable);
}

// A text statement up to its first value in quotes.
std::string_view Head(std::string_view sql) {
  return sql.substr(0, std::min(sql.find('\''), size_t{80}));
}

// A certificate that is refused now will be refused again; any other error of TLS may be a server
// that goes down in the middle of the handshake.
bool RefusedCertificate(int code, std::string_view text) {
  return code == 2026 && text.find("ertificate") != std::string_view::npos;
}

class Binder {
 public:
  explicit Binder(sql::PreparedStatement& statement) : statement_(statement) {}
  void Bind(const Param& param) {
    ++index_;
    std::visit(*this, param);
  }
  void operator()(std::nullptr_t) { statement_.setNull(index_, 0); }
  void operator()(int64_t number) { statement_.setInt64(index_, number); }
  void operator()(uint64_t number) { statement_.setUInt64(index_, number); }
  void operator()(std::string_view text) {
    statement_.setString(index_, sql::SQLString(text.data(), text.size()));
  }
  void operator()(Bytes bytes) { (*this)(bytes.data); }

 private:
  sql::PreparedStatement& statement_;
  unsigned index_ = 0;
};

}  // namespace

Failure ClassifyError(int code) {
  // The client library's own: whatever it is, what the server did is not known. Over TLS a server
  // that is gone is 2026, not 2013.
  if (code >= 2000 && code <= 2999) return Failure::kLost;
  switch (code) {
    case 1062:
      return Failure::kDuplicate;
    case 1213:  // deadlock; on Galera also a conflict seen at COMMIT
    case 1205:  // lock wait: only the statement is rolled back, so the whole must be
    case 1020:  // record has changed
    case 1180:  // error during COMMIT (Galera)
    case 1317:  // the statement was killed
    case 3572:  // NOWAIT
      return Failure::kRetry;
    case 1040:  // too many connections
    case 1053:  // server shutdown in progress
    case 1152:  // aborted connection
    case 1158:
    case 1159:
    case 1160:
    case 1161:  // packet errors and timeouts, seen by the server
    case 1290:  // read-only, after a failover: another connection may find the new primary
    case 1836:
    case 1927:  // connection was killed
      return Failure::kLost;
    default:
      return Failure::kPermanent;
  }
}

struct Connection::Impl {
  std::unique_ptr<sql::Connection> session;
  std::unique_ptr<sql::Statement> text;
  std::unordered_map<std::string, std::unique_ptr<sql::PreparedStatement>> prepared;

  sql::PreparedStatement& Prepared(std::string_view sql, std::span<const Param> params) {
    auto& statement = prepared[std::string(sql)];
    if (!statement)
      statement.reset(session->prepareStatement(sql::SQLString(sql.data(), sql.size())));
    Binder binder(*statement);
    for (const Param& param : params) binder.Bind(param);
    return *statement;
  }

  // Statements hold pointers to the session: they go first.
  ~Impl() {
    prepared.clear();
    text.reset();
  }
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

Status Connection::Failed(int code, const char* sql_state, std::string_view sql, const char* what) {
  failure_ = ClassifyError(code);
  switch (failure_) {
    case Failure::kDuplicate:
      return Status(ErrorCode::kConflict, "This exists already.");
    case Failure::kRetry:
      log::Debug("running a statement", {{"repeating", code}, {"sql", sql}});
      return Status(ErrorCode::kUnavailable, "The database is busy. Try again.");
    case Failure::kLost:
      lost_ = true;
      log::Warning("running a statement", {{"lost", code}, {"sql", sql}});
      return Status(ErrorCode::kUnavailable, "The database is away. Try again.");
    default:
      log::Error("running a statement", {{"code", code},
                                         {"sql_state", sql_state},
                                         {"text", MayLogText(code) ? what : ""},
                                         {"sql", sql}});
      return Status(ErrorCode::kInternal, "Something went wrong on the server.");
  }
}

template <typename Work>
auto Connection::Guarded(std::string_view logged_sql, Work work) -> Result<decltype(work())> {
  failure_ = Failure::kNone;
  try {
    return work();
  } catch (const sql::SQLException& error) {
    return Failed(error.getErrorCode(), error.getSQLStateCStr(), logged_sql, error.what());
  } catch (const std::exception& error) {
    return Failed(0, "", logged_sql, error.what());
  }
}

template <typename ResultSet>
Rows Connection::Fetch(ResultSet& result) {
  Rows rows;
  // The count only: everything else of the connector's metadata throws for collations that it does
  // not know.
  const unsigned columns = result.getMetaData()->getColumnCount();
  rows.columns_ = columns;
  rows.cells_.reserve(result.rowsCount() * columns);
  while (result.next()) {
    for (unsigned column = 1; column <= columns; ++column) {
      if (result.isNull(column)) {
        rows.cells_.emplace_back(std::nullopt);
      } else {
        rows.cells_.emplace_back(result.getString(column).asStdString());
      }
    }
  }
  return rows;
}

Result<Rows> Connection::Query(std::string_view sql, std::span<const Param> params) {
  return Guarded(sql, [&] {
    const std::unique_ptr<sql::ResultSet> result(impl_->Prepared(sql, params).executeQuery());
    return Fetch(*result);
  });
}

Result<Changed> Connection::Execute(std::string_view sql, std::span<const Param> params) {
  return Guarded(sql, [&] {
    const int rows = impl_->Prepared(sql, params).executeUpdate();
    return Changed{static_cast<uint64_t>(std::max(rows, 0))};
  });
}

Result<Rows> Connection::QueryText(const std::string& sql) {
  return Guarded(Head(sql), [&] {
    const std::unique_ptr<sql::ResultSet> result(impl_->text->executeQuery(sql));
    return Fetch(*result);
  });
}

Result<Changed> Connection::ExecuteText(const std::string& sql) {
  return Guarded(Head(sql), [&] {
    const int rows = impl_->text->executeUpdate(sql);
    return Changed{static_cast<uint64_t>(std::max(rows, 0))};
  });
}

// Everything about a session in one place: the connector sets REPEATABLE READ on every connect, and
// the servers' defaults for the rest differ. SqlText relies on NO_BACKSLASH_ESCAPES and ANSI_QUOTES
// being off.
Status Connection::SetUp(const DatabaseConfig& config) {
  PARLOR_RETURN_IF_ERROR(
      ExecuteText("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").status());
  PARLOR_RETURN_IF_ERROR(
      ExecuteText(
          "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci, time_zone = '+00:00', "
          "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', "
          "innodb_lock_wait_timeout = " +
          std::to_string(config.lock_wait_timeout_s))
          .status());
  if (config.socket.empty() && !config.tls_ca.empty()) {
    PARLOR_ASSIGN_OR_RETURN(const Rows cipher, QueryText("SHOW STATUS LIKE 'Ssl_cipher'"));
    if (cipher.empty() || cipher.Text(0, 1).empty()) {
      log::Error("connecting to the database", {{"refused",
                                                 "database.tls_ca is set, but the server "
                                                 "does not speak TLS"}});
      return Status(ErrorCode::kInternal, "Something went wrong on the server.");
    }
  }
  return Ok();
}

Connection::Opened Connection::Open(const DatabaseConfig& config, bool quiet) {
  if (config.socket.empty() && config.tls_ca.empty() && !config_checks::IsLoopback(config.host)) {
    log::Error("connecting to the database",
               {{"refused",
                 "database.host is another machine: set database.tls_ca, so that the "
                 "connection is encrypted and the server verified"},
                {"host", config.host}});
    return {nullptr, Status(ErrorCode::kInternal, "Something went wrong on the server."), true};
  }
  auto impl = std::make_unique<Impl>();
  try {
    sql::ConnectOptionsMap options = Options(config);
    impl->session.reset(Driver()->connect(options));
    impl->text.reset(impl->session->createStatement());
  } catch (const sql::SQLException& error) {
    const int code = error.getErrorCode();
    if (!quiet) {
      log::Warning("connecting to the database",
                   {{"code", code}, {"text", MayLogText(code) ? error.what() : ""}});
    }
    return {nullptr, Status(ErrorCode::kUnavailable, "The database is away. Try again."),
            ClassifyError(code) == Failure::kPermanent || RefusedCertificate(code, error.what())};
  }
  std::unique_ptr<Connection> connection(new Connection(std::move(impl)));
  if (Status status = connection->SetUp(config); !status.ok()) {
    return {nullptr, status, connection->failure() != Failure::kLost};
  }
  return {std::move(connection), Ok(), false};
}

void DriverInit() { Driver()->threadInit(); }

}  // namespace parlor::db
