// The program's edge with real descriptors: a child process that serves, and a parent that speaks
// CGI or FastCGI to it.
#include "fcgi/fcgi_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace parlor::fcgi {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kMaxBody = 1000;
constexpr int kDeadlineMs = 20'000;

// Says back what arrived.
Response Echo(const Request& request) {
  Response response;
  response.body = std::string(MethodName(request.method)) + " " + request.path + " [" +
                  request.body + "]" + (request.body_too_large ? " too large" : "") +
                  (std::getenv("HTTP_PROXY") != nullptr ? " proxy" : "");
  return response;
}

std::string ReadToEnd(int descriptor) {
  std::string all;
  char buffer[4096];
  pollfd item{descriptor, POLLIN, 0};
  while (poll(&item, 1, kDeadlineMs) == 1) {
    const ssize_t count = read(descriptor, buffer, sizeof buffer);
    if (count <= 0) break;
    all.append(buffer, static_cast<size_t>(count));
  }
  return all;
}

void WriteAll(int descriptor, std::string_view bytes) {
  ASSERT_EQ(write(descriptor, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

int ExitStatus(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// ---- CGI

using Environment = std::vector<std::pair<const char*, std::string>>;

std::string RunCgi(const Environment& environment, std::string_view input) {
  int in[2] = {};
  int out[2] = {};
  EXPECT_EQ(pipe(in), 0);
  EXPECT_EQ(pipe(out), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    for (const auto& [name, value] : environment) setenv(name, value.c_str(), 1);
    PrepareProcess();
    _exit(StartedAsCgi() && !StartedByHand() ? ServeCgi(kMaxBody, Echo) : 99);
  }
  close(out[1]);
  WriteAll(in[1], input);  // and our end stays open: a server need not close it
  std::string answer = ReadToEnd(out[0]);
  for (const int descriptor : {in[0], in[1], out[0]}) close(descriptor);
  EXPECT_EQ(ExitStatus(child), 0);
  return answer;
}

TEST(CgiProgramTest, OneRequestFromTheEnvironmentIsAnswered) {
  EXPECT_EQ(
      RunCgi({{"REQUEST_METHOD", "PUT"}, {"PATH_INFO", "/x"}, {"CONTENT_LENGTH", "3"}}, "abcdef"),
      "Status: 200 OK\r\nContent-Length: 12\r\n\r\nPUT /x [abc]");
}

TEST(CgiProgramTest, AMissingOrBrokenLengthIsNoBody) {
  EXPECT_THAT(RunCgi({{"REQUEST_METHOD", "GET"}, {"CONTENT_LENGTH", ""}}, ""), HasSubstr("[]"));
  EXPECT_THAT(RunCgi({{"REQUEST_METHOD", "GET"}, {"CONTENT_LENGTH", "-5"}}, ""), HasSubstr("[]"));
}

TEST(CgiProgramTest, ABodyAboveTheLimitIsTooLarge) {
  EXPECT_THAT(
      RunCgi({{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", "1001"}}, std::string(1001, 'x')),
      HasSubstr("[] too large"));
}

TEST(CgiProgramTest, HeadHasNoBody) {
  EXPECT_EQ(RunCgi({{"REQUEST_METHOD", "HEAD"}, {"PATH_INFO", "/x"}}, ""),
            "Status: 200 OK\r\nContent-Length: 10\r\n\r\n");
}

TEST(CgiProgramTest, AProxyHeaderIsNotTheProxyVariable) {
  EXPECT_THAT(RunCgi({{"REQUEST_METHOD", "GET"}, {"HTTP_PROXY", "http://evil.example"}}, ""),
              Not(HasSubstr("proxy")));
}

// ---- FastCGI: as much of the protocol as a web server needs for one request a connection

constexpr char kBegin = 1;
constexpr char kParams = 4;
constexpr char kStdin = 5;
constexpr char kStdout = 6;

void AppendRecord(std::string& out, char type, std::string_view content) {
  const char header[] = {1,
                         type,
                         0,
                         1,
                         static_cast<char>(content.size() >> 8),
                         static_cast<char>(content.size() & 0xFF),
                         0,
                         0};
  out.append(header, sizeof header);
  out += content;
}

std::string FastCgiRequest(const Environment& parameters, std::string_view body) {
  std::string content;
  for (const auto& [name, value] : parameters) {
    content += static_cast<char>(std::string_view(name).size());
    content += static_cast<char>(value.size());
    content += name + value;
  }
  std::string out;
  AppendRecord(out, kBegin, std::string_view("\0\1\0\0\0\0\0\0", 8));
  AppendRecord(out, kParams, content);
  AppendRecord(out, kParams, "");
  if (!body.empty()) AppendRecord(out, kStdin, body);
  AppendRecord(out, kStdin, "");
  return out;
}

// The content of all stdout records.
std::string StdoutOf(std::string_view records) {
  std::string out;
  while (records.size() >= 8) {
    const auto at = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(records[i])); };
    const size_t length = at(4) << 8 | at(5);
    if (records[1] == kStdout) out += records.substr(8, length);
    records.remove_prefix(std::min(records.size(), 8 + length + at(6)));
  }
  return out;
}

class FastCgiProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "parlor-fcgi-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    address_.sun_family = AF_UNIX;
    (name + "/socket").copy(address_.sun_path, sizeof address_.sun_path - 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    ASSERT_EQ(listen(listener_, 16), 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(listener_, STDIN_FILENO);
      PrepareProcess();
      _exit(StartedAsCgi() ? 99 : ServeFastCgi(kMaxBody, Echo, [] { return std::nullopt; }));
    }
  }
  void TearDown() override {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(listener_);
    std::filesystem::remove_all(folder_);
  }

  int Connect() {
    const int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    return connection;
  }
  std::string Exchange(const Environment& parameters, std::string_view body) {
    const int connection = Connect();
    WriteAll(connection, FastCgiRequest(parameters, body));
    std::string answer = StdoutOf(ReadToEnd(connection));
    close(connection);
    return answer;
  }
  // Waits until the other side has read all that was written.
  static void AwaitRead(int connection) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kDeadlineMs);
    int unread = 1;
    while (unread > 0 && std::chrono::steady_clock::now() < deadline) {
      sched_yield();
      ASSERT_EQ(ioctl(connection, TIOCOUTQ, &unread), 0);
    }
    ASSERT_EQ(unread, 0);
  }
  // Ends the child and gives its exit status.
  int EndBy(int signal) {
    kill(child_, signal);
    return ExitStatus(std::exchange(child_, -1));
  }

  std::string folder_;
  sockaddr_un address_{};
  int listener_ = -1;
  pid_t child_ = -1;
};

TEST_F(FastCgiProgramTest, RequestsAreAnsweredOneAfterTheOther) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Exchange({{"REQUEST_METHOD", "POST"}, {"PATH_INFO", "/login"}}, "{}"),
              "Status: 200 OK\r\nContent-Length: 16\r\n\r\nPOST /login [{}]");
  }
}

