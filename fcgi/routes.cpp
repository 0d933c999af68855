#include "fcgi/routes.h"

#include <array>
#include <ostream>

#include "fcgi/handlers/handlers.h"

namespace parlor::fcgi {

std::span<const Route> Routes() {
  using enum Method;
  using enum Access;
  using enum Pages;
  // clang-format off
  static constexpr std::array table = {
      Route{kPost,   "/register",                           kPublic,  handlers::Register},
      Route{kGet,    "/register/{token}",                   kPublic,  handlers::OpenLink, kHtmlToo},
      Route{kPost,   "/register/{token}",                   kPublic,  handlers::ConfirmLink, kHtmlToo},
      Route{kPost,   "/login",                              kPublic,  handlers::Login},
      Route{kGet,    "/logout",                             kToken,   handlers::Logout, kNone},
      Route{kPost,   "/logout",                             kToken,   handlers::Logout, kNone},
      Route{kGet,    "/users",                              kSession, handlers::ListUsers},
      Route{kGet,    "/users/profile",                      kSession, handlers::GetProfile},
      Route{kPut,    "/users/profile",                      kSession, handlers::ChangeProfile},
      Route{kGet,    "/users/group/{id}",                   kSession, handlers::ListMembers},
      Route{kGet,    "/notifications",                      kSession, handlers::ListNotifications},
      Route{kPut,    "/notifications",                      kSession, handlers::MarkRead},
      Route{kGet,    "/chat_bot",                           kSession, handlers::ReadBotChat},
      Route{kGet,    "/chat_rooms",                         kSession, handlers::ListRooms},
      Route{kPost,   "/chat_rooms",                         kSession, handlers::PostToRoom},
      Route{kGet,    "/chat_rooms/{id}",                    kSession, handlers::ReadRoom},
      Route{kGet,    "/chat_groups",                        kSession, handlers::ListGroups},
      Route{kPost,   "/chat_groups",                        kSession, handlers::CreateGroup},
      Route{kPut,    "/chat_groups",                        kSession, handlers::ChangeOwnGroup},
      Route{kGet,    "/chat_groups/{id}",                   kSession, handlers::ReadGroup},
      Route{kPost,   "/chat_groups/{id}",                   kSession, handlers::EnterOrLeave, kNone},
      Route{kPut,    "/chat_groups/{id}",                   kSession, handlers::ChangeGroup},
      Route{kPost,   "/chat_groups/{id}/messages",          kSession, handlers::PostToGroup},
      Route{kDelete, "/chat_groups/{id}/members/{user_id}", kSession, handlers::RemoveMember, kNone},
      Route{kGet,    "/health",                             kPublic,  handlers::Health},
  };
  // clang-format on
  return table;
}

void PrintRoutes(std::ostream& out) {
  for (const Route& route : Routes()) {
    const std::string_view access = route.access == Access::kPublic  ? "public"
                                    : route.access == Access::kToken ? "token"
                                                                     : "session";
    out << MethodName(route.method) << ' ' << route.pattern << ' ' << access << '\n';
  }
}

}  // namespace parlor::fcgi
