#include "wsd/bot/bot.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
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

}  // namespace

class Bot::Impl {
 public:
  Impl(const Config& config, const Clock& clock, Queue<LoopItem>& results)
      : shared_(config, clock), results_(results) {}

  Status Start();
  bool Push(AskBot ask);
  void Close();
  bool Finished() const;
  void Stop(Deadline deadline);

 private:
  enum class Takes { kAll, kLate };
  struct Worker {
    Worker(BotShared& shared, std::unique_ptr<BotEngine> model, const std::string& name)
        : answerer(shared, std::move(model)), thread(name) {}
    Answerer answerer;
    Thread thread;  // ends before the answerer goes
  };

  bool has_model() const { return shared_.config.bot.engine == "openai"; }
  size_t max_workers() const;
  Status AddWorker(Takes takes, bool finds);
  void Put(AskBot ask);
  void MakeRoom();
  void Run(Worker& worker, Takes takes);
  std::optional<WaitingQuestion> Next(Takes takes);
  void Find(Answerer& answerer);

  BotShared shared_;
  Queue<LoopItem>& results_;
  TimestampMs started_at_;

  mutable std::mutex mutex_;  // of all that follows
  std::condition_variable wake_;
  QuestionQueue queue_;
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
  Put(std::move(ask));
  return true;
}

void Bot::Impl::Put(AskBot ask) {
  const int64_t answer_by_ms =
      shared_.clock.MonotonicMs() + shared_.config.bot.answer_limit_s * 1000;
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

bool Bot::Impl::Finished() const {
  std::lock_guard lock(mutex_);
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->thread.Finished(); });
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
  while (std::optional<WaitingQuestion> next = Next(takes)) {
    Result<Message> answer = worker.answerer.Answer(*next);
    const UserId user = next->ask.user;
    results_.PushResult(BotAnswered{std::move(next->ask), std::move(answer)});
    std::lock_guard lock(mutex_);
    queue_.Done(user);
    wake_.notify_all();
  }
}

// Waits for a question. nullopt: closed; what waits then is for the next start.
std::optional<WaitingQuestion> Bot::Impl::Next(Takes takes) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (closed_) return std::nullopt;
    std::optional<WaitingQuestion> next =
        takes == Takes::kAll ? queue_.Take() : queue_.TakeLate(shared_.clock.MonotonicMs());
    if (next) return next;
    if (takes == Takes::kLate && queue_.ready() > 0) {
      wake_.wait_for(lock, kLateCheck);
      continue;
    }
    if (takes == Takes::kAll) ++idle_;
    wake_.wait(lock);
    if (takes == Takes::kAll) --idle_;
  }
}

// Puts in what an earlier daemon left unanswered; not what came since, that is here anyway.
void Bot::Impl::Find(Answerer& answerer) {
  const TimestampMs since(started_at_.value - kUnansweredMs);
  const auto limit = static_cast<uint32_t>(shared_.config.bot.max_waiting);
  for (;;) {
    Result<std::vector<bot_chats::Unanswered>> found = answerer.FindUnanswered(since, limit);
    std::unique_lock lock(mutex_);
    if (closed_) return;
    if (found.ok()) {
      for (bot_chats::Unanswered& one : *found) {
        if (one.question.sent_at >= started_at_) continue;
        Put({one.user, one.chat, std::move(one.question)});
      }
      return;
    }
    log::Warning("looking for unanswered questions", {{"error", found.status()}});
    if (found.status().code() != ErrorCode::kUnavailable) return;
    wake_.wait_for(lock, kFindPause, [this] { return closed_; });
  }
}

// ----

Bot::Bot(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : impl_(std::make_unique<Impl>(config, clock, results)) {}
Bot::~Bot() { Stop(Deadline::min()); }

Status Bot::Start() { return impl_->Start(); }
bool Bot::Push(AskBot question) { return impl_->Push(std::move(question)); }
void Bot::Close() { impl_->Close(); }
bool Bot::Finished() const { return impl_->Finished(); }
void Bot::Stop(Deadline deadline) { impl_->Stop(deadline); }

}  // namespace parlor::wsd
