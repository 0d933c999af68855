#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "common/check.h"

namespace parlor::testing {
namespace {

constexpr int kPatienceMs = 20'000;

}  // namespace

Process::Process(const std::vector<std::string>& arguments) {
  int in[2];
  int out[2];
  PARLOR_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  PARLOR_CHECK(posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

Process::~Process() {
  if (pid_ > 0) {
    close(input_);
    input_ = -1;
    pollfd end{output_, 0, 0};  // its output closes when it ends
    poll(&end, 1, 2000);
    kill(pid_, SIGKILL);
    Wait();
  }
  if (input_ >= 0) close(input_);
  close(output_);
}

std::string Process::ReadLine() {
  for (;;) {
    if (const size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd ready{output_, POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) <= 0) return "";
    std::array<char, 4096> bytes{};
    const ssize_t count = read(output_, bytes.data(), bytes.size());
    if (count <= 0) return "";
    read_.append(bytes.data(), static_cast<size_t>(count));
  }
}

int Process::Wait() {
  int status = 0;
  PARLOR_CHECK(waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void RunOrAbort(const std::vector<std::string>& arguments) {
  Process process(arguments);
  PARLOR_CHECK(process.Wait() == 0);
}

}  // namespace parlor::testing
