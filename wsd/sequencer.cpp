#include "wsd/sequencer.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace parlor::wsd {
namespace {

size_t Weight(const Arrival& arrival) { return sizeof(Arrival) + arrival.message.body.size(); }

// Whether an answer that does not contain `seq` says that there is none: it was asked for, and the
// answer, which may be cut at its end, goes that far.
bool TellsOf(const MissingFetched& answer, uint64_t seq) {
  const FetchMissing& request = answer.request;
  if (seq < request.first.value || seq > request.last.value) return false;
  return answer.messages->empty() || answer.messages->back().seq.value >= seq;
}

}  // namespace

Sequencer::Sequencer(const Options& options, TimestampMs started_at)
    : options_(options), started_at_(started_at) {}

bool Sequencer::Offer(Arrival arrival, TimestampMs wall_now, int64_t now_ms, Actions& actions) {
  const ConversationId id = arrival.conversation;
  const uint64_t seq = arrival.message.seq.value;
  Conversation& conversation = Find(arrival, wall_now, now_ms);
  if (conversation.next == 0 && seq == 1) conversation.next = 1;
  if (seq == conversation.next && conversation.held.empty()) {  // nearly always
    Deliver(conversation, std::move(arrival), actions);
    return true;
  }
  if (seq < conversation.next || !Hold(conversation, std::move(arrival))) return false;
  const bool was_waiting = !waiting_.insert(id).second;
  if (conversation.next == 0) {
    if (!was_waiting) Fetch(id, conversation, actions);
  } else {
    if (!was_waiting) conversation.fetch_at_ms = now_ms + options_.gap_wait_ms;
    Drain(id, conversation, actions);
  }
  if (TooMuchHeld(conversation)) GiveUp(id, conversation, actions);
  return true;
}

void Sequencer::Fetched(MissingFetched answer, int64_t now_ms, Actions& actions) {
  const ConversationId id = answer.request.conversation;
  const auto found = conversations_.find(id);
  if (found == conversations_.end()) return;
  Conversation& conversation = found->second;
  conversation.fetching = false;
  if (!answer.messages.ok()) {
    conversation.fetch_at_ms = now_ms + options_.retry_ms;
    // Asked again only for what may pass: a question that can't be answered would be held for ever.
    const bool passes = answer.messages.status().code() == ErrorCode::kUnavailable;
    if (!passes && !conversation.held.empty()) GiveUp(id, conversation, actions);
    return;
  }
  if (conversation.held.empty()) return;  // what was missing has come by itself
  for (Message& message : *answer.messages) {
    if (message.seq.value < conversation.next) continue;
    UserId other;
    if (conversation.kind == ConversationKind::kRoom) {
      const bool was_first = message.sender == conversation.user;
      other = was_first ? conversation.other_user : conversation.user;
    }
    Hold(conversation,
         Arrival{conversation.kind, id, other, std::move(message), ConnectionId(), true});
  }
  if (conversation.next == 0 || TellsOf(answer, conversation.next)) {
    // If it still isn't there, an administrator deleted it, and history has the same gap.
    conversation.next = conversation.held.begin()->first;
  }
  Drain(id, conversation, actions);
  if (!conversation.held.empty()) Fetch(id, conversation, actions);
  if (TooMuchHeld(conversation)) GiveUp(id, conversation, actions);
}

void Sequencer::FetchRefused(ConversationId conversation, int64_t now_ms) {
  const auto found = conversations_.find(conversation);
  if (found == conversations_.end()) return;
  found->second.fetching = false;
  found->second.fetch_at_ms = now_ms + options_.retry_ms;
}

void Sequencer::Tick(int64_t now_ms, Actions& actions) {
  for (const ConversationId id : waiting_) {
    Conversation& conversation = conversations_.at(id);
    if (now_ms >= conversation.fetch_at_ms) Fetch(id, conversation, actions);
  }
}

