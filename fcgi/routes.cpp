#include "fcgi/routes.h"

#include <array>

#include "fcgi/handlers/handlers.h"

namespace parlor::fcgi {

std::span<const Route> Routes() {
  using enum Method;
  using enum Access;
  using enum Pages;
  // clang-format off
  static constexpr std::array table = {
      Route{kPost, "/register",         kPublic,  handlers::Register},
      Route{kGet,  "/register/{token}", kPublic,  handlers::OpenLink,    kHtmlToo},
      Route{kPost, "/register/{token}", kPublic,  handlers::ConfirmLink, kHtmlToo},
      Route{kPost, "/login",            kPublic,  handlers::Login},
      Route{kGet,  "/logout",           kToken,   handlers::Logout,      kNone},
      Route{kPost, "/logout",           kToken,   handlers::Logout,      kNone},
      Route{kGet,  "/users",            kSession, handlers::ListUsers},
      Route{kGet,  "/users/profile",    kSession, handlers::GetProfile},
      Route{kPut,  "/users/profile",    kSession, handlers::ChangeProfile},
      Route{kGet,  "/notifications",    kSession, handlers::ListNotifications},
      Route{kPut,  "/notifications",    kSession, handlers::MarkRead},
      Route{kGet,  "/chat_rooms",       kSession, handlers::ListRooms},
      Route{kPost, "/chat_rooms",       kSession, handlers::PostToRoom},
      Route{kGet,  "/chat_rooms/{id}",  kSession, handlers::ReadRoom},
      Route{kGet,  "/health",           kPublic,  handlers::Health},
  };
  // clang-format on
  return table;
}

}  // namespace parlor::fcgi
