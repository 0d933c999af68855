// Which daemons have gone for good: those whose heartbeat did not change for kSilentMs of our own
// monotonic clock, while we looked. Nobody's wall clock matters, neither that of the other machine
// nor ours: a daemon that lives, with whatever clock, moves its heartbeat, and its rows are not
// touched.
//
// A day is long because a daemon that finds its row gone must take that for a restored backup; rows
// of the dead count for nothing before that (presence_store.h), they only take room. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/presence_store.h"

namespace parlor::wsd {

class SilentDaemons {
 public:
  static constexpr int64_t kSilentMs = 24LL * 3600 * 1000;

  // `beats`: what the table says at `now_ms` (monotonic). Those of them that may be removed; never
  // `own`.
  std::vector<presence_store::Beat> Look(std::span<const presence_store::Beat> beats, DaemonId own,
                                         int64_t now_ms);

 private:
  struct Seen {
    TimestampMs heartbeat;
    int64_t since_ms = 0;
  };
  std::unordered_map<DaemonId, Seen> seen_;
};

}  // namespace parlor::wsd
