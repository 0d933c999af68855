// Who gets what: the signed-in connections by user. A pure data structure without sockets; loop's
// thread.
//
// A user's connections are a short array; all connections are one array too (broadcasts). Nobody
// may be added or removed while an array of it is walked: collect first. Who is present in a group
// is group_presence.h's; here it is a set of users.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "common/ids.h"
#include "wsd/commands.h"
#include "wsd/session.h"

namespace parlor::wsd {

class Hub {
 public:
  // By session.login.user. True: the user's first connection here.
  bool Add(Session& session);
  // False for one that is not in. `*last` (may be null): it was the user's last connection here.
  bool Remove(Session& session, bool* last);

  bool Online(UserId user) const { return users_.contains(user); }
  std::span<Session* const> Of(UserId user) const;
  std::span<Session* const> All() const { return all_; }
  size_t users() const { return users_.size(); }
  // Calls `visit(UserId)` for each user, in no order, while it says true.
  template <typename Visit>
  void EachUser(Visit&& visit) const {
    for (const auto& [user, sessions] : users_) {
      if (!visit(user)) return;
    }
  }

  // Calls `visit(Session&)` for each receiver of a message in a room: the other user's connections,
  // and the sender's but `from`, which hears its own message only if `echo` (it asked by a
  // client_msg_id).
  template <typename Visit>
  void EachInRoom(UserId sender, UserId other, ConnectionId from, bool echo, Visit&& visit) const {
    for (Session* session : Of(other)) visit(*session);
    for (Session* session : Of(sender)) {
      if (echo || session->id != from) visit(*session);
    }
  }

  // Calls `visit(Session&)` for each connection of each of `users`.
  template <typename Users, typename Visit>
  void EachOf(const Users& users, Visit&& visit) const {
    for (const UserId user : users) {
      for (Session* session : Of(user)) visit(*session);
    }
  }

 private:
  std::unordered_map<UserId, std::vector<Session*>> users_;
  std::vector<Session*> all_;
};

}  // namespace parlor::wsd
