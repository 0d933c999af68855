// A unix socket in front of the database that breaks the connection at a chosen statement, which is
// how a lost COMMIT is made on purpose. Speaks nothing itself: it looks for bytes in what passes.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace parlor::testing {

class CuttingProxy {
 public:
  enum class Cut { kBeforeServer, kBeforeAnswer };  // the server never sees it; or it has acted

  // Listens at `path` for clients of the server at `target`. One thread of its own.
  CuttingProxy(std::string path, std::string target);
  ~CuttingProxy();

  // The next `times` packets that contain `bytes` cost their connection.
  void CutAt(std::string bytes, Cut cut, int times = 1);
  int cuts_left() const { return cuts_left_; }
  int connections() const { return connections_; }

 private:
  struct Link {
    int client = -1, server = -1;
  };
  void Loop();
  bool Pump(Link& link, bool from_client);
  std::optional<Cut> CutFor(std::string_view packet);

  const std::string path_, target_;
  int listener_ = -1;
  std::mutex mutex_;  // of the two below
  std::string bytes_;
  Cut cut_ = Cut::kBeforeServer;
  std::atomic<int> cuts_left_{0};
  std::atomic<int> connections_{0};
  std::atomic<bool> stop_{false};
  std::vector<Link> links_;
  std::thread thread_;
};

}  // namespace parlor::testing
