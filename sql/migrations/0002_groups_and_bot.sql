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
