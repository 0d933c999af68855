#include "wsd/thread.h"

#include <pthread.h>

#include <utility>

#include "common/check.h"

namespace parlor::wsd {

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void Thread::Start(std::function<void()> body) {
  PARLOR_CHECK(!thread_.joinable());
  running_ = true;
  const SignalsBlocked blocked;  // no signal can reach the new thread before it has blocked them
  try {
    thread_ = std::thread([this, body = std::move(body)] {
      pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
      body();
      std::lock_guard lock(mutex_);
      running_ = false;
      ended_.notify_all();
    });
  } catch (...) {
    running_ = false;
    throw;
  }
}

bool Thread::WaitFinished(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return !running_; });
}

void Thread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace parlor::wsd
