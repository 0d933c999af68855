// Bounded hand-over between threads: Queue (many producers, one thread that takes all that waits)
// and, made of it by main.cpp, the mailbox of the loop (a Queue whose `wake` is Server::Wake()).
//
// Full case (not of PushResult): Push returns false and changes nothing; the producer answers
// `unavailable`, holds, or retries, and counts it. Closed: Push returns false, takers get what is
// left and then nothing. Thread-safe; short locks only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace parlor::wsd {

template <typename T>
class Queue {
 public:
  // `capacity`: items; an option, stated where the queue is made. `wake` is called after each Push
  // into an empty queue, outside the lock, on the producer's thread. (The taker is notified under
  // the lock: once it has the last item, nobody touches the queue any more but for `wake`.)
  explicit Queue(size_t capacity, std::function<void()> wake = nullptr)
      : capacity_(capacity), wake_(std::move(wake)) {}

  bool Push(T item) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) {
        ++refused_;
        return false;
      }
      was_empty = items_.empty();
      items_.push_back(std::move(item));
      if (was_empty) ready_.notify_one();
    }
    if (was_empty && wake_) wake_();
    return true;
  }

  // For what must not be lost (a commit has happened): goes in whatever the capacity, unless
  // closed. Bounded by its taker instead: answers by the commands it has given out, and it gives
  // out no more while it takes nothing; what nobody asked for (who came online or went) by a few
  // for each user whose state changes meanwhile.
  bool PushResult(T item) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return false;
      was_empty = items_.empty();
      items_.push_back(std::move(item));
      if (was_empty) ready_.notify_one();
    }
    if (was_empty && wake_) wake_();
    return true;
  }

  // Everything that waits, oldest first; never waits itself. For the loop.
  std::vector<T> TakeAll() {
    std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }

  // Waits until there is something, `wait` is over or the queue is closed; then takes at most
  // `limit` items. Empty result and closed(): the thread ends.
  std::vector<T> Take(size_t limit, std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, wait, [&] { return !items_.empty() || closed_; });
    if (items_.size() <= limit) return std::exchange(items_, {});
    std::vector<T> taken(
        std::make_move_iterator(items_.begin()),
        std::make_move_iterator(items_.begin() + static_cast<std::ptrdiff_t>(limit)));
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(limit));
    return taken;
  }

  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      ready_.notify_one();
    }
    if (wake_) wake_();
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }
  size_t refused() const {
    std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  const size_t capacity_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<T> items_;
  size_t refused_ = 0;
  bool closed_ = false;
};

}  // namespace parlor::wsd
