// THE frame table: each kind of frame that a client may send, and what becomes of it.
//
// A new frame is a row and its case in FindFrame (dispatch.cpp), its parser in common/protocol and,
// if it is a new kind of action, a case in Gateway::Act. docs/protocol.md lists the same rows.
// Pure.
#pragma once

#include <string>
#include <variant>

#include "common/messages.h"
#include "common/protocol.h"

namespace parlor::wsd {

enum class FrameAction {
  kGreet,   // answered with `ready`
  kStore,   // a message: takes one from the user's rate, goes to a writer
  kIgnore,  // from a newer client
};

struct FrameRow {
  FrameAction action;
  // kStore only: to whom.
  messages::Outgoing (*address)(UserId sender, SendFrame frame);
};

const FrameRow& FindFrame(const ClientFrame& frame);

// A frame as it came: one of the table, or what is wrong with it.
using ReceivedFrame = std::variant<ClientFrame, FrameError>;

// The token that came in the frame, faulty or not, or nullptr.
const std::string* TokenOf(const ReceivedFrame& frame);

}  // namespace parlor::wsd
