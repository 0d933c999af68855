#include "tests/support/database_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "common/check.h"

namespace parlor::testing {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PARLOR_CHECK(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// One packet of the client/server protocol: length, number, COM_QUERY, text.
bool IsCommit(const std::string& bytes) {
  return bytes.size() == 11 && bytes.substr(4) ==
                                   "\x03"
                                   "COMMIT";
}

}  // namespace

DatabaseProxy::DatabaseProxy(std::string listen_path, std::string server_path)
    : listen_path_(std::move(listen_path)), server_path_(std::move(server_path)) {
  listener_ = NewSocket();
  const sockaddr_un address = AddressOf(listen_path_);
  unlink(listen_path_.c_str());
  PARLOR_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  PARLOR_CHECK(listen(listener_, 64) == 0);
  PARLOR_CHECK(pipe(wake_) == 0);
  thread_ = std::thread([this] { Run(); });
}

DatabaseProxy::~DatabaseProxy() {
  stop_ = true;
  PARLOR_CHECK(write(wake_[1], "x", 1) == 1);
  thread_.join();
  EndAll();
  for (const int fd : {listener_, wake_[0], wake_[1]}) close(fd);
  unlink(listen_path_.c_str());
}

void DatabaseProxy::CutCommits(Cut how, int times) {
  std::lock_guard lock(mutex_);
  how_ = how;
  cuts_left_ = times;
}

void DatabaseProxy::SetAway(bool away) {
  away_ = away;
  PARLOR_CHECK(write(wake_[1], "x", 1) == 1);
}

void DatabaseProxy::Run() {
  while (!stop_) {
    std::vector<pollfd> fds = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    for (const auto& [fd, peer] : peers_) fds.push_back({fd, POLLIN, 0});
    poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) {
      std::array<char, 16> ignored{};
      PARLOR_CHECK(read(wake_[0], ignored.data(), ignored.size()) > 0);
    }
    if (away_) EndAll();
    if (fds[0].revents != 0) Accept();
    for (size_t i = 2; i < fds.size(); ++i) {
      if (fds[i].revents != 0 && peers_.contains(fds[i].fd)) Pass(fds[i].fd);
    }
  }
}

void DatabaseProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = NewSocket();
  const sockaddr_un address = AddressOf(server_path_);
  if (away_ || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ++turned_away_;
    close(client);
    close(server);
    return;
  }
  peers_[client] = Peer{server, true};
  peers_[server] = Peer{client, false};
}

void DatabaseProxy::Pass(int fd) {
  std::string bytes(65536, '\0');
  const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return End(fd);
  bytes.resize(static_cast<size_t>(count));
  const Peer& peer = peers_[fd];
  if (peer.cut_on_answer) return End(fd);
  if (peer.is_client && IsCommit(bytes) && CutHere(fd, bytes)) return;
  if (!SendAll(peer.other, bytes)) End(fd);
}

bool DatabaseProxy::CutHere(int fd, const std::string& bytes) {
  Cut how = Cut::kBeforeCommit;
  {
    std::lock_guard lock(mutex_);
    if (cuts_left_ == 0) return false;
    --cuts_left_;
    how = how_;
  }
  ++cut_;  // before whoever waits can see the effect
  if (away_with_cut_.exchange(false)) away_ = true;
  const int server = peers_[fd].other;
  if (how == Cut::kBeforeCommit) {
    End(fd);
  } else {
    SendAll(server, bytes);
    peers_[server].cut_on_answer = true;
    if (how == Cut::kDuringCommit) {
      peers_[server].other = -1;
      peers_.erase(fd);
      close(fd);
    }
  }
  return true;
}

void DatabaseProxy::End(int fd) {
  const auto it = peers_.find(fd);
  if (it == peers_.end()) return;
  const int other = it->second.other;
  peers_.erase(it);
  close(fd);
  if (other >= 0 && peers_.erase(other) > 0) close(other);
}

// A server that is still to finish a COMMIT whose client is gone is let finish.
void DatabaseProxy::EndAll() {
  std::vector<int> ending;
  for (const auto& [fd, peer] : peers_) {
    const auto other = peers_.find(peer.other);
    const bool finishing =
        peer.cut_on_answer || (other != peers_.end() && other->second.cut_on_answer);
    if (stop_ || !finishing) ending.push_back(fd);
  }
  for (const int fd : ending) End(fd);
}

}  // namespace parlor::testing
