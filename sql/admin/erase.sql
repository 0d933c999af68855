-- Erases a person: the account, what it knows about him, and what he wrote.
--
-- Who: parlor_admin, when somebody wants to be forgotten. Export first if he wants his data (export.sql).
--   admin_erase_user(user, keep_messages, dry_run)
--     user            e-mail address or id; while it is not finished both name him, afterwards only the id
--     keep_messages   FALSE: the texts of all his messages go. TRUE: those in rooms and groups stay, without his name
-- Groups that he owns are handed over or deleted first: it fails with their list.
--
-- What becomes of each table:
--   users                  the row stays, so that ids in histories mean something: 'Deleted' 'user', an address that nobody
--                          can register or sign in with, no password, suspended, erased_at_ms. His address is free again
--   sessions               deleted; his sockets close within a second
--   pending_registrations  deleted: his own, and what is asked for with his address
--   mail_outbox            deleted: what is owed to his address. What a mailer has in hand that moment may still go out
--   login_failures         deleted: tries with his address
--   send_rates             deleted
--   members, present       deleted; he leaves every group as if by himself (announced, counted), and his read marks go
--   chat_groups            he owns none; the names that he gave to groups stay
--   chat_rooms             stay with the other one, who reads on, but can't write to him any more
--   messages               his own: empty, flagged as removed, without client_msg_id, at their place (unless kept). Those of
--                          others stay: they are theirs
--   bot_chats              deleted with the conversation and all its messages, in any case
--   conversations          those of rooms and groups stay, numbering goes on
--   online                 the daemons clear it themselves when the sockets have closed
--   events                 what waits for a daemon which is away: his texts are deleted (unless kept), and it is told of
--                          that; a new name of his is deleted, and where he entered or left a group he is nameless
--   audit                  what was done to him, when, by whom stays; the details are emptied, and his address wherever
--                          it stands, in upper or lower case, but not as a part of a longer one
--   daemons, bot_rules, schema_migrations   have nothing of him
-- Backups, the binary log and mail that was sent are out of reach; texts that others have on the screen stay until they
-- reload.
--
-- Repeating: yes. It goes in many small transactions; after an interruption call it again, and it goes on. For somebody who
-- is erased already it looks for leftovers.
-- Locks: his row of users, then one group at a time, then 500 messages at a time. Nobody else waits longer than for one of
-- these.
-- What he had sent just before, and what waits for a lock meanwhile, is either stored in time to be emptied too, or refused:
-- common/messages.cpp looks at his rows in `members`, and once these are gone and he is erased it stores nothing more.
-- Costs: a pass over `conversations`, one look into an index for each group, and his messages: some seconds for 100,000.
-- Undo: none but a backup.

DELIMITER //

