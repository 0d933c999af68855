// Frames of RFC 6455 as they go out: header and payload in one immutable buffer, encoded once and
// shared by the queues of all receivers. Pure functions; the buffers belong to the loop's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace parlor::wsd {

using SharedFrame = std::shared_ptr<const std::string>;

// One unfragmented text frame (FIN, opcode 1, unmasked as a server's are).
SharedFrame EncodeTextFrame(std::string_view payload);

// A ping of one byte. The pong repeats it: libwebsockets 4.1.6 passes empty pongs over in silence.
SharedFrame EncodePingFrame();

// A close frame with a code and no reason.
SharedFrame EncodeCloseFrame(int code);

}  // namespace parlor::wsd
