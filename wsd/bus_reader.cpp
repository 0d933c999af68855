#include "wsd/bus_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/log.h"
#include "common/protocol.h"

namespace parlor::wsd {
namespace {

constexpr size_t kReadAtOnce = 1000;             // events between two looks at the time
constexpr size_t kDeleteAtOnce = 500;            // rows a statement
constexpr std::chrono::milliseconds kHoldMs{5};  // between two tries at a full mailbox

// While it waits for the database nothing is read from the bus; the next sweep tries again anyway.
DatabaseConfig Impatient(const Config& config) {
  DatabaseConfig database = config.database;
  database.retry_limit_ms = std::min(database.retry_limit_ms, config.bus.sweep_ms);
  return database;
}

}  // namespace

BusReader::BusReader(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : config_(config),
      clock_(clock),
      results_(results),
      database_(Impatient(config_), clock),
      done_(kRemembered),
      thread_("bus-reader") {}

BusReader::~BusReader() { Stop(Deadline::min()); }

Status BusReader::Start() {
  PARLOR_ASSIGN_OR_RETURN(subscriber_, EventSubscriber::Bind(config_.bus));
  thread_.Start([this] { Run(); });
  return Ok();
}

bool BusReader::WaitFirstSweep(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return swept_; });
}

bool BusReader::Push(EventDone done) { return done_.PushResult(done); }

void BusReader::Close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  done_.Close();
  if (subscriber_) subscriber_->Interrupt();
}

void BusReader::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) database_.Interrupt();
  thread_.Join();
}

void BusReader::Run() {
  next_sweep_ms_ = clock_.MonotonicMs();
  while (!closing_) {
    if (UntilSweep() == 0) {
      CollectDone();
      DeleteDone();
      Sweep();
      next_sweep_ms_ = clock_.MonotonicMs() + config_.bus.sweep_ms;
    }
    ReadBus();
  }
  CollectDone();
  DeleteDone();
}

int64_t BusReader::UntilSweep() const {
  return std::clamp<int64_t>(next_sweep_ms_ - clock_.MonotonicMs(), 0, config_.bus.sweep_ms);
}

void BusReader::ReadBus() {
  std::vector<std::string> pushed;
  int64_t wait_ms = UntilSweep();
  for (size_t read = 0; read < kReadAtOnce; ++read) {
    std::optional<std::string> bytes = subscriber_->Receive(wait_ms);
    if (!bytes) break;
    wait_ms = 0;
    if (IsWorkerStats(*bytes)) {
      TakeReport(*bytes);
    } else {
      pushed.push_back(std::move(*bytes));
    }
  }
  for (DecodedEvent& event : DecodeInOrder(pushed, &numbers_.bad_on_bus)) {
    if (HandOut(std::move(event))) numbers_.from_bus.Add();
  }
}

void BusReader::TakeReport(std::string_view bytes) {
  const Result<WorkerStats> stats = DecodeWorkerStats(bytes);
  if (stats.ok()) return workers_.Add(*stats);
  workers_.AddMalformed();
  log::Debug("reading a worker's report", {{"bytes", bytes.size()}, {"error", stats.status()}});
}

std::vector<DecodedEvent> BusReader::DecodeInOrder(const std::vector<std::string>& pushed,
                                                   Count* bad) {
  std::vector<DecodedEvent> events;
  for (const std::string& bytes : pushed) {
    Result<DecodedEvent> event = DecodeEvent(bytes);
    if (event.ok()) {
      events.push_back(std::move(*event));
    } else {
      if (bad != nullptr) bad->Add();
      log::Error("decoding an event of the bus",
                 {{"bytes", bytes.size()}, {"error", event.status()}});
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const DecodedEvent& a, const DecodedEvent& b) { return a.id < b.id; });
  return events;
}

// From the start each time, page by page; what is done goes between, so that little is remembered.
void BusReader::Sweep() {
  EventId last;
  for (size_t rows = 0; rows < kSweepRows && !closing_; rows += kPageRows) {
    const Result<bool> more = SweepPage(&last);
    NoteDatabase(more.status());
    if (!more.ok()) return;
    swept_at_ms_ = clock_.MonotonicMs();
    if (!*more) break;
    CollectDone();
    DeleteDone();
  }
  ReportSwept();
}

// False: there is nothing behind this page.
Result<bool> BusReader::SweepPage(EventId* last) {
  std::vector<events::Row> rows;
  const auto read = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(rows, events::Pending(tx, *last, kPageRows));
    return Ok();
  };
  PARLOR_RETURN_IF_ERROR(database_.Transact(db::Repeat::kIdempotent, read));
  for (const events::Row& row : rows) TakeRow(row);
  if (!rows.empty()) *last = rows.back().id;
  return rows.size() == kPageRows;
}

void BusReader::TakeRow(const events::Row& row) {
  if (handed_out_.contains(row.id)) return;
  Result<DecodedEvent> event = DecodeEvent(row.payload);
  if (!event.ok()) {
    log::Error("decoding an event of the table: it is deleted",
               {{"event", row.id}, {"bytes", row.payload.size()}, {"error", event.status()}});
    to_delete_.push_back(row.id);
    Remember(row.id);
    numbers_.bad_in_table.Add();
    return;
  }
  event->id = row.id;
  event->origin.at = row.created_at;
  if (HandOut(std::move(*event))) numbers_.from_table.Add();
}

// False: it was handed out before, or there is no time left.
bool BusReader::HandOut(DecodedEvent event) {
  if (event.id && !Remember(event.id)) return false;
  const LoopItem item = EventArrived{std::move(event.event), event.id, std::move(event.origin)};
  while (!results_.Push(item)) {
    ReportSwept();  // whoever waits for the first sweep may be the one who empties the mailbox
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kHoldMs, [this] { return closing_.load(); })) return false;
    if (!away_) swept_at_ms_ = clock_.MonotonicMs();  // it is the loop that is slow
  }
  return true;
}

// False: it was handed out before.
bool BusReader::Remember(EventId id) {
  if (!handed_out_.insert(id).second) return false;
  handed_out_order_.push_back(id);
  if (handed_out_order_.size() > kRemembered) {
    handed_out_.erase(handed_out_order_.front());
    handed_out_order_.pop_front();
  }
  return true;
}

void BusReader::CollectDone() {
  for (const EventDone& done : done_.TakeAll()) {
    if (done.id) to_delete_.push_back(done.id);
  }
}

// Sorted, as all statements on many rows are. What can't be deleted now is deleted the next time.
void BusReader::DeleteDone() {
  if (to_delete_.empty()) return;
  std::sort(to_delete_.begin(), to_delete_.end());
  const auto remove = [&](db::Transaction& tx) -> Status {
    std::span<const EventId> left(to_delete_);
    while (!left.empty()) {
      const auto part = left.first(std::min(kDeleteAtOnce, left.size()));
      PARLOR_RETURN_IF_ERROR(events::Delete(tx, part));
      left = left.subspan(part.size());
    }
    return Ok();
  };
  const Status status = database_.Transact(db::Repeat::kIdempotent, remove);
  NoteDatabase(status);
  if (status.ok()) to_delete_.clear();
}

void BusReader::ReportSwept() {
  std::lock_guard lock(mutex_);
  swept_ = true;
  changed_.notify_all();
}

void BusReader::NoteDatabase(const Status& status) {
  if (status.ok() == !away_) return;
  away_ = !away_;
  if (away_) log::Warning("working the events off", {{"error", status}});
  if (!away_) log::Info("working the events off again");
}

}  // namespace parlor::wsd