TEST_F(FastCgiProgramTest, ABodyAboveTheLimitIsTooLarge) {
  EXPECT_THAT(Exchange({{"REQUEST_METHOD", "POST"}}, std::string(1001, 'x')),
              HasSubstr("[] too large"));
}

TEST_F(FastCgiProgramTest, AClientThatGoesAwayIsNobodysError) {
  const int connection = Connect();
  WriteAll(connection, FastCgiRequest({{"REQUEST_METHOD", "GET"}}, "x"));
  close(connection);
  EXPECT_THAT(Exchange({{"REQUEST_METHOD", "GET"}}, ""), StartsWith("Status: 200 OK\r\n"));
}

TEST_F(FastCgiProgramTest, TermEndsItWithSuccess) {
  EXPECT_THAT(Exchange({{"REQUEST_METHOD", "GET"}}, ""), StartsWith("Status: 200 OK\r\n"));
  EXPECT_EQ(EndBy(SIGTERM), 0);
}

TEST_F(FastCgiProgramTest, Usr1EndsItWithSuccess) {
  EXPECT_THAT(Exchange({{"REQUEST_METHOD", "GET"}}, ""), StartsWith("Status: 200 OK\r\n"));
  EXPECT_EQ(EndBy(SIGUSR1), 0);
}

TEST_F(FastCgiProgramTest, TheRequestInHandIsFinishedBeforeTheEnd) {
  const std::string request = FastCgiRequest({{"REQUEST_METHOD", "GET"}}, "late");
  // Answered once, so the handlers are in place; then half a request, the signal, the rest.
  EXPECT_THAT(Exchange({{"REQUEST_METHOD", "GET"}}, ""), StartsWith("Status: 200 OK\r\n"));
  const int connection = Connect();
  WriteAll(connection, std::string_view(request).substr(0, request.size() - 12));
  AwaitRead(connection);
  kill(child_, SIGTERM);
  WriteAll(connection, std::string_view(request).substr(request.size() - 12));
  EXPECT_THAT(StdoutOf(ReadToEnd(connection)), HasSubstr("late"));
  close(connection);
  EXPECT_EQ(ExitStatus(std::exchange(child_, -1)), 0);
}

}  // namespace
}  // namespace parlor::fcgi
