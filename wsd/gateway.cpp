// Lives of connections: opening, keepalive, closing, sending.
#include "wsd/gateway.h"

#include <algorithm>
#include <utility>

#include "common/log.h"

namespace parlor::wsd {
namespace {

constexpr int64_t kRatesEveryMs = 1000;
constexpr int kUnansweredPings = 2;
constexpr int64_t kResyncLogMs = 10000;
constexpr int64_t kCloseLogMs = 10000;
constexpr int64_t kCloseLogs = 20;

}  // namespace

Gateway::Gateway(const Config& config, const Clock& clock, Threads threads)
    : socket_(config.socket),
      session_config_(config.session),
      limits_(config.limits),
      clock_(clock),
      threads_(std::move(threads)),
      ping_(EncodePingFrame()),
      wheel_(clock.MonotonicMs()),
      sequencer_(Sequencer::Options{}, clock.Now()),
      online_(config.socket.offline_grace_ms,
              [this](PresenceCommand command) {
                // Never refused (presence.h); at the very end nobody needs it any more.
                static_cast<void>(threads_.presence(std::move(command)));
              }),
      rates_(config.limits),
      groups_(GroupPresence::Options{},
              [this](const PresenceChanged& change) { Announce(change); }),
      notices_({.interval_ms = config.socket.unread_interval_ms}),
      bot_load_(config.bot),
      resync_log_(clock, kResyncLogMs),
      close_log_(clock, kCloseLogMs, kCloseLogs) {}

void Gateway::SetLimits(const LimitsConfig& limits) {
  limits_ = limits;
  rates_.SetLimits(limits);
}

Session& Gateway::Open(Peer& peer, std::string request_id) {
  const ConnectionId id(++last_connection_);
  const int64_t now = clock_.MonotonicMs();
  auto session =
      std::make_unique<Session>(id, peer, static_cast<size_t>(socket_.max_queue_bytes), now);
  Session& opened = *session;
  opened.request_id = std::move(request_id);
  sessions_.emplace(id, std::move(session));
  wheel_.Schedule(opened, now + socket_.init_timeout_ms);
  ++counters_.connections_opened;
  Note("opening a connection", opened);
  if (restarting_) to_restart_.push_back(id);  // its handshake was under way
  return opened;
}

// For the log at debug: at info a daemon with many sockets would write all day, and writing is done
// by the loop.
void Gateway::Note(std::string_view doing, const Session& session) {
  if (!log::Enabled(log::Level::kDebug)) return;
  log::Debug(doing, {{"connection", session.id},
                     {"user", session.login.user},
                     {"request_id", session.request_id}});
}

void Gateway::Gone(Session& session) {
  Note("a connection is gone", session);
  Leave(session, Leaving::kVanished);
  sessions_.erase(session.id);
}

void Gateway::PeerCloses(Session& session) {
  if (session.state == SessionState::kClosing) return;
  StartClosing(session, Leaving::kVanished, kCloseReplyMs);
  session.outgoing.Clear();
}

void Gateway::Pong(Session& session) {
  if (session.state == SessionState::kClosing) return;
  session.last_received_ms = clock_.MonotonicMs();
  session.unanswered_pings = 0;
  if (session.state == SessionState::kSignedIn) Touch(session);
}

// A client that breaks the rules, or can't keep up, is worth a record at info.
void Gateway::NoteClose(const Session& session, CloseCode code) {
  const bool is_usual = code == CloseCode::kTryAgain || code == CloseCode::kNotSignedIn ||
                        code == CloseCode::kSessionEnded;
  if (is_usual && !log::Enabled(log::Level::kDebug)) return;
  const std::initializer_list<log::Field> fields = {{"code", static_cast<int>(code)},
                                                    {"connection", session.id},
                                                    {"user", session.login.user},
                                                    {"request_id", session.request_id}};
  if (is_usual) return log::Debug("closing a connection", fields);
  close_log_.Write(log::Level::kInfo, "closing a connection", fields);
}

// What is queued still goes out before the close frame, but for a client that does not read: that
// it gets nothing of what did not fit must not look like a hole in the middle.
void Gateway::Close(Session& session, CloseCode code) {
  if (session.state == SessionState::kClosing) return;
  ++counters_.closed[static_cast<int>(code)];
  NoteClose(session, code);
  if (code == CloseCode::kReadsTooSlowly) session.outgoing.Clear();
  const bool ended = code == CloseCode::kSessionEnded;
  StartClosing(session, ended ? Leaving::kLoggedOut : Leaving::kVanished,
               ended ? kEndedFlushMs : kCloseFlushMs);
  session.outgoing.PushLast(EncodeCloseFrame(static_cast<int>(code)));
  session.peer.WantFlush();
}

void Gateway::Drop(Session& session) {
  if (session.state != SessionState::kClosing) {
    StartClosing(session, Leaving::kVanished, kCloseReplyMs);
  }
  session.outgoing.Clear();
  session.peer.Drop();
}

void Gateway::StartClosing(Session& session, Leaving how, int64_t linger_ms) {
  Leave(session, how);
  session.state = SessionState::kClosing;
  session.closing_since_ms = clock_.MonotonicMs();
  std::string().swap(session.incoming);
  session.authentication.reset();
  if (session.held) {
    session.held.reset();
    session.peer.PauseReading(false);
  }
  wheel_.Schedule(session, session.closing_since_ms + linger_ms);
}

// Out of the hub: from here on nothing is delivered to it.
void Gateway::Leave(Session& session, Leaving how) {
  bool last = false;
  if (session.state != SessionState::kSignedIn || !hub_.Remove(session, &last)) return;
  if (draining_) return;
  const sessions::Session& login = session.login;
  if (how == Leaving::kVanished) {
    online_.Vanished(login.user, login.id, last, clock_.MonotonicMs());
  } else if (last) {
    online_.LoggedOut(login.user, login.id);
  }
}

void Gateway::Tick() {
  const int64_t now = clock_.MonotonicMs();
  wheel_.Advance(now, [this](TimerWheel::Entry& entry) { Due(static_cast<Session&>(entry)); });
  if (!draining_) online_.Tick(now);
  ended_.ForgetOld(now);
  event_order_.ForgetOld(now);
  removals_.ForgetOld(now);
  Sequencer::Actions actions;
  sequencer_.Tick(now, actions);
  Run(actions);
  TickGroups(now);
  if (now >= next_rates_ms_) {
    next_rates_ms_ = now + kRatesEveryMs;
    auto heavy = rates_.TakeHeavy(clock_.Now());
    // Refused: told again when they are used next.
    if (!heavy.empty()) static_cast<void>(threads_.presence(RaiseRates{std::move(heavy)}));
  }
  CloseOverflowed();
  Report(now);
}

// `now_ms`: when this tick began.
void Gateway::Report(int64_t now_ms) {
  if (last_tick_ms_) {
    board_.delay.Observe(std::max<int64_t>(0, now_ms - *last_tick_ms_ - kTickMs));
  }
  last_tick_ms_ = now_ms;
  LoopReport report;
  report.counters = counters_;
  report.at_ms = now_ms;
  report.connections = sessions_.size();
  report.signed_in = hub_.All().size();
  report.online_users = hub_.users();
  report.present = groups_.present();
  report.in_writers = in_writers_;
  report.bot_waiting = bot_load_.waiting();
  report.sequencer_held = sequencer_.held();
  report.sequencer_conversations = sequencer_.conversations();
  report.presence_loaded = groups_.loaded();
  report.draining = draining_;
  board_.Publish(std::move(report));
}

void Gateway::Due(Session& session) {
  switch (session.state) {
    case SessionState::kNew:
      return Close(session, CloseCode::kNotSignedIn);
    case SessionState::kClosing:
      return DueClosing(session);
    case SessionState::kAuthenticating:
    case SessionState::kSignedIn:
      return DueAlive(session);
  }
}

void Gateway::DueClosing(Session& session) {
  const int64_t now = clock_.MonotonicMs();
  if (session.close_sent && now - session.closing_since_ms < kCloseReplyMs) {
    wheel_.Schedule(session, session.closing_since_ms + kCloseReplyMs);
    return;
  }
  if (!session.close_sent) ++counters_.dropped_unreading;
  Drop(session);
  wheel_.Schedule(session, now + kCloseReplyMs);
}

void Gateway::DueAlive(Session& session) {
  const int64_t now = clock_.MonotonicMs();
  if (session.state == SessionState::kSignedIn && ExpiresInMs(session) <= 0) {
    return Close(session, CloseCode::kSessionEnded);
  }
  if (now >= NextPingMs(session)) {
    if (session.unanswered_pings == kUnansweredPings) {
      ++counters_.dropped_silent;
      return Drop(session);
    }
    ++session.unanswered_pings;
    session.last_ping_ms = now;
    Send(session, ping_);
  }
  ScheduleAlive(session);
}

void Gateway::ScheduleAlive(Session& session) {
  int64_t due = NextPingMs(session);
  if (session.state == SessionState::kSignedIn) {
    due = std::min(due, clock_.MonotonicMs() + ExpiresInMs(session));
  }
  wheel_.Schedule(session, due);
}

// Also when to give up. Counted from the last ping, not from when it was due: after a pause of the
// whole process a client must still have its time to answer.
int64_t Gateway::NextPingMs(const Session& session) const {
  const int64_t since =
      session.unanswered_pings == 0 ? session.last_received_ms : session.last_ping_ms;
  return since + socket_.ping_interval_ms;
}

int64_t Gateway::ExpiresInMs(const Session& session) const {
  const TimestampMs end = std::min(session.login.expires_at, session.login.max_expires_at);
  return end.value - clock_.Now().value;
}

void Gateway::Send(Session& session, SharedFrame frame) {
  if (session.state == SessionState::kClosing || session.overflowed) return;
  if (!session.outgoing.Push(std::move(frame))) {
    session.overflowed = true;
    overflowed_.push_back(session.id);
    return;
  }
  ++counters_.frames_out;
  session.peer.WantFlush();
}

void Gateway::Send(Session& session, const std::string& payload) {
  Send(session, EncodeTextFrame(payload));
}

void Gateway::SendError(Session& session, const Status& error,
                        const std::optional<std::string>& id) {
  Send(session, EncodeError(error, id));
}

void Gateway::SendToUser(UserId user, const std::string& payload) {
  if (!hub_.Online(user)) return;
  const SharedFrame frame = EncodeTextFrame(payload);
  for (Session* session : hub_.Of(user)) Send(*session, frame);
}

void Gateway::Broadcast(const std::string& payload) {
  const SharedFrame frame = EncodeTextFrame(payload);
  for (Session* session : hub_.All()) Send(*session, frame);
}

void Gateway::CloseOverflowed() {
  for (const ConnectionId id : std::exchange(overflowed_, {})) {
    if (Session* session = FindSession(id)) Close(*session, CloseCode::kReadsTooSlowly);
  }
}

bool Gateway::CloseSome(size_t count) {
  if (!restarting_) {
    restarting_ = true;
    for (const auto& [id, session] : sessions_) to_restart_.push_back(id);
  }
  for (; count > 0 && !to_restart_.empty(); --count) {
    if (Session* session = FindSession(to_restart_.front())) Close(*session, CloseCode::kTryAgain);
    to_restart_.pop_front();
  }
  return !to_restart_.empty();
}

Session* Gateway::FindSession(ConnectionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

}  // namespace parlor::wsd
