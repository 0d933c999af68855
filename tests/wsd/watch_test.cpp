// What the daemon says about itself, with a clock of the test's own and threads that never run.
#include "wsd/watch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "tests/support/fake_clock.h"

namespace parlor::wsd {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class WatchTest : public ::testing::Test {
 protected:
  void Turn(bool presence_loaded = true) {
    LoopReport report;
    report.at_ms = clock_.MonotonicMs();
    report.presence_loaded = presence_loaded;
    report.draining = draining_;
    board_.Publish(report);
  }

  Config config_;
  FakeClock clock_;
  bool draining_ = false;
  LoopBoard board_;
  Queue<LoopItem> mailbox_{100};
  WriterPool writers_{config_, clock_, mailbox_};
  Lookup lookup_{config_, clock_, mailbox_};
  Presence presence_{config_, clock_, mailbox_};
  BusReader bus_reader_{config_, clock_, mailbox_};
  Mailer mailer_{config_, clock_};
  Bot bot_{config_, clock_, mailbox_};
  Watch watch_{config_,
               clock_,
               {board_, mailbox_, writers_, lookup_, presence_, bus_reader_, mailer_, bot_},
               100};
};

TEST_F(WatchTest, LoopThatHasNotTurnedForLongIsStuck) {
  EXPECT_EQ(watch_.Answer("/health").status, 200) << "it starts";
  Turn();
  clock_.Advance(config_.metrics.stuck_after_ms - 1);
  EXPECT_EQ(watch_.Answer("/health").status, 200);
  clock_.Advance(1);
  EXPECT_EQ(watch_.Answer("/health").status, 503);
  EXPECT_THAT(watch_.Answer("/health").body, HasSubstr("\"loop\""));
  Turn();
  EXPECT_EQ(watch_.Answer("/health").status, 200);
}

TEST_F(WatchTest, StartThatTakesTooLongIsStuckToo) {
  clock_.Advance(config_.metrics.stuck_after_ms);
  EXPECT_EQ(watch_.Answer("/health").status, 503);
}

TEST_F(WatchTest, ReadySaysWhatIsMissing) {
  EXPECT_THAT(watch_.Missing(), Contains("loop"));
  Turn(false);
  EXPECT_THAT(watch_.Missing(), ::testing::ElementsAre("presence", "database"));
  draining_ = true;
  Turn();
  EXPECT_THAT(watch_.Missing(), Contains("ending"));
  const WatchAnswer answer = watch_.Answer("/ready");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.type, "application/json");
  EXPECT_THAT(answer.body, HasSubstr("\"missing\":[\"ending\",\"database\"]"));
}

TEST_F(WatchTest, NothingElseIsThere) {
  EXPECT_EQ(watch_.Answer("/").status, 404);
  EXPECT_EQ(watch_.Answer("/metrics/").status, 404);
  EXPECT_EQ(watch_.Answer("/metrics").status, 200);
}

// ---- The server

class MetricsServerTest : public ::testing::Test {
 protected:
  static int Listening(uint16_t* port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0) return -1;
    listen(descriptor, 1);
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    *port = ntohs(address.sin_port);
    return descriptor;
  }
  static uint16_t FreePort() {
    uint16_t port = 0;
    close(Listening(&port));
    return port;
  }
  static std::string Ask(uint16_t port, const std::string& request) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    std::string answer;
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
        send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      std::array<char, 4096> buffer{};
      for (ssize_t count = 1; count > 0;) {
        count = recv(descriptor, buffer.data(), buffer.size(), 0);
        if (count > 0) answer.append(buffer.data(), static_cast<size_t>(count));
      }
    }
    close(descriptor);
    return answer;
  }
  static std::string Line(const std::string& method, const std::string& path) {
    return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
};

TEST_F(MetricsServerTest, AnswersWithWhatTheFunctionSays) {
  const uint16_t port = FreePort();
  auto server =
      MetricsServer::Start("127.0.0.1:" + std::to_string(port), [](std::string_view path) {
        return path == "/ready" ? WatchAnswer{503, "application/json", "{}"}
                                : WatchAnswer{200, "text/plain", "found " + std::string(path)};
      });
  ASSERT_TRUE(server.ok()) << server.status().message();
  EXPECT_THAT(Ask(port, Line("GET", "/metrics")), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Ask(port, Line("GET", "/metrics")), HasSubstr("\r\n\r\nfound /metrics"));
  EXPECT_THAT(Ask(port, Line("HEAD", "/metrics")), Not(HasSubstr("found")));
  EXPECT_THAT(Ask(port, Line("GET", "/ready")), StartsWith("HTTP/1.1 503 Service Unavailable"));
  EXPECT_THAT(Ask(port, Line("GET", "/../../etc/passwd")), Not(HasSubstr("root")));
  for (const std::string method : {"POST", "PUT", "DELETE"}) {
    EXPECT_THAT(Ask(port, Line(method, "/metrics")), Not(HasSubstr(" 200 "))) << method;
  }
}

TEST_F(MetricsServerTest, ConnectionsThatSayNothingHoldUpNobody) {
  const uint16_t port = FreePort();
  auto server = MetricsServer::Start("127.0.0.1:" + std::to_string(port),
                                     [](std::string_view) { return WatchAnswer{}; });
  ASSERT_TRUE(server.ok()) << server.status().message();
  std::array<int, 10> silent{};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  for (int& descriptor : silent) {
    descriptor = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  EXPECT_THAT(Ask(port, Line("GET", "/")), StartsWith("HTTP/1.1 200 OK\r\n"));
  for (const int descriptor : silent) {
    char byte = 0;
    EXPECT_EQ(recv(descriptor, &byte, 1, MSG_DONTWAIT), -1) << "answered when that was hung up on";
    close(descriptor);
  }
}

TEST_F(MetricsServerTest, PortThatIsTakenIsSaid) {
  uint16_t port = 0;
  const int taken = Listening(&port);
  const std::string listen = "127.0.0.1:" + std::to_string(port);
  const auto server = MetricsServer::Start(listen, [](std::string_view) { return WatchAnswer{}; });
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.status().message(), HasSubstr(listen));
  close(taken);
}

TEST_F(MetricsServerTest, AnswersWithDescriptorsBeyondWhatSelectCanTake) {
  std::array<int, 1100> descriptors{};
  for (int& descriptor : descriptors) descriptor = dup(STDERR_FILENO);
  if (descriptors.back() < 0) GTEST_SKIP() << "the limit of descriptors is too low to try";
  const uint16_t port = FreePort();
  auto server = MetricsServer::Start("127.0.0.1:" + std::to_string(port), [](std::string_view) {
    return WatchAnswer{200, "text/plain", "here"};
  });
  ASSERT_TRUE(server.ok());
  EXPECT_THAT(Ask(port, Line("GET", "/metrics")), HasSubstr("here"));
  server->reset();
  for (const int descriptor : descriptors) close(descriptor);
}

}  // namespace
}  // namespace parlor::wsd
