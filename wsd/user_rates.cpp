#include "wsd/user_rates.h"

namespace parlor::wsd {
namespace {
constexpr size_t kMaxTold = 1000;
}

Status UserRates::Take(UserId user, TimestampMs now) {
  Use& use = users_[user];
  PARLOR_RETURN_IF_ERROR(send_rate::Take(use.bucket, limits_, now));
  use.used = true;
  return Ok();
}

void UserRates::Charge(UserId user, TimestampMs now) { static_cast<void>(Take(user, now).ok()); }

std::vector<std::pair<UserId, send_rate::Bucket>> UserRates::TakeHeavy(TimestampMs now) {
  std::vector<std::pair<UserId, send_rate::Bucket>> heavy;
  for (auto it = users_.begin(); it != users_.end();) {
    Use& use = it->second;
    if (use.used && heavy.size() < kMaxTold && send_rate::IsHeavy(use.bucket, limits_, now)) {
      heavy.emplace_back(it->first, use.bucket);
      use.used = false;
    }
    it = use.bucket.arrival <= now ? users_.erase(it) : std::next(it);
  }
  return heavy;
}

}  // namespace parlor::wsd
