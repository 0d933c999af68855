// The load generator for a group: everybody is present on a socket of their own, some of them
// write in turn at a fixed rate, and every message has to reach all, in order.
//
// Prints one line: latency from when a message was due, and from the server's time of it, to the
// LAST socket (p50, p99, max), frames out of order, connections that the server closed, and the CPU
// seconds of each watched process with its children and of the generator. Fails if anything did not
// arrive, was out of order, if anybody was dropped, or if the p99 from when a message was due is
// above `max_p99_ms`.
#pragma once

#include "tests/bench/load.h"

namespace parlor::bench {

struct GroupFanout {
  Target target;
  int sockets = 1000, senders = 10, seconds = 30, body_bytes = 100;
  double max_p99_ms = 0;  // 0: as long as it takes
  double rate = 100;      // messages a second in all; within 20 a sender, the server's limit
};

void RunGroupFanout(const GroupFanout& options);

}  // namespace parlor::bench
