#include "wsd/server.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>

#include "common/clock.h"

namespace parlor::wsd {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "parlor-server-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    config_.socket.listen_path = folder_ / "wsd.sock";
    config_.socket.listen_port = 0;
    config_.socket.listen_owner.clear();
  }
  ~ServerTest() override { std::filesystem::remove_all(folder_); }

  // 0, or the error of the attempt.
  int Connect() const {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    config_.socket.listen_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int error =
        connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0
            ? 0
            : errno;
    close(descriptor);
    return error;
  }

  std::filesystem::path folder_;
  Config config_;
  const SystemClock clock_;
  Gateway gateway_{
      config_, clock_,
      Threads{[](const WriteMessage&) { return false; }, [](const LookupCommand&) { return false; },
              [](const PresenceCommand&) { return true; }, [](const EventDone&) { return true; },
              [](const AskBot&) { return true; }}};
};

TEST_F(ServerTest, WhoConnectsAfterTheEndIsRefusedAtOnce) {
  auto server = Server::Create(config_, gateway_, [] {});
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(Connect(), 0) << "the kernel keeps it until the loop runs";
  kill(getpid(), SIGTERM);
  (*server)->Run();
  const int error = Connect();
  EXPECT_TRUE(error == ECONNREFUSED || error == ENOENT) << error;
  (*server)->Wake();  // threads may still do so
}

TEST_F(ServerTest, OneSignalToAServerThatEndsByItselfDoesNotCutThatShort) {
  auto server = Server::Create(config_, gateway_, [] {});
  ASSERT_TRUE(server.ok());
  (*server)->End("for the test");
  kill(getpid(), SIGTERM);
  (*server)->Run();  // at once would be the end of this process
}

}  // namespace
}  // namespace parlor::wsd
