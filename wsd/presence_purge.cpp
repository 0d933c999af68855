// What is long over, of everybody: deleted in small portions, whichever daemon it was of.
#include "wsd/presence.h"

#include <functional>

#include "common/log.h"
#include "common/presence_store.h"
#include "common/registrations.h"
#include "common/sessions.h"
#include "common/tries.h"

namespace parlor::wsd {
namespace {

constexpr uint32_t kPurgeAtOnce = 500;
constexpr uint32_t kLeftOverAtOnce = 500;

}  // namespace

// A transaction each: what can't be purged today must not keep the rest.
Status Presence::Purge() {
  const auto now = [this] { return clock_.Now(); };
  const std::function<Status(db::Transaction&)> purges[] = {
      [&](db::Transaction& tx) { return PurgeSilent(tx); },
      [&](db::Transaction& tx) { return sessions::PurgeExpired(tx, now(), kPurgeAtOnce); },
      [&](db::Transaction& tx) { return tries::Purge(tx, now(), kPurgeAtOnce); },
      [&](db::Transaction& tx) { return registrations::Purge(tx, now(), kPurgeAtOnce); },
  };
  for (const auto& purge : purges) {
    const Status status = database_.Transact(db::Repeat::kIdempotent, purge);
    if (!status.ok()) log::Warning("purging what is over", {{"error", status}});
  }
  const Status status = LeaveLeftOver();
  if (!status.ok()) log::Warning("ending presence that was left over", {{"error", status}});
  return Ok();
}

Status Presence::PurgeSilent(db::Transaction& tx) {
  PARLOR_ASSIGN_OR_RETURN(const std::vector<presence_store::Beat> beats, presence_store::Beats(tx));
  for (const auto& last : silent_.Look(beats, daemon_, clock_.MonotonicMs())) {
    PARLOR_RETURN_IF_ERROR(presence_store::PurgeDaemon(tx, last));
    log::Info("removing a daemon that is silent for long", {{"daemon", last.daemon}});
  }
  return Ok();
}

// Who left while a dead daemon's row still counted for him, or was refused by the database, is
// present for ever: nobody tells of him again. A daemon that was away itself gives everybody time
// to come back first.
Status Presence::LeaveLeftOver() {
  const int64_t patience_ms = kPurgeMs + config_.socket.offline_grace_ms;
  if (clock_.MonotonicMs() - registered_at_ms_ < patience_ms) return Ok();
  Users found;
  UserId after;
  do {
    const TimestampMs now = clock_.Now();
    const TimestampMs before(now.value - patience_ms);
    const auto find = [&](db::Transaction& tx) -> Status {
      PARLOR_ASSIGN_OR_RETURN(
          found, group_members::LeftOver(tx, after, before, presence_store::AliveSince(now),
                                         kLeftOverAtOnce));
      return Ok();
    };
    PARLOR_RETURN_IF_ERROR(database_.Transact(db::Repeat::kIdempotent, find));
    if (found.empty()) break;
    after = found.back();
    // In doubt it is repeated and finds nothing; then the sweep brings the news.
    const Status status =
        database_.Transact(db::Repeat::kIdempotent, [&](db::Transaction& tx) -> Status {
          no_longer_present_.clear();
          return SetOffline(tx, KnownToNobody(found)).status();
        });
    if (!status.ok()) no_longer_present_.clear();
    PARLOR_RETURN_IF_ERROR(status);
    ReportPresence();
  } while (found.size() == kLeftOverAtOnce);
  return Ok();
}

// Those of `users` of whom this daemon neither has nor waits to tell anything.
Presence::Users Presence::KnownToNobody(const Users& users) {
  std::lock_guard lock(mutex_);
  Users unknown;
  for (const UserId user : users) {
    const bool known =
        here_.contains(user) || work_.users.contains(user) || waiting_.users.contains(user);
    if (!known) unknown.push_back(user);
  }
  return unknown;
}

}  // namespace parlor::wsd
