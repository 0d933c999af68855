// The load generator for rooms: pairs of people who write to each other through nginx, the daemon
// and the database.
//
// Without a rate the loop is closed: everyone has `window` messages under way. With it, messages
// are due at fixed times and latency counts from when a message was due, so a stall is not hidden.
// Prints one line: messages acknowledged a second, latency to the ack and to the receiver, CPU
// microseconds a message of each watched process with its children, and fails if any message that
// was acknowledged did not arrive.
#pragma once

#include "tests/bench/load.h"

namespace parlor::bench {

struct RoomLoad {
  Target target;
  int pairs = 200, seconds = 10, window = 1, body_bytes = 100;
  double rate = 0;  // messages a second in all; 0: closed loop
};

void RunRoomLoad(const RoomLoad& options);

}  // namespace parlor::bench
