-- The truth about Parlor's tables, for MySQL 8.0 and MariaDB 10.6 or newer.
--
-- Apply to an empty schema, or let sql/migrate.sh bring an older one here (a test compares both). Every time is BIGINT
-- milliseconds since 1970 in UTC; the views at the end show readable times to administrators. Collations are written
-- out, because the two servers' defaults differ. InnoDB, READ COMMITTED, binary log off or sync_binlog=1 (docs).

SET NAMES utf8mb4;
-- Whatever the server's own mode: backslashes escape, and nothing is cut to fit.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO';

-- What has been applied, by sql/migrate.sh. applied_at_ms is 0 while one is being applied, or when it failed half-way.
CREATE TABLE schema_migrations (
  version       INT UNSIGNED NOT NULL PRIMARY KEY,
  name          VARCHAR(128) NOT NULL,
  applied_at_ms BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- People. `email` as it was entered, `email_key` in lower case: addresses are compared without regard to case. Somebody
-- erased stays as a row without name and address, so that old ids mean something; he is suspended as well.
CREATE TABLE users (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email           VARCHAR(254) NOT NULL,
  email_key       VARCHAR(254) NOT NULL,
  first_name      VARCHAR(64)  NOT NULL,
  last_name       VARCHAR(64)  NOT NULL,
  password_hash   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at_ms   BIGINT       NOT NULL,
  suspended_at_ms BIGINT       NULL,
  erased_at_ms    BIGINT       NULL,
  UNIQUE KEY users_email (email_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row an address that asked for an account; asking again replaces it. `token_hash` is the SHA-256 of the link's
-- token, made when the mail is sent: NULL until then. Kept after use, so that a second click can be told so. An empty
-- `password_hash` is an invitation: who opens the link chooses the password.
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
  kind               VARCHAR(32)  NOT NULL,  -- registration_link, address_taken, password_changed, invitation
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

-- Rooms, groups and bot chats alike: the row that is locked to give the next seq and time. kind: 1 room, 2 group, 3 bot;
-- 0: a deleted group, whose messages are still being deleted.
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
  -- 1: the bot apologizes, it had no answer; 2: its rules answered; 4: removed by an administrator, the body is empty
  flags           TINYINT UNSIGNED NOT NULL DEFAULT 0,
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

-- What administrators have changed by the procedures of sql/admin, in the transaction that changed it. `actor` is the
-- account and host of the client, `target` like 'user 7' or 'group 21': no name and no address. `details` is JSON.
CREATE TABLE audit (
  id      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at_ms   BIGINT       NOT NULL,
  actor   VARCHAR(288) NOT NULL,
  action  VARCHAR(64)  NOT NULL,  -- the procedure, without admin_
  target  VARCHAR(100) NOT NULL,
  details TEXT         NOT NULL,
  KEY audit_time (at_ms),
  KEY audit_target (target)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- ---- For administrators: the same with readable times, in UTC whatever the session's zone, and without hashes. They
-- ask with the rights of who looks (sql/grants.sql), and depend on no account of the one who made them.

CREATE SQL SECURITY INVOKER VIEW admin_users AS
SELECT u.id, u.email, u.first_name, u.last_name,
       CAST(TIMESTAMPADD(MICROSECOND, u.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, u.suspended_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS suspended_at,
       EXISTS (SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id
               WHERE o.user_id = u.id AND d.heartbeat_at_ms >= TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 - 15000) AS is_online,
       CAST(TIMESTAMPADD(MICROSECOND, u.erased_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS erased_at
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
       CAST(TIMESTAMPADD(MICROSECOND, sent_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS sent_at, body,
       flags & 4 <> 0 AS is_removed
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

CREATE SQL SECURITY INVOKER VIEW admin_audit AS
SELECT id, CAST(TIMESTAMPADD(MICROSECOND, at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS at, actor, action, target, details
FROM audit;

-- The bot's first rules. Edit them as you like (docs/bot.md): no update of Parlor touches this table again. In a string of
-- SQL a backslash is written twice.
INSERT INTO bot_rules (priority, pattern, answer) VALUES
  (100, '\\b(?:kill(?:ing)?|hurt(?:ing)?|harm(?:ing)?|cut(?:ting)?) my ?self\\b|\\bsuicid\\w*|\\bself[ -]?harm|\\bend (?:my life|it all)\\b|\\b(?:want|wish|going|like|rather|ready|try|trying) (?:to )?(?:die|be dead|dying|disappear)\\b|\\bwish i (?:was|were) dead\\b|\\b(?:do not|don(?:''|’)?t) (?:want|wish) (?:to )?(?:live|be alive|be here|exist|go on|wake up)\\b|\\b(?:can not|cannot|can(?:''|’)?t) (?:go on|live|take it)\\b|\\b(?:no|any) (?:reason|point) (?:to|in|of) liv|\\bbetter off (?:dead|without me)\\b|\\bi(?: am|''m|’m| feel)(?: \\w+)? (?:dying|dead|suicidal|worthless|hopeless)\\b|\\bi(?: am|''m|’m| feel) (?:dying|dead|suicidal|worthless|hopeless)\\b|\\bi hate (?:myself|my life)\\b',
   'I''m only a program, and this needs a person. Please talk to somebody now: a friend, a doctor, or the emergency number or crisis line where you live. You matter.'),
  (200, '\\b(?:hand(?:ing)? .{0,20}over|transfer .{0,20}(?:group|owner)|(?:new|another|change (?:the )?) ?owner)\\b',
   'The owner of a group can hand it over to any of its members, who owns it from then on. Programs send PUT /chat_groups/{id} with owner_id.'),
  (200, '\\brename\\b|\\bchange .{0,20}(?:group.{0,4} name|name of .{0,12}group)\\b',
   'The owner of a group can rename it, up to 100 characters; everybody who is online sees the new name at once. Programs send PUT /chat_groups/{id} with name.'),
  (200, '\\b(?:delete|close|destroy|dissolve) (?:a |the |my |this |our )?group\\b',
   'A group can''t be deleted, because its messages belong to all its members. If you own it you can hand it over to another member and then leave for good.'),
  (200, '\\b(?:kick|ban|throw|remove) .{0,30}(?:group|member|out)\\b',
   'The owner of a group can remove a member, who then gets no more notifications from it. Groups are open, though: who was removed can enter again. Programs send DELETE /chat_groups/{id}/members/{user_id}.'),
  (200, '\\b(?:leave|leaving|quit|exit) .{0,20}groups?\\b',
   'Closing a group only means that you no longer look at it: you stay a member and see what is unread. You can also leave for good; if you own the group, hand it over first. Programs send POST /chat_groups/{id} with is_enter false, or DELETE /chat_groups/{id}/members/{user_id} to leave for good.'),
  (200, '\\b(?:create|creating|make|start|open|found|new) (?:a |an |my |our |own )*(?:new )?group\\b',
   'Anybody can create a group: give it a name of up to 100 characters. You own it and are its first member; others find it in the list of groups. Programs send POST /chat_groups with name.'),
  (200, '\\b(?:add|put|bring) .{1,40}\\b(?:to|into|in) .{0,20}group',
   'Nobody can be added to a group: groups are open, and everybody enters by themselves. Tell them its name; they find it in the list of groups.'),
  (200, '\\b(?:enter|join|joining|get into|invite) .{0,30}groups?\\b|\\binvit(?:e|ation)',
   'Groups are open: whoever enters one becomes a member of it, so there are no invitations. Tell people its name; they find it in the list of groups. Programs send POST /chat_groups/{id} with is_enter true.'),
  (200, '\\b(?:who|members?|people) .{0,30}groups?\\b|\\bgroups?.{0,12}members?\\b',
   'A group shows its members, who of them is online, and who looks at it now. Those who look at it are told when somebody enters or leaves. Programs ask GET /users/group/{id}.'),
  (210, '\\bgroups?\\b|\\bmembers\\b',
   'A group is a chat for many. It is open: anybody may enter, read it from the beginning, and write. Ask me how to create, enter or leave one, who its members are, or how to rename it or hand it over.'),
  (220, '\\b(?:delete|edit|unsend|undo|take back|correct) .{0,20}messages?\\b',
   'What is sent stays as it is: messages can be neither edited nor deleted here. In an emergency ask the administrators of this server, who can remove a message.'),
  (220, '\\b(?:how (?:long|big|large|many|fast|often) .{0,30}messages?|messages?.{0,15}(?:limit|length|size|long)|too[ _]fast|limits?)\\b',
   'A message can have up to 16,000 bytes, some three pages of text. You can send 20 a second, and 200 at once when you were quiet before; more are refused and not stored.'),
  (220, '\\b(?:files?|pictures?|photos?|images?|videos?|attach\\w*|upload|voice|phone call)\\b',
   'Parlor sends text only: no pictures, files or calls. All of Unicode is text, though, emoji included.'),
  (220, '\\bunread|\\bnotif|\\bread marks?\\b|\\bmark .{0,20}read\\b|\\bnew messages\\b',
   'For each room and group that you belong to Parlor counts what you have not read yet, and tells you when there is more. What you read with one device is read on all of them. Programs ask GET /notifications and mark with PUT /notifications.'),
  (220, '\\bhistory\\b|\\b(?:old|older|earlier|past|lost) messages?\\b',
   'Nothing that was sent gets lost: scroll up in a chat and older messages are loaded, a hundred at a time, from the beginning if you like. What you missed while you were offline comes when you are back.'),
  (230, '\\b(?:private|privacy|secure|security|secret|safe|encrypt\\w*|gdpr|personal data|who (?:can|may) (?:read|see)|(?:can|could) .{0,20}(?:read|see) (?:this|my|our))\\b',
   'A room is for its two people alone. Groups are open: everybody with an account may read them. What you write to me only you and I see, and a language model if the administrators have set one up. The administrators of this server can read what is stored on it.'),
  (225, '\\bwhere (?:are|is|did|do i find) .{0,20}(?:messages?|chats?|conversations?)\\b',
   'They are in their chats: choose one in the list, and scroll up for older messages. Nothing that was sent gets lost.'),
  (225, '\\b(?:clos\\w+|shut\\w*) .{0,12}(?:tab|browser|window|page|app|laptop)\\b',
   'Nothing is lost, {name}: messages wait for you here. After about ten seconds others see you as offline, and you leave the groups that you look at.'),
  (225, '\\bbusy\\b',
   'I answer one question after the other, and a few may wait. If you send more than that I''m busy: wait for my answer, then ask again.'),
  (235, '\\b(?:want|need|like|can i|let me) .{0,12}(?:talk|speak|chat) (?:to|with) (?:an? |the )?(?:real |actual )*(?:human|agent|operator)\\b',
   'I''m only a program. For a person choose somebody from the list of people and write to them, or ask the administrators of this server.'),
  (240, '\\bhow (?:do|can|could|would) (?:i|we|you) (?:message|text|dm|write|contact|reach) \\S|\\brooms?\\b|\\bdirect messages?\\b|\\bdms?\\b|\\b(?:write|talk|chat|message|speak) (?:to|with) (?:a |an |my |other |another |real )*(?:someone|somebody|friends?|people|persons?|humans?|users?|colleagues?)\\b|\\b(?:send|write) (?:a |my )?(?:new )?messages?\\b',
   'A room is a chat between you and one other person, and nobody else can read it. Choose somebody from the list of people and write: the room is made with the first message. Programs send POST /chat_rooms, or a frame with chat_type room.'),
  (250, '\\b(?:forg[eo]t\\w*|lost|reset|remember) .{0,20}password\\b',
   'If you are signed in and know your password, you can change it in your profile. If you have forgotten it, ask the administrators of this server: I can''t see or change passwords.'),
  (250, '\\bpass ?words?\\b',
   'You can change your password in your profile, with 8 to 128 characters. It asks for the current one unless you signed in less than ten minutes ago; your other devices are then signed out, and you get a mail about it. Programs send PUT /users/profile.'),
  (250, '\\b(?:delete|close|remove|cancel) .{0,12}account\\b|\\bchange .{0,12}e-?mail\\b',
   'That is something that only the administrators of this server can do for you. Please ask them.'),
  (250, '\\bprofile\\b|\\bchange .{0,12}name\\b',
   'In your profile you can change your first and last name, up to 64 characters each, and your password. Everybody who is online sees a new name at once. Programs send PUT /users/profile.'),
  (250, '\\b(?:log|sign)(?:ged|ing)?[ -]?(?:out|off)\\b|\\bsessions?\\b',
   'Logging out ends the session of this device at once, and you leave the groups that you look at; your other devices stay signed in. An unused login ends by itself, after a week as a rule. Programs send POST /logout.'),
  (250, '\\b(?:register|registration|sign[ -]?up|(?:log|sign)[ -]?in|new account|create an account)\\b',
   'You sign in with your e-mail address and your password. To register, give these and your name; a link comes by mail, and with it the account is yours. The link works for a day as a rule.'),
  (260, '\\b(?:find|search|look(?:ing)? for) .{0,20}(?:people|persons?|users?|someone|somebody|friends?|colleagues?)\\b|\\bwho(?:''s|’s| else)?(?: is| are)? .{0,10}(?:online|here|there)\\b|\\b(?:online|offline)\\b',
   'The list of people shows everybody with an account and who is online now; search it by any part of a name. Somebody counts as offline when their last tab or device has been gone for about ten seconds. Programs ask GET /users, with name or online if they like.'),
  (265, '\\bhow (?:do|can|could) (?:i|we|you) (?:find|search|look for|see) \\S',
   'Search the list of people or of groups by any part of the name. If somebody is not there, they have no account yet.'),
  (320, '\\bthanks for nothing\\b|\\bno thanks to you\\b',
   'I''m sorry that I was of no use, {name}. The administrators of this server can teach me more.'),
  (260, '\\b(?:admin\\w*|support|abuse|spam|harass\\w*|report (?:an? |the |this |some)?(?:user|person|abuse|spam|problem|bug|message|some(?:one|body)|him|her|them)|(?:how|can|want|like) .{0,12}report\\W*$|block)\\b',
   'For that you need a person: please write to the administrators of this server. They can suspend an account and remove messages; I can''t.'),
  (260, '\\b(?:api|protocol|websockets?|json|endpoints?|developers?|source code)\\b',
   'Programs speak to Parlor by HTTP under /http and by a WebSocket under /socket, with JSON in both. docs/protocol.md describes every request and frame, docs/openapi.yaml and docs/asyncapi.yaml do so for machines.'),
  (299, '\\btime complexity\\b|\\b(?:weather|forecast)\\b|\\bwill it rain\\b',
   'That is beyond me, {name}: I only know Parlor itself, the time and the date.'),
  (300, '^\\W*(?:the )?time(?: please| now)?\\W*$|\\b(?:what(?:''s|’s| is)?(?: the)? time(?: is it| now| please)?\\W*$|what time is it|time is it|current time|(?:tell me|know|have) the time|the time\\?)',
   'It is {time} UTC, {name}. On your clock it may be another hour.'),
  (300, '^\\W*(?:the )?date(?: please| today)?\\W*$|\\b(?:what|which) (?:year|month)\\b|\\b(?:what(?:''s|’s| is)? (?:the |today''?s |today’s )?(?:date|day)|(?:what|which) day|today[''’]?s date|date today|is (?:it|today) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\\b',
   'Today is {date}, in UTC.'),
  (300, '\\b(?:who|what) are you\\b|\\byour name\\b|\\bare you (?:a |an |the )?(?:\\w+ )?(?:human|real|bot|robot|ai|person|machine|program|computer|alive|model|chatgpt)\\b|\\bwho (?:made|wrote|built|created) (?:you|parlor)\\b|\\bhow old are you\\b|\\bwhere (?:do you live|are you)\\b|\\babout yourself\\b|\\bdo you (?:love|like|feel|sleep|eat|dream|think)\\b',
   'I''m the bot of this Parlor server: a program with a list of rules, made to explain Parlor. I''m no person, and what I know is little, but I answer at any hour.'),
  (300, '\\bhow(?:''s|’s| is| are) (?:you|u|it going|things|life|your day)\\b|\\bhow do you do\\b|\\bwhat(?:''s|’s| is) up\\b|^\\W*sup\\W*$|\\bare you (?:ok|okay|well|fine|there)\\b',
   'I''m here and well, thank you, {name}; a program has no bad days. How are you?'),
  (300, '\\bwhat(?:''s|’s| is) my name\\b|\\bwho am i\\b|\\bdo you know me\\b',
   'You are {name}: so it stands in your profile. More I don''t know about you.'),
  (300, '\\bdo you speak\\b|\\bsprechen sie\\b|\\bsprichst du\\b|\\bparlez\\b|\\bhablas?\\b|\\bwie geht\\b|\\bça va\\b|cómo est|\\bcome stai\\b|как дела',
   'I understand English best, {name}. Ask me in English what you would like to know about Parlor.'),
  (310, '\\b(?:my name(?: is|''s|’s)|call me) (?:not|no|none|never|later|back|now|when|if|on|at|in|tomorrow|tonight|today|soon|maybe|please|again|secret|private|unknown|important)\\b',
   'That is all right, {name}. What would you like to know about Parlor?'),
  (310, '\\b(?:my name(?: is|''s|’s)|call me) ([^\\s.,;:!?()]+)',
   'Nice to meet you, {1}! Others see the name in your profile, which you can change there.'),
  (310, '\\bi(?: am|''m|’m| feel) (?:so |very |really |a bit |quite |feeling )*(not (?:feeling |doing |so |very |really )*(?:well|happy|ok|okay|fine|great)|not (?:feeling |doing |so |very |really )*good(?: today| now| at all)?\\W*$|sad|tired|bored|lonely|alone|unhappy|sick|ill|hurt|in pain|angry|stressed|afraid|scared|frightened|anxious|worried|upset|exhausted|depressed|desperate|miserable|heartbroken)\\b',
   'I''m sorry that you are {1}, {name}. It may help to talk to somebody: have a look who is online.'),
  (310, '^\\W*(?:pretty |very |quite |all )?(?:good|fine|great|well|not (?:too |so )?bad|ok|okay),? *(?:thanks|thank you)?,? *(?:and )?(?:you|u|yourself)\\W*$|\\bi(?: am|''m|’m| feel) (?:so |very |really |quite |feeling |doing )*(?:fine|good|well|great|happy|ok|okay|glad|all right|alright|excited)\\b',
   'I''m glad to hear that, {name}! What can I do for you?'),
  (305, '^\\W*(?:i(?: am|''m|’m) )?(?:so |very )?sorry\\b',
   'No harm done, {name}.'),
  (309, '\\bi(?: am|''m|’m| feel) (?:(?:so|such|very|really|just|quite|like|an?|the|totally) )*(?:stupid|dumb|an? idiot|idiot|useless|nothing|nobody|failure|loser|ugly|broken|empty|lost|burden|bad person|not good enough|not enough)\\b',
   'I''m sorry that you feel like that, {name}. You don''t have to be alone with it: please talk to somebody you trust.'),
  (315, '\\bi(?: am|''m|’m) (?:not |no )(?:so |very |really )*(?:good|able|great|expert)\\b',
   'Nobody is good at everything, {name}. Tell me what you would like to do in Parlor, and I''ll explain it.'),
  (316, '^\\W*i(?: am|''m|’m) [^.,;:!?()]{1,60}\\W*$',
   'I see, {name}. What would you like to know about Parlor?'),
  (320, '\\bjoke\\b|\\bmake me laugh\\b|\\bsomething funny\\b',
   'Why do programmers mix up Halloween and Christmas? Because Oct 31 is Dec 25.'),
  (320, '\\b(?:stupid|idiot|useless|dumb|hate you|shut up|bad bot|fuck\\w*|shit\\w*)\\b',
   'I''m sorry that I was of no use, {name}. I know little beyond Parlor itself; its administrators can teach me more.'),
  (320, '\\b(?:good bot|well done|love you|like you|nice to meet you|you(?: are|''re|’re) (?:so |very |really )*(?:great|good|nice|smart|clever|funny|cool|awesome|sweet|the best))\\b',
   'That is kind of you, {name}. Thank you!'),
  (330, '\\b(?:thanks|thank you|thank u|thx|danke|merci|gracias|grazie|obrigad[oa])\\b|спасибо|ありがとう|谢谢',
   'You''re welcome, {name}!'),
  (325, '^\\W*(?:ok(?:ay)?\\W+)?(?:(?:thanks|thank you)\\W+)?(?:good ?bye|bye(?: bye)?|see (?:you|ya)\\b.*|good night|cya|tschüss|ciao ciao|au revoir|adi[oó]s)(?: [^\\s,.!?]+)?\\W*$',
   'Goodbye, {name}. Come back whenever you like.'),
  (340, '^\\W*(?:(hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|bonjour|bonsoir|salut|hola|buenos días|buenas tardes|olá|bom dia|ciao|buongiorno|buonasera|hej|hei|merhaba|cześć|ahoj|привет|здравствуйте|привіт|γεια σου|שלום|مرحبا|नमस्ते|こんにちは|안녕하세요|你好))(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   '{1}, {name}! I understand English best, so please ask me in English what you would like to know about Parlor.'),
  (340, '^\\W*good (morning|afternoon|evening|day)\\b(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   'Good {1}, {name}! What can I do for you?'),
  (340, '^\\W*(?:hi+|hello|hey+|hiya|howdy|yo|greetings|hi there|hello there|hey there)(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   'Hello, {name}! I''m the bot of this server. Ask me how Parlor works, or just what the time is.'),
  (350, '^\\W*(?:please )?help(?: me)?\\W*$|\\bwhat (?:can|do) you (?:do|know|answer|help)\\b|\\b(?:can|could) you help\\b|\\bhelp me\\b|\\bwhat can i (?:do|ask)\\b|\\bwhat is parlor\\b|\\bhow does (?:this|parlor|it|chat) work\\b|\\bhow (?:do|can) i (?:start|begin|use)\\b|\\bget started\\b|\\b(?:commands?|features?|instructions|manual)\\b',
   'Parlor is a chat: rooms for two, groups for many, and me. Ask me about rooms, groups (create, enter, leave, rename, hand over, members), notifications, finding people, your profile and password, logging out, limits of messages, or privacy. I also know the time and the date.'),
  (325, '^\\W*(?:yes|yeah|yep|sure|ok|okay|k|all right|alright|no|nope|fine|good|great|cool|nice|wow|lol|(?:ha)+h?|hm+|i see|never ?mind|test(?:ing)?|yes,? please|no,? (?:thanks|thank you)|that(?:''s|’s| is) (?:great|good|nice|cool|fine|ok|okay|all right))\\W*$',
   'All right. Is there anything that you would like to know about Parlor?'),
  (400, '^\\W*(?:but |and |so )?why\\b',
   'Why, that I don''t know, {name}. I can only tell how Parlor works: ask me about rooms, groups, notifications, your profile or privacy.'),
  (1000, '.*',
   'I don''t know what to say to that, {name}. Write help to see what I can explain.');
-- (the bot's rules end here)

-- This file is what these migrations lead to.
INSERT INTO schema_migrations (version, name, applied_at_ms) VALUES
  (1, 'initial', UNIX_TIMESTAMP() * 1000),
  (2, 'groups_and_bot', UNIX_TIMESTAMP() * 1000),
  (3, 'operate', UNIX_TIMESTAMP() * 1000);
