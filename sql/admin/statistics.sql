-- Figures of the whole server: people, messages a day, the largest conversations, and where it is slow.
--
-- Who: parlor_admin.
--   admin_statistics(days)   1 to 366, NULL: 14. Changes nothing. Six tables, one after the other:
--     1. people: accounts, suspended, erased, new ones in these days, waiting for their link, sessions, online now
--     2. messages a day (UTC), by kind; what retention has deleted is not counted any more
--     3. the 20 largest conversations, by messages ever sent, and how many of them are still there
--     4. the 20 busiest conversations of the last day: messages, the most in one second, and `ahead_ms`. Those who send
--        into one conversation wait for each other, so the peak says where a send takes long. Its times strictly increase,
--        a millisecond each at least: ahead_ms > 0 means that it gets more than 1,000 a second, which it can't keep up with
--     5. the 20 conversations with the most unread messages, and how many members have not read all
--     6. the bot in the last day: questions, answers, apologies, and how long the answers took
-- Repeating: as often as you like. Locks: none (consistent reads, at the caller's isolation level).
-- Costs: 1 counts small tables; 2 and 4 read the messages of these days alone, by the primary key, one range for each
-- conversation (about a second for a million messages); 3 and 5 read all rows of conversations, and of members those that
-- have not read all. On a large server call it in quiet hours, or on a replica.
-- Undo: nothing to undo.

DELIMITER //

DROP PROCEDURE IF EXISTS internal_show_people //
CREATE PROCEDURE internal_show_people(IN p_since BIGINT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_now BIGINT DEFAULT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  SELECT COUNT(*) AS accounts, COALESCE(SUM(suspended_at_ms IS NOT NULL AND erased_at_ms IS NULL), 0) AS suspended,
    (SELECT COUNT(*) FROM users WHERE erased_at_ms IS NOT NULL) AS erased,
    COALESCE(SUM(created_at_ms >= p_since), 0) AS new_accounts,
    (SELECT COUNT(*) FROM pending_registrations WHERE user_id IS NULL AND expires_at_ms > v_now) AS unconfirmed,
    (SELECT COUNT(*) FROM sessions WHERE expires_at_ms > v_now) AS sessions,
    (SELECT COUNT(DISTINCT o.user_id) FROM online o JOIN daemons d ON d.id = o.daemon_id
      WHERE d.heartbeat_at_ms >= v_now - 15000) AS online
  FROM users WHERE erased_at_ms IS NULL;
END //

DROP PROCEDURE IF EXISTS internal_show_messages //
CREATE PROCEDURE internal_show_messages(IN p_since BIGINT)
  SQL SECURITY INVOKER
BEGIN
  SELECT DATE(TIMESTAMPADD(SECOND, m.sent_at_ms DIV 1000, '1970-01-01')) AS day, COUNT(*) AS messages,
    SUM(c.kind = 1) AS in_rooms, SUM(c.kind = 2) AS in_groups, SUM(c.kind = 3) AS with_bot,
    COUNT(DISTINCT NULLIF(m.sender_id, 0)) AS senders
  FROM conversations c STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY)
    ON m.conversation_id = c.id AND m.sent_at_ms >= p_since
  WHERE c.last_sent_at_ms >= p_since GROUP BY day ORDER BY day;
END //

DROP PROCEDURE IF EXISTS internal_show_largest //
CREATE PROCEDURE internal_show_largest()
  SQL SECURITY INVOKER
BEGIN
  SELECT c.id AS conversation, ELT(c.kind, 'room', 'group', 'bot') AS kind, g.name, c.last_seq AS messages_ever,
    COALESCE(c.last_seq + 1 - (SELECT m.seq FROM messages m WHERE m.conversation_id = c.id
      ORDER BY m.sent_at_ms LIMIT 1), 0) AS messages_now,
    (SELECT COUNT(*) FROM members m WHERE m.conversation_id = c.id) AS members,
    CAST(TIMESTAMPADD(MICROSECOND, NULLIF(c.last_sent_at_ms, 0) * 1000, '1970-01-01') AS DATETIME(3)) AS last_sent_at
  FROM (SELECT * FROM conversations ORDER BY last_seq DESC, id LIMIT 20) c LEFT JOIN chat_groups g ON g.id = c.id
  ORDER BY c.last_seq DESC, c.id;
END //

DROP PROCEDURE IF EXISTS internal_show_busiest //
CREATE PROCEDURE internal_show_busiest(IN p_since BIGINT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_now BIGINT DEFAULT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  SELECT s.id AS conversation, ELT(s.kind, 'room', 'group', 'bot') AS kind, SUM(s.messages) AS messages_of_day,
    MAX(s.messages) AS most_in_a_second, MAX(GREATEST(s.last_sent_at_ms - v_now, 0)) AS ahead_ms
  FROM (SELECT c.id, c.kind, c.last_sent_at_ms, COUNT(*) AS messages
    FROM conversations c STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY)
      ON m.conversation_id = c.id AND m.sent_at_ms >= p_since
    WHERE c.last_sent_at_ms >= p_since GROUP BY c.id, c.kind, c.last_sent_at_ms, m.sent_at_ms DIV 1000) s
  GROUP BY s.id, s.kind ORDER BY most_in_a_second DESC, messages_of_day DESC, s.id LIMIT 20;
END //

DROP PROCEDURE IF EXISTS internal_show_unread //
CREATE PROCEDURE internal_show_unread()
  SQL SECURITY INVOKER
BEGIN
  SELECT c.id AS conversation, ELT(c.kind, 'room', 'group', 'bot') AS kind, SUM(c.last_seq - m.read_seq) AS unread,
    COUNT(*) AS members_behind, MAX(c.last_seq - m.read_seq) AS most_of_one
  FROM conversations c JOIN members m ON m.conversation_id = c.id AND m.read_seq < c.last_seq
  WHERE c.kind IN (1, 2) GROUP BY c.id, c.kind ORDER BY unread DESC, c.id LIMIT 20;
END //

-- An answer names its question in its client_msg_id (common/bot_chats.h): 're:' and the question's seq.
DROP PROCEDURE IF EXISTS internal_show_bot //
CREATE PROCEDURE internal_show_bot(IN p_since BIGINT)
  SQL SECURITY INVOKER
BEGIN
  SELECT COALESCE(SUM(q.sender_id <> 0), 0) AS questions, COUNT(a.seq) AS answered,
    COALESCE(SUM(a.flags & 1 <> 0), 0) AS apologies, ROUND(AVG(a.sent_at_ms - q.sent_at_ms)) AS mean_ms,
    MAX(a.sent_at_ms - q.sent_at_ms) AS longest_ms
  FROM conversations c JOIN bot_chats b ON b.id = c.id
    STRAIGHT_JOIN messages q FORCE INDEX (PRIMARY) ON q.conversation_id = c.id AND q.sent_at_ms >= p_since
    LEFT JOIN messages a FORCE INDEX (messages_client)
      ON a.conversation_id = q.conversation_id AND a.sender_id = 0 AND q.sender_id <> 0
        AND a.client_msg_id = CAST(CONCAT('re:', q.seq) AS BINARY)
  WHERE c.kind = 3 AND c.last_sent_at_ms >= p_since;
END //

DROP PROCEDURE IF EXISTS admin_statistics //
CREATE PROCEDURE admin_statistics(IN p_days INT)
  SQL SECURITY DEFINER READS SQL DATA
  COMMENT 'People, messages a day, largest, busiest and most unread conversations, the bot (NULL: 14 days).'
BEGIN
  DECLARE v_now BIGINT DEFAULT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  DECLARE v_since BIGINT;
  IF p_days NOT BETWEEN 1 AND 366 THEN CALL internal_fail('Days are 1 to 366; NULL for 14.'); END IF;
  -- From midnight on, so that the first day is a whole one.
  SET v_since = ((v_now DIV 86400000) - COALESCE(p_days, 14) + 1) * 86400000;
  CALL internal_show_people(v_since);
  CALL internal_show_messages(v_since);
  CALL internal_show_largest();
  CALL internal_show_busiest(v_now - 86400000);
  CALL internal_show_unread();
  CALL internal_show_bot(v_now - 86400000);
END //

DELIMITER ;
