// What administrators have removed a short while ago, for news of it that come later: of a message
// whose text is gone, of a group that is no more. (The removal is told by a row of `events`; what
// is told of the same thing by a push, by a writer or by a lookup that was under way has no order
// with it.)
//
// Bounded: a removal is forgotten after kRememberMs (news are late by seconds, after an outage of
// the database by a minute), and beyond kMaxRemembered the oldest is. What comes later still is
// told as it is; history has the truth. Loop's thread.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "common/ids.h"
#include "wsd/recent_map.h"

namespace parlor::wsd {

class Removals {
 public:
  static constexpr int64_t kRememberMs = 180000;
  static constexpr size_t kMaxRemembered = 100000;

  void Message(ConversationId conversation, Seq seq, int64_t now_ms) {
    things_.Set({conversation, seq}, {}, now_ms);
  }
  void Group(ConversationId group, int64_t now_ms) { Message(group, Seq(), now_ms); }

  bool HasMessage(ConversationId conversation, Seq seq) const {
    return things_.Find({conversation, seq}) != nullptr;
  }
  bool HasGroup(ConversationId group) const { return HasMessage(group, Seq()); }

  void ForgetOld(int64_t now_ms) { things_.ForgetOld(now_ms); }
  size_t remembered() const { return things_.size(); }

 private:
  using Thing = std::pair<ConversationId, Seq>;  // seq 0: the whole group
  RecentMap<Thing, std::monostate> things_{kRememberMs, kMaxRemembered};
};

}  // namespace parlor::wsd
