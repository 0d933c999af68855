#include "wsd/removals.h"

namespace parlor::wsd {

void Removals::Message(ConversationId conversation, Seq seq, int64_t now_ms) {
  Remember({conversation, seq}, now_ms);
}

void Removals::Group(ConversationId group, int64_t now_ms) { Remember({group, Seq()}, now_ms); }

bool Removals::HasMessage(ConversationId conversation, Seq seq) const {
  return things_.contains({conversation, seq});
}

void Removals::ForgetOld(int64_t now_ms) {
  while (!order_.empty() && now_ms - order_.front().first > kRememberMs) ForgetOldest();
}

void Removals::Remember(const Thing& thing, int64_t now_ms) {
  things_[thing] = now_ms;
  order_.emplace_back(now_ms, thing);
  if (order_.size() > kMaxRemembered) ForgetOldest();
}

void Removals::ForgetOldest() {
  const auto& [at_ms, thing] = order_.front();
  const auto found = things_.find(thing);
  if (found != things_.end() && found->second == at_ms) things_.erase(found);
  order_.pop_front();
}

}  // namespace parlor::wsd
