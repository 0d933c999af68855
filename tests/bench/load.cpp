#include "tests/bench/load.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>

#include "common/db.h"
#include "common/sessions.h"
#include "common/token.h"
#include "common/users.h"
#include "tests/bench/ws_client.h"

namespace parlor::bench {
namespace {

double CpuSecondsOfOne(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) return 0;
  std::istringstream fields(text.substr(after_name + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double CpuSeconds(int pid) {
  double sum = CpuSecondsOfOne(pid);
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) +
                         "/children");
  for (int child = 0; children >> child;) sum += CpuSeconds(child);
  return sum;
}

}  // namespace

Nanos NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<Account> MakeAccounts(const Target& target, size_t count) {
  DatabaseConfig config;
  config.socket = target.db_socket;
  config.name = target.database;
  config.user = target.db_user;
  const SystemClock clock;
  db::DriverInit();
  db::Database database(config, clock);
  const TimestampMs now = clock.Now();
  const std::string run = GenerateToken().substr(0, 8);
  std::vector<Account> accounts(count);
  const Status made = database.Transact(db::Repeat::kOnce, [&](db::Transaction& tx) -> Status {
    for (size_t i = 0; i < count; ++i) {
      Account& account = accounts[i];
      account.token = GenerateToken();
      const std::string email = run + "-" + std::to_string(i) + "@bench.invalid";
      PARLOR_ASSIGN_OR_RETURN(account.id, users::Create(tx, email, "Bench", run, "!", now));
      const auto session =
          sessions::Create(tx, account.id, *HashToken(account.token), SessionConfig{}, now);
      if (!session.ok()) return session.status();
    }
    return Ok();
  });
  if (!made.ok()) Fail("the users could not be made: " + made.message());
  return accounts;
}

std::vector<double> WatchedCpu(const Target& target) {
  std::vector<double> seconds;
  for (const std::string& watch : target.watch) {
    seconds.push_back(CpuSeconds(std::stoi(watch.substr(watch.find('=') + 1))));
  }
  return seconds;
}

std::string WatchedName(const std::string& watch) { return watch.substr(0, watch.find('=')); }

double PercentileMs(std::vector<Nanos>& values, double part) {
  if (values.empty()) return 0;
  const size_t at =
      std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]) / 1e6;
}

uint64_t NumberAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  uint64_t number = 0;
  if (at != std::string_view::npos) {
    const char* begin = text.data() + at + key.size();
    std::from_chars(begin, text.data() + text.size(), number);
  }
  return number;
}

}  // namespace parlor::bench
