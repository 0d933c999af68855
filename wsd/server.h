// The network: listening, handshakes, reading and writing. The only component that includes
// libwebsockets and libuv (server*.cpp).
//
// One libuv loop of our own, on which everything of the gateway runs too. It is handed to
// libwebsockets as a foreign loop, so the library installs no signal handlers (its own turn a crash
// into an endless spin). Writing: sessions queue frames; at the end of each turn of the loop every
// touched connection is flushed once, all its frames joined into one raw write; one that was
// written to less than socket.flush_window_ms ago waits that long for more. What the kernel does
// not take is buffered by the library, and nothing more is written before that has gone
// (lws_partial_buffered): an unguarded second write corrupts the stream.
//
// Limits: connections as descriptors.h says, refused before the handshake; a header block of
// 16 KiB. Failure: a listening address that can't be had is an error of Create().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/config.h"
#include "common/status.h"
#include "wsd/gateway.h"

namespace parlor::wsd {

class Server {
 public:
  // Sets the process up (descriptor limit, SIGPIPE), makes the loop and listens: on
  // socket.listen_path (behind nginx), on socket.listen_port. Who connects is served from Run() on.
  // To be called before any thread starts: a second daemon started by mistake must not get as far
  // as the bus endpoint or the rows of the one that runs. `drain_mailbox` hands what the threads
  // posted to the gateway; called on the loop after Wake(). The gateway outlives the server.
  static Result<std::unique_ptr<Server>> Create(const Config& config, Gateway& gateway,
                                                std::function<void()> drain_mailbox);
  ~Server();

  // What no other living daemon is called, and a later one in our place is again, at once after we
  // died: machine, path and the name in the lock file; without a path machine, address and port.
  std::string Place() const;

  // Makes the loop call drain_mailbox soon. Any thread, until the destructor begins.
  void Wake();

  // Begins the graceful end, as SIGTERM does; nothing if it has begun. On the loop's thread.
  void End(std::string_view why);

  // Runs the loop until SIGTERM, SIGINT or End() and the graceful end after it: nothing new is
  // accepted; what was taken is committed, acknowledged and delivered; everybody is closed with
  // 1012, in slices; nobody listens any more. SIGHUP reads the configuration again, and takes over
  // what may change while people are connected (config_table.h). The supervisor is told of all
  // that. Takes at most socket.shutdown_timeout_ms. A second signal ends the process at once.
  void Run();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlor::wsd
