#include "wsd/process_numbers.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace parlor::wsd {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr double kNanoseconds = 1e9;

// The fields of /proc/self/stat behind the program's name, which may hold anything (proc(5)); the
// first of these is field 3.
std::istringstream StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  return std::istringstream(line.substr(line.rfind(')') + 1));
}

double ClockSeconds(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / kNanoseconds;
}

// From ticks since boot, as the kernel tells them. Not by btime of /proc/stat, which the unit's
// sandbox hides (ProcSubset=pid). Worked out once: a clock that is set later moves no start.
double StartTimeSeconds(uint64_t ticks) {
  static const double start =
      ClockSeconds(CLOCK_REALTIME) - ClockSeconds(CLOCK_BOOTTIME) +
      static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return start;
}

uint64_t OpenDescriptors() {
  struct stat about {};
  if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0) {
    return static_cast<uint64_t>(about.st_size);
  }
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  uint64_t entries = 0;
  while (readdir(folder) != nullptr) ++entries;  // NOLINT(concurrency-mt-unsafe): a DIR of our own
  closedir(folder);
  return entries < 3 ? 0 : entries - 3;  // "." and "..", and the folder itself
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicroseconds;
}

}  // namespace

ProcessNumbers ReadProcessNumbers() {
  ProcessNumbers numbers;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    numbers.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) numbers.max_descriptors = limit.rlim_cur;
  std::istringstream fields = StatFields();
  std::string ignored;
  for (int field = 3; field < 20; ++field) fields >> ignored;
  uint64_t start_ticks = 0;
  uint64_t pages = 0;
  fields >> numbers.threads >> ignored >> start_ticks >> numbers.virtual_bytes >> pages;
  numbers.resident_bytes = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  numbers.start_time_seconds = StartTimeSeconds(start_ticks);
  numbers.open_descriptors = OpenDescriptors();
  return numbers;
}

}  // namespace parlor::wsd
