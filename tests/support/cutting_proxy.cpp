#include "tests/support/cutting_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "common/check.h"

namespace parlor::testing {
namespace {

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PARLOR_CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int Connected(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(path);
  PARLOR_CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string path, std::string target)
    : path_(std::move(path)), target_(std::move(target)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(path_);
  PARLOR_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  PARLOR_CHECK(listen(listener_, 16) == 0);
  thread_ = std::thread([this] { Loop(); });
}

CuttingProxy::~CuttingProxy() {
  stop_ = true;
  thread_.join();
  for (const Link& link : links_) {
    close(link.client);
    close(link.server);
  }
  close(listener_);
  unlink(path_.c_str());
}

void CuttingProxy::CutAt(std::string bytes, Cut cut, int times) {
  const std::lock_guard lock(mutex_);
  bytes_ = std::move(bytes);
  cut_ = cut;
  cuts_left_ = times;
}

void CuttingProxy::Loop() {
  while (!stop_) {
    std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      fds.push_back({link.client, POLLIN, 0});
      fds.push_back({link.server, POLLIN, 0});
    }
    if (poll(fds.data(), fds.size(), 20) <= 0) continue;
    std::vector<Link> left;
    for (size_t i = 0; i < links_.size(); ++i) {
      const bool alive = (fds[1 + 2 * i].revents == 0 || Pump(links_[i], true)) &&
                         (fds[2 + 2 * i].revents == 0 || Pump(links_[i], false));
      if (alive) {
        left.push_back(links_[i]);
      } else {
        close(links_[i].client);
        close(links_[i].server);
      }
    }
    links_ = std::move(left);
    if (fds[0].revents != 0) {
      links_.push_back({accept(listener_, nullptr, nullptr), Connected(target_)});
      ++connections_;
    }
  }
}

// How a packet of a client costs its connection; nullopt: it passes.
std::optional<CuttingProxy::Cut> CuttingProxy::CutFor(std::string_view packet) {
  const std::lock_guard lock(mutex_);
  if (cuts_left_ <= 0 || packet.find(bytes_) == std::string_view::npos) return std::nullopt;
  --cuts_left_;
  return cut_;
}

// False: the link is to be broken.
bool CuttingProxy::Pump(Link& link, bool from_client) {
  char data[65536];
  const ssize_t size = read(from_client ? link.client : link.server, data, sizeof data);
  if (size <= 0) return false;
  const std::string_view text(data, static_cast<size_t>(size));
  const std::optional<Cut> cut = from_client ? CutFor(text) : std::nullopt;
  if (cut == Cut::kBeforeServer) return false;
  const int to = from_client ? link.server : link.client;
  if (write(to, data, static_cast<size_t>(size)) != size) return false;
  if (!cut) return true;
  (void)!read(link.server, data, sizeof data);  // the server has answered: it is done
  return false;
}

}  // namespace parlor::testing
