#include "wsd/bot/bot.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "common/log.h"
#include "wsd/bot/answerer.h"
#include "wsd/bot/openai_engine.h"
#include "wsd/bot/question_queue.h"

namespace parlor::wsd {
namespace {

constexpr size_t kRuleThreads = 2;
constexpr std::chrono::milliseconds kLateCheck{200};
constexpr std::chrono::milliseconds kFindPause{500};
constexpr std::chrono::milliseconds kStorePause{500};

using Moment = std::chrono::steady_clock::time_point;

}  // namespace

class Bot::Impl {
 public:
  Impl(const Config& config, const Clock& clock, Queue<LoopItem>& results)
      : shared_(config, clock), results_(results) {}

  Status Start();
  bool Push(AskBot ask);
  void Close();
  void Stop(Deadline deadline);
  const BotNumbers& numbers() const { return shared_.numbers; }

 private:
  enum class Takes { kAll, kLate };
  struct Worker {
    Worker(BotShared& shared, std::unique_ptr<BotEngine> model, const std::string& name)
        : answerer(shared, std::move(model)), thread(name) {}
    Answerer answerer;
    Thread thread;  // ends before the answerer goes
  };

  // An answer that could not be stored.
  struct Kept {
    ComposedAnswer answer;
    Moment again_at;
  };
  using Work = std::variant<WaitingQuestion, ComposedAnswer>;
  using Known = std::pair<ConversationId, Seq>;

  bool has_model() const { return shared_.config.bot.engine == "openai"; }
  size_t max_workers() const;
  Status AddWorker(Takes takes, bool finds);
  void Put(AskBot ask, int64_t answer_by_ms);
  void MakeRoom();
  void Run(Worker& worker, Takes takes);
  std::optional<Work> Next(Takes takes);
  std::optional<ComposedAnswer> NextKept();
  void WaitForWork(std::unique_lock<std::mutex>& lock, Takes takes);
  void Settle(Answerer& answerer, ComposedAnswer answer);
  void Find(Answerer& answerer);
  void PutFound(std::vector<bot_chats::Unanswered> found);
  int64_t TimeOfNewOnes() const;

  BotShared shared_;
  Queue<LoopItem>& results_;
  TimestampMs started_at_;

  mutable std::mutex mutex_;  // of all that follows
  std::condition_variable wake_;
  QuestionQueue queue_;
  std::deque<Kept> kept_;  // their users are in work
  // So that nothing is asked twice: until the start has looked, what was pushed; then what it
  // found.
  std::set<Known> known_;
  bool finding_ = true;
  std::vector<std::unique_ptr<Worker>> workers_;
  size_t answering_ = 0;  // workers that take all
  size_t idle_ = 0;       // of them, those that wait
  bool watched_ = false;  // somebody looks after what is late
  bool closed_ = false;
};

// ---- The loop's side

Status Bot::Impl::Start() {
  started_at_ = shared_.clock.Now();
  std::lock_guard lock(mutex_);
  return AddWorker(Takes::kAll, true);
}

size_t Bot::Impl::max_workers() const {
  const auto threads = static_cast<size_t>(shared_.config.bot.threads);
  return has_model() ? threads : std::min(threads, kRuleThreads);
}

Status Bot::Impl::AddWorker(Takes takes, bool finds) {
  std::unique_ptr<BotEngine> model;
  if (has_model() && takes == Takes::kAll) {
    PARLOR_ASSIGN_OR_RETURN(model,
                            MakeOpenAiEngine(shared_.config.bot, shared_.clock, shared_.stop));
  }
  const std::string name = takes == Takes::kAll ? "bot-" + std::to_string(answering_) : "bot-late";
  workers_.push_back(std::make_unique<Worker>(shared_, std::move(model), name));
  Worker& worker = *workers_.back();
  try {
    worker.thread.Start([this, &worker, takes, finds] {
      if (finds) Find(worker.answerer);
      Run(worker, takes);
    });
  } catch (const std::system_error& error) {  // no more threads: those that are there go on
    workers_.pop_back();
    return Status(ErrorCode::kUnavailable, error.what());
  }
  if (takes == Takes::kAll) ++answering_;
  return Ok();
}

bool Bot::Impl::Push(AskBot ask) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  const Known known(ask.chat, ask.question.seq);
  if (finding_) {
    known_.insert(known);
  } else if (known_.contains(known)) {
    return true;  // committed just before the start looked
  }
  Put(std::move(ask), TimeOfNewOnes());
  return true;
}

int64_t Bot::Impl::TimeOfNewOnes() const {
  return shared_.clock.MonotonicMs() + shared_.config.bot.answer_limit_s * 1000;
}

void Bot::Impl::Put(AskBot ask, int64_t answer_by_ms) {
  queue_.Put({std::move(ask), answer_by_ms});
  MakeRoom();
  wake_.notify_all();
}

// Somebody is there for what waits: a thread that is idle, a new one, or who apologizes in the end.
void Bot::Impl::MakeRoom() {
  if (queue_.ready() <= idle_) return;
  Status status;
  if (answering_ < max_workers()) {
    status = AddWorker(Takes::kAll, false);
  } else if (has_model() && !watched_) {
    status = AddWorker(Takes::kLate, false);
    watched_ = status.ok();
  }
  if (!status.ok()) log::Warning("making a thread for the bot", {{"error", status}});
}

