#include "wsd/presence.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/log.h"
#include "common/presence_store.h"
#include "common/sessions.h"

namespace parlor::wsd {
namespace {

constexpr std::chrono::milliseconds kTick{1000};  // how often the clock is looked at
constexpr size_t kUsersAtOnce = 1000;             // what presence_store and send_rate take
constexpr size_t kSessionsAtOnce = 100;

bool IsDue(std::optional<int64_t>& next_ms, int64_t now_ms, int64_t period_ms) {
  if (next_ms && now_ms < *next_ms) return false;
  next_ms = now_ms + period_ms;
  return true;
}

std::vector<std::span<const UserId>> PartsOf(std::span<const UserId> users) {
  std::vector<std::span<const UserId>> parts;
  for (; !users.empty(); users = users.subspan(parts.back().size())) {
    parts.push_back(users.first(std::min(kUsersAtOnce, users.size())));
  }
  return parts;
}

// What came meanwhile is newer than what is left of the last turn.
template <typename Map>
void MergeNewer(Map& into, Map& newer) {
  newer.merge(into);
  into = std::exchange(newer, {});
}

}  // namespace

Presence::Presence(const Config& config, const Clock& clock, Queue<LoopItem>& results)
    : config_(config),
      clock_(clock),
      results_(results),
      database_(config_.database, clock),
      thread_("presence") {}

Presence::~Presence() { Stop(Deadline::min()); }

Status Presence::Start(std::string endpoint) {
  endpoint_ = std::move(endpoint);
  thread_.Start([this] { Run(); });
  return Ok();
}

bool Presence::Push(PresenceCommand command) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (const auto* came = std::get_if<UserCame>(&command)) {
    Add(waiting_.users, came->user, Move::kCame);
  } else if (const auto* left = std::get_if<UserLeft>(&command)) {
    Add(waiting_.users, left->user, Move::kLeft);
  } else if (const auto* touch = std::get_if<TouchSession>(&command)) {
    if (waiting_.sessions.size() + sessions_in_work_ >= kMaxSideWork) return Refuse();
    waiting_.sessions[touch->session.id] = touch->session;
  } else {
    const auto& buckets = std::get<RaiseRates>(command).buckets;
    if (waiting_.rates.size() + rates_in_work_ + buckets.size() > kMaxSideWork) return Refuse();
    for (const auto& [user, bucket] : buckets) {
      send_rate::Bucket& kept = waiting_.rates[user];
      kept.arrival = std::max(kept.arrival, bucket.arrival);
    }
  }
  ready_.notify_one();
  return true;
}

bool Presence::Refuse() {
  refused_.Add();
  return false;
}

size_t Presence::Waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.sessions.size() + sessions_in_work_ + waiting_.rates.size() + rates_in_work_;
}

void Presence::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  ready_.notify_one();
}

void Presence::Stop(Deadline deadline) {
  Close();
  if (!thread_.WaitFinished(deadline)) database_.Interrupt();
  thread_.Join();
}

void Presence::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  ready_.notify_one();
}

void Presence::Run() {
  do {
    Turn();
  } while (TakeWork());
  SignOff();
}

// Waits for commands or the next tick; false when closed: signing off says the rest.
bool Presence::TakeWork() {
  std::unique_lock lock(mutex_);
  NoteInWork();
  ready_.wait_for(lock, kTick, [this] { return !waiting_.empty() || closed_ || woken_; });
  woken_ = false;
  for (const auto& [user, move] : std::exchange(waiting_.users, {})) Add(work_.users, user, move);
  MergeNewer(work_.sessions, waiting_.sessions);
  MergeNewer(work_.rates, waiting_.rates);
  NoteInWork();
  return !closed_;
}

// A newer move replaces an older one; but having left before coming again counts, because it ended
// the user's presence in groups.
void Presence::Add(std::unordered_map<UserId, Move>& users, UserId user, Move move) {
  const auto [found, is_new] = users.try_emplace(user, move);
  if (is_new) return;
  const bool came_again = move == Move::kCame && found->second != Move::kCame;
  found->second = came_again ? Move::kLeftAndCame : move;
}

// With the mutex held.
void Presence::NoteInWork() {
  sessions_in_work_ = work_.sessions.size();
  rates_in_work_ = work_.rates.size();
}

