#include "wsd/silent_daemons.h"

#include <utility>

namespace parlor::wsd {

std::vector<presence_store::Beat> SilentDaemons::Look(std::span<const presence_store::Beat> beats,
                                                      DaemonId own, int64_t now_ms) {
  std::unordered_map<DaemonId, Seen> seen;
  std::vector<presence_store::Beat> silent;
  for (const presence_store::Beat& beat : beats) {
    if (beat.daemon == own) continue;
    const auto before = seen_.find(beat.daemon);
    const bool same = before != seen_.end() && before->second.heartbeat == beat.heartbeat;
    const int64_t since_ms = same ? before->second.since_ms : now_ms;
    seen.emplace(beat.daemon, Seen{beat.heartbeat, since_ms});
    if (now_ms - since_ms >= kSilentMs) silent.push_back(beat);
  }
  seen_ = std::move(seen);
  return silent;
}

}  // namespace parlor::wsd
