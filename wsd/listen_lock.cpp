#include "wsd/listen_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/token.h"

namespace parlor::wsd {
namespace {

constexpr size_t kNameBytes = 16;
constexpr size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

std::string LockPath(const std::string& socket_path) { return socket_path + ".lock"; }

bool IsName(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

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
    if (StillThere(descriptor, path)) {
      PARLOR_RETURN_IF_ERROR(lock.ReadOrDrawName());
      return lock;
    }
    close(std::exchange(lock.descriptor_, -1));
  }
}

ListenLock::ListenLock(std::string socket_path, int descriptor)
    : socket_path_(std::move(socket_path)), descriptor_(descriptor) {}

ListenLock::ListenLock(ListenLock&& other) noexcept
    : socket_path_(std::move(other.socket_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)) {}

Status ListenLock::ReadOrDrawName() {
  std::string found(kNameBytes, '\0');
  const ssize_t got = pread(descriptor_, found.data(), found.size(), 0);
  if (got == static_cast<ssize_t>(kNameBytes) && IsName(found)) {
    name_ = std::move(found);
    return Ok();
  }
  const TokenHash drawn = Sha256(GenerateToken());
  name_ = ToHex(BytesOf(drawn).substr(0, kNameBytes / 2));
  if (pwrite(descriptor_, name_.data(), name_.size(), 0) == static_cast<ssize_t>(name_.size())) {
    return Ok();
  }
  return Status(ErrorCode::kUnavailable,
                "Can't write " + LockPath(socket_path_) + ": " + ErrnoText() + ".");
}

ListenLock::~ListenLock() {
  if (descriptor_ < 0) return;
  RemoveSocket();
  unlink(LockPath(socket_path_).c_str());
  close(descriptor_);
}

void ListenLock::RemoveSocket() const { unlink(socket_path_.c_str()); }

}  // namespace parlor::wsd
