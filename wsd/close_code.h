// Why a socket is closed: the close codes of docs/protocol.md, all of them.
#pragma once

namespace parlor::wsd {

enum class CloseCode : int {
  kBinaryFrame = 1003,
  kInvalidUtf8 = 1007,
  kTryAgain = 1012,  // the server restarts, or what this socket missed must come from history
  kBadFrames = 4400,
  kNotSignedIn = 4401,
  kSessionEnded = 4403,
  kReadsTooSlowly = 4408,
  kFrameTooBig = 4413,
  kTooFast = 4429,
};

}  // namespace parlor::wsd
