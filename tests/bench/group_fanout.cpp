#include "tests/bench/group_fanout.h"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>

#include "common/clock.h"
#include "tests/bench/http_client.h"
#include "tests/bench/ws_client.h"

namespace parlor::bench {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

struct Listener {
  Account account;
  WsClient socket;
  uint64_t last_seq = 0;  // that arrived
  bool open = true;
};

struct Sent {
  Nanos due = 0;
  Nanos stamped_ns = 0;  // the server's time of it, by the wall clock
  size_t reached = 0;
};

Nanos WallNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string_view TextAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

class Fanout {
 public:
  explicit Fanout(const GroupFanout& options)
      : options_(options), padding_(static_cast<size_t>(options_.body_bytes), 'x') {}

  void Run() {
    MakeGroup();
    ConnectAll();
    EnterAll();
    const std::vector<double> before = WatchedCpu(options_.target);
    const double own_before = OwnCpuSeconds();
    const Nanos start = NowNs();
    SendAll(start);
    const double elapsed = static_cast<double>(NowNs() - start) / 1e9;
    Drain();
    const std::vector<double> after = WatchedCpu(options_.target);
    Print(elapsed, before, after, OwnCpuSeconds() - own_before);
    if (missing_ + order_errors_ + closed_ > 0) Fail("not everybody got everything in order");
    FailIfSlow();
  }

 private:
  size_t count() const { return static_cast<size_t>(options_.sockets); }

  void MakeGroup() {
    const std::vector<Account> accounts = MakeAccounts(options_.target, count());
    for (const Account& account : accounts) listeners_.emplace_back().account = account;
    const HttpAnswer made =
        Post(options_.target.port, "/chat_groups", accounts[0].token, R"({"name":"Fan-out"})");
    group_ = NumberAfter(made.body, R"("chat_group_id":)");
    if (made.status != 201 || group_ == 0) Fail("the group could not be made: " + made.body);
  }

