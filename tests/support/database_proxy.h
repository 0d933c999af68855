// A proxy between a program and its database server that breaks connections on purpose: the real
// thing at the moment that matters.
//
// Listens on a unix socket of its own and passes everything on to the server's. Any thread; one
// thread inside.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace parlor::testing {

class DatabaseProxy {
 public:
  enum class Cut {
    kBeforeCommit,  // COMMIT never reaches the server: it rolls back
    kAfterCommit,   // the server has committed; its answer is lost
    kDuringCommit,  // COMMIT is on its way when the connection breaks
  };

  DatabaseProxy(std::string listen_path, std::string server_path);
  ~DatabaseProxy();
  DatabaseProxy(const DatabaseProxy&) = delete;
  DatabaseProxy& operator=(const DatabaseProxy&) = delete;

  const std::string& path() const { return listen_path_; }

  // The next `times` COMMITs lose their connection.
  void CutCommits(Cut how, int times = 1);
  // As soon as the next COMMIT has been cut, new connections are turned away as well, until
  // SetAway(false): in doubt, and the database is gone.
  void GoAwayWithNextCut() { away_with_cut_ = true; }
  // Away: all connections end, new ones are turned away.
  void SetAway(bool away);
  int commits_cut() const { return cut_; }
  int turned_away() const { return turned_away_; }

 private:
  struct Peer {
    int other = -1;
    bool is_client = false;
    bool cut_on_answer = false;  // the server's side of a COMMIT whose answer is to be lost
  };

  void Run();
  void Accept();
  void Pass(int fd);
  bool CutHere(int fd, const std::string& bytes);
  void End(int fd);
  void EndAll();

  const std::string listen_path_, server_path_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::map<int, Peer> peers_;  // the thread's own
  std::mutex mutex_;
  Cut how_ = Cut::kBeforeCommit;
  int cuts_left_ = 0;
  std::atomic<bool> away_{false}, away_with_cut_{false}, stop_{false};
  std::atomic<int> cut_{0}, turned_away_{0};
  std::thread thread_;
};

}  // namespace parlor::testing
