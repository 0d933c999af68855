// The bus reader thread: hands every event of the workers and of SQL scripts to the loop once.
//
// An event comes twice: at once over the bus, and as a row in `events` that is worked off every
// bus.sweep_ms (what a killed worker could not push, what a script wrote). Whichever comes first is
// handed to the loop as EventArrived; the loop acts and pushes EventDone; then the row is deleted.
// A daemon that dies between finds the row again when it is back: at least once over restarts, once
// in a run (unless the second copy is later than kRemembered other events).
//
// When the loop's mailbox is full the event is held and nothing else is read meanwhile: the bus
// queues up to its high-water mark, the rest waits in the table. A row that can't be decoded is
// logged with its id and deleted, so that a script's mistake is seen once and not for ever.
//
// What workers report of themselves (worker_stats.h) comes by the same bus and goes into
// WorkerTotals; the loop never sees it. Owned by Daemon (main.cpp); used from the loop's thread,
// but for what says "any thread".
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/bus.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/db.h"
#include "common/events.h"
#include "wsd/commands.h"
#include "wsd/mailbox.h"
#include "wsd/meter.h"
#include "wsd/thread.h"
#include "wsd/worker_totals.h"

namespace parlor::wsd {

class BusReader {
 public:
  static constexpr size_t kRemembered = 50000;  // ids of events that were handed out
  static constexpr uint32_t kPageRows = 500;    // rows a statement of a sweep
  // Rows a sweep; far below kRemembered, so that none of them is forgotten before it is done.
  static constexpr size_t kSweepRows = kRemembered / 2;

  BusReader(const Config& config, const Clock& clock, Queue<LoopItem>& results);
  ~BusReader();  // Stop() at once

  Status Start();  // binds the endpoint: the error says why that can't be
  // After Start(), before connections are let in: waits until what the last daemon left in the
  // table is in the mailbox (at most kSweepRows of it, or the mailbox is full). False: not by the
  // deadline (the database is away); go on all the same.
  bool WaitFirstSweep(Deadline deadline) const;

  // What was pushed, in the order of its rows: workers push side by side, and of two changes of one
  // thing that wait here the later one wins. (One that is pushed after the other was handed out
  // still comes last: names and marks are right again with the next request.) Undecodable is left
  // out and is counted in `bad`, which may be null.
  static std::vector<DecodedEvent> DecodeInOrder(const std::vector<std::string>& pushed,
                                                 Count* bad = nullptr);

  // What is counted, for any thread.
  struct Numbers {
    Count from_bus, from_table;      // handed to the loop
    Count bad_on_bus, bad_in_table;  // could not be read, and were dropped
  };
  const Numbers& numbers() const { return numbers_; }
  const WorkerTotals& workers() const { return workers_; }  // any thread: what they have reported
  // Any thread: when the table was last read (monotonic; 0: never), which it is all the time: the
  // daemon's knowledge of whether the database answers.
  int64_t swept_at_ms() const { return swept_at_ms_; }

  bool Push(EventDone done);  // never full: bounded by what was handed out
  void Close();               // reads nothing more, deletes the rows of what is done
  void Stop(Deadline deadline);

 private:
  void Run();
  int64_t UntilSweep() const;
  void ReadBus();
  void TakeReport(std::string_view bytes);
  void Sweep();
  Result<bool> SweepPage(EventId* last);
  void TakeRow(const events::Row& row);
  bool HandOut(DecodedEvent event);
  bool Remember(EventId id);
  void CollectDone();
  void DeleteDone();
  void ReportSwept();
  void NoteDatabase(const Status& status);

  const Config config_;
  const Clock& clock_;
  Queue<LoopItem>& results_;
  db::Database database_;
  std::unique_ptr<EventSubscriber> subscriber_;
  Queue<EventDone> done_;
  Thread thread_;
  std::atomic<bool> closing_{false};
  std::atomic<int64_t> swept_at_ms_{0};
  Numbers numbers_;
  WorkerTotals workers_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool swept_ = false;

  // The thread's own.
  std::unordered_set<EventId> handed_out_;
  std::deque<EventId> handed_out_order_;
  std::vector<EventId> to_delete_;
  int64_t next_sweep_ms_ = 0;
  bool away_ = false;
};

}  // namespace parlor::wsd