// Whatever fails stays in work_ for the next turn.
void Presence::Turn() {
  Status status = StayRegistered();
  if (status.ok()) status = ApplyUsers();
  if (status.ok()) status = ApplySessions();
  if (status.ok()) status = ApplyRates();
  if (status.ok() && IsDue(next_purge_ms_, clock_.MonotonicMs(), kPurgeMs)) status = Purge();
  if (status.ok() == away_) {
    away_ = !away_;
    if (away_) log::Warning("keeping presence", {{"error", status}});
    if (!away_) log::Info("keeping presence again", {{"daemon", daemon_}});
  }
}

Status Presence::StayRegistered() {
  if (!daemon_) return Register();
  if (!IsDue(next_heartbeat_ms_, clock_.MonotonicMs(), kHeartbeatMs)) return Ok();
  return BeatOrRegister().status();
}

// Sends a heartbeat. False: the database went back, and we have registered again. Each is above the
// last one, also while a clock that was set back catches up: that is what others and we look at.
Result<bool> Presence::BeatOrRegister() {
  bool known = false;
  const TimestampMs now = std::max(clock_.Now(), TimestampMs(last_heartbeat_.value + 1));
  Status status = database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(known, presence_store::Heartbeat(tx, daemon_, last_heartbeat_, now));
    return Ok();
  });
  if (!status.ok()) {
    next_heartbeat_ms_.reset();
    return status;
  }
  if (known) {
    last_heartbeat_ = now;
    return true;
  }
  log::Error(
      "the database went back to an earlier state: a backup was restored under a running daemon",
      {{"daemon", daemon_}});
  daemon_ = DaemonId();
  went_back_ = true;
  PARLOR_RETURN_IF_ERROR(Register());
  return false;
}

// Repeating removes what the first try may have left.
Status Presence::Register() {
  DaemonId daemon;
  const Users users(here_.begin(), here_.end());
  const TimestampMs now = clock_.Now();
  const auto sign_on = [&](db::Transaction& tx) -> Status {
    PARLOR_ASSIGN_OR_RETURN(daemon, presence_store::RegisterDaemon(tx, endpoint_, now));
    for (const std::span<const UserId> part : PartsOf(users)) {
      PARLOR_RETURN_IF_ERROR(presence_store::SetOnline(tx, daemon, part, now).status());
    }
    return Ok();
  };
  Status status = database_.Transact(db::Repeat::kIdempotent, sign_on);
  if (!status.ok()) return status;
  daemon_ = daemon;
  last_heartbeat_ = now;
  next_heartbeat_ms_ = clock_.MonotonicMs() + kHeartbeatMs;
  registered_at_ms_ = clock_.MonotonicMs();
  if (std::exchange(went_back_, false)) results_.PushResult(DatabaseWentBack{});
  log::Info("registering the daemon", {{"daemon", daemon_}, {"users", users.size()}});
  return Ok();
}

Status Presence::ApplyUsers() {
  PARLOR_RETURN_IF_ERROR(Apply(/*came=*/false));
  return Apply(/*came=*/true);
}

Status Presence::Apply(bool came) {
  Users users;
  for (const auto& [user, move] : work_.users) {
    if ((move == Move::kCame) == came) users.push_back(user);
  }
  std::sort(users.begin(), users.end());
  for (const std::span<const UserId> part : PartsOf(users)) {
    PARLOR_RETURN_IF_ERROR(ApplyPart(came, part));
  }
  return Ok();
}

Status Presence::ApplyPart(bool came, std::span<const UserId> users) {
  const Result<Users> changed = ChangeUsers(came, users);
  if (!changed.ok()) return ApplySplit(came, users, changed.status());
  Report(*changed, came);
  ReportPresence();
  for (const UserId user : users) {
    Applied(came, user);
    if (came) here_.insert(user);
  }
  return Ok();
}

void Presence::Applied(bool came, UserId user) {
  if (!came) here_.erase(user);
  const auto move = work_.users.find(user);
  if (!came && move->second == Move::kLeftAndCame) {
    move->second = Move::kCame;
  } else {
    work_.users.erase(move);
  }
}

