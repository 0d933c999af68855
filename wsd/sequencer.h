// One order for each conversation: what goes out live has the order and completeness of history
// (promise 3 of the protocol), although committed messages come from several writer threads and
// from worker processes, and an event may be late.
//
// Messages of a conversation are let through by seq: the next one at once; one that is ahead is
// held until what is missing comes, and after gap_wait_ms the missing ones are asked for; one that
// has been let through before is dropped. Of a conversation that is not remembered, the first
// message is held until what was sent in the last lookback_ms (but not before this daemon started)
// has been read: events of such messages may still be under way. If the database is away it is
// asked again every retry_ms; if it refuses the question the conversation is given up.
//
// What is read from the database has no `from`: should a commit of our own be read before its
// writer has told of it, the connection that sent it hears its message although it gave no
// client_msg_id. The outcome that comes later is a repeat.
//
// Limits: max_held_messages a conversation and max_held_bytes over all; beyond them the
// conversation is given up too: everybody in it must be closed so that he comes back and reads
// history (Actions::resync), and the live order goes on behind what was held. Never a silent hole.
// max_conversations are remembered; beyond it those that were quiet for keep_idle_ms are forgotten,
// oldest first (one that is busy never is: what is bounded then is the message rate).
//
// Pure: time comes in, actions go out. One thread.
#pragma once

#include <list>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/protocol.h"
#include "wsd/commands.h"

namespace parlor::wsd {

// A committed message on its way to those it is for.
struct Arrival {
  ConversationKind kind = ConversationKind::kRoom;
  ConversationId conversation;
  UserId other_user;  // room: the one who is not the sender
  Message message;
  ConnectionId from;  // the connection that sent it; none: not one of ours
  bool echo = true;   // `from` wants it too
};

class Sequencer {
 public:
  struct Options {
    int64_t gap_wait_ms = 50;  // events are late by less than this as a rule
    int64_t lookback_ms = 10000;
    int64_t retry_ms = 500;
    size_t max_held_messages = 1000;
    size_t max_held_bytes = 32U << 20U;
    size_t max_conversations = 100000;  // about 250 bytes each
    int64_t keep_idle_ms = 60000;
  };
  struct Abandoned {  // close those who are in it
    ConversationKind kind = ConversationKind::kRoom;
    ConversationId conversation;
    UserId user, other_user;  // room; of a group it is those who are present
  };
  struct Actions {
    std::vector<Arrival> deliver;  // in this order
    std::vector<FetchMissing> fetch;
    std::vector<Abandoned> resync;
  };

  Sequencer(const Options& options, TimestampMs started_at);

  // False: it was let through, or is held, already. `now_ms` is monotonic, here and below.
  bool Offer(Arrival arrival, TimestampMs wall_now, int64_t now_ms, Actions& actions);

  // The answer to one of Actions::fetch; each is answered once, by this or by FetchRefused.
  void Fetched(MissingFetched answer, int64_t now_ms, Actions& actions);
  void FetchRefused(ConversationId conversation, int64_t now_ms);

  // Asks for what has been missing for too long. Call a few times a second at least.
  void Tick(int64_t now_ms, Actions& actions);

  // Whether this message is still to be let through: it is held, or has not come yet. (Of a
  // conversation that is not remembered, or whose place is not known yet: no.)
  bool Awaits(ConversationId conversation, Seq seq) const;

  size_t held() const { return held_messages_; }
  size_t conversations() const { return conversations_.size(); }

 private:
  struct Conversation {
    ConversationKind kind = ConversationKind::kRoom;
    UserId user, other_user;  // room
    uint64_t next = 0;        // the seq to let through next; 0: not known yet
    TimestampMs after;        // nothing that is missing was sent before this
    std::map<uint64_t, Arrival> held;
    bool fetching = false;
    int64_t fetch_at_ms = 0;  // not before
    int64_t used_ms = 0;
    std::list<ConversationId>::iterator recent;
  };

  Conversation& Find(const Arrival& arrival, TimestampMs wall_now, int64_t now_ms);
  bool Hold(Conversation& conversation, Arrival&& arrival);
  void Deliver(Conversation& conversation, Arrival arrival, Actions& actions);
  void Drain(ConversationId id, Conversation& conversation, Actions& actions);
  void Fetch(ConversationId id, Conversation& conversation, Actions& actions);
  void DropHeld(ConversationId id, Conversation& conversation);
  void GiveUp(ConversationId id, Conversation& conversation, Actions& actions);
  bool TooMuchHeld(const Conversation& conversation) const;
  void ForgetQuiet(int64_t now_ms);

  const Options options_;
  const TimestampMs started_at_;
  std::unordered_map<ConversationId, Conversation> conversations_;
  std::list<ConversationId> recent_;            // the latest used first
  std::unordered_set<ConversationId> waiting_;  // those that hold something
  size_t held_messages_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace parlor::wsd
