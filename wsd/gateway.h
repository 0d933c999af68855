// The heart of the daemon: what happens to each connection. It ties together the sessions, the hub,
// the sequencer, presence, groups, limits and the results of the threads.
//
// Everything runs on the loop's thread; nothing here waits. It knows neither libwebsockets nor the
// database: connections are Peers, threads are the functions of Threads, so that all of it is
// tested with recorders and a clock of the test's own.
//
// Limits are options (config.h, [socket] and [limits]). What is full is answered: a writer's or the
// lookup's queue with `unavailable`, a connection's queue with 4408, the bot's with `busy`.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "wsd/bot_load.h"
#include "wsd/commands.h"
#include "wsd/counters.h"
#include "wsd/dispatch.h"
#include "wsd/ended_sessions.h"
#include "wsd/event_order.h"
#include "wsd/group_presence.h"
#include "wsd/hub.h"
#include "wsd/loop_report.h"
#include "wsd/online_tracker.h"
#include "wsd/removals.h"
#include "wsd/sequencer.h"
#include "wsd/session.h"
#include "wsd/timer_wheel.h"
#include "wsd/unread_notices.h"
#include "wsd/user_rates.h"

namespace parlor::wsd {

// The ways out to the threads. False: full, nothing was taken.
struct Threads {
  std::function<bool(WriteMessage)> write;
  std::function<bool(LookupCommand)> lookup;
  std::function<bool(PresenceCommand)> presence;
  std::function<bool(EventDone)> event_done;
  std::function<bool(AskBot)> ask_bot;
};

class Gateway {
 public:
  // How long a closing connection may take to send what is queued and its close frame, and then to
  // hang up; after that it is dropped. A session that ended has less: a second after a logout no
  // frame may leave.
  static constexpr int64_t kCloseFlushMs = 2000;
  static constexpr int64_t kEndedFlushMs = 500;
  static constexpr int64_t kCloseReplyMs = 5000;

  // How long after a try that failed the presence in groups is asked for again at the start.
  static constexpr int64_t kLoadRetryMs = 500;

  Gateway(const Config& config, const Clock& clock, Threads threads);

  // Asks for what must be known before anybody can sign in: who is present in which group. Until
  // that is here, sign-ins are answered with `unavailable` and 1012. Once, before connections are
  // let in (the first Tick() does it otherwise): who comes afterwards is looked up behind it.
  void Start() { LoadAllPresence(); }

  // ---- From the connections
  // The new connection's session, valid until Gone(). `peer` outlives it. `request_id`: what the
  // web server calls the handshake; it stands in every record about this connection, and nobody but
  // the log is told.
  Session& Open(Peer& peer, std::string request_id = "");
  // A piece of a data frame as it came from the network; `final`: the last piece of a message.
  void Receive(Session& session, std::string_view piece, bool final, bool binary);
  void Pong(Session& session);
  // The client sent a close frame: nothing more goes out.
  void PeerCloses(Session& session);
  // The connection is no more; destroys the session.
  void Gone(Session& session);

  // ---- From the threads
  void Handle(std::vector<LoopItem> items);

  // Other limits from here on; buckets in use go on with them.
  void SetLimits(const LimitsConfig& limits);

  // Whether people can sign in: what Start() asked for is here.
  bool ready() const { return groups_.loaded(); }

  // ---- Time: about every kTickMs
  static constexpr int64_t kTickMs = 100;
  void Tick();

  // ---- The end. From StartDraining on messages are answered with `unavailable`; when Drained()
  // everything that was taken is committed, acknowledged and delivered to the queues. The bot's
  // answers are not waited for: the next start gives those that are missing.
  void StartDraining() { draining_ = true; }
  bool Drained() const { return in_writers_ == 0 && sequencer_.held() == 0; }
  // Closes at most `count` further connections with 1012. False: there are no others.
  bool CloseSome(size_t count);

  // The database went back to an earlier state: whoever runs us ends, as after StartDraining(), and
  // is started again with nothing in memory. Once true it stays so.
  bool must_start_anew() const { return must_start_anew_; }

  size_t connections() const { return sessions_.size(); }
  Counters& counters() { return counters_; }
  // What other threads may read; a new report with every tick.
  const LoopBoard& board() const { return board_; }

 private:
  // gateway.cpp: lives of connections
  enum class Leaving { kVanished, kLoggedOut };
  static void Note(std::string_view doing, const Session& session);
  void NoteClose(const Session& session, CloseCode code);
  void Close(Session& session, CloseCode code);
  void Drop(Session& session);
  void StartClosing(Session& session, Leaving how, int64_t linger_ms);
  void Leave(Session& session, Leaving how);
  void Due(Session& session);
  void Report(int64_t now_ms);
  void DueClosing(Session& session);
  void DueAlive(Session& session);
  void ScheduleAlive(Session& session);
  int64_t NextPingMs(const Session& session) const;
  int64_t ExpiresInMs(const Session& session) const;
  void Send(Session& session, SharedFrame frame);
  void Send(Session& session, const std::string& payload);
  void SendError(Session& session, const Status& error, const std::optional<std::string>& id);
  void SendToUser(UserId user, const std::string& payload);
  void Broadcast(const std::string& payload);
  void CloseOverflowed();