bool Sequencer::Awaits(ConversationId conversation, Seq seq) const {
  const auto found = conversations_.find(conversation);
  return found != conversations_.end() && found->second.next != 0 &&
         seq.value >= found->second.next;
}

Sequencer::Conversation& Sequencer::Find(const Arrival& arrival, TimestampMs wall_now,
                                         int64_t now_ms) {
  const auto [found, is_new] = conversations_.try_emplace(arrival.conversation);
  Conversation& conversation = found->second;
  if (is_new) {
    conversation.kind = arrival.kind;
    if (arrival.kind == ConversationKind::kRoom) {
      conversation.user = arrival.message.sender;
      conversation.other_user = arrival.other_user;
    }
    conversation.after = std::max(TimestampMs(wall_now.value - options_.lookback_ms), started_at_);
    conversation.recent = recent_.insert(recent_.begin(), arrival.conversation);
  } else {
    recent_.splice(recent_.begin(), recent_, conversation.recent);
  }
  conversation.used_ms = now_ms;
  if (is_new) ForgetQuiet(now_ms);
  return conversation;
}

bool Sequencer::Hold(Conversation& conversation, Arrival&& arrival) {
  const size_t weight = Weight(arrival);
  const uint64_t seq = arrival.message.seq.value;
  if (!conversation.held.try_emplace(seq, std::move(arrival)).second) return false;
  ++held_messages_;
  held_bytes_ += weight;
  return true;
}

void Sequencer::Deliver(Conversation& conversation, Arrival arrival, Actions& actions) {
  conversation.next = arrival.message.seq.value + 1;
  conversation.after = arrival.message.sent_at;
  actions.deliver.push_back(std::move(arrival));
}

void Sequencer::Drain(ConversationId id, Conversation& conversation, Actions& actions) {
  auto& held = conversation.held;
  while (!held.empty() && held.begin()->first == conversation.next) {
    --held_messages_;
    held_bytes_ -= Weight(held.begin()->second);
    Deliver(conversation, std::move(held.begin()->second), actions);
    held.erase(held.begin());
  }
  if (held.empty()) waiting_.erase(id);
}

void Sequencer::Fetch(ConversationId id, Conversation& conversation, Actions& actions) {
  if (conversation.fetching) return;
  conversation.fetching = true;
  actions.fetch.push_back({conversation.kind, id, conversation.after,
                           Seq(std::max<uint64_t>(conversation.next, 1)),
                           Seq(conversation.held.begin()->first - 1)});
}

void Sequencer::DropHeld(ConversationId id, Conversation& conversation) {
  for (const auto& [seq, arrival] : conversation.held) held_bytes_ -= Weight(arrival);
  held_messages_ -= conversation.held.size();
  conversation.held.clear();
  waiting_.erase(id);
}

void Sequencer::GiveUp(ConversationId id, Conversation& conversation, Actions& actions) {
  const Message& newest = conversation.held.rbegin()->second.message;
  conversation.next = newest.seq.value + 1;
  conversation.after = newest.sent_at;
  DropHeld(id, conversation);
  actions.resync.push_back({conversation.kind, id, conversation.user, conversation.other_user});
}

bool Sequencer::TooMuchHeld(const Conversation& conversation) const {
  return !conversation.held.empty() && (conversation.held.size() > options_.max_held_messages ||
                                        held_bytes_ > options_.max_held_bytes);
}

void Sequencer::ForgetQuiet(int64_t now_ms) {
  while (conversations_.size() > options_.max_conversations) {
    const auto oldest = conversations_.find(recent_.back());
    PARLOR_CHECK(oldest != conversations_.end());
    const Conversation& conversation = oldest->second;
    if (!conversation.held.empty() || now_ms - conversation.used_ms < options_.keep_idle_ms) return;
    recent_.pop_back();
    conversations_.erase(oldest);
  }
}

}  // namespace parlor::wsd
