// The load generator for rooms: pairs of people who write to each other through nginx, the daemon
// and the database.
//
//   room_load --port 8080 --db SOCKET --pairs 200 --seconds 10 [--rate N] [--watch name=pid,…]
//
// Without --rate the loop is closed: everyone has one message under way (--window). With it,
// messages are due at fixed times and latency counts from when a message was due, so a stall is not
// hidden. Makes its users and sessions in the database. Prints one line: messages acknowledged a
// second, latency to the ack and to the receiver, CPU microseconds a message of each watched
// process with its children, and fails if any message that was acknowledged did not arrive or is
// not stored.
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <unordered_map>

#include "common/db.h"
#include "common/protocol.h"
#include "common/sessions.h"
#include "common/token.h"
#include "common/users.h"
#include "tests/bench/ws_client.h"

namespace parlor::bench {
namespace {

using Nanos = int64_t;

Nanos NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Options {
  uint16_t port = 8080;
  std::string db_socket, database = "parlor", db_user = "root";
  int pairs = 200, seconds = 10, window = 1, body_bytes = 100;
  double rate = 0;  // messages a second in all; 0: closed loop
  std::vector<std::string> watch;
};

struct Person {
  UserId id, other;
  std::string token;
  WsClient socket;
  uint64_t sent = 0;
  bool ready = false;
  std::unordered_map<uint64_t, Nanos> due;  // client_msg_id → when it was due
};

// ---- CPU of other processes
// --------------------------------------------------------------------------------------

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

// ---- The people
// --------------------------------------------------------------------------------------------------

void MakePeople(const Options& options, std::vector<std::unique_ptr<Person>>& people) {
  DatabaseConfig config;
  config.socket = options.db_socket;
  config.name = options.database;
  config.user = options.db_user;
  const SystemClock clock;
  db::DriverInit();
  db::Database database(config, clock);
  const TimestampMs now = clock.Now();
  const std::string run = GenerateToken().substr(0, 8);
  const Status made = database.Transact(db::Repeat::kOnce, [&](db::Transaction& tx) -> Status {
    for (size_t i = 0; i < people.size(); ++i) {
      Person& person = *people[i];
      person.token = GenerateToken();
      const std::string email = run + "-" + std::to_string(i) + "@bench.invalid";
      PARLOR_ASSIGN_OR_RETURN(person.id, users::Create(tx, email, "Bench", run, "!", now));
      const auto session =
          sessions::Create(tx, person.id, *HashToken(person.token), SessionConfig{}, now);
      if (!session.ok()) return session.status();
    }
    return Ok();
  });
  if (!made.ok()) Fail("the users could not be made: " + made.message());
  for (size_t i = 0; i < people.size(); ++i) people[i]->other = people[i ^ 1]->id;
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

// ---- The run
// -----------------------------------------------------------------------------------------------------

class Load {
 public:
  explicit Load(Options options)
      : options_(std::move(options)), padding_(static_cast<size_t>(options_.body_bytes), 'x') {}

  void Run() {
    for (int i = 0; i < 2 * options_.pairs; ++i) people_.push_back(std::make_unique<Person>());
    MakePeople(options_, people_);
    ConnectAll();
    const std::vector<double> before = WatchedCpu();
    const Nanos start = NowNs();
    const Nanos end = start + Nanos{options_.seconds} * 1'000'000'000;
    if (options_.rate > 0) {
      OpenLoop(start, end);
    } else {
      ClosedLoop(end);
    }
    const double elapsed = static_cast<double>(NowNs() - start) / 1e9;
    const std::vector<double> after = WatchedCpu();
    Drain();
    Print(elapsed, before, after);
  }

 private:
  std::vector<double> WatchedCpu() const {
    std::vector<double> seconds;
    for (const std::string& watch : options_.watch) {
      seconds.push_back(CpuSeconds(std::stoi(watch.substr(watch.find('=') + 1))));
    }
    return seconds;
  }

  void ConnectAll() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < people_.size(); ++i) {
      Person& person = *people_[i];
      person.socket.Connect(options_.port, "/socket");
      person.socket.QueueText("{\"token\":\"" + person.token + "\"}");
      person.socket.Flush();
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, person.socket.fd(), &event);
    }
    const Nanos deadline = NowNs() + 30'000'000'000;
    while (ready_ < people_.size()) {
      if (NowNs() > deadline) Fail("not everybody was signed in within 30 s");
      Turn(100);
    }
  }

