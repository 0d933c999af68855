// The handlers of the route table, one file a resource. What each answers is in docs/protocol.md.
//
// A handler returns its answer, or the Status that becomes a problem. Handlers of session routes do
// everything that depends on the request inside call.Transact(), which settles first who is asking.
#pragma once

#include "fcgi/call.h"

namespace parlor::fcgi::handlers {

// registration.cpp
Result<Response> Register(Call& call);
Result<Response> OpenLink(Call& call);     // GET and HEAD
Result<Response> ConfirmLink(Call& call);  // POST

// session.cpp
Result<Response> Login(Call& call);
Result<Response> Logout(Call& call);

// users.cpp
Result<Response> ListUsers(Call& call);

// profile.cpp
Result<Response> GetProfile(Call& call);
Result<Response> ChangeProfile(Call& call);

// rooms.cpp
Result<Response> ListRooms(Call& call);
Result<Response> ReadRoom(Call& call);
Result<Response> PostToRoom(Call& call);

// groups.cpp
Result<Response> ListGroups(Call& call);
Result<Response> CreateGroup(Call& call);
Result<Response> ChangeOwnGroup(Call& call);  // the group in the body, or the only one
Result<Response> ChangeGroup(Call& call);     // the group in the path
Result<Response> ReadGroup(Call& call);
Result<Response> PostToGroup(Call& call);

// members.cpp
Result<Response> ListMembers(Call& call);
Result<Response> EnterOrLeave(Call& call);
Result<Response> RemoveMember(Call& call);

// bot.cpp
Result<Response> ReadBotChat(Call& call);

// notifications.cpp
Result<Response> ListNotifications(Call& call);
Result<Response> MarkRead(Call& call);

// health.cpp
Result<Response> Health(Call& call);

}  // namespace parlor::fcgi::handlers
