#include "wsd/writer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "common/db.h"
#include "common/log.h"
#include "wsd/batch_store.h"

namespace parlor::wsd {
namespace {

constexpr std::chrono::milliseconds kIdle{60000};
constexpr std::chrono::milliseconds kPause{500};  // between two looks at a batch in doubt
constexpr int64_t kLogFullMs = 10'000;
constexpr uint64_t kMix = 0x9E3779B97F4A7C15;  // spreads neighbouring ids

// The same for all messages of one conversation, before its id is known.
uint64_t RouteOf(const messages::Outgoing& message) {
  uint64_t key = message.sender.value;
  if (const auto* room = std::get_if<messages::ToUser>(&message.to)) {
    const auto [low, high] = std::minmax(message.sender.value, room->other.value);
    key = (low * kMix) ^ high;
  } else if (const auto* group = std::get_if<messages::ToGroup>(&message.to)) {
    key = group->group.value;
  } else if (const auto* answer = std::get_if<messages::FromBot>(&message.to)) {
    key = answer->user.value;
  }
  return (key * kMix) >> 32;
}

size_t Weight(const WriteMessage& message) { return message.message.body.size() + 128; }

BatchWritten AllRefused(std::vector<WriteMessage> batch) {
  BatchWritten refused;
  for (WriteMessage& message : batch) {
    refused.outcomes.push_back(WriteOutcome{
        std::move(message), Status(ErrorCode::kUnavailable, "The message could not be stored.")});
  }
  return refused;
}

bool AllUnavailable(const std::optional<std::vector<WriteOutcome>>& outcomes) {
  return outcomes && std::all_of(outcomes->begin(), outcomes->end(), [](const auto& outcome) {
           return !outcome.stored.ok() && outcome.stored.status().code() == ErrorCode::kUnavailable;
         });
}

}  // namespace

// One thread with its own database connection.
class WriterPool::Lane {
 public:
  Lane(const Config& config, const Clock& clock, Queue<LoopItem>& results, size_t number)
      : config_(config.writer),
        database_(config.database, clock),
        store_(database_, clock, config.database.retry_limit_ms),
        results_(results),
        queue_(static_cast<size_t>(config.writer.max_queue_messages)),
        full_(clock, kLogFullMs),
        thread_("writer-" + std::to_string(number)) {}
  ~Lane() { Stop(Deadline::min()); }

  void Start() {
    thread_.Start([this] { Run(); });
  }
  bool Push(WriteMessage message);
  void Close() { queue_.Close(); }
  void Stop(Deadline deadline);
  size_t unanswered() const { return unanswered_; }
  size_t refused() const { return refused_; }
  const BatchHistogram& batch_sizes() const { return batch_sizes_; }
  const MicrosecondHistogram& store_times() const { return store_times_; }

 private:
  void Run();
  std::optional<std::vector<WriteOutcome>> StoreTimed(std::vector<WriteMessage> batch);
  void WorkOnHeld();
  void Pause();
  std::vector<WriteMessage> NextBatch();
  std::vector<WriteMessage> EverythingWaiting();
  void Post(std::optional<std::vector<WriteOutcome>> outcomes);

  const WriterConfig config_;
  db::Database database_;
  BatchStore store_;
  Queue<LoopItem>& results_;
  Queue<WriteMessage> queue_;
  std::deque<WriteMessage> pending_;  // the thread's own: taken, not in a batch yet
  std::atomic<size_t> unanswered_{0};
  std::atomic<size_t> refused_{0};
  BatchHistogram batch_sizes_;
  MicrosecondHistogram store_times_;
  log::Every full_;
  std::mutex mutex_;
  std::condition_variable giving_up_;
  std::atomic<bool> give_up_{false};  // set under the mutex
  Thread thread_;
};

// The bound counts what is unanswered, not only what is in the queue: batches in work are memory
// too.
bool WriterPool::Lane::Push(WriteMessage message) {
  const auto limit = static_cast<size_t>(config_.max_queue_messages);
  if (unanswered_.fetch_add(1) < limit && queue_.Push(std::move(message))) return true;
  --unanswered_;
  ++refused_;
  if (!queue_.closed()) {
    full_.Write(log::Level::kWarning, "refusing a message: the writer's queue is full",
                {{"limit", limit}});
  }
  return false;
}

void WriterPool::Lane::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) {
    if (unanswered() > 0) {
      log::Warning("ending a writer: past its deadline", {{"unanswered", unanswered()}});
    }
    {
      std::lock_guard lock(mutex_);
      give_up_ = true;
    }
    giving_up_.notify_all();
    database_.Interrupt();
  }
  thread_.Join();
}

