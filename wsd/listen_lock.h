// One daemon a socket: a lock on a file next to the listening unix socket.
//
// libwebsockets unlinks the path and binds without looking whether somebody listens there, so a
// second daemon started by mistake would take the socket over silently. The lock is the kernel's
// (flock): it ends with the process, however that ends. Socket and lock file are removed by the
// destructor.
#pragma once

#include <string>

#include "common/status.h"

namespace parlor::wsd {

class ListenLock {
 public:
  // kConflict when another process holds it, kInvalidField for a path that can't be listened on.
  static Result<ListenLock> Take(const std::string& socket_path);

  ListenLock(ListenLock&& other) noexcept;
  ListenLock& operator=(ListenLock&&) = delete;
  ~ListenLock();

  void RemoveFiles() const;

 private:
  ListenLock(std::string socket_path, int descriptor);
  std::string socket_path_;
  int descriptor_;
};

}  // namespace parlor::wsd
