-- The truth about Parlor's tables, for MySQL 8.0 and MariaDB 10.6 or newer.
--
-- Apply to an empty schema, or let sql/migrate.sh bring an older one here (a test compares both). Every time is BIGINT
-- milliseconds since 1970 in UTC; the views at the end show readable times to administrators. Collations are written
-- out, because the two servers' defaults differ. InnoDB, READ COMMITTED, binary log off or sync_binlog=1 (docs).

SET NAMES utf8mb4;

-- What has been applied, by sql/migrate.sh. applied_at_ms is 0 while one is being applied, or when it failed half-way.
CREATE TABLE schema_migrations (
  version       INT UNSIGNED NOT NULL PRIMARY KEY,
  name          VARCHAR(128) NOT NULL,
  applied_at_ms BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- People. `email` as it was entered, `email_key` in lower case: addresses are compared without regard to case.
CREATE TABLE users (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email           VARCHAR(254) NOT NULL,
  email_key       VARCHAR(254) NOT NULL,
  first_name      VARCHAR(64)  NOT NULL,
  last_name       VARCHAR(64)  NOT NULL,
  password_hash   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at_ms   BIGINT       NOT NULL,
  suspended_at_ms BIGINT       NULL,
  UNIQUE KEY users_email (email_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row an address that asked for an account; asking again replaces it. `token_hash` is the SHA-256 of the link's
-- token, made when the mail is sent: NULL until then. Kept after use, so that a second click can be told so.
CREATE TABLE pending_registrations (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email           VARCHAR(254) NOT NULL,
  email_key       VARCHAR(254) NOT NULL,
  first_name      VARCHAR(64)  NOT NULL,
  last_name       VARCHAR(64)  NOT NULL,
  password_hash   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash      BINARY(32)   NULL,
  requested_at_ms BIGINT       NOT NULL,
  expires_at_ms   BIGINT       NOT NULL,
  user_id         BIGINT UNSIGNED NULL,  -- set when the link was used
  UNIQUE KEY pending_registrations_email (email_key),
  UNIQUE KEY pending_registrations_token (token_hash),
  KEY pending_registrations_expiry (expires_at_ms),
  CONSTRAINT pending_registrations_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Signed-in devices. Logging out deletes the row.
CREATE TABLE sessions (
  id                BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id           BIGINT UNSIGNED NOT NULL,
  token_hash        BINARY(32)   NOT NULL,
  created_at_ms     BIGINT       NOT NULL,
  expires_at_ms     BIGINT       NOT NULL,  -- moves with use …
  max_expires_at_ms BIGINT       NOT NULL,  -- … up to here
  UNIQUE KEY sessions_token (token_hash),
  KEY sessions_user (user_id),
  KEY sessions_expiry (expires_at_ms),
  CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Wrong passwords and registrations an address, also for those that have no account (so the limits tell nothing).
-- `account` is the SHA-256 of 'password:' or 'registration:' and email_key. A try takes one of the address's slots
-- (0 … limit - 1) before the password is looked at, and gives it back when it was right; the key makes tries that run
-- side by side take different ones, so they can't slip past the limit.
CREATE TABLE login_failures (
  account      BINARY(32)        NOT NULL,
  slot         SMALLINT UNSIGNED NOT NULL,
  failed_at_ms BIGINT            NOT NULL,
  PRIMARY KEY (account, slot),
  KEY login_failures_age (failed_at_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How much of a user's message rate is used: the theoretical arrival time of the generic cell rate algorithm.
CREATE TABLE send_rates (
  user_id       BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  arrival_at_ms BIGINT          NOT NULL,
  CONSTRAINT send_rates_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Mail still owed to somebody: what to say, not the text. No token is at rest here. A sender claims a row for a while
-- (`claimed_until_ms`), talks SMTP without holding a lock, and deletes the row, or sets the next try.
CREATE TABLE mail_outbox (
  id                 BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind               VARCHAR(32)  NOT NULL,  -- registration_link, address_taken, password_changed
  recipient          VARCHAR(254) NOT NULL,
  recipient_name     VARCHAR(129) NOT NULL,
  registration_id    BIGINT UNSIGNED NULL,
  created_at_ms      BIGINT       NOT NULL,
  next_attempt_at_ms BIGINT       NOT NULL,
  claimed_until_ms   BIGINT       NOT NULL DEFAULT 0,
  attempts           INT UNSIGNED NOT NULL DEFAULT 0,
  last_error         VARCHAR(500) NOT NULL DEFAULT '',
  failed_at_ms       BIGINT       NULL,      -- given up; kept for the administrator
  KEY mail_outbox_due (failed_at_ms, next_attempt_at_ms),
  CONSTRAINT mail_outbox_registration FOREIGN KEY (registration_id) REFERENCES pending_registrations (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Rooms, groups and bot chats alike: the row that is locked to give the next seq and time. kind: 1 room, 2 group, 3 bot.
CREATE TABLE conversations (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind            TINYINT UNSIGNED NOT NULL,
  last_seq        BIGINT UNSIGNED NOT NULL DEFAULT 0,
  last_sent_at_ms BIGINT          NOT NULL DEFAULT 0,
  last_sender_id  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  created_at_ms   BIGINT          NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One room for each pair of users, the smaller id first.
CREATE TABLE chat_rooms (
  id        BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  user_low  BIGINT UNSIGNED NOT NULL,
  user_high BIGINT UNSIGNED NOT NULL,
  UNIQUE KEY chat_rooms_pair (user_low, user_high),
  KEY chat_rooms_high (user_high),
  CONSTRAINT chat_rooms_conversation FOREIGN KEY (id) REFERENCES conversations (id) ON DELETE CASCADE,
  CONSTRAINT chat_rooms_low FOREIGN KEY (user_low) REFERENCES users (id),
  CONSTRAINT chat_rooms_high FOREIGN KEY (user_high) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The row that is locked by whatever changes a group or who is in it. `presence_seq` numbers the changes of who is
-- present; `member_count` is the number of its rows in members, kept so that a list of groups need not count them.
CREATE TABLE chat_groups (
  id           BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  name         VARCHAR(100)    NOT NULL,
  owner_id     BIGINT UNSIGNED NOT NULL,
  presence_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
  member_count INT UNSIGNED    NOT NULL DEFAULT 0,
  KEY chat_groups_owner (owner_id),
  CONSTRAINT chat_groups_conversation FOREIGN KEY (id) REFERENCES conversations (id) ON DELETE CASCADE,
  CONSTRAINT chat_groups_owner FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A user's talk with the bot.
CREATE TABLE bot_chats (
  id      BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  user_id BIGINT UNSIGNED NOT NULL,
  UNIQUE KEY bot_chats_user (user_id),
  CONSTRAINT bot_chats_conversation FOREIGN KEY (id) REFERENCES conversations (id) ON DELETE CASCADE,
  CONSTRAINT bot_chats_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who belongs to a conversation, and how far they have read: unread = last_seq - read_seq. Sending moves the sender's
-- own mark, so a message to many members writes one row here.
CREATE TABLE members (
  conversation_id BIGINT UNSIGNED NOT NULL,
  user_id         BIGINT UNSIGNED NOT NULL,
  read_seq        BIGINT UNSIGNED NOT NULL DEFAULT 0,
  joined_at_ms    BIGINT          NOT NULL,
  PRIMARY KEY (conversation_id, user_id),
  KEY members_user (user_id, conversation_id),
  CONSTRAINT members_conversation FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
  CONSTRAINT members_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What was said. The primary key makes a page of history one range scan of neighbouring rows; the time is unique in its
-- conversation because it is given under the lock of the conversation's row. No foreign keys on this one hot table.
CREATE TABLE messages (
  conversation_id BIGINT UNSIGNED NOT NULL,
  sent_at_ms      BIGINT          NOT NULL,
  seq             BIGINT UNSIGNED NOT NULL,
  sender_id       BIGINT UNSIGNED NOT NULL,  -- 0: the bot
  body            TEXT            NOT NULL,
  client_msg_id   VARBINARY(64)   NULL,
  flags           TINYINT UNSIGNED NOT NULL DEFAULT 0,  -- 1: the bot apologizes, it had no answer
  PRIMARY KEY (conversation_id, sent_at_ms),
  UNIQUE KEY messages_client (conversation_id, sender_id, client_msg_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The daemons that have been started. One whose heartbeat is older than 15 s is dead, and its rows below count for
-- nothing.
CREATE TABLE daemons (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  endpoint        VARCHAR(255) NOT NULL,
  started_at_ms   BIGINT       NOT NULL,
  heartbeat_at_ms BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Users with a signed-in socket at a daemon.
CREATE TABLE online (
  user_id   BIGINT UNSIGNED NOT NULL,
  daemon_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (user_id, daemon_id),
  KEY online_daemon (daemon_id),
  CONSTRAINT online_daemon FOREIGN KEY (daemon_id) REFERENCES daemons (id) ON DELETE CASCADE,
  CONSTRAINT online_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Users who look at a group now.
CREATE TABLE present (
  conversation_id BIGINT UNSIGNED NOT NULL,
  user_id         BIGINT UNSIGNED NOT NULL,
  entered_at_ms   BIGINT          NOT NULL,
  PRIMARY KEY (conversation_id, user_id),
  KEY present_user (user_id),
  CONSTRAINT present_conversation FOREIGN KEY (conversation_id) REFERENCES chat_groups (id) ON DELETE CASCADE,
  CONSTRAINT present_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What the daemons must still be told: written in the transaction that made it true, deleted by the daemon that acted on
-- it. Worked off, never followed by id (ids become visible out of order). `payload` is the bus encoding of protocol.h;
-- administrators' scripts use the same.
CREATE TABLE events (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  created_at_ms BIGINT     NOT NULL,
  payload       MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What the bot answers: the enabled rules are tried in the order of priority and id, the first whose pattern (RE2,
-- without regard to case) is found in the question answers. In the answer {1} to {9} stand for the pattern's groups,
-- {name} for the user's first name, {date} and {time} for now in UTC. Live within seconds.
CREATE TABLE bot_rules (
  id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  priority INT           NOT NULL DEFAULT 100,
  pattern  VARCHAR(1000) NOT NULL,
  answer   VARCHAR(4000) NOT NULL,
  enabled  BOOLEAN       NOT NULL DEFAULT TRUE,
  KEY bot_rules_order (enabled, priority, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- ---- For administrators: the same with readable times, in UTC whatever the session's zone, and without hashes. They
-- ask with the rights of who looks (sql/grants.sql), and depend on no account of the one who made them.

CREATE SQL SECURITY INVOKER VIEW admin_users AS
SELECT u.id, u.email, u.first_name, u.last_name,
       CAST(TIMESTAMPADD(MICROSECOND, u.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, u.suspended_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS suspended_at,
       EXISTS (SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id
               WHERE o.user_id = u.id AND d.heartbeat_at_ms >= UNIX_TIMESTAMP(NOW(3)) * 1000 - 15000) AS is_online
FROM users u;

CREATE SQL SECURITY INVOKER VIEW admin_registrations AS
SELECT id, email, first_name, last_name, user_id,
       CAST(TIMESTAMPADD(MICROSECOND, requested_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS requested_at,
       CAST(TIMESTAMPADD(MICROSECOND, expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS expires_at
FROM pending_registrations;

CREATE SQL SECURITY INVOKER VIEW admin_sessions AS
SELECT id, user_id,
       CAST(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS expires_at,
       CAST(TIMESTAMPADD(MICROSECOND, max_expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS max_expires_at
FROM sessions;

CREATE SQL SECURITY INVOKER VIEW admin_conversations AS
SELECT c.id, ELT(c.kind, 'room', 'group', 'bot') AS kind, r.user_low, r.user_high, g.name, g.owner_id,
       b.user_id AS bot_user, c.last_seq AS messages, c.last_sender_id,
       CAST(TIMESTAMPADD(MICROSECOND, c.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, NULLIF(c.last_sent_at_ms, 0) * 1000, '1970-01-01') AS DATETIME(3)) AS last_sent_at
FROM conversations c LEFT JOIN chat_rooms r ON r.id = c.id LEFT JOIN chat_groups g ON g.id = c.id
     LEFT JOIN bot_chats b ON b.id = c.id;

CREATE SQL SECURITY INVOKER VIEW admin_groups AS
SELECT g.id, g.name, g.owner_id, CONCAT(u.first_name, ' ', u.last_name) AS owner, g.member_count,
       (SELECT COUNT(*) FROM present p WHERE p.conversation_id = g.id) AS present_now, c.last_seq AS messages,
       CAST(TIMESTAMPADD(MICROSECOND, c.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, NULLIF(c.last_sent_at_ms, 0) * 1000, '1970-01-01') AS DATETIME(3)) AS last_sent_at
FROM chat_groups g JOIN conversations c ON c.id = g.id JOIN users u ON u.id = g.owner_id;

CREATE SQL SECURITY INVOKER VIEW admin_present AS
SELECT p.conversation_id, g.name, p.user_id, u.first_name, u.last_name,
       CAST(TIMESTAMPADD(MICROSECOND, p.entered_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS entered_at
FROM present p JOIN chat_groups g ON g.id = p.conversation_id JOIN users u ON u.id = p.user_id;

CREATE SQL SECURITY INVOKER VIEW admin_members AS
SELECT m.conversation_id, m.user_id, m.read_seq, c.last_seq - m.read_seq AS unread,
       CAST(TIMESTAMPADD(MICROSECOND, m.joined_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS joined_at
FROM members m JOIN conversations c ON c.id = m.conversation_id;

CREATE SQL SECURITY INVOKER VIEW admin_messages AS
SELECT conversation_id, seq, sender_id,
       CAST(TIMESTAMPADD(MICROSECOND, sent_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS sent_at, body
FROM messages;

CREATE SQL SECURITY INVOKER VIEW admin_mail AS
SELECT id, kind, recipient, recipient_name, attempts, last_error,
       CAST(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, next_attempt_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS next_attempt_at,
       CAST(TIMESTAMPADD(MICROSECOND, failed_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS failed_at
FROM mail_outbox;

CREATE SQL SECURITY INVOKER VIEW admin_daemons AS
SELECT d.id, d.endpoint, (SELECT COUNT(*) FROM online o WHERE o.daemon_id = d.id) AS users,
       CAST(TIMESTAMPADD(MICROSECOND, d.started_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS started_at,
       CAST(TIMESTAMPADD(MICROSECOND, d.heartbeat_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS heartbeat_at
FROM daemons d;

-- This file is what these migrations lead to.
INSERT INTO schema_migrations (version, name, applied_at_ms) VALUES
  (1, 'initial', UNIX_TIMESTAMP() * 1000),
  (2, 'groups_and_bot', UNIX_TIMESTAMP() * 1000);
