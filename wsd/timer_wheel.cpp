#include "wsd/timer_wheel.h"

#include <algorithm>

namespace parlor::wsd {

void TimerWheel::Entry::Unlink() {
  if (!linked()) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

void TimerWheel::Entry::LinkBefore(Entry& place) {
  next_ = &place;
  previous_ = place.previous_;
  previous_->next_ = this;
  place.previous_ = this;
}

TimerWheel::Ring::Ring() { head.next_ = head.previous_ = &head; }

TimerWheel::Ring::~Ring() {
  while (Entry* entry = First()) entry->Unlink();
  head.next_ = head.previous_ = nullptr;
}

TimerWheel::Entry* TimerWheel::Ring::First() { return head.next_ == &head ? nullptr : head.next_; }

TimerWheel::TimerWheel(int64_t now_ms) : tick_(now_ms / kSlotMs) {}

void TimerWheel::Schedule(Entry& entry, int64_t due_ms) {
  entry.Unlink();
  const int64_t tick = std::clamp((due_ms + kSlotMs - 1) / kSlotMs, tick_ + 1, tick_ + kSlots - 1);
  entry.LinkBefore(slots_[static_cast<size_t>(tick % kSlots)].head);
}

void TimerWheel::TakeSlot(int64_t tick, Ring& into) {
  Ring& slot = slots_[static_cast<size_t>(tick % kSlots)];
  while (Entry* entry = slot.First()) {
    entry->Unlink();
    entry->LinkBefore(into.head);
  }
}

}  // namespace parlor::wsd