// Without our row nobody can be online here, which is not the users' fault: with a new one, again.
// Else a user whom the database refuses must not keep the others: halves, until the one is alone.
Status Presence::ApplySplit(bool came, std::span<const UserId> users, const Status& error) {
  if (error.code() == ErrorCode::kUnavailable) return error;
  PARLOR_ASSIGN_OR_RETURN(const bool registered, BeatOrRegister());
  if (!registered) return ApplyPart(came, users);
  if (users.size() > 1) {
    PARLOR_RETURN_IF_ERROR(ApplyPart(came, users.first(users.size() / 2)));
    return ApplyPart(came, users.subspan(users.size() / 2));
  }
  log::Error("keeping presence", {{"user", users.front()}, {"error", error}});
  Applied(came, users.front());
  in_doubt_.erase(users.front());
  return Ok();
}

// A repeat after a commit in doubt reports no change for what that commit did store, so its report
// counts too, however much later the repeat succeeds. (If it did not store, the repeat finds the
// same users changed, or another daemon has told about them meanwhile: told twice is right, never
// told is not.) Who has changed his mind since is told of with that change alone.
Result<Presence::Users> Presence::ChangeUsers(bool came, std::span<const UserId> users) {
  Users all;
  for (;;) {
    const Status status = database_.Transact(db::Repeat::kOnce, [&](db::Transaction& tx) -> Status {
      no_longer_present_.clear();
      PARLOR_ASSIGN_OR_RETURN(all, came
                                       ? presence_store::SetOnline(tx, daemon_, users, clock_.Now())
                                       : SetOffline(tx, users));
      return Ok();
    });
    if (status.ok()) break;
    no_longer_present_.clear();
    if (status.code() != ErrorCode::kInDoubt) return status;
    for (const UserId user : all) in_doubt_[user] = came;
  }
  for (const UserId user : users) {
    const auto doubt = in_doubt_.find(user);
    if (doubt == in_doubt_.end()) continue;
    if (doubt->second == came) all.push_back(user);
    in_doubt_.erase(doubt);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// Also for those who were not online here: SetOffline has locked the rows of all.
Result<Presence::Users> Presence::SetOffline(db::Transaction& tx, std::span<const UserId> users) {
  const TimestampMs now = clock_.Now();
  PARLOR_ASSIGN_OR_RETURN(Users changed, presence_store::SetOffline(tx, daemon_, users, now));
  PARLOR_ASSIGN_OR_RETURN(const Users online, presence_store::OnlineSomewhere(tx, users, now));
  Users offline;
  std::set_difference(users.begin(), users.end(), online.begin(), online.end(),
                      std::back_inserter(offline));
  PARLOR_ASSIGN_OR_RETURN(no_longer_present_, group_members::LeaveEverywhere(tx, offline, now));
  return changed;
}

void Presence::Report(const Users& users, bool online) {
  for (const UserId user : users) results_.PushResult(OnlineChanged{user, online});
}

void Presence::ReportPresence() {
  for (group_members::Change& change : no_longer_present_) {
    results_.PushResult(EventArrived{std::move(change.event), change.id, {}});
  }
  no_longer_present_.clear();
}

Status Presence::ApplySessions() {
  while (!work_.sessions.empty()) {
    std::vector<sessions::Session> part;
    for (const auto& [id, session] : work_.sessions) {
      if (part.size() < kSessionsAtOnce) part.push_back(session);
    }
    std::sort(part.begin(), part.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    const auto touch = [&](db::Transaction& tx) -> Status {
      for (const sessions::Session& session : part) {
        const auto touched = sessions::Touch(tx, session, config_.session, clock_.Now());
        PARLOR_RETURN_IF_ERROR(touched.status());
      }
      return Ok();
    };
    PARLOR_RETURN_IF_ERROR(database_.Transact(db::Repeat::kIdempotent, touch));
    for (const sessions::Session& session : part) work_.sessions.erase(session.id);
  }
  return Ok();
}

Status Presence::ApplyRates() {
  while (!work_.rates.empty()) {
    std::vector<std::pair<UserId, send_rate::Bucket>> part;
    for (const auto& entry : work_.rates) {
      if (part.size() < kUsersAtOnce) part.emplace_back(entry);
    }
    PARLOR_RETURN_IF_ERROR(database_.Transact(
        db::Repeat::kIdempotent, [&](db::Transaction& tx) { return send_rate::Raise(tx, part); }));
    for (const auto& [user, bucket] : part) work_.rates.erase(user);
  }
  return Ok();
}

void Presence::SignOff() {
  if (!daemon_) return;
  const Status status = database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) {
    return presence_store::RemoveDaemon(tx, daemon_);
  });
  if (!status.ok()) log::Warning("signing the daemon off", {{"error", status}});
}

}  // namespace parlor::wsd
