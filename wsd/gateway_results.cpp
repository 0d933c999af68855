// What threads say: outcomes of the writers, sessions, presence, events of the workers.
#include <utility>

#include "common/log.h"
#include "wsd/gateway.h"

namespace parlor::wsd {

void Gateway::Handle(std::vector<LoopItem> items) {
  for (LoopItem& item : items) {
    std::visit([this](auto& result) { On(std::move(result)); }, item);
  }
  CloseOverflowed();
}

// Acknowledgements of the whole batch first, then its messages: a sender who asked for both sees
// his ack before the message itself.
void Gateway::On(BatchWritten batch) {
  Sequencer::Actions actions;
  for (WriteOutcome& outcome : batch.outcomes) OnOutcome(std::move(outcome), actions);
  Run(actions);
}

void Gateway::OnOutcome(WriteOutcome outcome, Sequencer::Actions& actions) {
  --in_writers_;
  messages::Outgoing& message = outcome.request.message;
  Session* sender = FindSession(outcome.request.from);
  if (!outcome.stored.ok()) {
    ++counters_.messages_failed;
    if (sender == nullptr) return;
    const Status error = outcome.stored.status();
    if (error.code() == ErrorCode::kInvalidField) {
      return BadFrame(*sender, error, message.client_msg_id);
    }
    return SendError(*sender, error, message.client_msg_id);
  }
  const messages::Stored& stored = *outcome.stored;
  ++(stored.duplicate ? counters_.duplicates : counters_.messages_stored);
  if (sender != nullptr && message.client_msg_id) {
    Send(*sender, EncodeAck(ConversationKind::kRoom, stored.conversation, stored.seq,
                            stored.sent_at, *message.client_msg_id, stored.duplicate));
  }
  const auto* room = std::get_if<messages::ToUser>(&message.to);
  if (stored.duplicate || room == nullptr) return;
  Arrival arrival{ConversationKind::kRoom,
                  stored.conversation,
                  room->other,
                  Message{stored.seq, stored.sent_at, message.sender, std::move(message.body)},
                  outcome.request.from,
                  message.client_msg_id.has_value()};
  if (!sequencer_.Offer(std::move(arrival), clock_.Now(), clock_.MonotonicMs(), actions)) {
    ++counters_.repeated_events;
  }
}

void Gateway::On(MissingFetched answer) {
  Sequencer::Actions actions;
  sequencer_.Fetched(std::move(answer), clock_.MonotonicMs(), actions);
  Run(actions);
}

void Gateway::On(const OnlineChanged& change) {
  Broadcast(EncodeUserActivity(change.user, change.online));
}

// At least once over restarts, so every action is harmless when repeated.
void Gateway::On(EventArrived arrived) {
  std::visit([this](auto& event) { OnEvent(event); }, arrived.event);
  if (arrived.id) static_cast<void>(threads_.event_done(EventDone{arrived.id}));
}

void Gateway::OnEvent(const UserUpdated& event) {
  Broadcast(EncodeUserUpdate(event.user, event.first_name, event.last_name));
}

void Gateway::OnEvent(const GroupUpdated& event) {
  Broadcast(EncodeGroupUpdate(event.group, event.name, event.owner));
}

void Gateway::OnEvent(const PresenceChanged& /*event*/) {}

void Gateway::OnEvent(const MemberRemoved& /*event*/) {}

void Gateway::On(const PresenceLoaded& /*answer*/) {}

void Gateway::On(const UnreadCounted& /*answer*/) {}

void Gateway::On(const BotAnswered& /*answer*/) {}

void Gateway::OnEvent(const SessionEnded& event) {
  ended_.SessionEnded(event.session, clock_.MonotonicMs());
  EndSessions(event.user, event.session);
}

void Gateway::OnEvent(const UserSuspended& event) {
  ended_.UserSuspended(event.user, clock_.MonotonicMs());
  EndSessions(event.user, SessionId());
}

void Gateway::OnEvent(const ReadMarkMoved& event) {
  SendToUser(event.user, EncodeNotificationUpdate(event.kind, event.conversation, event.unread,
                                                  event.timestamp));
}

void Gateway::OnEvent(MessageSent& event) {
  if (event.kind != ConversationKind::kRoom) return;
  ++counters_.messages_heard;
  Arrival arrival{
      event.kind,       event.conversation,
      event.other_user, Message{event.seq, event.sent_at, event.sender, std::move(event.body)},
      ConnectionId(),   true};
  Sequencer::Actions actions;
  if (sequencer_.Offer(std::move(arrival), clock_.Now(), clock_.MonotonicMs(), actions)) {
    rates_.Charge(event.sender, clock_.Now());
  } else {
    ++counters_.repeated_events;
  }
  Run(actions);
}

// `session` none: all of the user's.
void Gateway::EndSessions(UserId user, SessionId session) {
  const auto sockets = hub_.Of(user);
  std::vector<Session*> ended;
  for (Session* socket : sockets) {
    if (!session || socket->login.id == session) ended.push_back(socket);
  }
  for (Session* socket : ended) Close(*socket, CloseCode::kSessionEnded);
  online_.SessionEnded(user, session);
}

void Gateway::Run(const Sequencer::Actions& actions) {
  for (const Arrival& arrival : actions.deliver) Deliver(arrival);
  for (const FetchMissing& fetch : actions.fetch) {
    ++counters_.gaps_fetched;
    if (threads_.lookup(fetch)) continue;
    ++counters_.lookup_queue_full;
    sequencer_.FetchRefused(fetch.conversation, clock_.MonotonicMs());
  }
  for (const Sequencer::Abandoned& abandoned : actions.resync) Resync(abandoned);
}

void Gateway::Deliver(const Arrival& arrival) {
  const Message& message = arrival.message;
  const UserId other = arrival.other_user;
  if (!hub_.Online(message.sender) && !hub_.Online(other)) return;
  const SharedFrame frame = EncodeTextFrame(EncodeRoomMessage(
      arrival.conversation, message.sender, other, message.seq, message.sent_at, message.body));
  hub_.EachInRoom(message.sender, other, arrival.from, arrival.echo, [&](Session& session) {
    ++counters_.deliveries;
    Send(session, frame);
  });
}

void Gateway::Resync(const Sequencer::Abandoned& abandoned) {
  ++counters_.resyncs;
  resync_log_.Write(log::Level::kWarning, "keeping the order of a conversation",
                    {{"conversation", abandoned.conversation},
                     {"error",
                      "what is missing can't be read: its users' sockets are closed, history has "
                      "everything"}});
  for (const UserId user : {abandoned.user, abandoned.other_user}) {
    const auto sockets = hub_.Of(user);
    const std::vector<Session*> affected(sockets.begin(), sockets.end());
    for (Session* session : affected) Close(*session, CloseCode::kTryAgain);
  }
}

}  // namespace parlor::wsd
