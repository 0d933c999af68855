// What waits to be written to one connection: shared frames, bounded by bytes.
//
// Full case: Push refuses and changes nothing; the connection is then closed with 4408. Loop's
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wsd/frame.h"

namespace parlor::wsd {

class OutQueue {
 public:
  explicit OutQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  // False: `frame` does not fit any more.
  bool Push(SharedFrame frame) {
    if (bytes_ + frame->size() > max_bytes_) return false;
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
    return true;
  }

  // The close frame: goes in whatever is there, and nothing may follow it.
  void PushLast(SharedFrame frame) {
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
  }

  // Appends whole frames to `out`, oldest first, as long as they fit into `max_bytes`; at least
  // one. Returns how many.
  size_t TakeInto(std::string& out, size_t max_bytes) {
    size_t taken = 0;
    while (!empty()) {
      const std::string& frame = *frames_[head_];
      if (taken > 0 && out.size() + frame.size() > max_bytes) break;
      out.append(frame);
      bytes_ -= frame.size();
      frames_[head_++].reset();
      ++taken;
    }
    if (empty()) {
      Clear();
    } else if (head_ > kKeptCapacity && head_ * 2 > frames_.size()) {
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return taken;
  }

  void Clear() {
    head_ = bytes_ = 0;
    if (frames_.capacity() > kKeptCapacity) {
      std::vector<SharedFrame>().swap(frames_);
    } else {
      frames_.clear();
    }
  }

  bool empty() const { return head_ == frames_.size(); }
  size_t bytes() const { return bytes_; }
  // With those of frames that were taken and not yet cleared away: at most twice as many as wait,
  // but for a few.
  size_t slots() const { return frames_.size(); }

 private:
  static constexpr size_t kKeptCapacity = 64;  // slots an idle connection may keep
  const size_t max_bytes_;
  size_t bytes_ = 0;
  size_t head_ = 0;  // index of the oldest
  std::vector<SharedFrame> frames_;
};

}  // namespace parlor::wsd