-- What there is of him, as {"sessions": 1, …}.
DROP PROCEDURE IF EXISTS internal_count_person //
CREATE PROCEDURE internal_count_person(
  IN p_id BIGINT UNSIGNED, OUT p_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_key VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_in_rooms, v_in_groups BIGINT;
  SELECT email_key INTO v_key FROM users WHERE id = p_id;
  SELECT COUNT(*) INTO v_in_rooms FROM chat_rooms r STRAIGHT_JOIN messages m FORCE INDEX (messages_client)
    ON m.conversation_id = r.id AND m.sender_id = p_id WHERE (r.user_low = p_id OR r.user_high = p_id) AND m.flags & 4 = 0;
  SELECT COUNT(*) INTO v_in_groups FROM chat_groups g STRAIGHT_JOIN messages m FORCE INDEX (messages_client)
    ON m.conversation_id = g.id AND m.sender_id = p_id WHERE m.flags & 4 = 0;
  -- Not SET: its subqueries would wait for the locks of whoever writes.
  SELECT JSON_OBJECT(
    'sessions', (SELECT COUNT(*) FROM sessions WHERE user_id = p_id),
    'registrations', (SELECT COUNT(*) FROM pending_registrations WHERE email_key = v_key OR user_id = p_id),
    'mails', (SELECT COUNT(*) FROM mail_outbox WHERE LOWER(recipient COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_bin = v_key),
    'tries', (SELECT COUNT(*) FROM login_failures WHERE account IN (
      UNHEX(SHA2(CONCAT('password:', v_key), 256)), UNHEX(SHA2(CONCAT('registration:', v_key), 256)))),
    'groups', (SELECT COUNT(*) FROM members m JOIN chat_groups g ON g.id = m.conversation_id WHERE m.user_id = p_id),
    'rooms', (SELECT COUNT(*) FROM chat_rooms WHERE user_low = p_id OR user_high = p_id),
    'messages', v_in_rooms + v_in_groups,
    'bot_messages', (SELECT COUNT(*) FROM bot_chats b JOIN messages m ON m.conversation_id = b.id WHERE b.user_id = p_id)) INTO p_counts;
END //

DROP PROCEDURE IF EXISTS internal_show_erasure //
CREATE PROCEDURE internal_show_erasure(
  IN p_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_keep_messages BOOLEAN)
  SQL SECURITY INVOKER
BEGIN
  SELECT JSON_EXTRACT(p_counts, '$.sessions') AS number, 'sessions' AS what, 'deleted; sockets close' AS fate
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.registrations'), 'registrations', 'deleted'
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.mails'), 'mails owed to him', 'deleted'
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.tries'), 'counted tries to sign in or register', 'deleted'
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.groups'), 'memberships of groups', 'he leaves'
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.rooms'), 'rooms', 'stay with the other one'
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.messages'), 'messages in rooms and groups',
    IF(p_keep_messages, 'kept, without his name', 'emptied at their place')
  UNION ALL SELECT JSON_EXTRACT(p_counts, '$.bot_messages'), 'messages with the bot', 'deleted';
END //

-- Fails while he owns a group, with the list of them as a table before.
DROP PROCEDURE IF EXISTS internal_refuse_owner //
CREATE PROCEDURE internal_refuse_owner(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_groups BIGINT;
  SELECT COUNT(*) INTO v_groups FROM chat_groups WHERE owner_id = p_id;
  IF v_groups > 0 THEN
    SELECT id AS chat_group_id, name, member_count FROM chat_groups WHERE owner_id = p_id ORDER BY id;
    CALL internal_fail(CONCAT('User ', p_id, ' owns ', v_groups, ' groups (group ',
      (SELECT MIN(id) FROM chat_groups WHERE owner_id = p_id), IF(v_groups > 1, ', ...', ''),
      '). Hand them over, or delete them.'));
  END IF;
END //

-- The door is closed first: from here on he can't sign in, write, or enter anything.
DROP PROCEDURE IF EXISTS internal_erase_close //
CREATE PROCEDURE internal_erase_close(
  IN p_id BIGINT UNSIGNED, IN p_keep_messages BOOLEAN, IN p_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  OUT p_audit BIGINT UNSIGNED, OUT p_event BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_locked BIGINT UNSIGNED;
  CALL internal_begin();
  SELECT id INTO v_locked FROM users WHERE id = p_id FOR UPDATE;
  CALL internal_refuse_owner(p_id);
  UPDATE users SET suspended_at_ms = COALESCE(suspended_at_ms, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000) WHERE id = p_id;
  DELETE FROM sessions WHERE user_id = p_id;
  CALL internal_write_audit('erase_user', CONCAT('user ', p_id), JSON_OBJECT(
    'state', 'begun', 'keep_messages', p_keep_messages = TRUE, 'found', JSON_EXTRACT(p_counts, '$')));
  SET p_audit = LAST_INSERT_ID();
  CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'user_suspended', 'user_id', p_id + 0));
  SET p_event = LAST_INSERT_ID();
  COMMIT;
END //

-- Leaves all groups, one in a transaction.
DROP PROCEDURE IF EXISTS internal_erase_memberships //
CREATE PROCEDURE internal_erase_memberships(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_group BIGINT UNSIGNED;
  DECLARE v_seq BIGINT UNSIGNED;
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_gone, v_removed INT;
  groups_of_his: LOOP
    SELECT MIN(g.id) INTO v_group FROM (SELECT conversation_id FROM members WHERE user_id = p_id
      UNION SELECT conversation_id FROM present WHERE user_id = p_id) m JOIN chat_groups g ON g.id = m.conversation_id;
    IF v_group IS NULL THEN LEAVE groups_of_his; END IF;
    CALL internal_begin();
    SELECT first_name, last_name INTO v_first, v_last FROM users WHERE id = p_id FOR UPDATE;
    SELECT presence_seq INTO v_seq FROM chat_groups WHERE id = v_group FOR UPDATE;
    DELETE FROM members WHERE conversation_id = v_group AND user_id = p_id;
    SET v_removed = ROW_COUNT();
    DELETE FROM present WHERE conversation_id = v_group AND user_id = p_id;
    SET v_gone = ROW_COUNT();
    UPDATE chat_groups SET member_count = GREATEST(member_count, v_removed) - v_removed, presence_seq = v_seq + v_gone
      WHERE id = v_group;
    IF v_gone > 0 THEN
      CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'group_left', 'conversation_id', v_group + 0, 'presence_seq', v_seq + 1,
        'user_id', p_id + 0, 'first_name', v_first, 'last_name', v_last));
    END IF;
    IF v_removed > 0 THEN
      CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'group_member_removed', 'conversation_id', v_group + 0,
        'user_id', p_id + 0));
    END IF;
    COMMIT;
  END LOOP;
