// How many passwords are hashed at once on this machine, over all worker processes: a hash takes
// tens of milliseconds of a core and tens of MiB, so a flood of logins must queue, not pile up.
//
// A slot is a lock (flock) on one of `password.max_concurrent_hashes` files in
// `password.slots_path`. The kernel lets it go when its process dies, however it dies. One thread;
// open it after any fork (a lock belongs to the open file, which a child shares).
#pragma once

#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/status.h"

namespace parlor::fcgi {

class HashSlots {
 public:
  // Makes the folder (its parent must exist) and the files. The error says which one it was.
  static Result<std::unique_ptr<HashSlots>> Open(const PasswordConfig& config, const Clock& clock);
  ~HashSlots();
  HashSlots(const HashSlots&) = delete;
  HashSlots& operator=(const HashSlots&) = delete;

 private:
  struct File {
    int descriptor = -1;
    bool taken = false;  // by us: the kernel would give us the same lock again
  };

 public:
  // A slot that is ours until it is destroyed. Must not outlive its HashSlots.
  class Slot {
   public:
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class HashSlots;
    explicit Slot(File* file) : file_(file) {}
    File* file_;  // null: moved away
  };

  // Waits up to `password.hash_wait_ms`, then kUnavailable with retry_after_ms.
  Result<Slot> Acquire();

 private:
  HashSlots(int64_t wait_ms, const Clock& clock) : wait_ms_(wait_ms), clock_(clock) {}
  std::vector<File> files_;  // never changed after Open: a Slot points into it
  int64_t wait_ms_;
  const Clock& clock_;
};

}  // namespace parlor::fcgi
