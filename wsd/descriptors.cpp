#include "wsd/descriptors.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace parlor::wsd {
namespace {

// libwebsockets 4.1 allocates its tables by this limit (16 bytes each), and above 10 million it
// silently falls back to 2,560.
constexpr rlim_t kMostUseful = 1048576;

}  // namespace

Result<int64_t> SetDescriptorLimit(int64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Status(ErrorCode::kInternal, "The descriptor limit can't be read.");
  }
  const rlim_t target =
      wanted > 0 ? static_cast<rlim_t>(wanted) : std::min(limit.rlim_cur, kMostUseful);
  limit.rlim_cur = target;
  limit.rlim_max = std::max(limit.rlim_max, target);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Status::InvalidField("socket.max_descriptors",
                                "A limit of " + std::to_string(target) +
                                    " descriptors is not granted (" +
                                    std::generic_category().message(errno) +
                                    "): raise LimitNOFILE or ulimit -n, or lower the option.");
  }
  return static_cast<int64_t>(target);
}

int64_t ConnectionLimit(int64_t wanted, int64_t descriptors) {
  const int64_t fit = std::max<int64_t>(descriptors - kReservedDescriptors, 1);
  return wanted > 0 ? std::min(wanted, fit) : fit;
}

std::vector<int> ListeningDescriptors() {
  std::vector<int> listening;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    int accepts = 0;
    socklen_t length = sizeof(accepts);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0 && accepts != 0) {
      listening.push_back(descriptor);
    }
  }
  return listening;
}

}  // namespace parlor::wsd
