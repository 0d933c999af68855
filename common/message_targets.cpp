#include "common/message_targets.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/queries.h"
#include "common/sql_parts.h"

namespace parlor::messages {
namespace {

using db::P;
using Pair = std::pair<UserId, UserId>;  // the smaller id first

Pair PairOf(const Outgoing& message, const ToUser& to) {
  return std::minmax({message.sender, to.other});
}

// What the batch needs to know, each thing once and in the order of its keys, which is the order in
// which all transactions lock.
struct Wanted {
  std::map<Pair, ConversationId> rooms;   // 0: does not exist (yet)
  std::map<UserId, ConversationId> bots;  // the same
  std::set<UserId> askers;                // whose bot chat is made if there is none
  std::set<std::pair<ConversationId, UserId>> group_senders;
  std::set<ConversationId> groups;                            // those that there are
  std::set<std::pair<ConversationId, UserId>> group_members;  // senders who are members
  std::set<UserId> unknown_users;
};

Wanted Collect(std::span<const Outgoing> batch) {
  Wanted wanted;
  for (const Outgoing& message : batch) {
    if (const auto* user = std::get_if<ToUser>(&message.to)) {
      if (user->other != message.sender) wanted.rooms[PairOf(message, *user)];
    } else if (const auto* group = std::get_if<ToGroup>(&message.to)) {
      wanted.group_senders.emplace(group->group, message.sender);
    } else if (const auto* answer = std::get_if<FromBot>(&message.to)) {
      PARLOR_CHECK(message.sender == kBotUserId);
      wanted.bots[answer->user];
    } else {
      wanted.bots[message.sender];
      wanted.askers.insert(message.sender);
    }
  }
  return wanted;
}

// One range each of chat_rooms_pair. A room with somebody who was erased takes no more messages: as
// if there was none. Not "(user_low, user_high) IN (…)": MariaDB reads the whole
// index for that.
Status FindRooms(db::Transaction& tx, Wanted& wanted) {
  if (wanted.rooms.empty()) return Ok();
  db::SqlText sql(
      "SELECT user_low, user_high, IF(EXISTS (SELECT 1 FROM users u WHERE u.id IN (r.user_low, "
      "r.user_high) AND u.erased_at_ms IS NOT NULL), 0, r.id) FROM chat_rooms r WHERE ");
  const char* separator = "";
  for (const auto& [pair, room] : wanted.rooms) {
    sql.Raw(std::exchange(separator, " OR ")).Raw("user_low=").Value(pair.first.value);
    sql.Raw(" AND user_high=").Value(pair.second.value);
  }
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.str()));
  for (size_t row = 0; row < rows.size(); ++row) {
    wanted.rooms[{rows.As<UserId>(row, 0), rows.As<UserId>(row, 1)}] =
        rows.As<ConversationId>(row, 2);
  }
  return Ok();
}

Status FindBotChats(db::Transaction& tx, Wanted& wanted) {
  if (wanted.bots.empty()) return Ok();
  std::vector<UserId> users;
  for (const auto& [user, chat] : wanted.bots) users.push_back(user);
  db::SqlText sql("SELECT user_id, id FROM bot_chats WHERE user_id IN ");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(db::List(sql, users).str()));
  for (size_t row = 0; row < rows.size(); ++row) {
    wanted.bots[rows.As<UserId>(row, 0)] = rows.As<ConversationId>(row, 1);
  }
  return Ok();
}

// Two looks in one statement: the groups (with 0), and the senders among their members, one range
// of an index each, so that the size of a group does not matter.
Status FindGroups(db::Transaction& tx, Wanted& wanted) {
  if (wanted.group_senders.empty()) return Ok();
  std::set<ConversationId> asked;
  for (const auto& [group, sender] : wanted.group_senders) asked.insert(group);
  db::SqlText sql("SELECT id, 0 FROM chat_groups WHERE id IN ");
  db::List(sql, asked).Raw(" UNION ALL SELECT conversation_id, user_id FROM members WHERE ");
  const char* separator = "";
  for (const auto& [group, sender] : wanted.group_senders) {
    sql.Raw(std::exchange(separator, " OR ")).Raw("conversation_id=").Value(group.value);
    sql.Raw(" AND user_id=").Value(sender.value);
  }
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.str()));
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto group = rows.As<ConversationId>(row, 0);
    if (const auto user = rows.As<UserId>(row, 1)) {
      wanted.group_members.emplace(group, user);
    } else {
      wanted.groups.insert(group);
    }
  }
  return Ok();
}

// Which of the people of rooms and bot chats to be made there are not. The others are locked, in
// order: the foreign keys would lock them one by one, in that of the rooms.
Status FindUnknownUsers(db::Transaction& tx, Wanted& wanted) {
  std::set<UserId> users;
  for (const auto& [pair, room] : wanted.rooms) {
    if (!room) users.insert({pair.first, pair.second});
  }
  for (const UserId user : wanted.askers) {
    if (!wanted.bots.at(user)) users.insert(user);
  }
  if (users.empty()) return Ok();
  db::SqlText sql(
      "SELECT id FROM users FORCE INDEX (PRIMARY) WHERE erased_at_ms IS NULL AND id IN ");
  db::List(sql, users).Raw(" ORDER BY id LOCK IN SHARE MODE");
  PARLOR_ASSIGN_OR_RETURN(const db::Rows rows, tx.QueryText(sql.str()));
  for (size_t row = 0; row < rows.size(); ++row) users.erase(rows.As<UserId>(row, 0));
  wanted.unknown_users = std::move(users);
  return Ok();
}

