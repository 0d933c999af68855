// What threads say: outcomes of the writers, sessions, presence, events of the workers.
#include <algorithm>
#include <utility>

#include "common/log.h"
#include "wsd/gateway.h"

namespace parlor::wsd {

void Gateway::Handle(std::vector<LoopItem> items) {
  for (LoopItem& item : items) {
    std::visit([this](auto& result) { On(std::move(result)); }, item);
  }
  AskForUnread(clock_.MonotonicMs());
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
  if (!outcome.stored.ok()) return OnRefused(outcome);
  messages::Outgoing& message = outcome.request.message;
  const messages::Stored& stored = *outcome.stored;
  const ConversationKind kind = messages::KindOf(message.to);
  ++(stored.duplicate ? counters_.duplicates : counters_.messages_stored);
  Session* sender = FindSession(outcome.request.from);
  if (sender != nullptr && message.client_msg_id) {
    Send(*sender, EncodeAck(kind, stored.conversation, stored.seq, stored.sent_at,
                            *message.client_msg_id, stored.duplicate));
  }
  if (kind == ConversationKind::kBot) return OnQuestion(std::move(message), stored);
  if (stored.duplicate) return;
  const auto* room = std::get_if<messages::ToUser>(&message.to);
  Arrival arrival{kind,
                  stored.conversation,
                  room != nullptr ? room->other : UserId(),
                  Message{stored.seq, stored.sent_at, message.sender, std::move(message.body)},
                  outcome.request.from,
                  message.client_msg_id.has_value()};
  if (!sequencer_.Offer(std::move(arrival), clock_.Now(), clock_.MonotonicMs(), actions)) {
    ++counters_.repeated_events;
  }
}

void Gateway::OnRefused(const WriteOutcome& outcome) {
  ++counters_.messages_failed;
  const messages::Outgoing& message = outcome.request.message;
  if (HasPlaceAtBot(message)) bot_load_.Release(message.sender);
  if (outcome.stored.status().code() == ErrorCode::kBusy) ++counters_.bot_busy;
  Session* sender = FindSession(outcome.request.from);
  if (sender == nullptr) return;
  const Status error = outcome.stored.status();
  if (error.code() == ErrorCode::kInvalidField) {
    return BadFrame(*sender, error, message.client_msg_id);
  }
  SendError(*sender, error, message.client_msg_id);
}

void Gateway::On(MissingFetched answer) {
  Sequencer::Actions actions;
  sequencer_.Fetched(std::move(answer), clock_.MonotonicMs(), actions);
  Run(actions);
}

void Gateway::On(const OnlineChanged& change) {
  Broadcast(EncodeUserActivity(change.user, change.online));
}

void Gateway::NoteEvent(const EventArrived& arrived) {
  const EventOrigin& origin = arrived.origin;
  if (origin.at.value > 0) {
    board_.event_lag.Observe(std::max<int64_t>(0, clock_.Now().value - origin.at.value));
  }
  if (!log::Enabled(log::Level::kDebug)) return;
  log::Debug("acting on an event", {{"type", EventName(arrived.event)},
                                    {"event", arrived.id},
                                    {"request_id", origin.request_id}});
}

// At least once over restarts, so every action is harmless when repeated; old news are not told
// after newer ones.
void Gateway::On(EventArrived arrived) {
  NoteEvent(arrived);
  const bool is_news = !IsOfRemovedGroup(arrived.event) &&
                       event_order_.Apply(arrived.event, arrived.id, clock_.MonotonicMs());
  if (is_news) {
    std::visit([this](auto& event) { OnEvent(event); }, arrived.event);
  } else {
    ++counters_.late_events;
  }
  if (arrived.id) static_cast<void>(threads_.event_done(EventDone{arrived.id}));
}

void Gateway::OnEvent(const UserUpdated& event) {
  Broadcast(EncodeUserUpdate(event.user, event.first_name, event.last_name));
}

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
  if (event.kind == ConversationKind::kGroup) {
    notices_.MarkMoved(event.conversation, event.user, event.unread);
  }
}

void Gateway::OnEvent(MessageSent& event) {
  if (event.kind == ConversationKind::kBot) return;  // the bot tells by itself
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
  const bool was_here = hub_.Online(user);
  const auto sockets = hub_.Of(user);
  std::vector<Session*> ended;
  for (Session* socket : sockets) {
    if (!session || socket->login.id == session) ended.push_back(socket);
  }
  for (Session* socket : ended) Close(*socket, CloseCode::kSessionEnded);
  online_.SessionEnded(user, session, was_here);
}

void Gateway::Run(Sequencer::Actions& actions) {
  for (Arrival& arrival : actions.deliver) Deliver(arrival);
  for (const FetchMissing& fetch : actions.fetch) {
    ++counters_.gaps_fetched;
    if (threads_.lookup(fetch)) continue;
    ++counters_.lookup_queue_full;
    sequencer_.FetchRefused(fetch.conversation, clock_.MonotonicMs());
  }
  for (const Sequencer::Abandoned& abandoned : actions.resync) Resync(abandoned);
}

// A text that was removed before its turn came is not shown any more.
void Gateway::Deliver(Arrival& arrival) {
  ClearIfRemoved(arrival.conversation, arrival.message);
  if (arrival.kind == ConversationKind::kGroup) return DeliverToGroup(arrival);
  const Message& message = arrival.message;
  const UserId other = arrival.other_user;
  if (!hub_.Online(message.sender) && !hub_.Online(other)) return;
  const SharedFrame frame =
      EncodeTextFrame(EncodeRoomMessage(arrival.conversation, other, message));
  hub_.EachInRoom(message.sender, other, arrival.from, arrival.echo, [&](Session& session) {
    ++counters_.deliveries;
    Send(session, frame);
  });
  if (message.is_removed) {
    TellRemoved(
        {arrival.kind, arrival.conversation, message.seq, message.sent_at, message.sender, other});
  }
}

void Gateway::Resync(const Sequencer::Abandoned& abandoned) {
  ++counters_.resyncs;
  resync_log_.Write(log::Level::kWarning, "keeping the order of a conversation",
                    {{"conversation", abandoned.conversation},
                     {"error",
                      "what is missing can't be read: its users' sockets are closed, history has "
                      "everything"}});
  if (abandoned.kind == ConversationKind::kGroup) {
    const GroupPresence::Users& present = groups_.Of(abandoned.conversation);
    CloseAllOf(std::vector<UserId>(present.begin(), present.end()), CloseCode::kTryAgain);
    notices_.MessageSent(abandoned.conversation);
  } else {
    const UserId both[] = {abandoned.user, abandoned.other_user};
    CloseAllOf(both, CloseCode::kTryAgain);
  }
}

void Gateway::CloseAllOf(std::span<const UserId> users, CloseCode code) {
  std::vector<Session*> affected;
  hub_.EachOf(users, [&](Session& session) { affected.push_back(&session); });
  for (Session* session : affected) Close(*session, code);
}

}  // namespace parlor::wsd
