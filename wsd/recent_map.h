// What was told a short while ago, by key. Bounded in time and number: a value is forgotten when it
// was set more than `remember_ms` ago, and when Set() was called `most` times since. Loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace parlor::wsd {

template <typename Key, typename Value>
class RecentMap {
 public:
  RecentMap(int64_t remember_ms, size_t most) : remember_ms_(remember_ms), most_(most) {}

  // Null: never set, or forgotten. Valid until the next call that changes something.
  const Value* Find(const Key& key) const {
    const auto found = last_.find(key);
    return found == last_.end() ? nullptr : &found->second.value;
  }

  void Set(const Key& key, Value value, int64_t now_ms) {
    order_.emplace_back(now_ms, key);
    last_.insert_or_assign(key, Last{std::move(value), sets()});
    if (order_.size() > most_) ForgetOldest();
  }

  void ForgetOld(int64_t now_ms) {
    while (!order_.empty() && now_ms - order_.front().first > remember_ms_) ForgetOldest();
  }

  size_t size() const { return last_.size(); }

  // How often Set() was called, and how many of the first of these calls are forgotten.
  uint64_t sets() const { return forgotten_ + order_.size(); }
  uint64_t forgotten() const { return forgotten_; }

 private:
  struct Last {
    Value value;
    uint64_t set = 0;  // sets() after it
  };

  // A key that was set again since stays.
  void ForgetOldest() {
    ++forgotten_;
    const auto found = last_.find(order_.front().second);
    if (found->second.set == forgotten_) last_.erase(found);
    order_.pop_front();
  }

  const int64_t remember_ms_;
  const size_t most_;
  std::map<Key, Last> last_;
  std::deque<std::pair<int64_t, Key>> order_;  // every call of Set() that is not forgotten
  uint64_t forgotten_ = 0;
};

}  // namespace parlor::wsd