// The conversation and its row in chat_rooms or bot_chats. Its id is read back by the caller: ids
// of a multi-row INSERT must not be computed.
Status CreateOne(db::Transaction& tx, ConversationKind kind, std::string_view detail_sql,
                 std::initializer_list<db::Param> detail, TimestampMs now) {
  PARLOR_RETURN_IF_ERROR(
      tx.Execute(queries::kCreateConversation, {static_cast<uint64_t>(kind), P(now)}).status());
  const auto created = tx.Execute(detail_sql, detail);
  // Another transaction has just made the same one: from the start, and it will be found.
  if (tx.WasDuplicate()) return tx.TryAgain();
  return created.status();
}

Status AddMembers(db::Transaction& tx,
                  const std::vector<std::pair<ConversationId, UserId>>& members, TimestampMs now) {
  db::SqlText sql("INSERT INTO members (conversation_id, user_id, joined_at_ms) VALUES ");
  const char* separator = "(";
  for (const auto& [conversation, user] : members) {
    sql.Raw(std::exchange(separator, ",(")).Value(conversation.value).Raw(",");
    sql.Value(user.value).Raw(",").Value(now.value).Raw(")");
  }
  return tx.ExecuteText(sql.str()).status();
}

Status CreateMissing(db::Transaction& tx, Wanted& wanted, TimestampMs now) {
  PARLOR_RETURN_IF_ERROR(FindUnknownUsers(tx, wanted));
  const auto unknown = [&](UserId user) { return wanted.unknown_users.contains(user); };
  Wanted made;
  for (const auto& [pair, room] : wanted.rooms) {
    if (room || unknown(pair.first) || unknown(pair.second)) continue;
    PARLOR_RETURN_IF_ERROR(CreateOne(tx, ConversationKind::kRoom, queries::kCreateRoom,
                                     {P(pair.first), P(pair.second)}, now));
    made.rooms[pair];
  }
  for (const UserId user : wanted.askers) {
    if (wanted.bots.at(user) || unknown(user)) continue;
    PARLOR_RETURN_IF_ERROR(
        CreateOne(tx, ConversationKind::kBot, queries::kCreateBotChat, {P(user)}, now));
    made.bots[user];
  }
  if (made.rooms.empty() && made.bots.empty()) return Ok();

  PARLOR_RETURN_IF_ERROR(FindRooms(tx, made));
  PARLOR_RETURN_IF_ERROR(FindBotChats(tx, made));
  std::vector<std::pair<ConversationId, UserId>> members;
  for (const auto& [pair, room] : made.rooms) {
    members.insert(members.end(), {{room, pair.first}, {room, pair.second}});
    wanted.rooms[pair] = room;
  }
  for (const auto& [user, chat] : made.bots) {
    members.emplace_back(chat, user);
    wanted.bots[user] = chat;
  }
  return AddMembers(tx, members, now);
}

Result<ConversationId> TargetOf(const Outgoing& message, const Wanted& wanted) {
  if (const auto* user = std::get_if<ToUser>(&message.to)) {
    if (user->other == message.sender) {
      return Status::InvalidField("other_user_id", "You can't send a message to yourself.");
    }
    const ConversationId room = wanted.rooms.at(PairOf(message, *user));
    if (!room) return Status(ErrorCode::kNotFound, "There is no such user.");
    return room;
  }
  if (const auto* group = std::get_if<ToGroup>(&message.to)) {
    if (!wanted.groups.contains(group->group)) {
      return Status(ErrorCode::kNotFound, "There is no such group.");
    }
    if (!wanted.group_members.contains({group->group, message.sender})) {
      return Status(ErrorCode::kForbidden, "You are not a member of this group.");
    }
    return group->group;
  }
  const auto* answer = std::get_if<FromBot>(&message.to);
  const ConversationId chat = wanted.bots.at(answer != nullptr ? answer->user : message.sender);
  if (!chat) return Status(ErrorCode::kNotFound, "There is no such user.");
  return chat;
}

}  // namespace

Status ResolveTargets(db::Transaction& tx, std::span<const Outgoing> batch, TimestampMs now,
                      std::vector<Result<ConversationId>>* targets) {
  Wanted wanted = Collect(batch);
  PARLOR_RETURN_IF_ERROR(FindRooms(tx, wanted));
  PARLOR_RETURN_IF_ERROR(FindBotChats(tx, wanted));
  PARLOR_RETURN_IF_ERROR(FindGroups(tx, wanted));
  PARLOR_RETURN_IF_ERROR(CreateMissing(tx, wanted, now));
  targets->clear();
  targets->reserve(batch.size());
  for (const Outgoing& message : batch) targets->push_back(TargetOf(message, wanted));
  return Ok();
}

}  // namespace parlor::messages
