// One connection: who it belongs to, what it is in the middle of, what waits for it. (The session
// of the account that it signed in with is another thing: sessions::Session, `login` in here.)
//
// Owned by the gateway, used on the loop's thread. A Session is state with a few rules of its own;
// what happens to it is decided in the gateway. It knows the connection underneath only as a Peer,
// so that all of this runs in unit tests without a network.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/sessions.h"
#include "wsd/close_code.h"
#include "wsd/commands.h"
#include "wsd/dispatch.h"
#include "wsd/out_queue.h"
#include "wsd/sliding_limit.h"
#include "wsd/timer_wheel.h"

namespace parlor::wsd {

// The connection underneath, as it is seen from above. Implemented by the server, and by a recorder
// in tests. It outlives its Session.
class Peer {
 public:
  virtual ~Peer() = default;

  // There is something in the session's queue, or its close is due: look at it before the loop
  // waits again. Cheap; any number of times.
  virtual void WantFlush() = 0;
  // While paused nothing more is read from the client; what comes then is kept by the kernel.
  virtual void PauseReading(bool pause) = 0;
  // Hang up without a close frame, soon, from outside of whatever is running now.
  virtual void Drop() = 0;
};

enum class SessionState : uint8_t {
  kNew,             // nothing received yet
  kAuthenticating,  // the first frame's token is being looked up
  kSignedIn,        // in the hub
  kClosing,         // sends what is queued and its close frame; nothing goes in or out any more
};

class Session : public TimerWheel::Entry {
 public:
  Session(ConnectionId connection_id, Peer& connection, size_t max_queue_bytes, int64_t now_ms)
      : id(connection_id), peer(connection), last_received_ms(now_ms), outgoing(max_queue_bytes) {}

  const ConnectionId id;
  Peer& peer;
  std::string request_id;  // of the handshake, for the log; empty: it had none
  SessionState state = SessionState::kNew;

  // Signed in as. Valid from kSignedIn on.
  sessions::Session login;
  size_t hub_index = 0;  // the hub's own

  // Authentication under way (the first, or that of another token in a later frame). Frames that
  // come meanwhile are held, bounded by kMaxHeld…; reading is paused as soon as there is one.
  struct Authentication {
    TokenHash token{};
    uint64_t stamp = 0;   // EndedSessions::Stamp() when it was asked
    ReceivedFrame frame;  // the frame that carried the token; acted on, or refused, afterwards
  };
  std::unique_ptr<Authentication> authentication;
  static constexpr size_t kMaxHeldFrames = 256;
  static constexpr size_t kMaxHeldBytes = 262144;
  struct Held {
    std::deque<std::string> frames;
    size_t bytes = 0;
  };
  std::unique_ptr<Held> held;  // only while there are any

  // Keepalive. Any frame from the client is a sign of life.
  int64_t last_received_ms;
  int unanswered_pings = 0;
  int64_t last_ping_ms = 0;  // of the unanswered ones

  // The message that is being received, as far as it has come.
  std::string incoming;

  // Going out. `overflowed`: a frame did not fit; nothing more is queued, 4408 follows.
  OutQueue outgoing;
  bool overflowed = false;

  // Only in kClosing. `close_sent`: set by the server when everything, the close frame last, has
  // gone out, or when the client sent one.
  bool close_sent = false;
  int64_t closing_since_ms = 0;

  SlidingLimit bad_frames;
  SlidingLimit refusals;
};

}  // namespace parlor::wsd
