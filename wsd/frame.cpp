#include "wsd/frame.h"

#include <cstdint>

namespace parlor::wsd {
namespace {

constexpr char kFinText = '\x81';
constexpr char kFinPing = '\x89';
constexpr char kFinClose = '\x88';
constexpr size_t kMaxHeaderBytes = 10;

void AppendBigEndian(std::string& out, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> shift) & 0xff));
  }
}

// RFC 6455 section 5.2: the shortest of three forms.
void AppendLength(std::string& out, uint64_t length) {
  if (length < 126) {
    out.push_back(static_cast<char>(length));
  } else if (length <= 0xffff) {
    out.push_back(126);
    AppendBigEndian(out, length, 2);
  } else {
    out.push_back(127);
    AppendBigEndian(out, length, 8);
  }
}

}  // namespace

SharedFrame EncodeTextFrame(std::string_view payload) {
  std::string frame;
  frame.reserve(kMaxHeaderBytes + payload.size());
  frame.push_back(kFinText);
  AppendLength(frame, payload.size());
  frame.append(payload);
  return std::make_shared<const std::string>(std::move(frame));
}

SharedFrame EncodePingFrame() {
  return std::make_shared<const std::string>(std::string{kFinPing, '\x01', 'p'});
}

SharedFrame EncodeCloseFrame(int code) {
  std::string frame{kFinClose, '\x02'};
  AppendBigEndian(frame, static_cast<uint64_t>(code), 2);
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace parlor::wsd
