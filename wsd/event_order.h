// Of two changes of one thing (a user's name, a group, a read mark) the later one wins, in whatever
// order their news arrive: two workers push side by side, and the sweep of the table may bring an
// old one after a new one. The thing's row is locked while its event gets its id, so ids are in the
// order of the commits.
//
// Being a member is one more such thing, of which only removals can be too late: an entering has
// its own order (group_presence.h), but a removal that comes after the same user's newer entering
// would end in the clients what has begun again. That somebody was erased is the last news of his
// name.
//
// Bounded: a thing is forgotten kRememberMs after its last change (news are late by seconds, after
// an outage of the database by a minute), and beyond kMaxRemembered the oldest is; then late news
// count as new ones, which the next change puts right. Loop's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "common/protocol.h"
#include "wsd/recent_map.h"

namespace parlor::wsd {

class EventOrder {
 public:
  static constexpr int64_t kRememberMs = 180000;
  static constexpr size_t kMaxRemembered = 100000;

  // False: a later change of the same thing, or this one, was applied before. Always true for an
  // entering, for an event of another kind, and for one without an id (nobody can tell).
  bool Apply(const Event& event, EventId id, int64_t now_ms);

  void ForgetOld(int64_t now_ms) { last_.ForgetOld(now_ms); }
  size_t remembered() const { return last_.size(); }

 private:
  struct Thing {
    size_t kind = 0;  // of event; of those who enter: of removals, of erased users: of names
    UserId user;
    ConversationId conversation;
    friend auto operator<=>(const Thing&, const Thing&) = default;
  };
  static std::optional<Thing> ThingOf(const Event& event);

  RecentMap<Thing, EventId> last_{kRememberMs, kMaxRemembered};
};

}  // namespace parlor::wsd
