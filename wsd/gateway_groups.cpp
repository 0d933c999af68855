// Groups: who is present, what they hear, and what is told to the members who are not.
#include <utility>

#include "wsd/gateway.h"

namespace parlor::wsd {
namespace {

// More are not named in a question for counts: it is then asked for all members.
constexpr size_t kMaxCounted = 500;

}  // namespace

// ---- Who is present

void Gateway::LoadAllPresence() {
  load_presence_at_ms_.reset();
  if (threads_.lookup(LoadPresence{})) {
    ++presence_loads_;
    return;
  }
  ++counters_.lookup_queue_full;
  load_presence_at_ms_ = clock_.MonotonicMs() + kLoadRetryMs;
}

void Gateway::TickGroups(int64_t now_ms) {
  if (load_presence_at_ms_ && now_ms >= *load_presence_at_ms_) LoadAllPresence();
  for (const ConversationId group : groups_.Tick(now_ms)) {
    ++counters_.presence_reloads;
    if (threads_.lookup(LoadPresence{group})) continue;
    ++counters_.lookup_queue_full;
    groups_.ReloadFailed(group, now_ms);
  }
  AskForUnread(now_ms);
}

// Whom the database has as present and who has no connection here may be left over by a daemon that
// crashed.
void Gateway::On(const PresenceLoaded& answer) {
  const int64_t now_ms = clock_.MonotonicMs();
  const ConversationId group = answer.request.group;
  if (!group && --presence_loads_ > 0) return;  // a newer one is under way
  if (!answer.groups.ok()) {
    if (group) return groups_.ReloadFailed(group, now_ms);
    load_presence_at_ms_ = now_ms + kLoadRetryMs;
    return;
  }
  if (group) {
    groups_.Reloaded(group, *answer.groups, now_ms);
  } else {
    groups_.Load(*answer.groups, now_ms);
  }
  for (const group_members::Snapshot& snapshot : *answer.groups) {
    if (removals_.HasGroup(snapshot.group)) groups_.Remove(snapshot.group);  // read before that
  }
  for (const UserId user : group ? groups_.Of(group) : groups_.Everybody()) Expect(user);
}

void Gateway::OnEvent(const PresenceChanged& event) { groups_.Offer(event, clock_.MonotonicMs()); }

void Gateway::Announce(const PresenceChanged& change) {
  ++counters_.announcements;
  if (change.is_enter) Expect(change.user);
  SendToPresent(change.group, [&] {
    return EncodeGroupActivity(change.group, change.user, change.first_name, change.last_name,
                               change.is_enter);
  });
}

// Who is present without a connection here has one grace to open one.
void Gateway::Expect(UserId user) {
  if (!draining_ && !hub_.Online(user)) online_.Expected(user, clock_.MonotonicMs());
}

// ---- What those who are present hear

void Gateway::DeliverToGroup(const Arrival& arrival) {
  if (removals_.HasGroup(arrival.conversation)) return;
  const Message& message = arrival.message;
  counters_.deliveries += SendToPresent(
      arrival.conversation, [&] { return EncodeGroupMessage(arrival.conversation, message); });
  if (message.is_removed) {
    TellRemoved({arrival.kind, arrival.conversation, message.seq, message.sent_at, {}, {}});
  }
  notices_.MessageSent(arrival.conversation);
}

// Encoded once, and only if somebody is there. How many connections got it.
size_t Gateway::SendToPresent(ConversationId group, const std::function<std::string()>& encode) {
  SharedFrame frame;
  size_t count = 0;
  hub_.EachOf(groups_.Of(group), [&](Session& session) {
    if (!frame) frame = EncodeTextFrame(encode());
    Send(session, frame);
    ++count;
  });
  return count;
}

void Gateway::OnEvent(const GroupUpdated& event) {
  Broadcast(EncodeGroupUpdate(event.group, event.name, event.owner));
}

// To those present, and to the one whom it is about, who may be so no longer.
void Gateway::OnEvent(const MemberRemoved& event) {
  notices_.MemberRemoved(event.group, event.user);
  const auto encode = [&] { return EncodeGroupMemberRemoved(event.group, event.user); };
  SendToPresent(event.group, encode);
  if (!groups_.IsPresent(event.group, event.user)) SendToUser(event.user, encode());
}

// ---- What is unread for the others

void Gateway::AskForUnread(int64_t now_ms) {
  if (draining_) return;
  for (const ConversationId group : notices_.Due(now_ms)) {
    std::vector<UserId> absent;
    if (!removals_.HasGroup(group)) absent = OnlineButNotPresent(group, kMaxCounted + 1);
    if (absent.empty()) {
      notices_.Counted(group, {}, now_ms);
      continue;
    }
    if (absent.size() > kMaxCounted) absent.clear();
    if (threads_.lookup(CountUnread{group, std::move(absent)})) {
      ++counters_.unread_counts;
    } else {
      ++counters_.lookup_queue_full;
      notices_.Failed(group, now_ms);
    }
  }
}

// Members or not. As this loop sees it and not the database, which hears later of who came: no user
// is left out. (Who signs in while it is counted reads the counts after that.)
std::vector<UserId> Gateway::OnlineButNotPresent(ConversationId group, size_t limit) const {
  const GroupPresence::Users& present = groups_.Of(group);
  std::vector<UserId> users;
  hub_.EachUser([&](UserId user) {
    if (!present.contains(user)) users.push_back(user);
    return users.size() < limit;
  });
  return users;
}

// Asked again only for what may pass; the next message asks anyway.
void Gateway::On(const UnreadCounted& answer) {
  const int64_t now_ms = clock_.MonotonicMs();
  const ConversationId group = answer.request.group;
  if (removals_.HasGroup(group)) {
    static_cast<void>(notices_.Counted(group, {}, now_ms));
    return;
  }
  if (!answer.counts.ok()) {
    if (answer.counts.status().code() == ErrorCode::kUnavailable) {
      return notices_.Failed(group, now_ms);
    }
    static_cast<void>(notices_.Counted(group, {}, now_ms));
    return;
  }
  const TimestampMs last_sent_at = answer.counts->last_sent_at;
  std::unordered_map<uint64_t, SharedFrame> frames;  // few counts, many users
  for (const auto& [user, unread] : notices_.Counted(group, answer.counts->unread, now_ms)) {
    if (!hub_.Online(user) || groups_.IsPresent(group, user)) continue;
    SharedFrame& frame = frames[unread];
    if (!frame) {
      frame = EncodeTextFrame(
          EncodeNotificationUpdate(ConversationKind::kGroup, group, unread, last_sent_at));
    }
    for (Session* session : hub_.Of(user)) Send(*session, frame);
    ++counters_.notices;
  }
}

}  // namespace parlor::wsd