void Bot::Impl::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  wake_.notify_all();
}

// Nobody makes workers once it is closed, so they stay as they are without the lock.
void Bot::Impl::Stop(Deadline deadline) {
  Close();
  bool finished = true;
  for (const auto& worker : workers_) finished &= worker->thread.WaitFinished(deadline);
  if (!finished) {
    shared_.stop = true;
    for (const auto& worker : workers_) worker->answerer.Interrupt();
  }
  for (const auto& worker : workers_) worker->thread.Join();
}

// ---- The threads' side

void Bot::Impl::Run(Worker& worker, Takes takes) {
  while (std::optional<Work> work = Next(takes)) {
    auto* question = std::get_if<WaitingQuestion>(&*work);
    Settle(worker.answerer, question != nullptr ? worker.answerer.Compose(std::move(*question))
                                                : std::get<ComposedAnswer>(*std::move(work)));
  }
}

// Stores the answer and reports it, or keeps it.
void Bot::Impl::Settle(Answerer& answerer, ComposedAnswer answer) {
  Result<Message> stored = answer.text.empty() || shared_.stop
                               ? Status(ErrorCode::kUnavailable, "the daemon ends")
                               : answerer.Store(answer);
  const UserId user = answer.question.ask.user;
  std::unique_lock lock(mutex_);
  if (!stored.ok() && stored.status().code() != ErrorCode::kNotFound && !closed_) {
    kept_.push_back({std::move(answer), std::chrono::steady_clock::now() + kStorePause});
    wake_.notify_all();
    return;
  }
  lock.unlock();
  results_.PushResult(BotAnswered{std::move(answer.question.ask), std::move(stored)});
  lock.lock();
  queue_.Done(user);
  wake_.notify_all();
}

// Waits for a question, or for an answer that can be tried again. nullopt: closed; what waits then
// is for the next start.
std::optional<Bot::Impl::Work> Bot::Impl::Next(Takes takes) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (takes == Takes::kAll) {
      if (std::optional<ComposedAnswer> kept = NextKept()) return *std::move(kept);
    }
    if (closed_) return std::nullopt;
    std::optional<WaitingQuestion> next =
        takes == Takes::kAll ? queue_.Take() : queue_.TakeLate(shared_.clock.MonotonicMs());
    if (next) return *std::move(next);
    WaitForWork(lock, takes);
  }
}

// At the end they are tried at once, for the last time.
std::optional<ComposedAnswer> Bot::Impl::NextKept() {
  if (kept_.empty()) return std::nullopt;
  if (!closed_ && kept_.front().again_at > std::chrono::steady_clock::now()) return std::nullopt;
  ComposedAnswer next = std::move(kept_.front().answer);
  kept_.pop_front();
  return next;
}

void Bot::Impl::WaitForWork(std::unique_lock<std::mutex>& lock, Takes takes) {
  if (takes == Takes::kLate) {
    if (queue_.ready() > 0) {
      wake_.wait_for(lock, kLateCheck);
    } else {
      wake_.wait(lock);
    }
    return;
  }
  ++idle_;
  if (kept_.empty()) {
    wake_.wait(lock);
  } else {
    wake_.wait_until(lock, Moment(kept_.front().again_at));
  }
  --idle_;
}

void Bot::Impl::Find(Answerer& answerer) {
  const TimestampMs since(started_at_.value - kApologizedMs);
  const auto limit = static_cast<uint32_t>(shared_.config.bot.max_waiting);
  for (;;) {
    Result<std::vector<bot_chats::Unanswered>> found = answerer.FindUnanswered(since, limit);
    std::unique_lock lock(mutex_);
    if (closed_) return;
    if (found.ok()) return PutFound(*std::move(found));
    log::Warning("looking for unanswered questions", {{"error", found.status()}});
    wake_.wait_for(lock, kFindPause, [this] { return closed_; });
  }
}

// Puts in what an earlier daemon left unanswered; not what was pushed since, that is here anyway.
// Which is which is not the clock's to say: it may have been set back.
void Bot::Impl::PutFound(std::vector<bot_chats::Unanswered> found) {
  const std::set<Known> pushed = std::exchange(known_, {});
  finding_ = false;
  for (bot_chats::Unanswered& one : found) {
    const Known known(one.chat, one.question.seq);
    if (pushed.contains(known)) continue;
    known_.insert(known);
    const bool is_old = one.question.sent_at.value < started_at_.value - kAnsweredMs;
    const int64_t answer_by_ms = is_old ? shared_.clock.MonotonicMs() : TimeOfNewOnes();
    Put({one.user, one.chat, std::move(one.question)}, answer_by_ms);
  }
}

// ----

Bot::Bot(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : impl_(std::make_unique<Impl>(config, clock, results)) {}
Bot::~Bot() { Stop(Deadline::min()); }

Status Bot::Start() { return impl_->Start(); }
bool Bot::Push(AskBot question) { return impl_->Push(std::move(question)); }
void Bot::Close() { impl_->Close(); }
void Bot::Stop(Deadline deadline) { impl_->Stop(deadline); }
const BotNumbers& Bot::numbers() const { return impl_->numbers(); }

}  // namespace parlor::wsd
