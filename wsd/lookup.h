// The lookup thread: what the loop must read from the database.
//
// Takes every command that waits; all sign-ins of a turn are one query, and go before the rest of
// it but for the presence of all groups, without which nobody is let in. Sign-ins that arrive
// meanwhile wait for one count of unread messages at most. Each command is answered
// exactly once; with kUnavailable when the database stays away, which is waited for once a turn and
// not once a command. FetchMissing gives at most kMaxFetched messages, oldest first: ask again from
// the last one on. Owned by Daemon (main.cpp), used from the loop's thread; limit: kMaxQueued
// commands, beyond it Push() is false.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/thread.h"

namespace parlor::wsd {

class Lookup {
 public:
  static constexpr size_t kMaxQueued = 20000;
  static constexpr uint32_t kMaxFetched = 1000;

  Lookup(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~Lookup();  // Stop() with what is queued answered kUnavailable

  Status Start();
  bool Push(LookupCommand command);
  void Close();
  void Stop(Deadline deadline);

  size_t Waiting() const { return queue_.size(); }  // any thread

 private:
  void Run();
  void Work(std::vector<LookupCommand> commands);
  Status WorkOnUrgent(std::vector<LookupCommand> commands, Status status,
                      std::deque<LookupCommand>& rest);
  Status AuthenticateAll(std::span<const Authenticate> commands);
  // Each reads (unless `before` says that the database has stayed away), answers, and says what it
  // found.
  Status Answer(const FetchMissing& command, const Status& before);
  Status Answer(const LoadPresence& command, const Status& before);
  Status Answer(const CountUnread& command, const Status& before);
  template <typename Value, typename Read>
  Result<Value> Try(const Status& before, const char* doing, ConversationId conversation,
                    const Read& read);

  const Clock& clock_;
  Queue<LoopItem>& results_;
  db::Database database_;
  Queue<LookupCommand> queue_;
  Thread thread_;
};

}  // namespace parlor::wsd
