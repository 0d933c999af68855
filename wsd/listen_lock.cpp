#include "wsd/listen_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace parlor::wsd {
namespace {

constexpr size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

std::string LockPath(const std::string& socket_path) { return socket_path + ".lock"; }

std::string ErrnoText() { return std::generic_category().message(errno); }

// Whether the path still names the file that we locked: the last holder removed it on its way out.
bool StillThere(int descriptor, const std::string& path) {
  struct stat locked {};
  struct stat named {};
  return fstat(descriptor, &locked) == 0 && stat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace

Result<ListenLock> ListenLock::Take(const std::string& socket_path) {
  if (socket_path.size() > kMaxPathBytes) {
    return Status::InvalidField("socket.listen_path", "The path " + socket_path +
                                                          " is longer than a unix socket's may be "
                                                          "(107 bytes).");
  }
  const std::string path = LockPath(socket_path);
  for (;;) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
      return Status(ErrorCode::kUnavailable, "Can't create " + path + ": " + ErrnoText() + ".");
    }
    ListenLock lock(socket_path, descriptor);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      close(std::exchange(lock.descriptor_, -1));
      return Status(ErrorCode::kConflict,
                    "Another parlor-wsd listens on " + socket_path + " already.");
    }
    if (StillThere(descriptor, path)) return lock;
    close(std::exchange(lock.descriptor_, -1));
  }
}

ListenLock::ListenLock(std::string socket_path, int descriptor)
    : socket_path_(std::move(socket_path)), descriptor_(descriptor) {}

ListenLock::ListenLock(ListenLock&& other) noexcept
    : socket_path_(std::move(other.socket_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

ListenLock::~ListenLock() {
  if (descriptor_ < 0) return;
  RemoveFiles();
  close(descriptor_);
}

void ListenLock::RemoveFiles() const {
  unlink(socket_path_.c_str());
  unlink(LockPath(socket_path_).c_str());
}

}  // namespace parlor::wsd
