// What clients say: receiving, signing in, acting on frames.
#include <utility>

#include "common/log.h"
#include "common/token.h"
#include "wsd/gateway.h"

namespace parlor::wsd {
namespace {

constexpr int64_t kMinuteMs = 60000;
constexpr int64_t kRefusalWindowMs = 10000;

Status DatabaseAway() {
  return Status(ErrorCode::kUnavailable, "The server can't reach its database. Try again later.");
}

const std::optional<std::string>& ClientMessageIdOf(const ClientFrame& frame) {
  static const std::optional<std::string> none;
  const auto* send = std::get_if<SendFrame>(&frame);
  return send == nullptr ? none : send->client_msg_id;
}

const std::optional<std::string>& ClientMessageIdOf(const ReceivedFrame& frame) {
  const auto* error = std::get_if<FrameError>(&frame);
  return error != nullptr ? error->client_msg_id : ClientMessageIdOf(std::get<ClientFrame>(frame));
}

bool IsInit(const ReceivedFrame& frame) {
  const auto* client = std::get_if<ClientFrame>(&frame);
  return client != nullptr && std::holds_alternative<InitFrame>(*client);
}

}  // namespace

void Gateway::Receive(Session& session, std::string_view piece, bool final, bool binary) {
  if (session.state == SessionState::kClosing) return;
  session.last_received_ms = clock_.MonotonicMs();
  session.unanswered_pings = 0;
  if (binary) return Close(session, CloseCode::kBinaryFrame);
  const auto limit = static_cast<size_t>(socket_.max_frame_bytes);
  if (session.incoming.size() + piece.size() > limit) {
    return Close(session, CloseCode::kFrameTooBig);
  }
  if (final && session.incoming.empty()) {  // the usual case: nothing to put together
    OnMessage(session, piece);
  } else {
    session.incoming.append(piece);
    if (final) OnMessage(session, std::exchange(session.incoming, {}));
  }
  CloseOverflowed();
}

void Gateway::OnMessage(Session& session, std::string_view text) {
  ++counters_.frames_in;
  if (!IsValidUtf8(text)) return Close(session, CloseCode::kInvalidUtf8);
  if (session.authentication) return Hold(session, text);
  OnFrame(session, ParseClientFrame(text));
}

// Answers `error`; the tenth in a minute closes.
void Gateway::BadFrame(Session& session, const Status& error,
                       const std::optional<std::string>& id) {
  SendError(session, error, id);
  ++counters_.bad_frames;
  if (session.bad_frames.Hit(clock_.MonotonicMs(), limits_.bad_frames_per_minute, kMinuteMs)) {
    Close(session, CloseCode::kBadFrames);
  }
}

// The first frame must bring a token; a later one may, and if it is another one it is looked up
// before the frame is acted on. So with a frame that is faulty in something else.
void Gateway::OnFrame(Session& session, ReceivedFrame frame) {
  const std::string* token = TokenOf(frame);
  if (token == nullptr) {
    if (session.state == SessionState::kNew) return Close(session, CloseCode::kNotSignedIn);
    return Act(session, std::move(frame));
  }
  const std::optional<TokenHash> hash = HashToken(*token);
  if (!hash) return Close(session, CloseCode::kNotSignedIn);
  if (session.state == SessionState::kSignedIn && *hash == session.login.token) {
    return Act(session, std::move(frame));
  }
  StartAuthentication(session, *hash, std::move(frame));
}

void Gateway::Act(Session& session, ReceivedFrame received) {
  Touch(session);
  if (const auto* error = std::get_if<FrameError>(&received)) {
    return BadFrame(session, error->status, error->client_msg_id);
  }
  auto& frame = std::get<ClientFrame>(received);
  const FrameRow& row = FindFrame(frame);
  switch (row.action) {
    case FrameAction::kGreet:
      return Send(session, EncodeReady(session.login.user, session.login.id));
    case FrameAction::kStore:
      return Store(session, row, std::get<SendFrame>(std::move(frame)));
    case FrameAction::kIgnore:
      return;
  }
}

void Gateway::Store(Session& session, const FrameRow& row, SendFrame frame) {
  const std::optional<std::string> id = frame.client_msg_id;
  if (draining_) {
    const Status error(ErrorCode::kUnavailable, "The server is restarting. Send it again.");
    return SendError(session, error, id);
  }
  const UserId sender = session.login.user;
  if (const Status rate = rates_.Take(sender, clock_.Now()); !rate.ok()) {
    ++counters_.too_fast;
    SendError(session, rate, id);
    const bool enough =
        session.refusals.Hit(clock_.MonotonicMs(), limits_.refusals_per_10s, kRefusalWindowMs);
    return enough ? Close(session, CloseCode::kTooFast) : void();
  }
  messages::Outgoing message = row.address(sender, std::move(frame));
  if (!AdmitQuestion(session, message)) return;
  const bool has_place = HasPlaceAtBot(message);
  if (!threads_.write(WriteMessage{session.id, std::move(message)})) {
    if (has_place) bot_load_.Release(sender);
    ++counters_.writer_queue_full;
    const Status error(ErrorCode::kUnavailable, "The server is busy. Try again.");
    return SendError(session, error, id);
  }
  ++counters_.messages_taken;
  ++in_writers_;
}

// An open connection that lives is use of its session: at most once an hour the expiry moves on, in
// the database and here.
void Gateway::Touch(Session& session) {
  sessions::Session& login = session.login;
  const auto later = sessions::NextExpiry(login, session_config_, clock_.Now());
  if (!later || ExpiresInMs(session) <= 0) return;
  if (!threads_.presence(TouchSession{login})) return;  // the next frame tries again
  login.expires_at = *later;
}

void Gateway::StartAuthentication(Session& session, const TokenHash& token, ReceivedFrame frame) {
  session.authentication = std::make_unique<Session::Authentication>();
  session.authentication->token = token;
  session.authentication->frame = std::move(frame);
  if (session.state == SessionState::kNew) {
    session.state = SessionState::kAuthenticating;
    ScheduleAlive(session);
  }
  if (!AskForSession(session)) {
    ++counters_.lookup_queue_full;
    AuthenticationUnavailable(session);
  }
}

bool Gateway::AskForSession(Session& session) {
  session.authentication->stamp = ended_.Stamp();
  return threads_.lookup(Authenticate{session.id, session.authentication->token});
}

// What comes while a token is looked up waits here; the network is paused at the first, so the
// bounds are only met by what had been read already.
void Gateway::Hold(Session& session, std::string_view text) {
  if (!session.held) {
    session.held = std::make_unique<Session::Held>();
    session.peer.PauseReading(true);
  }
  Session::Held& held = *session.held;
  if (held.frames.size() >= Session::kMaxHeldFrames ||
      held.bytes + text.size() > Session::kMaxHeldBytes) {
    return Close(session, CloseCode::kTooFast);
  }
  held.frames.emplace_back(text);
  held.bytes += text.size();
}

void Gateway::ReleaseHeld(Session& session) {
  while (session.held && !session.authentication && session.state == SessionState::kSignedIn) {
    if (session.held->frames.empty()) {
      session.held.reset();
      session.peer.PauseReading(false);
      return;
    }
    const std::string text = std::move(session.held->frames.front());
    session.held->frames.pop_front();
    session.held->bytes -= text.size();
    --counters_.frames_in;  // OnMessage counted it when it came
    OnMessage(session, text);
  }
}

void Gateway::OnAuthenticated(Authenticated answer) {
  Session* session = FindSession(answer.from);
  if (session == nullptr || !session->authentication ||
      session->authentication->token != answer.token) {
    return;
  }
  if (!answer.session.ok()) return AuthenticationUnavailable(*session);
  const std::optional<sessions::Session>& login = *answer.session;
  if (!login) return Close(*session, CloseCode::kNotSignedIn);
  switch (ended_.Judge(*login, session->authentication->stamp)) {
    case EndedSessions::Verdict::kEnded:
      return Close(*session, CloseCode::kNotSignedIn);
    case EndedSessions::Verdict::kForgotten:
      if (!AskForSession(*session)) AuthenticationUnavailable(*session);
      return;
    case EndedSessions::Verdict::kLive:
      break;
  }
  const bool rebinding = session->state == SessionState::kSignedIn;
  if (rebinding && login->user != session->login.user) {
    return Close(*session, CloseCode::kNotSignedIn);
  }
  if (!groups_.loaded()) return AuthenticationUnavailable(*session);
  SignIn(*session, *login);
}

// Binds the connection to `login`, says `ready`, and goes on with the frame that brought the token.
void Gateway::SignIn(Session& session, const sessions::Session& login) {
  ReceivedFrame frame = std::move(session.authentication->frame);
  session.authentication.reset();
  session.login = login;
  Send(session, EncodeReady(login.user, login.id));
  if (session.state == SessionState::kAuthenticating) {
    session.state = SessionState::kSignedIn;
    ++counters_.sign_ins;
    Note("signing a connection in", session);
    online_.Connected(login.user, login.id, hub_.Add(session));
  }
  ScheduleAlive(session);
  if (IsInit(frame)) {
    Touch(session);
  } else {
    Act(session, std::move(frame));
  }
  ReleaseHeld(session);
}

// Not the client's fault, and not the end of his session: a connection that is not signed in is
// sent away to try again, one that is just gets its frame refused.
void Gateway::AuthenticationUnavailable(Session& session) {
  SendError(session, DatabaseAway(), ClientMessageIdOf(session.authentication->frame));
  session.authentication.reset();
  if (session.state == SessionState::kAuthenticating) return Close(session, CloseCode::kTryAgain);
  ReleaseHeld(session);
}

}  // namespace parlor::wsd
