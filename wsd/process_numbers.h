// What the kernel says about this process, for the metrics. Any thread; some file reads, and one
// for each open descriptor on kernels before 6.2.
#pragma once

#include <cstdint>

namespace parlor::wsd {

// What can't be read is 0.
struct ProcessNumbers {
  double cpu_seconds = 0;         // user and system
  double start_time_seconds = 0;  // since 1970
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t threads = 0;
  uint64_t open_descriptors = 0;
  uint64_t max_descriptors = 0;
};

ProcessNumbers ReadProcessNumbers();

}  // namespace parlor::wsd