  void ConnectAll() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < listeners_.size(); ++i) {
      Listener& listener = listeners_[i];
      listener.socket.Connect(options_.target.port, "/socket");
      listener.socket.QueueText("{\"token\":\"" + listener.account.token + "\"}");
      listener.socket.Flush();
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, listener.socket.fd(), &event);
      Turn(0);
    }
    WaitFor([&] { return ready_ == count(); }, "not everybody was signed in");
  }

  // The last one's entering is told to all, after everything before it.
  void EnterAll() {
    const std::string path = "/chat_groups/" + std::to_string(group_);
    for (const Listener& listener : listeners_) {
      const HttpAnswer entered =
          Post(options_.target.port, path, listener.account.token, R"({"is_enter":true})");
      if (entered.status != 204) Fail("somebody could not enter: " + entered.body);
      Turn(0);
    }
    WaitFor([&] { return settled_ == count(); }, "not everybody has heard of the last to enter");
  }

  template <typename Condition>
  void WaitFor(Condition condition, const char* otherwise) {
    const Nanos deadline = NowNs() + 60 * kSecond;
    while (!condition()) {
      if (closed_ > 0) Fail("a connection was closed before the start: " + why_closed_);
      if (NowNs() > deadline) Fail(otherwise);
      Turn(100);
    }
  }

  void SendAll(Nanos start) {
    const auto total = static_cast<size_t>(std::lround(options_.rate * options_.seconds));
    const double step = 1e9 / options_.rate;
    while (sent_ < total) {
      const Nanos due = start + static_cast<Nanos>(step * static_cast<double>(sent_));
      const Nanos now = NowNs();
      if (due <= now) {
        Send(due);
      } else {
        Turn(static_cast<int>((due - now) / 1'000'000));
      }
    }
  }

  void Send(Nanos due) {
    Listener& sender = listeners_[sent_ % static_cast<size_t>(options_.senders)];
    ++sent_;
    if (!sender.open) return;
    sender.socket.QueueText(R"({"chat_type":"group","chat_group_id":)" + std::to_string(group_) +
                            R"(,"client_msg_id":")" + std::to_string(sent_) + R"(","message":")" +
                            std::to_string(due) + " " + padding_ + "\"}");
    sender.socket.Flush();
  }

  // What was sent must still arrive.
  void Drain() {
    const Nanos deadline = NowNs() + 20 * kSecond;
    const auto is_missing = [&] {
      return acked_ < sent_ || std::any_of(listeners_.begin(), listeners_.end(), [&](auto& one) {
               return one.open && one.last_seq < sent_;
             });
    };
    while (is_missing() && NowNs() < deadline) Turn(100);
    for (const Listener& one : listeners_) missing_ += sent_ - std::min(one.last_seq, sent_);
  }

  void OnText(Listener& listener, std::string_view text) {
    if (text.find(R"("type":"group_chat_message")") != std::string_view::npos) {
      OnMessage(listener, text);
    } else if (text.find(R"("type":"ack")") != std::string_view::npos) {
      ++acked_;
    } else if (text.find(R"("type":"ready")") != std::string_view::npos) {
      ++ready_;
    } else if (text.find(R"("type":"group_chat_activitity")") != std::string_view::npos) {
      const bool is_last = NumberAfter(text, R"("user_id":)") == listeners_.back().account.id.value;
      if (is_last && NumberAfter(text, R"("chat_group_id":)") == group_) ++settled_;
    } else if (text.find(R"("type":"error")") != std::string_view::npos) {
      Fail("the server refused: " + std::string(text));
    }
  }

  void OnMessage(Listener& listener, std::string_view text) {
    const uint64_t seq = NumberAfter(text, R"("seq":)");
    if (seq != listener.last_seq + 1) ++order_errors_;
    listener.last_seq = std::max(listener.last_seq, seq);
    if (seq > messages_.size()) {
      messages_.resize(seq);
      Sent& first = messages_.back();
      first.due = static_cast<Nanos>(NumberAfter(text, R"("message":")"));
      const auto stamped = ParseTimestamp(TextAfter(text, R"("timestamp":")"));
      if (!stamped) Fail("a message without a time: " + std::string(text));
      first.stamped_ns = stamped->floor.value * 1'000'000;
    }
    Sent& message = messages_[seq - 1];
    if (++message.reached == open_) {
      since_due_.push_back(NowNs() - message.due);
      since_stamp_.push_back(WallNs() - message.stamped_ns);
    }
  }

  void FailIfSlow() {
    const double p99 = PercentileMs(since_due_, 0.99);
    if (options_.max_p99_ms > 0 && p99 > options_.max_p99_ms) {
      Fail("the last socket's p99 is " + std::to_string(p99) + " ms, and may be " +
           std::to_string(options_.max_p99_ms) + " ms");
    }
  }

  // One wait of at most `wait_ms`, and everything that came with it.
  void Turn(int wait_ms) {
    std::array<epoll_event, 256> events{};
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < n; ++i) {
      Listener& listener = listeners_[events[static_cast<size_t>(i)].data.u64];
      if (!listener.socket.Read([&](std::string_view text) { OnText(listener, text); })) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, listener.socket.fd(), nullptr);
        listener.open = false;
        ++closed_;
        --open_;
        why_closed_ = listener.socket.end();
        continue;
      }
      listener.socket.Flush();
    }
  }

  void Print(double elapsed, const std::vector<double>& before, const std::vector<double>& after,
             double own_cpu) {
    std::printf(
        "group sockets=%d rate=%.0f seconds=%.1f messages=%zu frames=%zu due_to_last_p50_ms=%.2f "
        "due_to_last_p99_ms=%.2f due_to_last_max_ms=%.2f stamp_to_last_p50_ms=%.2f "
        "stamp_to_last_p99_ms=%.2f stamp_to_last_max_ms=%.2f order_errors=%zu closed=%zu "
        "missing=%zu",
        options_.sockets, options_.rate, elapsed, static_cast<size_t>(sent_),
        static_cast<size_t>(sent_) * count(), PercentileMs(since_due_, 0.5),
        PercentileMs(since_due_, 0.99), PercentileMs(since_due_, 1),
        PercentileMs(since_stamp_, 0.5), PercentileMs(since_stamp_, 0.99),
        PercentileMs(since_stamp_, 1), order_errors_, closed_, missing_);
    for (size_t i = 0; i < options_.target.watch.size(); ++i) {
      std::printf(" %s_cpu_s=%.2f", WatchedName(options_.target.watch[i]).c_str(),
                  after[i] - before[i]);
    }
    std::printf(" generator_cpu_s=%.2f%s%s\n", own_cpu, closed_ > 0 ? " first_closed=" : "",
                why_closed_.c_str());
    std::fflush(stdout);
  }

  const GroupFanout options_;
  const std::string padding_;
  std::deque<Listener> listeners_;  // they don't move
  uint64_t group_ = 0, sent_ = 0;
  int epoll_ = -1;
  size_t ready_ = 0, settled_ = 0, acked_ = 0;
  size_t open_ = static_cast<size_t>(options_.sockets);
  size_t closed_ = 0, order_errors_ = 0, missing_ = 0;
  std::string why_closed_;
  std::vector<Sent> messages_;  // by seq - 1
  std::vector<Nanos> since_due_, since_stamp_;
};

}  // namespace

void RunGroupFanout(const GroupFanout& options) { Fanout(options).Run(); }

}  // namespace parlor::bench
