// Every constant SQL statement, with the index it relies on. Statements of changing length
// (multi-row) are built in their store by SqlText, from heads and tails that stand there.
//
// Written for MySQL 8.0 and MariaDB 10.6 alike: no RETURNING, no row aliases, no vendor functions.
// E-mail addresses are compared by LOWER() of the session's collation, which Connection::SetUp
// sets.
#pragma once

#include <string_view>

namespace parlor::queries {

// ---- users
inline constexpr std::string_view kFindCredentials =  // users_email
    "SELECT id, password_hash, suspended_at_ms IS NOT NULL FROM users WHERE email_key = LOWER(?)";
inline constexpr std::string_view kGetCredentials =  // PRIMARY
    "SELECT id, password_hash, suspended_at_ms IS NOT NULL FROM users WHERE id = ?";
inline constexpr std::string_view kEmailTaken =  // users_email
    "SELECT 1 FROM users WHERE email_key = LOWER(?)";
inline constexpr std::string_view kCreateUser =
    "INSERT INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms) "
    "VALUES (?, LOWER(?), ?, ?, ?, ?)";
inline constexpr std::string_view kGetProfile =  // PRIMARY
    "SELECT id, email, first_name, last_name, created_at_ms FROM users WHERE id = ?";
inline constexpr std::string_view kGetProfileForUpdate =  // PRIMARY
    "SELECT id, email, first_name, last_name, created_at_ms FROM users WHERE id = ? FOR UPDATE";
inline constexpr std::string_view kSetNames =  // PRIMARY
    "UPDATE users SET first_name = ?, last_name = ? WHERE id = ?";
inline constexpr std::string_view kSetPasswordHash =  // PRIMARY
    "UPDATE users SET password_hash = ? WHERE id = ?";
// The filters are switched by numbers, so that one prepared statement serves all. PRIMARY of users,
// online and daemons; the name is looked for in every row after `id` (a list of people is short).
inline constexpr std::string_view kListUsers =
    "SELECT * FROM (SELECT u.id, u.first_name, u.last_name, u.suspended_at_ms IS NULL AND EXISTS "
    "(SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id WHERE o.user_id = u.id AND "
    "d.heartbeat_at_ms >= ?) AS is_online FROM users u WHERE u.id > ? AND u.erased_at_ms IS NULL "
    "AND (? = 0 OR "
    "CONCAT(u.first_name, ' ', u.last_name) COLLATE utf8mb4_unicode_520_ci LIKE ?)) listed "
    "WHERE ? = 0 OR is_online ORDER BY id LIMIT ?";

// ---- pending_registrations
inline constexpr std::string_view kDropRegistration =  // pending_registrations_email
    "DELETE FROM pending_registrations WHERE email_key = LOWER(?) "
    "AND (password_hash <> '' OR user_id IS NOT NULL OR expires_at_ms <= ?)";
inline constexpr std::string_view kLockInvitation =  // pending_registrations_email
    "SELECT id, email, first_name, last_name, expires_at_ms FROM pending_registrations WHERE "
    "email_key = LOWER(?) AND password_hash = '' AND user_id IS NULL AND expires_at_ms > ? FOR "
    "UPDATE";
inline constexpr std::string_view kProlongInvitation =  // PRIMARY
    "UPDATE pending_registrations SET expires_at_ms = GREATEST(expires_at_ms, ?) WHERE id = ?";
inline constexpr std::string_view kPutRegistration =
    "INSERT INTO pending_registrations (email, email_key, first_name, last_name, password_hash, "
    "requested_at_ms, expires_at_ms) VALUES (?, LOWER(?), ?, ?, ?, ?, ?)";
inline constexpr std::string_view kSetRegistrationToken =  // PRIMARY
    "UPDATE pending_registrations SET token_hash = ? WHERE id = ? AND user_id IS NULL";
inline constexpr std::string_view kFindRegistration =  // pending_registrations_token
    "SELECT id, user_id, expires_at_ms, password_hash = '' FROM pending_registrations "
    "WHERE token_hash = ?";
inline constexpr std::string_view kLockRegistration =  // pending_registrations_token
    "SELECT id, user_id, expires_at_ms, email, first_name, last_name, password_hash "
    "FROM pending_registrations WHERE token_hash = ? FOR UPDATE";
inline constexpr std::string_view kConfirmRegistration =  // PRIMARY
    "UPDATE pending_registrations SET user_id = ? WHERE id = ?";
inline constexpr std::string_view kPurgeRegistrations =  // pending_registrations_expiry
    "DELETE FROM pending_registrations WHERE expires_at_ms < ? ORDER BY expires_at_ms LIMIT ?";

// ---- sessions, login_failures
inline constexpr std::string_view kCreateSession =
    "INSERT INTO sessions (user_id, token_hash, created_at_ms, expires_at_ms, max_expires_at_ms) "
    "VALUES (?, ?, ?, ?, ?)";
inline constexpr std::string_view kFindSession =  // sessions_token, PRIMARY of users
    "SELECT s.id, s.user_id, s.token_hash, s.created_at_ms, s.expires_at_ms, s.max_expires_at_ms "
    "FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ? "
    "AND s.expires_at_ms > ? AND u.suspended_at_ms IS NULL";
inline constexpr std::string_view kTouchSession =  // PRIMARY
    "UPDATE sessions SET expires_at_ms = ? WHERE id = ? AND expires_at_ms < ?";
inline constexpr std::string_view kLockSession =  // sessions_token
    "SELECT id, user_id, token_hash, created_at_ms, expires_at_ms, max_expires_at_ms "
    "FROM sessions WHERE token_hash = ? FOR UPDATE";
inline constexpr std::string_view kEndSession =  // PRIMARY
    "DELETE FROM sessions WHERE id = ?";
inline constexpr std::string_view kLockOtherSessions =  // sessions_user
    "SELECT id FROM sessions WHERE user_id = ? AND id <> ? ORDER BY id FOR UPDATE";
inline constexpr std::string_view kPurgeSessions =  // sessions_expiry
    "DELETE FROM sessions WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?";
// What is hashed: the kind of try (tries.cpp) and the address.
inline constexpr std::string_view kListTries =  // PRIMARY
    "SELECT slot, failed_at_ms FROM login_failures "
    "WHERE account = UNHEX(SHA2(CONCAT(?, LOWER(?)), 256)) ORDER BY slot";
inline constexpr std::string_view kTakeNewSlot =
    "INSERT INTO login_failures (account, slot, failed_at_ms) "
    "VALUES (UNHEX(SHA2(CONCAT(?, LOWER(?)), 256)), ?, ?)";
inline constexpr std::string_view kTakeOldSlot =  // PRIMARY
    "UPDATE login_failures SET failed_at_ms = ? "
    "WHERE account = UNHEX(SHA2(CONCAT(?, LOWER(?)), 256)) AND slot = ? AND failed_at_ms = ?";
inline constexpr std::string_view kReleaseTry =  // PRIMARY
    "DELETE FROM login_failures WHERE account = UNHEX(SHA2(CONCAT(?, LOWER(?)), 256)) "
    "AND slot = ? AND failed_at_ms = ?";
inline constexpr std::string_view kPurgeTries =  // login_failures_age
    "DELETE FROM login_failures WHERE failed_at_ms < ? ORDER BY failed_at_ms LIMIT ?";

// ---- send_rates
inline constexpr std::string_view kTakeRate =  // PRIMARY
    "UPDATE send_rates SET arrival_at_ms = GREATEST(LEAST(arrival_at_ms, ?), ?) + ? "
    "WHERE user_id = ? AND (arrival_at_ms <= ? OR arrival_at_ms > ?)";
inline constexpr std::string_view kGetRate =  // PRIMARY
    "SELECT arrival_at_ms FROM send_rates WHERE user_id = ?";
inline constexpr std::string_view kCreateRate =
    "INSERT INTO send_rates (user_id, arrival_at_ms) VALUES (?, ?)";

// ---- mail_outbox
inline constexpr std::string_view kAddMail =
    "INSERT INTO mail_outbox (kind, recipient, recipient_name, registration_id, created_at_ms, "
    "next_attempt_at_ms) VALUES (?, ?, ?, NULLIF(?, 0), ?, ?)";
inline constexpr std::string_view kCountMails =  // mail_outbox_due, all of it
    "SELECT COUNT(*), COUNT(failed_at_ms) FROM mail_outbox";
inline constexpr std::string_view kClaimMails =  // mail_outbox_due
    "SELECT id, kind, recipient, recipient_name, COALESCE(registration_id, 0), attempts, "
    "created_at_ms FROM mail_outbox WHERE failed_at_ms IS NULL AND next_attempt_at_ms <= ? "
    "AND claimed_until_ms <= ? ORDER BY next_attempt_at_ms LIMIT ? FOR UPDATE SKIP LOCKED";
inline constexpr std::string_view kMailSent =  // PRIMARY
    "DELETE FROM mail_outbox WHERE id = ?";
inline constexpr std::string_view kMailFailed =  // PRIMARY
    "UPDATE mail_outbox SET last_error = ?, next_attempt_at_ms = ?, claimed_until_ms = 0 "
    "WHERE id = ?";
inline constexpr std::string_view kMailGivenUp =  // PRIMARY
    "UPDATE mail_outbox SET last_error = ?, failed_at_ms = ?, claimed_until_ms = 0 WHERE id = ?";

// ---- events
inline constexpr std::string_view kAddEvent =
    "INSERT INTO events (created_at_ms, payload) VALUES (?, ?)";
inline constexpr std::string_view kPendingEvents =  // PRIMARY
    "SELECT id, payload, created_at_ms FROM events WHERE id > ? ORDER BY id LIMIT ?";

// ---- daemons, online
inline constexpr std::string_view kDropDaemonsAt =
    "DELETE FROM daemons WHERE endpoint = ?";  // a table of a few rows
inline constexpr std::string_view kCreateDaemon =
    "INSERT INTO daemons (endpoint, started_at_ms, heartbeat_at_ms) VALUES (?, ?, ?)";
inline constexpr std::string_view kHeartbeat =  // PRIMARY
    "UPDATE daemons SET heartbeat_at_ms = ? WHERE id = ? AND heartbeat_at_ms >= ?";
inline constexpr std::string_view kDaemonExists =  // PRIMARY
    "SELECT 1 FROM daemons WHERE id = ? AND heartbeat_at_ms >= ?";
inline constexpr std::string_view kRemoveDaemon =  // PRIMARY
    "DELETE FROM daemons WHERE id = ?";
inline constexpr std::string_view kDaemonBeats =  // all of a few rows
    "SELECT id, heartbeat_at_ms FROM daemons";
inline constexpr std::string_view kPurgeDaemon =  // PRIMARY
    "DELETE FROM daemons WHERE id = ? AND heartbeat_at_ms = ?";

// ---- conversations seen from a member
inline constexpr std::string_view kListRooms =  // members_user, PRIMARY of the others
    "SELECT c.id, IF(r.user_low = m.user_id, r.user_high, r.user_low), c.last_sent_at_ms, "
    "c.last_seq, c.last_seq - m.read_seq FROM members m JOIN chat_rooms r ON "
    "r.id = m.conversation_id JOIN conversations c ON c.id = r.id WHERE m.user_id = ? "
    "ORDER BY c.last_sent_at_ms DESC, c.id DESC";
inline constexpr std::string_view kOtherUserOfRoom =  // PRIMARY
    "SELECT IF(user_low = ?, user_high, user_low) FROM chat_rooms "
    "WHERE id = ? AND (user_low = ? OR user_high = ?)";
inline constexpr std::string_view kListNotifications =  // members_user, PRIMARY of conversations
    "SELECT c.id, c.kind, c.last_sender_id, c.last_seq - m.read_seq, c.last_sent_at_ms "
    "FROM members m JOIN conversations c ON c.id = m.conversation_id "
    "WHERE m.user_id = ? AND c.kind IN (1, 2) AND c.last_seq > 0 "
    "ORDER BY c.last_sent_at_ms DESC, c.id DESC";
inline constexpr std::string_view kLockMark =  // PRIMARY
    "SELECT read_seq FROM members WHERE conversation_id = ? AND user_id = ? FOR UPDATE";
inline constexpr std::string_view kNewestOfConversation =  // PRIMARY
    "SELECT last_seq, last_sent_at_ms FROM conversations WHERE id = ? AND kind = ?";
inline constexpr std::string_view kSeqAt =  // PRIMARY, backwards
    "SELECT seq FROM messages WHERE conversation_id = ? AND sent_at_ms <= ? "
    "ORDER BY sent_at_ms DESC LIMIT 1";
inline constexpr std::string_view kSetMark =  // PRIMARY
    "UPDATE members SET read_seq = ? WHERE conversation_id = ? AND user_id = ?";

// ---- messages: after the INSERT, for one conversation and one sender (messages.cpp has the rest)
inline constexpr std::string_view kMoveTail =  // PRIMARY
    "UPDATE conversations SET last_seq = ?, last_sent_at_ms = ?, last_sender_id = ? WHERE id = ?";
inline constexpr std::string_view kRaiseMark =  // PRIMARY
    "UPDATE members SET read_seq = GREATEST(read_seq, ?) WHERE conversation_id = ? AND user_id = ?";

// ---- messages: pages, each one range scan of PRIMARY
inline constexpr std::string_view kPageBefore =
    "SELECT seq, sent_at_ms, sender_id, body, flags FROM messages WHERE conversation_id = ? "
    "AND sent_at_ms < ? ORDER BY sent_at_ms DESC LIMIT ?";
inline constexpr std::string_view kPageAfter =
    "SELECT seq, sent_at_ms, sender_id, body, flags FROM messages WHERE conversation_id = ? "
    "AND sent_at_ms > ? ORDER BY sent_at_ms LIMIT ?";
inline constexpr std::string_view kReadRange =
    "SELECT seq, sent_at_ms, sender_id, body, flags FROM messages WHERE conversation_id = ? "
    "AND sent_at_ms >= ? AND seq BETWEEN ? AND ? ORDER BY sent_at_ms LIMIT ?";

// ---- messages: after a commit in doubt (wsd/batch_store.h)
inline constexpr std::string_view kLockConversation =  // PRIMARY
    "SELECT id FROM conversations WHERE id = ? FOR UPDATE";
inline constexpr std::string_view kFindByClientId =  // messages_client
    "SELECT seq FROM messages WHERE conversation_id = ? AND sender_id = ? AND client_msg_id = ?";

// ---- messages: a new room or bot chat
inline constexpr std::string_view kCreateConversation =
    "INSERT INTO conversations (kind, created_at_ms) VALUES (?, ?)";
inline constexpr std::string_view kCreateRoom =
    "INSERT INTO chat_rooms (id, user_low, user_high) VALUES (LAST_INSERT_ID(), ?, ?)";
inline constexpr std::string_view kCreateBotChat =
    "INSERT INTO bot_chats (id, user_id) VALUES (LAST_INSERT_ID(), ?)";

// ---- groups
inline constexpr std::string_view kCreateGroup =
    "INSERT INTO chat_groups (id, name, owner_id, member_count) VALUES (?, ?, ?, 1)";
// Two ways to the same columns, their first parameter is the caller. The filters are switched by
// numbers, as in kListUsers. PRIMARY of all three; the name is looked for in every group after
// `id`.
inline constexpr std::string_view kListGroups =
    "SELECT g.id, g.name, g.owner_id, g.member_count, m.user_id IS NOT NULL, c.last_sent_at_ms, "
    "c.last_seq, COALESCE(c.last_seq - m.read_seq, 0) FROM chat_groups g JOIN conversations c ON "
    "c.id = g.id LEFT JOIN members m ON m.conversation_id = g.id AND m.user_id = ? WHERE g.id > ? "
    "AND (? = 0 OR g.name COLLATE utf8mb4_unicode_520_ci LIKE ?) ORDER BY g.id LIMIT ?";
inline constexpr std::string_view kListMyGroups =  // members_user, PRIMARY of the others
    "SELECT g.id, g.name, g.owner_id, g.member_count, 1, c.last_sent_at_ms, c.last_seq, "
    "c.last_seq - m.read_seq FROM members m JOIN chat_groups g ON g.id = m.conversation_id JOIN "
    "conversations c ON c.id = g.id WHERE m.user_id = ? AND m.conversation_id > ? "
    "AND (? = 0 OR g.name COLLATE utf8mb4_unicode_520_ci LIKE ?) ORDER BY g.id LIMIT ?";
inline constexpr std::string_view kGetGroup =  // PRIMARY of all three
    "SELECT g.id, g.name, g.owner_id, g.member_count, m.user_id IS NOT NULL, c.last_sent_at_ms, "
    "c.last_seq, COALESCE(c.last_seq - m.read_seq, 0) FROM chat_groups g JOIN conversations c ON "
    "c.id = g.id LEFT JOIN members m ON m.conversation_id = g.id AND m.user_id = ? WHERE g.id = ?";
inline constexpr std::string_view kGroupExists =  // PRIMARY
    "SELECT 1 FROM chat_groups WHERE id = ?";
inline constexpr std::string_view kGroupsOfOwner =  // chat_groups_owner
    "SELECT id FROM chat_groups WHERE owner_id = ? LIMIT 2";
inline constexpr std::string_view kCountGroupsOfOwner =  // chat_groups_owner; after kLockUser
    "SELECT COUNT(*) FROM chat_groups WHERE owner_id = ?";
inline constexpr std::string_view kLockGroup =  // PRIMARY
    "SELECT owner_id, name, presence_seq FROM chat_groups WHERE id = ? FOR UPDATE";
inline constexpr std::string_view kChangeGroup =  // PRIMARY
    "UPDATE chat_groups SET name = ?, owner_id = ? WHERE id = ?";
inline constexpr std::string_view kLockUser =  // PRIMARY
    "SELECT first_name, last_name, suspended_at_ms IS NOT NULL FROM users WHERE id = ? FOR UPDATE";

// ---- group members, present. Those that change something come after kLockUser and kLockGroup.
inline constexpr std::string_view kMembership =  // PRIMARY of both
    "SELECT EXISTS (SELECT 1 FROM members WHERE conversation_id = ? AND user_id = ?), "
    "EXISTS (SELECT 1 FROM present WHERE conversation_id = ? AND user_id = ?)";
inline constexpr std::string_view kCountPlaces =  // present_user
    "SELECT COUNT(*) FROM present WHERE user_id = ?";
// Shared, as the foreign key of members would lock it next: no message is on its way meanwhile.
inline constexpr std::string_view kLockNewest =  // PRIMARY
    "SELECT last_seq FROM conversations WHERE id = ? LOCK IN SHARE MODE";
inline constexpr std::string_view kAddMember =
    "INSERT INTO members (conversation_id, user_id, read_seq, joined_at_ms) VALUES (?, ?, ?, ?)";
inline constexpr std::string_view kRemoveMember =  // PRIMARY
    "DELETE FROM members WHERE conversation_id = ? AND user_id = ?";
inline constexpr std::string_view kAddPresent =
    "INSERT INTO present (conversation_id, user_id, entered_at_ms) VALUES (?, ?, ?)";
inline constexpr std::string_view kRemovePresent =  // PRIMARY
    "DELETE FROM present WHERE conversation_id = ? AND user_id = ?";
inline constexpr std::string_view kMemberCame =  // PRIMARY
    "UPDATE chat_groups SET member_count = member_count + 1 WHERE id = ?";
inline constexpr std::string_view kMemberWent =  // PRIMARY; an administrator may have miscounted
    "UPDATE chat_groups SET member_count = GREATEST(member_count, 1) - 1 WHERE id = ?";
inline constexpr std::string_view kSetPresenceSeq =  // PRIMARY
    "UPDATE chat_groups SET presence_seq = ? WHERE id = ?";
// As kListUsers. PRIMARY of members (the group's range after `user_id`), users, online and present.
inline constexpr std::string_view kListMembers =
    "SELECT * FROM (SELECT u.id, u.first_name, u.last_name, u.suspended_at_ms IS NULL AND EXISTS "
    "(SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id WHERE o.user_id = u.id AND "
    "d.heartbeat_at_ms >= ?) AS is_online, EXISTS (SELECT 1 FROM present p WHERE "
    "p.conversation_id = m.conversation_id AND p.user_id = m.user_id) AS is_present "
    "FROM members m STRAIGHT_JOIN users u ON u.id = m.user_id WHERE m.conversation_id = ? AND "
    "m.user_id > ? AND (? = 0 OR CONCAT(u.first_name, ' ', u.last_name) COLLATE "
    "utf8mb4_unicode_520_ci LIKE ?)) listed WHERE ? = 0 OR is_online ORDER BY id LIMIT ?";
inline constexpr std::string_view kPresenceOfAll =  // all groups, PRIMARY of present
    "SELECT g.id, g.presence_seq, p.user_id FROM chat_groups g LEFT JOIN present p ON "
    "p.conversation_id = g.id ORDER BY g.id, p.user_id";
inline constexpr std::string_view kPresenceOfGroup =  // PRIMARY of both
    "SELECT g.id, g.presence_seq, p.user_id FROM chat_groups g LEFT JOIN present p ON "
    "p.conversation_id = g.id WHERE g.id = ? ORDER BY p.user_id";
// All of present in the order of present_user, up to the limit; PRIMARY of online and daemons.
inline constexpr std::string_view kLeftOver =
    "SELECT p.user_id FROM present p FORCE INDEX (present_user) WHERE p.user_id > ? AND NOT EXISTS "
    "(SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id WHERE o.user_id = p.user_id AND "
    "d.heartbeat_at_ms >= ?) GROUP BY p.user_id HAVING MAX(p.entered_at_ms) < ? "
    "ORDER BY p.user_id LIMIT ?";
// PRIMARY of both, the group's range of members. For a few of them: group_members_read.cpp.
inline constexpr std::string_view kCountUnread =
    "SELECT m.user_id, c.last_seq - m.read_seq, c.last_sent_at_ms FROM conversations c "
    "STRAIGHT_JOIN members m FORCE INDEX (PRIMARY) ON m.conversation_id = c.id WHERE c.id = ? "
    "ORDER BY m.user_id";

// ---- bot chats
inline constexpr std::string_view kFindBotChat =  // bot_chats_user
    "SELECT id FROM bot_chats WHERE user_id = ?";
inline constexpr std::string_view kContext =  // PRIMARY, backwards
    "SELECT seq, sent_at_ms, sender_id, body, flags FROM messages WHERE conversation_id = ? "
    "AND seq <= ? AND flags & 6 = 0 ORDER BY sent_at_ms DESC LIMIT ?";
// Every row of bot_chats (one for each user who ever asked) and PRIMARY of conversations: never all
// conversations. bot_chats.cpp then looks for questions from there on.
inline constexpr std::string_view kRecentBotChats =
    "SELECT b.id, b.user_id FROM bot_chats b STRAIGHT_JOIN conversations c ON c.id = b.id "
    "WHERE c.last_sent_at_ms >= ? ORDER BY b.id";
inline constexpr std::string_view kLoadRules =  // bot_rules_order
    "SELECT id, pattern, answer FROM bot_rules WHERE enabled = TRUE ORDER BY priority, id LIMIT ?";
inline constexpr std::string_view kFirstName =  // PRIMARY
    "SELECT first_name FROM users WHERE id = ?";

}  // namespace parlor::queries
