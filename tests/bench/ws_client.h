// A WebSocket client made for measuring: non-blocking, one read and one write a turn, frames parsed
// in place.
//
// Masks with the key 0 (allowed by RFC 6455 §5.3 as any other; costs nothing), understands
// unfragmented text, ping and close. One thread (the load generator's). Aborts the benchmark with a
// message on anything unexpected but the end of a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parlor::bench {

class WsClient {
 public:
  WsClient() = default;
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  // Connects to 127.0.0.1:port and does the handshake, waiting for it. Not blocking from then on.
  void Connect(uint16_t port, const std::string& path);

  int fd() const { return fd_; }
  const std::string& end() const { return end_; }  // empty: open

  // Queues a text frame; Flush() writes what is queued. False if the socket took only a part (try
  // again when writable).
  void QueueText(std::string_view text);
  bool Flush();

  // Reads what is there and calls `on_text` for each whole text frame. Pings are answered. False
  // when the connection is over; end() says how.
  bool Read(const std::function<void(std::string_view)>& on_text);

 private:
  void QueueFrame(uint8_t opcode, std::string_view payload);
  size_t ParseOne(std::string_view bytes, const std::function<void(std::string_view)>& on_text);

  int fd_ = -1;
  std::string in_;
  std::string out_;
  std::string end_;
};

// Ends the benchmark: prints the sentence to stderr and exits with 1.
[[noreturn]] void Fail(const std::string& sentence);

}  // namespace parlor::bench
