-- Everything that is stored about one person, as JSON Lines: one JSON document a line.
--
-- Who: parlor_admin, when somebody asks for his data. So that every line arrives as it is, and at once:
--   mariadb --quick --batch --raw --skip-column-names parlor -e "CALL admin_export_user('ada@example.org')" > ada.jsonl
-- (with the mysql client the same). Without --quick the client keeps all of it in memory first.
--   admin_export_user(user)   e-mail address or id
-- What comes, each with its `kind`: export (when, for whom), profile, registration, session, wrong_password and
-- wrong_registration (tries that are counted), message_rate, online, group (that he owns), membership (rooms, groups, the
-- bot's chat, each with how far he has read), present, room (with whom), mail (owed to him), audit (rows about him, his
-- memberships and groups, his messages and his invitation), message, and last end: a file without it is not whole.
-- Messages: in his rooms and in the bot's chat all of them, his own and what he received; in groups his own alone, because
-- what the others said there is not about him. A removed one says so and is empty.
-- Not in it: hashes of passwords and tokens, which are no data about him. Times are UTC.
-- Repeating: as often as you like; each time is a row in `audit`, because somebody's data left the server.
-- Locks: none. It reads one consistent state (REPEATABLE READ), however long it takes; a client that reads very slowly keeps
-- the database from cleaning up what changes meanwhile.
-- Costs: his rows by their indexes, and one look into an index for each group. 100,000 messages take a second or two.
-- Undo: nothing to undo.

DELIMITER //

