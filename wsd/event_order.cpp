#include "wsd/event_order.h"

namespace parlor::wsd {

bool EventOrder::Apply(const Event& event, EventId id, int64_t now_ms) {
  const std::optional<Thing> thing = ThingOf(event);
  if (!id || !thing) return true;
  const EventId* last = last_.Find(*thing);
  if (last != nullptr && id <= *last) return std::holds_alternative<PresenceChanged>(event);
  last_.Set(*thing, id, now_ms);
  return true;
}

std::optional<EventOrder::Thing> EventOrder::ThingOf(const Event& event) {
  const size_t kind = event.index();
  if (const auto* user = std::get_if<UserUpdated>(&event)) return Thing{kind, user->user, {}};
  if (const auto* user = std::get_if<UserRemoved>(&event)) {
    static const size_t name = Event(UserUpdated{}).index();
    return Thing{name, user->user, {}};
  }
  if (const auto* group = std::get_if<GroupUpdated>(&event)) return Thing{kind, {}, group->group};
  if (const auto* mark = std::get_if<ReadMarkMoved>(&event)) {
    return Thing{kind, mark->user, mark->conversation};
  }
  if (const auto* removed = std::get_if<MemberRemoved>(&event)) {
    return Thing{kind, removed->user, removed->group};
  }
  const auto* change = std::get_if<PresenceChanged>(&event);
  if (change != nullptr && change->is_enter) {
    static const size_t removal = Event(MemberRemoved{}).index();
    return Thing{removal, change->user, change->group};
  }
  return std::nullopt;
}

}  // namespace parlor::wsd
