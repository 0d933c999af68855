#include "tests/bench/ws_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace parlor::bench {
namespace {

constexpr uint8_t kText = 1, kClose = 8, kPing = 9, kPong = 10;
constexpr uint8_t kFinal = 0x80, kMasked = 0x80;
constexpr size_t kReadBytes = 65536;

}  // namespace

void Fail(const std::string& sentence) {
  std::fprintf(stderr, "bench: %s\n", sentence.c_str());
  std::exit(1);
}

WsClient::~WsClient() {
  if (fd_ >= 0) close(fd_);
}

void WsClient::Connect(uint16_t port, const std::string& path) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) Fail(std::string("no socket: ") + std::strerror(errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Fail(std::string("no connection: ") + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::string request = "GET " + path +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
    Fail("the handshake could not be sent");
  }
  std::array<char, 4096> buffer{};
  while (in_.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = read(fd_, buffer.data(), buffer.size());
    if (n <= 0) Fail("the handshake was not answered");
    in_.append(buffer.data(), static_cast<size_t>(n));
  }
  if (!in_.starts_with("HTTP/1.1 101")) Fail("no upgrade: " + in_.substr(0, in_.find('\r')));
  in_.erase(0, in_.find("\r\n\r\n") + 4);
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

void WsClient::QueueFrame(uint8_t opcode, std::string_view payload) {
  out_.push_back(static_cast<char>(kFinal | opcode));
  if (payload.size() < 126) {
    out_.push_back(static_cast<char>(kMasked | payload.size()));
  } else if (payload.size() < 65536) {
    out_.push_back(static_cast<char>(kMasked | 126));
    out_.push_back(static_cast<char>(payload.size() >> 8));
    out_.push_back(static_cast<char>(payload.size() & 0xFF));
  } else {
    Fail("a frame of the benchmark is too long");
  }
  out_.append(4, '\0');  // the mask
  out_.append(payload);
}

void WsClient::QueueText(std::string_view text) { QueueFrame(kText, text); }

bool WsClient::Flush() {
  while (!out_.empty()) {
    const ssize_t n = write(fd_, out_.data(), out_.size());
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0) Fail(std::string("a write failed: ") + std::strerror(errno));
    out_.erase(0, static_cast<size_t>(n));
  }
  return true;
}

size_t WsClient::ParseOne(std::string_view bytes,
                          const std::function<void(std::string_view)>& on_text) {
  if (bytes.size() < 2) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  size_t header = 2;
  size_t length = byte(1) & 0x7F;
  if (length == 126) {
    if (bytes.size() < 4) return 0;
    length = static_cast<size_t>(byte(2)) << 8 | byte(3);
    header = 4;
  } else if (length == 127) {
    Fail("a frame longer than 64 KiB arrived");
  }
  if (bytes.size() < header + length) return 0;
  const std::string_view payload = bytes.substr(header, length);
  switch (byte(0) & 0x0F) {
    case kText:
      on_text(payload);
      break;
    case kPing:
      QueueFrame(kPong, payload);
      break;
    case kClose:
      end_ = "the server closed with " +
             std::to_string(payload.size() < 2 ? 1005
                                               : uint8_t(payload[0]) << 8 | uint8_t(payload[1]));
      break;
    default:
      break;
  }
  return header + length;
}

bool WsClient::Read(const std::function<void(std::string_view)>& on_text) {
  std::array<char, kReadBytes> buffer;
  const ssize_t n = read(fd_, buffer.data(), buffer.size());
  if (n < 0 && errno == EAGAIN) return true;
  if (n <= 0) {
    if (end_.empty()) end_ = n == 0 ? "the server hung up" : std::strerror(errno);
    return false;
  }
  in_.append(buffer.data(), static_cast<size_t>(n));
  size_t done = 0;
  while (end_.empty()) {
    const size_t used = ParseOne(std::string_view(in_).substr(done), on_text);
    if (used == 0) break;
    done += used;
  }
  in_.erase(0, done);
  return end_.empty();
}

}  // namespace parlor::bench
