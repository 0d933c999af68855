// What systemd is told about the daemon (sd_notify(3), Type=notify): that it serves, that it ends,
// that its loop turns. The only component that knows libsystemd (supervisor.cpp). Without
// NOTIFY_SOCKET in the environment, as under any other supervisor, nothing is said.
//
// The watchdog's ping comes from the loop itself, in Alive(): a loop that is stuck says nothing,
// and systemd kills the process after WatchdogSec=. Loop's thread. Nothing here fails, and nothing
// waits but for a PID 1 that does not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace parlor::wsd {

class Supervisor {
 public:
  // Reads how often the watchdog wants to hear from us (WATCHDOG_USEC).
  Supervisor();

  // Everything below is done: whatever was ordered after this service may start.
  void Ready();
  // The configuration is read again; Reloaded() follows.
  void Reloading();
  // `outcome`: for `systemctl status`.
  void Reloaded(const std::string& outcome);
  void Stopping();

  // At every tick of the loop: pings in half the watchdog's time, and renews the status now and
  // then. Before Ready() it asks for more time to start, for five minutes: to be started anew
  // brings no database back, but whoever waits for the start must hear that it fails. `now_ms` is
  // monotonic.
  void Alive(int64_t now_ms, size_t connections);

  bool ready() const { return ready_; }

 private:
  void AskForTime(int64_t now_ms);

  int64_t ping_ms_ = 0;  // 0: there is no watchdog
  int64_t next_ping_ms_ = 0;
  int64_t next_status_ms_ = 0;
  int64_t next_ask_ms_ = 0;
  int64_t give_up_asking_ms_ = 0;  // 0: not asked yet
  bool starting_ = true;
  bool ready_ = false;
};

}  // namespace parlor::wsd
