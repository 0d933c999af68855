-- Administrators' procedures (sql/admin): what they write down, erased people, removed messages. Comments on the tables
-- are in sql/schema.sql.

SET NAMES utf8mb4;
-- Whatever the server's own mode: backslashes escape, and nothing is cut to fit.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO';

ALTER TABLE users ADD COLUMN erased_at_ms BIGINT NULL;

CREATE TABLE audit (
  id      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at_ms   BIGINT       NOT NULL,
  actor   VARCHAR(288) NOT NULL,
  action  VARCHAR(64)  NOT NULL,
  target  VARCHAR(100) NOT NULL,
  details TEXT         NOT NULL,
  KEY audit_time (at_ms),
  KEY audit_target (target)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW admin_users AS
SELECT u.id, u.email, u.first_name, u.last_name,
       CAST(TIMESTAMPADD(MICROSECOND, u.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, u.suspended_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS suspended_at,
       EXISTS (SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id
               WHERE o.user_id = u.id AND d.heartbeat_at_ms >= TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 - 15000) AS is_online,
       CAST(TIMESTAMPADD(MICROSECOND, u.erased_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS erased_at
FROM users u;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW admin_messages AS
SELECT conversation_id, seq, sender_id,
       CAST(TIMESTAMPADD(MICROSECOND, sent_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS sent_at, body,
       flags & 4 <> 0 AS is_removed
FROM messages;

CREATE SQL SECURITY INVOKER VIEW admin_audit AS
SELECT id, CAST(TIMESTAMPADD(MICROSECOND, at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS at, actor, action, target, details
FROM audit;
