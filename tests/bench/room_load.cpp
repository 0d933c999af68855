#include "tests/bench/room_load.h"

#include <sys/epoll.h>

#include <array>
#include <cstdio>
#include <memory>
#include <unordered_map>

#include "tests/bench/ws_client.h"

namespace parlor::bench {
namespace {

struct Person {
  UserId id, other;
  std::string token;
  WsClient socket;
  uint64_t sent = 0;
  bool ready = false;
  std::unordered_map<uint64_t, Nanos> due;  // client_msg_id → when it was due
};

// ---- The run

class Load {
 public:
  explicit Load(const RoomLoad& options)
      : options_(options), padding_(static_cast<size_t>(options_.body_bytes), 'x') {}

  void Run() {
    for (int i = 0; i < 2 * options_.pairs; ++i) people_.push_back(std::make_unique<Person>());
    MakePeople();
    ConnectAll();
    const std::vector<double> before = WatchedCpu(options_.target);
    const Nanos start = NowNs();
    const Nanos end = start + Nanos{options_.seconds} * 1'000'000'000;
    if (options_.rate > 0) {
      OpenLoop(start, end);
    } else {
      ClosedLoop(end);
    }
    const double elapsed = static_cast<double>(NowNs() - start) / 1e9;
    const std::vector<double> after = WatchedCpu(options_.target);
    Drain();
    Print(elapsed, before, after);
  }

 private:
  void MakePeople() {
    const std::vector<Account> accounts = MakeAccounts(options_.target, people_.size());
    for (size_t i = 0; i < people_.size(); ++i) {
      people_[i]->id = accounts[i].id;
      people_[i]->token = accounts[i].token;
      people_[i]->other = accounts[i ^ 1].id;
    }
  }

  void ConnectAll() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < people_.size(); ++i) {
      Person& person = *people_[i];
      person.socket.Connect(options_.target.port, "/socket");
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
      if (!person.socket.Read([&](std::string_view text) { OnText(person, text); })) {
        Fail(person.socket.end());
      }
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

  void Print(double elapsed, const std::vector<double>& before, const std::vector<double>& after) {
    const double messages = static_cast<double>(acked_in_time_);
    std::printf(
        "%s pairs=%d seconds=%.1f messages_per_s=%.0f ack_p50_ms=%.2f ack_p99_ms=%.2f "
        "delivery_p50_ms=%.2f delivery_p99_ms=%.2f",
        options_.rate > 0 ? "open" : "closed", options_.pairs, elapsed, messages / elapsed,
        PercentileMs(ack_ns_, 0.5), PercentileMs(ack_ns_, 0.99), PercentileMs(deliver_ns_, 0.5),
        PercentileMs(deliver_ns_, 0.99));
    for (size_t i = 0; i < options_.target.watch.size(); ++i) {
      std::printf(" %s_cpu_us=%.1f", WatchedName(options_.target.watch[i]).c_str(),
                  (after[i] - before[i]) * 1e6 / messages);
    }
    std::printf("\n");
  }

  const RoomLoad options_;
  const std::string padding_;
  std::vector<std::unique_ptr<Person>> people_;
  int epoll_ = -1;
  size_t ready_ = 0, acked_in_time_ = 0;
  int64_t under_way_ = 0;
  bool closed_ = false;
  std::vector<Nanos> ack_ns_, deliver_ns_;
};

}  // namespace

void RunRoomLoad(const RoomLoad& options) { Load(options).Run(); }

}  // namespace parlor::bench
