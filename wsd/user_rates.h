// How fast each user sends: his bucket (send_rate.h), shared by all his connections and charged for
// what he sends by HTTP as well. Loop's thread.
//
// A bucket exists while it is in use; one that has recovered fully is forgotten, so there are never
// more than users who sent within the last burst (10 s by default).
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "common/config.h"
#include "common/send_rate.h"

namespace parlor::wsd {

class UserRates {
 public:
  explicit UserRates(const LimitsConfig& limits) : limits_(limits) {}

  // For everything from here on.
  void SetLimits(const LimitsConfig& limits) { limits_ = limits; }

  // One message of `user`, or kTooFast with retry_after_ms and nothing changed.
  Status Take(UserId user, TimestampMs now);

  // A worker let one through. If the bucket is empty already it stays so.
  void Charge(UserId user, TimestampMs now);

  // Once a second: the buckets that are more than half used and were used since the last call, for
  // the workers to know (at most send_rate::Raise's 1,000). Forgets those that have recovered.
  std::vector<std::pair<UserId, send_rate::Bucket>> TakeHeavy(TimestampMs now);

 private:
  struct Use {
    send_rate::Bucket bucket;
    bool used = false;  // since TakeHeavy
  };
  LimitsConfig limits_;
  std::unordered_map<UserId, Use> users_;
};

}  // namespace parlor::wsd
