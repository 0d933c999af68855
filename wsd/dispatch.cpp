#include "wsd/dispatch.h"

#include <utility>

namespace parlor::wsd {
namespace {

messages::Outgoing Address(UserId sender, const messages::Target& to, SendFrame frame) {
  return {sender, to, std::move(frame.message), std::move(frame.client_msg_id)};
}

messages::Outgoing ToRoom(UserId sender, SendFrame frame) {
  const messages::Target to = messages::ToUser{frame.other_user};
  return Address(sender, to, std::move(frame));
}

messages::Outgoing ToGroup(UserId sender, SendFrame frame) {
  const messages::Target to = messages::ToGroup{frame.group};
  return Address(sender, to, std::move(frame));
}

messages::Outgoing ToBot(UserId sender, SendFrame frame) {
  return Address(sender, messages::ToBot{}, std::move(frame));
}

constexpr FrameRow kInit{FrameAction::kGreet, nullptr};
constexpr FrameRow kRoom{FrameAction::kStore, ToRoom};
constexpr FrameRow kGroup{FrameAction::kStore, ToGroup};
constexpr FrameRow kBot{FrameAction::kStore, ToBot};
constexpr FrameRow kUnknown{FrameAction::kIgnore, nullptr};

}  // namespace

const FrameRow& FindFrame(const ClientFrame& frame) {
  if (std::holds_alternative<InitFrame>(frame)) return kInit;
  const auto* send = std::get_if<SendFrame>(&frame);
  if (send == nullptr) return kUnknown;
  switch (send->kind) {
    case ConversationKind::kRoom:
      return kRoom;
    case ConversationKind::kGroup:
      return kGroup;
    case ConversationKind::kBot:
      return kBot;
  }
  return kUnknown;
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
