// The threads around the loop: how each is started, named and ended.
//
// A helper thread (writer, lookup, presence, bus reader, mailer, bot) is an object of Daemon
// (main.cpp) with
//   Status Start()           makes the thread (presence's is told the daemon's place)
//   bool Push(command)       false: full or closing, nothing was taken. The mailer has none
//   void Close()             no more commands; what is queued is still worked off. Returns at once
//   void Stop(deadline)      Close(), waits; at the deadline what is left is given up and answered
// all called on the loop's thread. Stop() returns when the thread has ended: at the latest one
// database or SMTP time-out after the deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace parlor::wsd {

using Deadline = std::chrono::steady_clock::time_point;

// While it lives, signals are blocked on this thread; threads that are made meanwhile, also those
// of a library, inherit that for good.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

// One thread with every signal blocked (signals are the loop's) and a name for ps and gdb. Owned
// and used by one thread.
class Thread {
 public:
  explicit Thread(std::string name) : name_(std::move(name)) {}  // at most 15 bytes are shown
  ~Thread() { Join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Throws std::system_error when there can be no more threads; nothing has changed then.
  void Start(std::function<void()> body);
  bool WaitFinished(Deadline deadline) const;  // at once before Start()
  void Join();

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  bool running_ = false;
  std::thread thread_;
};

}  // namespace parlor::wsd
