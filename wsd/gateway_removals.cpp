// What administrators remove: the text of a message, a group, a user.
#include "wsd/gateway.h"

namespace parlor::wsd {
namespace {

// Which group an event is news of; none: it is about something else.
ConversationId GroupOf(const Event& event) {
  if (const auto* updated = std::get_if<GroupUpdated>(&event)) return updated->group;
  if (const auto* change = std::get_if<PresenceChanged>(&event)) return change->group;
  if (const auto* member = std::get_if<MemberRemoved>(&event)) return member->group;
  if (const auto* mark = std::get_if<ReadMarkMoved>(&event)) return mark->conversation;
  if (const auto* message = std::get_if<MessageRemoved>(&event)) return message->conversation;
  return {};
}

}  // namespace

// One that the sequencer still holds is told of when it goes out, so that nobody hears of the
// removal first. (Where it doesn't know the place yet the removal is told now, and once more then.)
void Gateway::OnEvent(const MessageRemoved& event) {
  removals_.Message(event.conversation, event.seq, clock_.MonotonicMs());
  if (!sequencer_.Awaits(event.conversation, event.seq)) TellRemoved(event);
}

void Gateway::TellRemoved(const MessageRemoved& event) {
  const auto encode = [&] {
    return EncodeMessageRemoved(event.kind, event.conversation, event.seq, event.sent_at);
  };
  if (event.kind == ConversationKind::kGroup) {
    SendToPresent(event.conversation, encode);
    return;
  }
  SendToUser(event.user, encode());
  if (event.kind == ConversationKind::kRoom) SendToUser(event.other_user, encode());
}

void Gateway::OnEvent(const GroupRemoved& event) {
  removals_.Group(event.group, clock_.MonotonicMs());
  groups_.Remove(event.group);
  Broadcast(EncodeGroupRemoved(event.group));
}

void Gateway::OnEvent(const UserRemoved& event) {
  OnEvent(UserSuspended{event.user});
  Broadcast(EncodeUserRemoved(event.user));
}

void Gateway::ClearIfRemoved(ConversationId conversation, Message& message) const {
  if (!removals_.HasMessage(conversation, message.seq)) return;
  message.body.clear();
  message.is_removed = true;
}

bool Gateway::IsOfRemovedGroup(const Event& event) const {
  const ConversationId group = GroupOf(event);
  return group && removals_.HasGroup(group);
}

}  // namespace parlor::wsd
