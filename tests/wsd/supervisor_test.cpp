#include "wsd/supervisor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace parlor::wsd {
namespace {

// systemd's end of the socket.
class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "parlor-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder + "/notify";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    setenv("WATCHDOG_USEC", "20000000", 1);
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(socket_);
    std::filesystem::remove_all(folder_);
  }

  // What has been said since the last call.
  std::string Heard() {
    std::string all;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = recv(socket_, buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<size_t>(n)).append("\n");
    }
    return all;
  }

  int socket_ = -1;
  std::filesystem::path folder_;
};

TEST_F(SupervisorTest, IsReadyWhenToldSo) {
  Supervisor supervisor;
  EXPECT_FALSE(supervisor.ready());
  EXPECT_EQ(Heard(), "STATUS=Waiting for the database.\n");
  supervisor.Ready();
  EXPECT_TRUE(supervisor.ready());
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=Serving.\n");
}

TEST_F(SupervisorTest, PingsTwiceInTheWatchdogsTimeAlsoBeforeItIsReady) {
  Supervisor supervisor;
  Heard();
  int pings = 0;
  for (int64_t now = 1000; now < 31000; now += 100) {
    supervisor.Alive(now, 3);
    if (Heard().find("WATCHDOG=1\n") != std::string::npos) ++pings;
  }
  EXPECT_EQ(pings, 3);
}

TEST_F(SupervisorTest, WithoutAWatchdogThereAreNoPings) {
  unsetenv("WATCHDOG_USEC");
  Supervisor supervisor;
  supervisor.Stopping();
  Heard();
  for (int64_t now = 1000; now < 31000; now += 100) supervisor.Alive(now, 3);
  EXPECT_EQ(Heard(), "");
}

TEST_F(SupervisorTest, AsksForMoreTimeUntilItIsReady) {
  unsetenv("WATCHDOG_USEC");
  Supervisor supervisor;
  Heard();
  for (int64_t now = 1000; now < 31000; now += 100) supervisor.Alive(now, 3);
  const std::string ask = "EXTEND_TIMEOUT_USEC=60000000\n";
  EXPECT_EQ(Heard(), ask + ask + ask);
  supervisor.Ready();
  Heard();
  supervisor.Alive(41000, 3);
  supervisor.Alive(61000, 3);
  EXPECT_EQ(Heard(), "STATUS=Serving 3 connections.\n");
}

// Whoever waits for the start, as a boot or an upgrade, must hear that it fails.
TEST_F(SupervisorTest, AsksForMoreTimeForFiveMinutesOnly) {
  unsetenv("WATCHDOG_USEC");
  Supervisor supervisor;
  int64_t last_ask = 0;
  for (int64_t now = 1000; now < 2000000; now += 1000) {
    Heard();
    supervisor.Alive(now, 0);
    if (!Heard().empty()) last_ask = now;
  }
  EXPECT_EQ(last_ask, 291000);
}

TEST_F(SupervisorTest, TheStatusNamesTheConnections) {
  unsetenv("WATCHDOG_USEC");
  Supervisor supervisor;
  supervisor.Ready();
  Heard();
  supervisor.Alive(1000, 3);
  EXPECT_EQ(Heard(), "");
  supervisor.Alive(6000, 4);
  EXPECT_EQ(Heard(), "STATUS=Serving 4 connections.\n");
}

TEST_F(SupervisorTest, AReloadBeginsAtATimeAndEndsWithItsOutcome) {
  Supervisor supervisor;
  supervisor.Ready();
  Heard();
  supervisor.Reloading();
  const std::string begun = Heard();
  EXPECT_EQ(begun.find("RELOADING=1\nMONOTONIC_USEC="), 0U) << begun;
  supervisor.Reloaded("Reloaded the configuration.");
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=Reloaded the configuration.\n");
}

// READY=1 of a reload must not say that the start is over.
TEST_F(SupervisorTest, AReloadBeforeItIsReadyDoesNotMakeItReady) {
  Supervisor supervisor;
  Heard();
  supervisor.Reloaded("Reloaded the configuration.");
  EXPECT_EQ(Heard(), "STATUS=Reloaded the configuration.\n");
  EXPECT_FALSE(supervisor.ready());
}

TEST_F(SupervisorTest, SaysThatItStops) {
  Supervisor supervisor;
  supervisor.Ready();
  Heard();
  supervisor.Stopping();
  EXPECT_EQ(Heard().find("STOPPING=1\n"), 0U);
}

TEST_F(SupervisorTest, WithoutSystemdNothingIsSaid) {
  unsetenv("NOTIFY_SOCKET");
  Supervisor supervisor;
  supervisor.Ready();
  supervisor.Stopping();
  EXPECT_EQ(Heard(), "");
}

}  // namespace
}  // namespace parlor::wsd
