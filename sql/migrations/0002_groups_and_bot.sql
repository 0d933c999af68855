-- Groups in use (who is present, how many members) and the bot's rules. Comments on the tables are in sql/schema.sql.

SET NAMES utf8mb4;

ALTER TABLE chat_groups
  ADD COLUMN presence_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN member_count INT UNSIGNED    NOT NULL DEFAULT 0;

UPDATE chat_groups SET member_count = (SELECT COUNT(*) FROM members WHERE conversation_id = chat_groups.id);

ALTER TABLE messages ADD COLUMN flags TINYINT UNSIGNED NOT NULL DEFAULT 0;  -- 1: the bot apologizes, it had no answer

CREATE TABLE bot_rules (
  id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  priority INT           NOT NULL DEFAULT 100,
  pattern  VARCHAR(1000) NOT NULL,
  answer   VARCHAR(4000) NOT NULL,
  enabled  BOOLEAN       NOT NULL DEFAULT TRUE,
  KEY bot_rules_order (enabled, priority, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

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