-- Everything but messages.
DROP PROCEDURE IF EXISTS internal_export_account //
CREATE PROCEDURE internal_export_account(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_iso VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '%Y-%m-%dT%T.%fZ';
  DECLARE v_key VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  SELECT email_key INTO v_key FROM users WHERE id = p_id;
  SELECT JSON_OBJECT('kind', 'profile', 'user_id', id, 'email', email, 'first_name', first_name, 'last_name', last_name,
    'created_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01'), v_iso),
    'suspended_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, suspended_at_ms * 1000, '1970-01-01'), v_iso),
    'erased_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, erased_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM users WHERE id = p_id;
  SELECT JSON_OBJECT('kind', 'registration', 'email', email, 'first_name', first_name, 'last_name', last_name,
    'requested_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, requested_at_ms * 1000, '1970-01-01'), v_iso),
    'expires_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, expires_at_ms * 1000, '1970-01-01'), v_iso),
    'confirmed', user_id IS NOT NULL) AS line
    FROM pending_registrations WHERE email_key = v_key OR user_id = p_id ORDER BY id;
  SELECT JSON_OBJECT('kind', 'session', 'session_id', id,
    'created_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01'), v_iso),
    'expires_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, expires_at_ms * 1000, '1970-01-01'), v_iso),
    'at_most_until', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, max_expires_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM sessions WHERE user_id = p_id ORDER BY id;
  SELECT JSON_OBJECT('kind', 'wrong_password',
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, failed_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM login_failures WHERE account = UNHEX(SHA2(CONCAT('password:', v_key), 256)) ORDER BY slot;
  SELECT JSON_OBJECT('kind', 'wrong_registration',
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, failed_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM login_failures WHERE account = UNHEX(SHA2(CONCAT('registration:', v_key), 256)) ORDER BY slot;
  SELECT JSON_OBJECT('kind', 'message_rate',
    'used_until', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, arrival_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM send_rates WHERE user_id = p_id;
  SELECT JSON_OBJECT('kind', 'online', 'daemon_id', daemon_id) AS line
    FROM online WHERE user_id = p_id ORDER BY daemon_id;
  SELECT JSON_OBJECT('kind', 'group', 'chat_group_id', g.id, 'name', g.name, 'owner_id', g.owner_id,
    'created_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, c.created_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM chat_groups g JOIN conversations c ON c.id = g.id WHERE g.owner_id = p_id ORDER BY g.id;
  SELECT JSON_OBJECT('kind', 'membership', 'chat_type', ELT(c.kind + 1, 'group', 'room', 'group', 'bot'), 'conversation_id', c.id,
    'group_name', g.name,
    'joined_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, m.joined_at_ms * 1000, '1970-01-01'), v_iso),
    'read_seq', m.read_seq, 'last_seq', c.last_seq, 'unread', GREATEST(c.last_seq, m.read_seq) - m.read_seq) AS line
    FROM members m JOIN conversations c ON c.id = m.conversation_id LEFT JOIN chat_groups g ON g.id = c.id
    WHERE m.user_id = p_id ORDER BY c.id;
  SELECT JSON_OBJECT('kind', 'present', 'chat_group_id', conversation_id,
    'entered_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, entered_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM present WHERE user_id = p_id ORDER BY conversation_id;
  SELECT JSON_OBJECT('kind', 'room', 'chat_room_id', r.id, 'other_user_id', u.id, 'first_name', u.first_name,
    'last_name', u.last_name,
    'created_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, c.created_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM chat_rooms r JOIN conversations c ON c.id = r.id
      JOIN users u ON u.id = IF(r.user_low = p_id, r.user_high, r.user_low)
    WHERE r.user_low = p_id OR r.user_high = p_id ORDER BY r.id;
  SELECT JSON_OBJECT('kind', 'mail', 'mail_id', id, 'mail_kind', kind, 'recipient', recipient,
    'recipient_name', recipient_name,
    'created_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01'), v_iso),
    'attempts', attempts, 'last_error', last_error,
    'failed_at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, failed_at_ms * 1000, '1970-01-01'), v_iso)) AS line
    FROM mail_outbox WHERE LOWER(recipient COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_bin = v_key ORDER BY id;
  SELECT JSON_OBJECT('kind', 'audit', 'audit_id', id,
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, at_ms * 1000, '1970-01-01'), v_iso),
    'actor', actor, 'action', action, 'target', target, 'details', details) AS line
    FROM audit WHERE target = CONCAT('user ', p_id)
      OR (action = 'remove_member' AND JSON_EXTRACT(details, '$.user') + 0 = p_id)
      OR (action = 'hand_over_group'
        AND (JSON_EXTRACT(details, '$.old') + 0 = p_id OR JSON_EXTRACT(details, '$.new') + 0 = p_id))
      OR (action = 'delete_group' AND JSON_EXTRACT(details, '$.owner') + 0 = p_id)
      OR (action = 'remove_message' AND JSON_EXTRACT(details, '$.sender') + 0 = p_id)
      OR (action = 'invite_user' AND target IN
        (SELECT CONCAT('registration ', id) FROM pending_registrations WHERE email_key = v_key OR user_id = p_id))
    ORDER BY id;
END //

-- Each conversation in its order, straight from the index: nothing is sorted or kept, so it streams.
DROP PROCEDURE IF EXISTS internal_export_messages //
CREATE PROCEDURE internal_export_messages(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_iso VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '%Y-%m-%dT%T.%fZ';
  SELECT JSON_OBJECT('kind', 'message', 'chat_type', 'room', 'conversation_id', m.conversation_id, 'seq', m.seq,
    'sender_id', m.sender_id, 'own', m.sender_id = p_id,
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, m.sent_at_ms * 1000, '1970-01-01'), v_iso),
    'message', m.body, 'removed', (m.flags & 4) <> 0,
    'client_msg_id', IF(m.sender_id = p_id, CONVERT(m.client_msg_id USING utf8mb4), NULL)) AS line
    FROM chat_rooms r STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY) ON m.conversation_id = r.id
    WHERE r.user_low = p_id OR r.user_high = p_id;
  SELECT JSON_OBJECT('kind', 'message', 'chat_type', 'bot', 'conversation_id', m.conversation_id, 'seq', m.seq,
    'sender_id', m.sender_id, 'own', m.sender_id = p_id,
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, m.sent_at_ms * 1000, '1970-01-01'), v_iso),
    'message', m.body, 'removed', (m.flags & 4) <> 0,
    'client_msg_id', IF(m.sender_id = p_id, CONVERT(m.client_msg_id USING utf8mb4), NULL)) AS line
    FROM bot_chats b STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY) ON m.conversation_id = b.id
    WHERE b.user_id = p_id;
  SELECT JSON_OBJECT('kind', 'message', 'chat_type', 'group', 'conversation_id', m.conversation_id, 'seq', m.seq,
    'sender_id', m.sender_id, 'own', m.sender_id = p_id,
    'at', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, m.sent_at_ms * 1000, '1970-01-01'), v_iso),
    'message', m.body, 'removed', (m.flags & 4) <> 0,
    'client_msg_id', IF(m.sender_id = p_id, CONVERT(m.client_msg_id USING utf8mb4), NULL)) AS line
    FROM conversations c STRAIGHT_JOIN messages m FORCE INDEX (messages_client)
      ON m.conversation_id = c.id AND m.sender_id = p_id
    WHERE c.kind IN (0, 2);  -- 0: a group whose deletion was broken off
END //

DROP PROCEDURE IF EXISTS admin_export_user //
CREATE PROCEDURE admin_export_user(IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA
  COMMENT 'Everything that is stored about a person, one JSON document a line (mariadb --quick --batch --raw -N).'
BEGIN
  DECLARE v_id BIGINT UNSIGNED;
  DECLARE v_iso VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '%Y-%m-%dT%T.%fZ';
  DECLARE v_charset VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT @@character_set_results;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
      ROLLBACK;
      SET character_set_results = v_charset;
      RESIGNAL;
    END;
    CALL internal_find_user(p_user, v_id);
    CALL internal_write_audit('export_user', CONCAT('user ', v_id), '{}');
    COMMIT;
    -- JSON is UTF-8, whatever the client said it shows.
    SET character_set_results = utf8mb4;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    START TRANSACTION WITH CONSISTENT SNAPSHOT;
    SELECT JSON_OBJECT('kind', 'export', 'format', 1, 'user_id', v_id + 0, 'at',
      DATE_FORMAT(UTC_TIMESTAMP(3), v_iso),
      'groups', 'own messages only') AS line;
    CALL internal_export_account(v_id);
    CALL internal_export_messages(v_id);
    SELECT JSON_OBJECT('kind', 'end', 'user_id', v_id + 0) AS line;
    COMMIT;
    SET character_set_results = v_charset;
  END;
END //

DELIMITER ;
