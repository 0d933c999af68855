// A connection that only remembers: the Peer of unit tests. Frames are taken out of the session's
// queue and decoded when the test looks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsd/session.h"

namespace parlor::wsd {

class RecordingPeer final : public Peer {
 public:
  void WantFlush() override { ++flushes_wanted; }
  void PauseReading(bool pause) override { paused = pause; }
  void Drop() override { dropped = true; }

  // The payloads of the text frames that are queued; counts pings, notes the close code. What a
  // server does that can write everything at once.
  std::vector<std::string> Take(Session& session) {
    std::string bytes;
    while (session.outgoing.TakeInto(bytes, SIZE_MAX) > 0) {
    }
    session.close_sent = session.state == SessionState::kClosing;
    std::vector<std::string> texts;
    while (!bytes.empty()) TakeFrame(bytes, texts);
    return texts;
  }

  bool paused = false;
  bool dropped = false;
  int flushes_wanted = 0;
  int pings = 0;
  int close_code = 0;

 private:
  static uint64_t Number(const std::string& bytes, size_t from, size_t length) {
    uint64_t number = 0;
    for (size_t i = from; i < from + length; ++i) number = number << 8U | uint8_t(bytes[i]);
    return number;
  }
  void TakeFrame(std::string& bytes, std::vector<std::string>& texts) {
    size_t length = uint8_t(bytes[1]);
    size_t header = 2;
    if (length >= 126) {
      const size_t more = length == 126 ? 2 : 8;
      length = Number(bytes, 2, more);
      header += more;
    }
    const std::string payload = bytes.substr(header, length);
    switch (uint8_t(bytes[0])) {
      case 0x81:
        texts.push_back(payload);
        break;
      case 0x88:
        close_code = static_cast<int>(Number(payload, 0, 2));
        break;
      case 0x89:
        ++pings;
        break;
      default:
        texts.emplace_back("not a frame");
    }
    bytes.erase(0, header + length);
  }
};

}  // namespace parlor::wsd
