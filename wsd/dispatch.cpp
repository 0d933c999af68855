#include "wsd/dispatch.h"

#include <array>
#include <utility>

namespace parlor::wsd {
namespace {

messages::Outgoing ToRoom(UserId sender, SendFrame frame) {
  return {sender, messages::ToUser{frame.other_user}, std::move(frame.message),
          std::move(frame.client_msg_id)};
}

constexpr FrameRow kInit{"token", FrameAction::kGreet, nullptr};
constexpr FrameRow kUnknown{"anything else", FrameAction::kIgnore, nullptr};

struct ChatRow {
  ConversationKind kind = ConversationKind::kRoom;
  FrameRow row{};
};
constexpr std::array kChats{
    ChatRow{ConversationKind::kRoom, {"chat_type room", FrameAction::kStore, ToRoom}},
};

}  // namespace

const FrameRow* FindFrame(const ClientFrame& frame) {
  if (std::holds_alternative<InitFrame>(frame)) return &kInit;
  const auto* send = std::get_if<SendFrame>(&frame);
  if (send == nullptr) return &kUnknown;
  for (const ChatRow& chat : kChats) {
    if (chat.kind == send->kind) return &chat.row;
  }
  return nullptr;
}

const std::string* TokenOf(const ReceivedFrame& frame) {
  const std::optional<std::string>* token = nullptr;
  if (const auto* error = std::get_if<FrameError>(&frame)) {
    token = &error->token;
  } else {
    const auto& client = std::get<ClientFrame>(frame);
    if (const auto* init = std::get_if<InitFrame>(&client)) return &init->token;
    const auto* send = std::get_if<SendFrame>(&client);
    token = send != nullptr ? &send->token : &std::get<UnknownFrame>(client).token;
  }
  return token->has_value() ? &**token : nullptr;
}

}  // namespace parlor::wsd
