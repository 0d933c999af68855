#include "wsd/thread.h"

#include <pthread.h>

#include <csignal>
#include <utility>

#include "common/check.h"

namespace parlor::wsd {

void Thread::Start(std::function<void()> body) {
  PARLOR_CHECK(!thread_.joinable());
  running_ = true;
  // The new thread inherits the mask: no signal can reach it before it has blocked them itself.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
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
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool Thread::Finished() const {
  std::lock_guard lock(mutex_);
  return !running_;
}

bool Thread::WaitFinished(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return !running_; });
}

void Thread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace parlor::wsd
