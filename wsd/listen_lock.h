// One daemon a socket: a lock on a file next to the listening unix socket.
//
// libwebsockets unlinks the path and binds without looking whether somebody listens there, so a
// second daemon started by mistake would take the socket over silently. The lock is the kernel's
// (flock): it ends with the process, however that ends. Socket and lock file are removed by the
// destructor; who dies leaves them. In the lock file stands a name that was drawn by lot: who takes
// the lock and finds one there comes after a daemon that is dead for sure, and inherits its name.
// Other machines, and other mounts, with the same path have other names.
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

  const std::string& name() const { return name_; }  // 16 hexadecimal digits

  // For an end without the rest of the good-bye: the next one still finds the name.
  void RemoveSocket() const;

 private:
  ListenLock(std::string socket_path, int descriptor);
  Status ReadOrDrawName();
  std::string socket_path_;
  int descriptor_;
  std::string name_;
};

}  // namespace parlor::wsd
