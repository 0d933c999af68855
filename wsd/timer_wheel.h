// A timing wheel: one deadline for each of very many entries, set and moved in constant time.
//
// libwebsockets' own timers are one sorted list (an insertion walks it), which is why keepalive,
// init timeout and the end of closing connections run here: a connection has one entry, and its
// state decides what the deadline means. Resolution is kSlotMs; a deadline beyond the horizon
// (about 100 s) fires early at the horizon, so a handler looks whether its time has really come and
// schedules again if not. One thread; time is whatever monotonic milliseconds the caller passes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parlor::wsd {

class TimerWheel {
 public:
  static constexpr int64_t kSlotMs = 100;
  static constexpr int64_t kSlots = 1024;

  // Base of what can be scheduled. Takes itself out when it is destroyed.
  class Entry {
   public:
    Entry() = default;
    ~Entry() { Unlink(); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class TimerWheel;
    void Unlink();
    void LinkBefore(Entry& place);
    bool linked() const { return next_ != nullptr; }
    Entry* next_ = nullptr;
    Entry* previous_ = nullptr;
  };

  explicit TimerWheel(int64_t now_ms);

  // `entry` fires once, at the first Advance at or after `due_ms` (never within the Advance that
  // runs now). Replaces its earlier deadline.
  void Schedule(Entry& entry, int64_t due_ms);

  // Calls `fire(Entry&)` for each entry whose time has come, already taken out. It may schedule and
  // destroy any entry.
  template <typename Fire>
  void Advance(int64_t now_ms, Fire&& fire) {
    const int64_t last = now_ms / kSlotMs;
    if (last - tick_ > kSlots) tick_ = last - kSlots;  // asleep for long: each slot once
    Ring ripe;  // taken out first: what is scheduled while these fire is for a later Advance
    while (tick_ < last) TakeSlot(++tick_, ripe);
    while (Entry* entry = ripe.First()) {
      entry->Unlink();
      fire(*entry);
    }
  }

 private:
  // A circular list with a sentinel.
  struct Ring {
    Ring();
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    Entry* First();
    Entry head;
  };
  void TakeSlot(int64_t tick, Ring& into);

  int64_t tick_;  // the last one that was fired
  std::array<Ring, kSlots> slots_;
};

}  // namespace parlor::wsd