void WriterPool::Lane::Run() {
  for (;;) {
    if (store_.Holding()) {
      WorkOnHeld();
      continue;
    }
    std::vector<WriteMessage> batch = NextBatch();
    if (batch.empty()) {
      if (queue_.closed() && queue_.size() == 0) return;
    } else if (give_up_) {
      Post(AllRefused(std::move(batch)).outcomes);
    } else {
      std::optional<std::vector<WriteOutcome>> outcomes = StoreTimed(std::move(batch));
      const bool away = AllUnavailable(outcomes);
      Post(std::move(outcomes));
      // An outage is waited out once and not once a batch: nobody wants his message to appear
      // minutes later.
      if (away) Post(AllRefused(EverythingWaiting()).outcomes);
    }
  }
}

std::optional<std::vector<WriteOutcome>> WriterPool::Lane::StoreTimed(
    std::vector<WriteMessage> batch) {
  const size_t messages = batch.size();
  const auto began = std::chrono::steady_clock::now();
  std::optional<std::vector<WriteOutcome>> outcomes = store_.Store(std::move(batch));
  const auto took = std::chrono::steady_clock::now() - began;
  batch_sizes_.Observe(static_cast<int64_t>(messages));
  store_times_.Observe(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  return outcomes;
}

// A batch in doubt goes before all others, or the order would break. While it can't be resolved the
// database is away, so what waits behind it has waited long enough. It may also refuse us at once
// (a password that was changed): hence the pause.
void WriterPool::Lane::WorkOnHeld() {
  if (!give_up_) Post(store_.Resolve());
  if (!store_.Holding()) return;
  if (give_up_) Post(store_.Abandon());
  Post(AllRefused(EverythingWaiting()).outcomes);
  if (store_.Holding()) Pause();
}

void WriterPool::Lane::Pause() {
  std::unique_lock lock(mutex_);
  giving_up_.wait_for(lock, kPause, [this] { return give_up_.load(); });
}

std::vector<WriteMessage> WriterPool::Lane::NextBatch() {
  if (pending_.empty()) {
    for (WriteMessage& message : queue_.Take(std::numeric_limits<size_t>::max(), kIdle)) {
      pending_.push_back(std::move(message));
    }
  }
  std::vector<WriteMessage> batch;
  size_t bytes = 0;
  while (!pending_.empty() && batch.size() < static_cast<size_t>(config_.max_batch_messages)) {
    bytes += Weight(pending_.front());
    if (!batch.empty() && bytes > static_cast<size_t>(config_.max_batch_bytes)) break;
    batch.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  return batch;
}

std::vector<WriteMessage> WriterPool::Lane::EverythingWaiting() {
  std::vector<WriteMessage> all(std::make_move_iterator(pending_.begin()),
                                std::make_move_iterator(pending_.end()));
  pending_.clear();
  for (WriteMessage& message : queue_.TakeAll()) all.push_back(std::move(message));
  return all;
}

void WriterPool::Lane::Post(std::optional<std::vector<WriteOutcome>> outcomes) {
  if (!outcomes || outcomes->empty()) return;
  unanswered_ -= outcomes->size();
  results_.PushResult(BatchWritten{std::move(*outcomes)});
}

WriterPool::WriterPool(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : limit_(static_cast<size_t>(config.writer.threads * config.writer.max_queue_messages)) {
  for (size_t i = 0; i < static_cast<size_t>(config.writer.threads); ++i) {
    lanes_.push_back(std::make_unique<Lane>(config, clock, results, i));
  }
}

WriterPool::~WriterPool() = default;

Status WriterPool::Start() {
  for (const auto& lane : lanes_) lane->Start();
  return Ok();
}

bool WriterPool::Push(WriteMessage message) {
  Lane& lane = *lanes_[RouteOf(message.message) % lanes_.size()];
  return lane.Push(std::move(message));
}

void WriterPool::Close() {
  for (const auto& lane : lanes_) lane->Close();
}

void WriterPool::Stop(Deadline deadline) {
  Close();
  for (const auto& lane : lanes_) lane->Stop(deadline);
}

size_t WriterPool::Unanswered() const {
  size_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->unanswered();
  return sum;
}

Distribution WriterPool::BatchSizes() const {
  std::vector<Distribution> parts;
  for (const auto& lane : lanes_) parts.push_back(lane->batch_sizes().Read());
  return Sum(parts);
}

Distribution WriterPool::StoreSeconds() const {
  std::vector<Distribution> parts;
  for (const auto& lane : lanes_) parts.push_back(lane->store_times().Read());
  return Sum(parts);
}

size_t WriterPool::Refused() const {
  size_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->refused();
  return sum;
}

}  // namespace parlor::wsd