  // gateway_frames.cpp: what clients say
  void OnMessage(Session& session, std::string_view text);
  void OnFrame(Session& session, ReceivedFrame frame);
  void BadFrame(Session& session, const Status& error, const std::optional<std::string>& id);
  void Act(Session& session, ReceivedFrame received);
  void Store(Session& session, const FrameRow& row, SendFrame frame);
  void Touch(Session& session);
  void StartAuthentication(Session& session, const TokenHash& token, ReceivedFrame frame);
  bool AskForSession(Session& session);
  void Hold(Session& session, std::string_view text);
  void ReleaseHeld(Session& session);
  void OnAuthenticated(Authenticated answer);
  void SignIn(Session& session, const sessions::Session& login);
  void AuthenticationUnavailable(Session& session);

  // gateway_results.cpp: what threads say
  void On(BatchWritten batch);
  void On(Authenticated answer) { OnAuthenticated(std::move(answer)); }
  void On(MissingFetched answer);
  void On(const OnlineChanged& change);
  void On(const DatabaseWentBack& /*restored*/) { must_start_anew_ = true; }
  void On(EventArrived arrived);
  void NoteEvent(const EventArrived& arrived);
  void OnOutcome(WriteOutcome outcome, Sequencer::Actions& actions);
  void OnRefused(const WriteOutcome& outcome);
  void OnEvent(const UserUpdated& event);
  void OnEvent(const SessionEnded& event);
  void OnEvent(const UserSuspended& event);
  void OnEvent(const ReadMarkMoved& event);
  void OnEvent(MessageSent& event);
  void OnEvent(const UserRemoved& event);
  void EndSessions(UserId user, SessionId session);
  void Run(Sequencer::Actions& actions);
  void Deliver(Arrival& arrival);
  void Resync(const Sequencer::Abandoned& abandoned);
  void CloseAllOf(std::span<const UserId> users, CloseCode code);
  Session* FindSession(ConnectionId id);

  // gateway_removals.cpp: what administrators remove
  void OnEvent(const MessageRemoved& event);
  void OnEvent(const GroupRemoved& event);
  void ClearIfRemoved(ConversationId conversation, Message& message) const;
  bool IsOfRemovedGroup(const Event& event) const;
  void TellRemoved(const MessageRemoved& event);

  // gateway_groups.cpp: who is present, what they hear, what is unread for the others
  void LoadAllPresence();
  void TickGroups(int64_t now_ms);
  void On(const PresenceLoaded& answer);
  void On(const UnreadCounted& answer);
  void OnEvent(const GroupUpdated& event);
  void OnEvent(const PresenceChanged& event);
  void OnEvent(const MemberRemoved& event);
  void Announce(const PresenceChanged& change);
  void Expect(UserId user);
  void DeliverToGroup(const Arrival& arrival);
  size_t SendToPresent(ConversationId group, const std::function<std::string()>& encode);
  void AskForUnread(int64_t now_ms);
  std::vector<UserId> OnlineButNotPresent(ConversationId group, size_t limit) const;

  // gateway_bot.cpp: questions and answers
  bool AdmitQuestion(Session& session, messages::Outgoing& message);
  static bool HasPlaceAtBot(const messages::Outgoing& message);
  void OnQuestion(messages::Outgoing question, const messages::Stored& stored);
  void On(const BotAnswered& answer);

  const SocketConfig socket_;
  const SessionConfig session_config_;
  LimitsConfig limits_;
  const Clock& clock_;
  const Threads threads_;
  const SharedFrame ping_;

  TimerWheel wheel_;
  Hub hub_;
  Sequencer sequencer_;
  OnlineTracker online_;
  EndedSessions ended_;
  UserRates rates_;
  GroupPresence groups_;
  UnreadNotices notices_;
  EventOrder event_order_;
  Removals removals_;
  BotLoad bot_load_;
  Counters counters_;
  LoopBoard board_;
  log::Every resync_log_;  // one fault of the database can be one of every conversation
  log::Every close_log_;   // one bad release of a client can be one of every connection

  uint64_t last_connection_ = 0;
  std::unordered_map<ConnectionId, std::unique_ptr<Session>> sessions_;
  std::vector<ConnectionId> overflowed_;  // to be closed when nobody walks the hub
  std::deque<ConnectionId> to_restart_;   // filled by the first CloseSome
  size_t in_writers_ = 0;
  int64_t next_rates_ms_ = 0;
  std::optional<int64_t> last_tick_ms_;
  size_t presence_loads_ = 0;                       // of all groups, under way
  std::optional<int64_t> load_presence_at_ms_ = 0;  // none: asked for, or here
  bool draining_ = false;
  bool restarting_ = false;
  bool must_start_anew_ = false;
};

}  // namespace parlor::wsd
