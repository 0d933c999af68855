#include "fcgi/hash_slots.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

namespace parlor::fcgi {
namespace {

// flock knows no deadline, so waiting is trying again. Short beside the tens of milliseconds that a
// hash takes, long beside the microseconds that a round of tries takes.
constexpr long kStepNs = 5'000'000;  // NOLINT(google-runtime-int): timespec's type

Status FileError(const std::string& path) {
  return {ErrorCode::kInternal, "password.slots_path: " + path + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<HashSlots>> HashSlots::Open(const PasswordConfig& config,
                                                   const Clock& clock) {
  if (config.slots_path.empty()) {
    return Status(ErrorCode::kInternal, "password.slots_path: a folder is needed");
  }
  if (mkdir(config.slots_path.c_str(), 0770) != 0 && errno != EEXIST) {
    return FileError(config.slots_path);
  }
  std::unique_ptr<HashSlots> slots(new HashSlots(config.hash_wait_ms, clock));
  for (int64_t i = 0; i < config.max_concurrent_hashes; ++i) {
    const std::string path = config.slots_path + "/slot-" + std::to_string(i);
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (descriptor < 0) return FileError(path);
    slots->files_.push_back(File{descriptor});
  }
  return slots;
}

HashSlots::~HashSlots() {
  for (const File& file : files_) close(file.descriptor);
}

HashSlots::Slot::Slot(Slot&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}

HashSlots::Slot::~Slot() {
  if (file_ == nullptr) return;
  flock(file_->descriptor, LOCK_UN);
  file_->taken = false;
}

Result<HashSlots::Slot> HashSlots::Acquire() {
  const int64_t deadline_ms = clock_.MonotonicMs() + wait_ms_;
  while (true) {
    for (File& file : files_) {
      if (file.taken || flock(file.descriptor, LOCK_EX | LOCK_NB) != 0) continue;
      file.taken = true;
      return Slot(&file);
    }
    if (clock_.MonotonicMs() >= deadline_ms) break;
    const timespec step{0, kStepNs};
    nanosleep(&step, nullptr);  // a signal only makes this round shorter
  }
  return Status::RetryAfter(ErrorCode::kUnavailable, 1000,
                            "Too many people sign in at this moment. Please try again.");
}

}  // namespace parlor::fcgi
