// A program run beside a test: its standard input and output are ours. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace parlor::testing {

class Process {
 public:
  // `arguments[0]` is looked for in PATH. Aborts when it can't be started.
  explicit Process(const std::vector<std::string>& arguments);
  ~Process();  // closes its input, then kills it if that was not enough
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its output without the line end, waiting up to 20 s; empty when there is none.
  std::string ReadLine();
  // Waits for its end; the exit status.
  int Wait();

 private:
  pid_t pid_ = -1;
  int input_ = -1, output_ = -1;
  std::string read_;
};

// Runs a program to its end; aborts unless it succeeds.
void RunOrAbort(const std::vector<std::string>& arguments);

}  // namespace parlor::testing
