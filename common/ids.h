// Distinct types for every kind of number that crosses an interface: a user's id can't be passed as
// a room's.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace parlor {

// A number with a meaning. 0 is "none" for everything that the database numbers (it starts at 1).
template <typename Tag>
struct StrongId {
  uint64_t value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(uint64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

using UserId = StrongId<struct UserTag>;  // users.id; kBotUserId on the wire for the bot
using ConversationId =
    StrongId<struct ConversationTag>;           // conversations.id = chat_room_id = chat_group_id
using SessionId = StrongId<struct SessionTag>;  // sessions.id: one a login
using RegistrationId = StrongId<struct RegistrationTag>;  // pending_registrations.id
using MailId = StrongId<struct MailTag>;                  // mail_outbox.id
using EventId = StrongId<struct EventTag>;                // events.id
using DaemonId = StrongId<struct DaemonTag>;              // daemons.id: one a start of a daemon
using Seq = StrongId<struct SeqTag>;  // 1, 2, 3, … without holes in its conversation

inline constexpr UserId kBotUserId{0};

// Milliseconds since 1970-01-01T00:00:00Z.
struct TimestampMs {
  int64_t value = 0;

  constexpr TimestampMs() = default;
  constexpr explicit TimestampMs(int64_t v) : value(v) {}
  friend constexpr auto operator<=>(TimestampMs, TimestampMs) = default;
};

// Rooms of two, groups and bot chats are three kinds of one thing. The numbers are
// conversations.kind.
enum class ConversationKind : uint8_t { kRoom = 1, kGroup = 2, kBot = 3 };

}  // namespace parlor

template <typename Tag>
struct std::hash<parlor::StrongId<Tag>> {
  size_t operator()(parlor::StrongId<Tag> id) const noexcept {
    return std::hash<uint64_t>{}(id.value);
  }
};
