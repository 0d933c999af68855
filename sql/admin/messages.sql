-- Messages: remove the text of one.
--
-- Run by parlor_admin (any account with EXECUTE).
--
--   admin_remove_message(p_conversation, p_seq, p_dry_run)   p_conversation: id of the room, group or bot chat
--                                        (admin_conversations); p_seq: the message's number in it (admin_messages);
--                                        TRUE only shows which one it is
--
-- The text is gone from the table for good, the message keeps its place, number, time and sender: nobody's count of unread
-- messages changes, and pages joined end to end are still whole. Whoever has the conversation open sees it go within two
-- seconds. A copy of the text may remain where a database keeps what was: in backups, the binary log, the undo log until
-- it is purged; and with people who have read it.
-- Repeating: harmless, changes nothing, writes no audit row.
-- Locks: the one message's row and its row in `events`, if it is still there; for milliseconds. Undo: none, but from a backup.

DELIMITER //

-- When the message was sent: seq and time grow together, so it is looked for by halves, each step one look into the primary
-- key, however long the conversation is. NULL: there is none.
DROP PROCEDURE IF EXISTS internal_find_message //
CREATE PROCEDURE internal_find_message(IN p_conversation BIGINT UNSIGNED, IN p_seq BIGINT UNSIGNED, OUT p_sent_at_ms BIGINT)
  SQL SECURITY INVOKER READS SQL DATA
BEGIN
  DECLARE v_low, v_high, v_middle BIGINT;
  DECLARE v_seq BIGINT UNSIGNED;
  SELECT MIN(sent_at_ms) - 1, MAX(sent_at_ms) INTO v_low, v_high FROM messages WHERE conversation_id = p_conversation;
  WHILE v_low + 1 < v_high DO
    SET v_middle = v_low + (v_high - v_low) DIV 2, v_seq = 0;
    SELECT seq INTO v_seq FROM messages WHERE conversation_id = p_conversation AND sent_at_ms > v_low
      AND sent_at_ms <= v_middle ORDER BY sent_at_ms DESC LIMIT 1;
    IF v_seq >= p_seq THEN SET v_high = v_middle; ELSE SET v_low = v_middle; END IF;
  END WHILE;
  SET p_sent_at_ms = NULL;
  SELECT sent_at_ms INTO p_sent_at_ms FROM messages
    WHERE conversation_id = p_conversation AND sent_at_ms = v_high AND seq = p_seq;
END //

-- Where the daemons are told of it: who is in the conversation stands in the event.
DROP PROCEDURE IF EXISTS internal_tell_removed_message //
CREATE PROCEDURE internal_tell_removed_message(
  IN p_conversation BIGINT UNSIGNED, IN p_kind TINYINT UNSIGNED, IN p_seq BIGINT UNSIGNED, IN p_sent_at_ms BIGINT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_user, v_other BIGINT UNSIGNED;
  IF p_kind = 1 THEN
    SELECT user_low, user_high INTO v_user, v_other FROM chat_rooms WHERE id = p_conversation;
    CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'message_removed', 'chat_type', 'room', 'conversation_id', p_conversation + 0,
      'seq', p_seq + 0, 'timestamp', p_sent_at_ms + 0, 'user_id', v_user + 0, 'other_user_id', v_other + 0));
  ELSEIF p_kind = 2 THEN
    CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'message_removed', 'chat_type', 'group', 'conversation_id', p_conversation + 0,
      'seq', p_seq + 0, 'timestamp', p_sent_at_ms + 0));
  ELSE
    SELECT user_id INTO v_user FROM bot_chats WHERE id = p_conversation;
    CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'message_removed', 'chat_type', 'bot', 'conversation_id', p_conversation + 0,
      'seq', p_seq + 0, 'timestamp', p_sent_at_ms + 0, 'user_id', v_user + 0));
  END IF;
END //

DROP PROCEDURE IF EXISTS admin_remove_message //
CREATE PROCEDURE admin_remove_message(
  IN p_conversation BIGINT UNSIGNED, IN p_seq BIGINT UNSIGNED, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA
  COMMENT 'Removes the text of a message, which keeps its place. p_dry_run TRUE: only says which one.'
BEGIN
  DECLARE v_kind, v_flags TINYINT UNSIGNED;
  DECLARE v_sender, v_event BIGINT UNSIGNED;
  DECLARE v_sent_at_ms BIGINT;
  DECLARE v_bytes INT;
  DECLARE v_what VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  CALL internal_begin();
  COMMIT;  -- to see that the caller is not within a transaction, before anything is read
  SELECT kind INTO v_kind FROM conversations WHERE id = p_conversation;
  IF COALESCE(v_kind, 0) = 0 THEN
    CALL internal_fail(CONCAT('There is no conversation ', COALESCE(p_conversation, 'NULL'), '.'));
  END IF;
  CALL internal_find_message(p_conversation, p_seq, v_sent_at_ms);
  IF v_sent_at_ms IS NULL THEN
    CALL internal_fail(CONCAT('Conversation ', p_conversation, ' has no message ', COALESCE(p_seq, 'NULL'), '.'));
  END IF;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    SELECT sender_id, flags, LENGTH(body) INTO v_sender, v_flags, v_bytes FROM messages
      WHERE conversation_id = p_conversation AND sent_at_ms = v_sent_at_ms AND seq = p_seq FOR UPDATE;
    IF v_sender IS NULL THEN
      CALL internal_fail(CONCAT('Conversation ', p_conversation, ' has no message ', p_seq, ' any more.'));
    END IF;
    IF v_flags & 4 = 0 AND NOT COALESCE(p_dry_run, TRUE) THEN
      UPDATE messages SET body = '', flags = flags | 4
        WHERE conversation_id = p_conversation AND sent_at_ms = v_sent_at_ms AND seq = p_seq;
      -- Its text also waits here for a daemon that is away: who misses the message gets it from the table.
      -- Looked for without locks, or this would wait for everybody who is writing an event; it was committed with the message.
      SELECT id INTO v_event FROM events WHERE payload LIKE CONCAT('{"v":1,"type":"message","chat_type":"',
        ELT(v_kind, 'room', 'group', 'bot'), '","conversation_id":', p_conversation, ',"seq":', p_seq, ',%') LIMIT 1;
      IF v_event IS NOT NULL THEN DELETE FROM events WHERE id = v_event; END IF;
      CALL internal_write_audit('remove_message', CONCAT('conversation ', p_conversation, ' message ', p_seq),
        JSON_OBJECT('sender', v_sender + 0, 'bytes', v_bytes + 0));
      CALL internal_tell_removed_message(p_conversation, v_kind, p_seq, v_sent_at_ms);
    END IF;
    COMMIT;
  END;
  SET v_what = CONCAT('message ', p_seq, ' of conversation ', p_conversation, ', ', v_bytes, ' bytes by user ', v_sender);
  SELECT CASE WHEN v_flags & 4 <> 0 THEN CONCAT('Removed before: message ', p_seq, ' of conversation ', p_conversation, '.')
    WHEN COALESCE(p_dry_run, TRUE) THEN CONCAT('Would remove the text of ', v_what, '. Nothing was changed.')
    ELSE CONCAT('Removed the text of ', v_what, '.') END AS result;
END //

DELIMITER ;