END //

-- What he sent in the moment before the door was closed may still be on its way: until the daemons have closed his sockets,
-- 5 s at most, and a second more for what they and the workers had in hand.
DROP PROCEDURE IF EXISTS internal_erase_wait //
CREATE PROCEDURE internal_erase_wait(IN p_event BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_left INT DEFAULT 50;
  WHILE v_left > 0 AND EXISTS (SELECT 1 FROM events WHERE id = p_event) DO
    DO SLEEP(0.1);
    SET v_left = v_left - 1;
  END WHILE;
  DO SLEEP(1);
END //

-- Which messages are his is found once, without locks; then they are emptied by primary key, 500 in a transaction. One that
-- was removed before still has the id that his client gave it. Groups of kind 0 are those whose deletion was broken off.
DROP PROCEDURE IF EXISTS internal_erase_messages //
CREATE PROCEDURE internal_erase_messages(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_done, v_last BIGINT UNSIGNED DEFAULT 0;
  DROP TEMPORARY TABLE IF EXISTS internal_his_messages;
  CREATE TEMPORARY TABLE internal_his_messages (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, conversation_id BIGINT UNSIGNED NOT NULL,
    sent_at_ms BIGINT NOT NULL) ENGINE=InnoDB;
  CALL internal_begin();
  INSERT INTO internal_his_messages (conversation_id, sent_at_ms) SELECT m.conversation_id, m.sent_at_ms
    FROM chat_rooms r STRAIGHT_JOIN messages m FORCE INDEX (messages_client)
      ON m.conversation_id = r.id AND m.sender_id = p_id
    WHERE (r.user_low = p_id OR r.user_high = p_id) AND (m.flags & 4 = 0 OR m.client_msg_id IS NOT NULL);
  INSERT INTO internal_his_messages (conversation_id, sent_at_ms) SELECT m.conversation_id, m.sent_at_ms
    FROM conversations c STRAIGHT_JOIN messages m FORCE INDEX (messages_client)
      ON m.conversation_id = c.id AND m.sender_id = p_id
    WHERE c.kind IN (0, 2) AND (m.flags & 4 = 0 OR m.client_msg_id IS NOT NULL);
  COMMIT;
  SELECT COALESCE(MAX(number), 0) INTO v_last FROM internal_his_messages;
  WHILE v_done < v_last DO
    CALL internal_begin();
    UPDATE internal_his_messages h STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY)
        ON m.conversation_id = h.conversation_id AND m.sent_at_ms = h.sent_at_ms
      SET m.body = '', m.client_msg_id = NULL, m.flags = m.flags | 4
      WHERE h.number > v_done AND h.number <= v_done + 500;
    COMMIT;
    SET v_done = v_done + 500;
  END WHILE;
  DROP TEMPORARY TABLE internal_his_messages;
END //

-- Under the lock of the conversation's row, so that an answer of the bot does not come in between.
DROP PROCEDURE IF EXISTS internal_erase_bot_chat //
CREATE PROCEDURE internal_erase_bot_chat(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_chat, v_locked BIGINT UNSIGNED;
  DECLARE v_last_at BIGINT;
  DECLARE v_deleted INT DEFAULT 500;
  SELECT MIN(id) INTO v_chat FROM bot_chats WHERE user_id = p_id;
  WHILE v_chat IS NOT NULL AND v_deleted = 500 DO
    CALL internal_begin();
    SELECT id INTO v_locked FROM conversations WHERE id = v_chat FOR UPDATE;
    SELECT MAX(sent_at_ms) INTO v_last_at FROM (SELECT sent_at_ms FROM messages WHERE conversation_id = v_chat
      ORDER BY sent_at_ms LIMIT 500) oldest;
    DELETE FROM messages WHERE conversation_id = v_chat AND sent_at_ms <= v_last_at;
    SET v_deleted = ROW_COUNT();
    IF v_deleted < 500 THEN DELETE FROM conversations WHERE id = v_chat; END IF;
    COMMIT;
  END WHILE;
END //

-- His texts in `events` wait for a daemon that is away. They are found without locks, since others are writing there, and
-- deleted by id. The daemon may have got a text by its other way all the same, so it hears that the message was removed.
DROP PROCEDURE IF EXISTS internal_erase_events //
CREATE PROCEDURE internal_erase_events(IN p_id BIGINT UNSIGNED, IN p_keep_messages BOOLEAN)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_event, v_last BIGINT UNSIGNED DEFAULT 0;
  DECLARE v_pattern VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  SET v_pattern = CONCAT('{"v":1,"type":"message",', IF(p_keep_messages, '"chat_type":"bot",', ''), '%"user_id":', p_id, ',%');
  texts: LOOP
    SET v_last = v_event, v_event = NULL;
    SELECT id, payload INTO v_event, v_payload FROM events WHERE id > v_last AND payload LIKE v_pattern ORDER BY id LIMIT 1;
    IF v_event IS NULL THEN LEAVE texts; END IF;
    CALL internal_begin();
    DELETE FROM events WHERE id = v_event;
    IF JSON_UNQUOTE(JSON_EXTRACT(v_payload, '$.chat_type')) <> 'bot' THEN
      CALL internal_tell(JSON_REMOVE(JSON_SET(v_payload, '$.type', 'message_removed'), '$.message'));
    END IF;
    COMMIT;
  END LOOP;
END //

-- His names in `events`: what he is called now is of no use (user_removed follows), but who enters and leaves a group is
-- numbered, so these stay. Programs write JSON without spaces, the procedures here with.
DROP PROCEDURE IF EXISTS internal_erase_event_names //
CREATE PROCEDURE internal_erase_event_names(IN p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_event, v_last BIGINT UNSIGNED DEFAULT 0;
  DECLARE v_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_pattern VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    DEFAULT CONCAT('^\\{"v": ?1, ?"type": ?"(user_update|group_entered|group_left)",.*"user_id": ?', p_id, ',');
  event_names: LOOP
    SET v_last = v_event, v_event = NULL;
    SELECT id, JSON_UNQUOTE(JSON_EXTRACT(payload, '$.type')) INTO v_event, v_type FROM events
      WHERE id > v_last AND payload REGEXP v_pattern ORDER BY id LIMIT 1;
    IF v_event IS NULL THEN LEAVE event_names; END IF;
    CALL internal_begin();
    IF v_type = 'user_update' THEN
      DELETE FROM events WHERE id = v_event;
    ELSE
      UPDATE events SET payload = JSON_SET(payload, '$.first_name', 'Deleted', '$.last_name', 'user') WHERE id = v_event;
    END IF;
    COMMIT;
  END LOOP;
END //

-- His address in the details of rows about others, by itself: not as a part of anna@example.org or ada@example.org.uk. A
-- letter that belongs to an escape of JSON (\n) is none. In doubt it goes.
DROP PROCEDURE IF EXISTS internal_erase_audit //
CREATE PROCEDURE internal_erase_audit(
  IN p_email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_key VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_part VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '[\\p{L}\\p{N}_%+-]';
  DECLARE v_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  SET v_pattern = CONCAT('(?i)(?:(?<!', v_part, ')(?<!', v_part, '\\.)|(?<=\\\\[bfnrt])|(?<=\\\\u[0-9a-f]{4}))',
    '(?:\\Q', p_email, '\\E|\\Q', p_key, '\\E)(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])');
  UPDATE audit SET details = REGEXP_REPLACE(details, v_pattern, 'erased') WHERE details REGEXP v_pattern;
END //

-- The rest, and the row of users itself, in one transaction.
DROP PROCEDURE IF EXISTS internal_erase_account //
CREATE PROCEDURE internal_erase_account(IN p_id BIGINT UNSIGNED, IN p_audit BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_key, v_email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_erased BIGINT;
  CALL internal_begin();
  SELECT email_key, email, erased_at_ms INTO v_key, v_email, v_erased FROM users WHERE id = p_id FOR UPDATE;
  CALL internal_refuse_owner(p_id);
  DELETE FROM sessions WHERE user_id = p_id;
  DELETE FROM pending_registrations WHERE email_key = v_key OR user_id = p_id;
  DELETE FROM mail_outbox WHERE LOWER(recipient COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_bin = v_key;
  DELETE FROM login_failures WHERE account IN (
    UNHEX(SHA2(CONCAT('password:', v_key), 256)), UNHEX(SHA2(CONCAT('registration:', v_key), 256)));
  DELETE FROM send_rates WHERE user_id = p_id;
  -- Of rooms, and of groups whose deletion was broken off. Whoever writes into a room waits for it, or this for him.
  DELETE FROM members WHERE user_id = p_id AND conversation_id NOT IN (SELECT id FROM chat_groups);
  UPDATE audit SET details = '{"erased": true}' WHERE target = CONCAT('user ', p_id) AND id <> p_audit;
  IF v_erased IS NULL THEN
    CALL internal_erase_audit(v_email, v_key);
    -- Without @ it is no address: nobody can register it, sign in with it, or be sent a mail to it.
    UPDATE users SET first_name = 'Deleted', last_name = 'user', email = CONCAT('erased-', p_id),
      email_key = CONCAT('erased-', p_id), password_hash = '!', created_at_ms = 0,
      suspended_at_ms = COALESCE(suspended_at_ms, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000),
      erased_at_ms = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 WHERE id = p_id;
    CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'user_removed', 'user_id', p_id + 0));
  END IF;
  COMMIT;
END //

-- What came in between; nothing more does from here on. What is sent into a room of his has been committed by now, or will
-- find neither his row of `members` nor him.
DROP PROCEDURE IF EXISTS internal_erase_rest //
CREATE PROCEDURE internal_erase_rest(IN p_id BIGINT UNSIGNED, IN p_keep_messages BOOLEAN, IN p_audit BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  CALL internal_erase_memberships(p_id);
  IF NOT p_keep_messages THEN CALL internal_erase_messages(p_id); END IF;
  CALL internal_erase_bot_chat(p_id);
  CALL internal_erase_events(p_id, p_keep_messages);
  CALL internal_erase_event_names(p_id);
  CALL internal_begin();
  UPDATE audit SET details = JSON_REPLACE(details, '$.state', 'finished') WHERE id = p_audit;
  COMMIT;
END //

DROP PROCEDURE IF EXISTS admin_erase_user //
CREATE PROCEDURE admin_erase_user(
  IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_keep_messages BOOLEAN, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA
  COMMENT 'Erases a person; with TRUE as second parameter the messages in rooms and groups stay, without the name.'
BEGIN
  DECLARE v_id, v_audit, v_event BIGINT UNSIGNED;
  DECLARE v_keep BOOLEAN DEFAULT COALESCE(p_keep_messages, FALSE);
  DECLARE v_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  CALL internal_begin();
  COMMIT;  -- to see that the caller is not within a transaction, which would be rolled back below
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_find_user(p_user, v_id);
    CALL internal_refuse_owner(v_id);
    CALL internal_count_person(v_id, v_counts);
    IF NOT COALESCE(p_dry_run, TRUE) THEN
      CALL internal_erase_close(v_id, v_keep, v_counts, v_audit, v_event);
      CALL internal_erase_memberships(v_id);
      CALL internal_erase_wait(v_event);
      IF NOT v_keep THEN CALL internal_erase_messages(v_id); END IF;
      CALL internal_erase_bot_chat(v_id);
      CALL internal_erase_account(v_id, v_audit);
      CALL internal_erase_rest(v_id, v_keep, v_audit);
    END IF;
    CALL internal_show_erasure(v_counts, v_keep);
    SELECT v_id AS user_id, IF(v_audit IS NULL, CONCAT('Dry run: user ', v_id, ' would be erased.'),
      CONCAT('User ', v_id, ' was erased.')) AS result;
  END;
END //

DELIMITER ;
