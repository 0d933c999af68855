#include "wsd/supervisor.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>

namespace parlor::wsd {
namespace {

constexpr int64_t kStatusMs = 5000;
constexpr int64_t kAskMs = 10000;
// Some minutes, for a server that recovers from a crash. Not for ever: `systemctl start`, a boot
// and an upgrade wait for us all the while. Then systemd ends us, says so, and starts us anew.
constexpr int64_t kPatienceMs = 300000;
constexpr const char* kMoreTime = "EXTEND_TIMEOUT_USEC=60000000";  // from now: six times kAskMs

void Tell(const std::string& state) { static_cast<void>(sd_notify(0, state.c_str())); }

}  // namespace

Supervisor::Supervisor() {
  uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
    ping_ms_ = std::max<int64_t>(static_cast<int64_t>(watchdog_us / 2000), 1);
  }
  Tell("STATUS=Waiting for the database.");
}

void Supervisor::Ready() {
  ready_ = true;
  starting_ = false;
  Tell("READY=1\nSTATUS=Serving.");
}

// The time tells systemd which of several reloads READY=1 belongs to.
void Supervisor::Reloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  Tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void Supervisor::Reloaded(const std::string& outcome) {
  Tell(std::string(ready_ ? "READY=1\n" : "") + "STATUS=" + outcome);
  next_status_ms_ = 0;
}

void Supervisor::Stopping() {
  Tell("STOPPING=1\nSTATUS=Storing what was taken, closing the connections.");
  ready_ = starting_ = false;
}

void Supervisor::AskForTime(int64_t now_ms) {
  if (give_up_asking_ms_ == 0) give_up_asking_ms_ = now_ms + kPatienceMs;
  if (now_ms < next_ask_ms_ || now_ms >= give_up_asking_ms_) return;
  next_ask_ms_ = now_ms + kAskMs;
  Tell(kMoreTime);
}

void Supervisor::Alive(int64_t now_ms, size_t connections) {
  if (ping_ms_ > 0 && now_ms >= next_ping_ms_) {
    next_ping_ms_ = now_ms + ping_ms_;
    Tell("WATCHDOG=1");
  }
  if (starting_) AskForTime(now_ms);
  if (!ready_) return;
  if (next_status_ms_ == 0)
    next_status_ms_ = now_ms + kStatusMs;  // the last word stays for a while
  if (now_ms < next_status_ms_) return;
  next_status_ms_ = now_ms + kStatusMs;
  Tell("STATUS=Serving " + std::to_string(connections) + " connections.");
}

}  // namespace parlor::wsd