  void Send(Person& person, Nanos due) {
    const uint64_t id = ++person.sent;
    person.due.emplace(id, due);
    std::string frame = R"({"chat_type":"room","other_user_id":)" +
                        std::to_string(person.other.value) + R"(,"client_msg_id":")" +
                        std::to_string(id) + R"(","message":")" + std::to_string(due) + " " +
                        padding_ + "\"}";
    person.socket.QueueText(frame);
    ++under_way_;
  }

  void OnText(Person& person, std::string_view text) {
    const Nanos now = NowNs();
    if (text.find(R"("type":"ack")") != std::string_view::npos) {
      const auto it = person.due.find(NumberAfter(text, R"("client_msg_id":")"));
      if (it == person.due.end()) Fail("an ack for a message that was not sent");
      ack_ns_.push_back(now - it->second);
      person.due.erase(it);
      --under_way_;
      if (closed_) Send(person, now);
    } else if (text.find(R"("type":"room_chat_message")") != std::string_view::npos) {
      if (NumberAfter(text, R"("user_id":)") == person.id.value) return;  // the sender's own copy
      deliver_ns_.push_back(now - static_cast<Nanos>(NumberAfter(text, R"("message":")")));
    } else if (text.find(R"("type":"ready")") != std::string_view::npos) {
      ++ready_;
    } else if (text.find(R"("type":"error")") != std::string_view::npos) {
      Fail("the server refused: " + std::string(text));
    }
  }

  // One wait of at most `wait_ms`, and everything that came with it.
  void Turn(int wait_ms) {
    std::array<epoll_event, 256> events;
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < n; ++i) {
      Person& person = *people_[events[static_cast<size_t>(i)].data.u64];
      person.socket.Read([&](std::string_view text) { OnText(person, text); });
      person.socket.Flush();
    }
  }

  void ClosedLoop(Nanos end) {
    closed_ = true;
    for (auto& person : people_) {
      for (int i = 0; i < options_.window; ++i) Send(*person, NowNs());
      person->socket.Flush();
    }
    while (NowNs() < end) Turn(10);
    closed_ = false;
  }

  void OpenLoop(Nanos start, Nanos end) {
    const double step = 1e9 / options_.rate;
    size_t next = 0;
    for (Nanos now = NowNs(); now < end; now = NowNs()) {
      Nanos due = start + static_cast<Nanos>(step * static_cast<double>(next));
      for (; due <= now; due = start + static_cast<Nanos>(step * static_cast<double>(next))) {
        Person& person = *people_[next++ % people_.size()];
        Send(person, due);
        person.socket.Flush();
      }
      Turn(static_cast<int>((due - now) / 1'000'000));
    }
  }

  // What was sent must still be acknowledged and arrive.
  void Drain() {
    acked_in_time_ = ack_ns_.size();
    const Nanos deadline = NowNs() + 20'000'000'000;
    while (under_way_ > 0 || deliver_ns_.size() < ack_ns_.size()) {
      if (NowNs() > deadline) {
        Fail(std::to_string(under_way_) + " not acknowledged, " +
             std::to_string(ack_ns_.size() - deliver_ns_.size()) + " not delivered");
      }
      Turn(100);
    }
  }

  static double Percentile(std::vector<Nanos>& values, double part) {
    if (values.empty()) return 0;
    const size_t at =
        std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at),
                     values.end());
    return static_cast<double>(values[at]) / 1e6;
  }

  void Print(double elapsed, const std::vector<double>& before, const std::vector<double>& after) {
    const double messages = static_cast<double>(acked_in_time_);
    std::printf(
        "%s pairs=%d seconds=%.1f messages_per_s=%.0f ack_p50_ms=%.2f ack_p99_ms=%.2f "
        "delivery_p50_ms=%.2f delivery_p99_ms=%.2f",
        options_.rate > 0 ? "open" : "closed", options_.pairs, elapsed, messages / elapsed,
        Percentile(ack_ns_, 0.5), Percentile(ack_ns_, 0.99), Percentile(deliver_ns_, 0.5),
        Percentile(deliver_ns_, 0.99));
    for (size_t i = 0; i < options_.watch.size(); ++i) {
      const std::string& watch = options_.watch[i];
      std::printf(" %s_cpu_us=%.1f", watch.substr(0, watch.find('=')).c_str(),
                  (after[i] - before[i]) * 1e6 / messages);
    }
    std::printf("\n");
  }

  const Options options_;
  const std::string padding_;
  std::vector<std::unique_ptr<Person>> people_;
  int epoll_ = -1;
  size_t ready_ = 0, acked_in_time_ = 0;
  int64_t under_way_ = 0;
  bool closed_ = false;
  std::vector<Nanos> ack_ns_, deliver_ns_;
};

}  // namespace
}  // namespace parlor::bench

int main(int argc, char** argv) {
  parlor::bench::Options options;
  CLI::App app("Load for rooms of two");
  app.add_option("--port", options.port, "nginx")->required();
  app.add_option("--db", options.db_socket, "socket of the database")->required();
  app.add_option("--database", options.database, "its schema");
  app.add_option("--db-user", options.db_user, "a user that may write users and sessions");
  app.add_option("--pairs", options.pairs, "pairs of people");
  app.add_option("--seconds", options.seconds, "how long");
  app.add_option("--window", options.window, "messages under way a person (closed loop)");
  app.add_option("--rate", options.rate, "messages a second in all (open loop)");
  app.add_option("--bytes", options.body_bytes, "length of a message");
  app.add_option("--watch", options.watch, "name=pid of processes whose CPU counts")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  parlor::bench::Load(std::move(options)).Run();
}
