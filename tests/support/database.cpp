#include "tests/support/database.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "common/check.h"

namespace parlor::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "test database: %s\n", what.c_str());
  std::abort();
}

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Starts a program, its output into `log`. It ends with us, however we end.
pid_t Start(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  dup2(out, 1);
  dup2(out, 2);
  execvp(argv[0], argv.data());
  _exit(127);
}

constexpr const char* kFolderPrefix = "/parlor-test-";

// What test programs that crashed have left; their servers ended with them.
void RemoveLeftovers(const fs::path& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = "/" + entry.path().filename().string();
    if (!name.starts_with(kFolderPrefix)) continue;
    const pid_t owner = static_cast<pid_t>(
        std::strtol(name.c_str() + std::string_view(kFolderPrefix).size(), nullptr, 10));
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(entry, ignored);
  }
}

// The server of this process.
class Server {
 public:
  static const Server& Instance() {
    static const Server server;
    return server;
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  DatabaseConfig Config(const std::string& schema) const {
    DatabaseConfig config;
    config.socket = socket_;
    config.user = user_;
    config.password = password_;
    config.name = schema;
    return config;
  }
  const std::string& socket() const { return socket_; }
  const std::string& user() const { return user_; }
  const std::string& password() const { return password_; }

 private:
  Server() : socket_(Environment("PARLOR_TEST_SOCKET")) {
    db::DriverInit();
    if (socket_.empty()) {
      StartPrivate();
      return;
    }
    user_ = Environment("PARLOR_TEST_USER");
    password_ = Environment("PARLOR_TEST_PASSWORD");
  }

  ~Server() {
    if (pid_ <= 0 || getpid() != owner_) return;
    kill(pid_, SIGKILL);  // nothing in it is worth a clean end
    waitpid(pid_, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void StartPrivate() {
    // In memory where possible: the tests are about statements, not about disks.
    std::string pattern =
        (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path().string()) +
        kFolderPrefix;
    RemoveLeftovers(fs::path(pattern).parent_path());
    pattern += std::to_string(getpid()) + "-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) Die("no temporary folder");
    folder_ = pattern;
    socket_ = folder_ / "socket";
    user_ = "root";
    Install();
    Launch();
  }

  // A starting server clears its tmpdir of everybody's temporary tables.
  std::vector<std::string> OwnOptions() const {
    std::vector<std::string> options = {"--tmpdir=" + folder_.string()};
    if (geteuid() == 0) options.emplace_back("--user=root");
    return options;
  }

  void Install() {
    std::vector<std::string> command = {"mariadb-install-db",
                                        "--no-defaults",
                                        "--datadir=" + (folder_ / "data").string(),
                                        "--auth-root-authentication-method=normal",
                                        "--skip-test-db",
                                        "--skip-name-resolve",
                                        "--innodb-flush-log-at-trx-commit=0",
                                        "--innodb-log-file-size=16M"};
    for (const std::string& option : OwnOptions()) command.push_back(option);
    int status = 0;
    waitpid(Start(command, folder_ / "log"), &status, 0);
    if (status != 0) Die("mariadb-install-db failed, see " + (folder_ / "log").string());
  }

  void Launch() {
    std::vector<std::string> command = {"mariadbd",
                                        "--no-defaults",
                                        "--datadir=" + (folder_ / "data").string(),
                                        "--socket=" + socket_,
                                        "--pid-file=" + (folder_ / "pid").string(),
                                        "--skip-networking",
                                        "--skip-log-bin",
                                        "--skip-name-resolve",
                                        "--character-set-server=latin1",  // not to be relied on
                                        "--innodb-flush-log-at-trx-commit=0",
                                        "--innodb-buffer-pool-size=32M",
                                        "--innodb-log-file-size=16M",
                                        "--innodb-stats-persistent=0",
                                        "--performance-schema=OFF"};
    for (const std::string& option : OwnOptions()) command.push_back(option);
    owner_ = getpid();
    pid_ = Start(command, folder_ / "log");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const SystemClock clock;
    while (!fs::exists(socket_) || !db::Database(Config(""), clock).Ping().ok()) {
      if (std::chrono::steady_clock::now() > deadline || waitpid(pid_, nullptr, WNOHANG) != 0) {
        Die("mariadbd did not start, see " + (folder_ / "log").string());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  std::string socket_, user_, password_;
  fs::path folder_;
  pid_t pid_ = 0;
  pid_t owner_ = 0;
};

std::string NewSchemaName() {
  static std::atomic<int> count{0};
  return "parlor_test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

void MustWork(const Status& status, const std::string& sql) {
  if (!status.ok()) Die(status.message() + " (the log above says why): " + sql);
}

void RunOn(const DatabaseConfig& config, const std::string& sql) {
  const SystemClock clock;
  db::Database database(config, clock);
  MustWork(database.Transact(db::Repeat::kOnce,
                             [&](db::Transaction& tx) { return tx.ExecuteText(sql).status(); }),
           sql);
}

}  // namespace

std::string SourceFolder() {
  return fs::absolute(__FILE__).parent_path().parent_path().parent_path();
}

int RunSqlScript(const std::string& environment, const std::string& script,
                 const std::string& arguments, std::string* output) {
  const Server& server = Server::Instance();
  const std::string command = "cd '" + SourceFolder() + "' && export MYSQL_PWD='" +
                              server.password() + "' && " + environment + " " + script +
                              " --no-defaults --socket='" + server.socket() + "' --user='" +
                              server.user() + "' " + arguments + " 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  PARLOR_CHECK(pipe != nullptr);
  output->clear();
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) output->push_back(static_cast<char>(c));
  return WEXITSTATUS(pclose(pipe));
}

TestDatabase::TestDatabase(Tables tables)
    : config_(Server::Instance().Config(NewSchemaName())), database_(config_, clock_) {
  RunOn(Server::Instance().Config(""),
        "CREATE DATABASE " + config_.name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  if (tables == Tables::kNone) return;
  std::string output;
  if (RunSqlScript("", "$(command -v mariadb || command -v mysql)",
                   config_.name + " <sql/schema.sql", &output) != 0) {
    Die("sql/schema.sql: " + output);
  }
}

TestDatabase::~TestDatabase() {
  RunOn(Server::Instance().Config(""), "DROP DATABASE " + config_.name);
}

void TestDatabase::Run(const std::string& sql) {
  MustWork(database_.Transact(db::Repeat::kOnce,
                              [&](db::Transaction& tx) { return tx.ExecuteText(sql).status(); }),
           sql);
}

db::Rows TestDatabase::Read(const std::string& sql) {
  db::Rows rows;
  MustWork(database_.Transact(db::Repeat::kOnce,
                              [&](db::Transaction& tx) -> Status {
                                PARLOR_ASSIGN_OR_RETURN(rows, tx.QueryText(sql));
                                return Ok();
                              }),
           sql);
  return rows;
}

uint64_t TestDatabase::Number(const std::string& sql) { return Read(sql).U64(0, 0); }

UserId TestDatabase::AddUser(std::string_view first_name, std::string_view last_name) {
  static std::atomic<int> count{0};
  const std::string email = "user" + std::to_string(++count) + "@example.org";
  db::SqlText sql(
      "INSERT INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms) "
      "VALUES (");
  sql.Text(email).Raw(",").Text(email).Raw(",").Text(first_name).Raw(",").Text(last_name);
  Run(sql.Raw(", '*', 1700000000000)").str());
  return UserId(Number("SELECT id FROM users WHERE email_key = '" + email + "'"));
}

ConversationId TestDatabase::AddGroup(UserId owner, std::string_view name) {
  Run("INSERT INTO conversations (kind, created_at_ms) VALUES (2, 1700000000000)");
  const ConversationId group(Number("SELECT MAX(id) FROM conversations"));
  db::SqlText sql("INSERT INTO chat_groups (id, owner_id, name) VALUES (");
  sql.Value(group.value).Raw(",").Value(owner.value).Raw(",").Text(name);
  Run(sql.Raw(")").str());
  AddMember(group, owner);
  return group;
}

void TestDatabase::AddMember(ConversationId group, UserId user) {
  db::SqlText sql("INSERT INTO members (conversation_id, user_id, joined_at_ms) VALUES (");
  Run(sql.Value(group.value).Raw(",").Value(user.value).Raw(", 1700000000000)").str());
  Run("UPDATE chat_groups SET member_count = member_count + 1 WHERE id = " +
      std::to_string(group.value));
}

}  // namespace parlor::testing
