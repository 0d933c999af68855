-- Retention: deletes messages that are older than so many days.
--
-- Who: parlor_admin; by hand, or by a timer (docs/admin/manage.md has the lines for cron, systemd and the event scheduler).
--   admin_delete_old_messages(days, kind, batch, dry_run)
--     days   1 to 36,500; a message older than that, to the millisecond, goes
--     kind   'room', 'group', 'bot'; NULL: all
--     batch  messages in one transaction, 1 to 10,000; NULL: 1,000
-- What becomes of the rest: a conversation loses its beginning, never a piece in the middle. `seq` and time go on where they
-- were, so every cursor of a client stays good; a page that reaches back behind the border just ends there. Read marks
-- below the border are raised to it: what is unread is what is still there. Conversations, members, and the time of
-- the last message in lists stay. A client_msg_id is forgotten with its message: a repeat after that would be a new message.
-- Open clients keep on the screen what they have loaded.
-- Repeating: yes; what is gone is gone, and an interrupted run goes on with the next call. Two at once do no harm.
-- Locks: in one transaction the rows of at most one batch, and the marks of the members that are behind; never the row of
-- the conversation. So whoever sends waits for at most one batch, and only if he himself is behind: some 50 ms with 5,000
-- members behind. A deadlock or a lock that does not come repeats the batch, ten times.
-- Costs: one look into an index for each conversation, and what is deleted. A table does not shrink by it: InnoDB
-- uses the room again.
-- Undo: none but a backup. The row in `audit` is written with the first batch and counted up in the transaction of
-- each, so it is right after an interruption too.

DELIMITER //

-- One batch of a conversation in a transaction of its own. p_deleted: NULL when it has to be repeated.
DROP PROCEDURE IF EXISTS internal_delete_old_batch //
CREATE PROCEDURE internal_delete_old_batch(
  IN p_conversation BIGINT UNSIGNED, IN p_border BIGINT, IN p_batch INT, IN p_days INT,
  IN p_kind VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_before BIGINT, INOUT p_audit BIGINT UNSIGNED,
  OUT p_deleted BIGINT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_last_at BIGINT;
  DECLARE v_last_seq BIGINT UNSIGNED;
  DECLARE v_audit BIGINT UNSIGNED DEFAULT p_audit;
  DECLARE EXIT HANDLER FOR 1205, 1213
  BEGIN
    ROLLBACK;
    SET p_deleted = NULL, p_audit = v_audit;
  END;
  CALL internal_begin();
  SELECT MAX(sent_at_ms), MAX(seq) INTO v_last_at, v_last_seq FROM (
    SELECT sent_at_ms, seq FROM messages WHERE conversation_id = p_conversation AND sent_at_ms < p_border
    ORDER BY sent_at_ms LIMIT p_batch) oldest;
  -- Members before messages, as everybody who has both. Nothing to do if another run was quicker: v_last_seq is NULL.
  UPDATE members SET read_seq = v_last_seq WHERE conversation_id = p_conversation AND read_seq < v_last_seq;
  DELETE FROM messages WHERE conversation_id = p_conversation AND sent_at_ms <= v_last_at;
  SET p_deleted = ROW_COUNT();
  IF p_deleted > 0 AND p_audit IS NULL THEN
    CALL internal_write_audit('delete_old_messages', 'messages', '{}');
    SET p_audit = LAST_INSERT_ID();
  END IF;
  UPDATE audit SET details = JSON_OBJECT(
      'days', p_days + 0, 'kind', COALESCE(p_kind, 'all'), 'messages', p_before + p_deleted)
    WHERE id = p_audit;
  COMMIT;
END //

-- The next conversation after p_conversation that has something older than the border; NULL: none. (MIN in place of
-- ORDER BY … LIMIT 1 would read all messages of each conversation, since it depends on the row outside.)
DROP PROCEDURE IF EXISTS internal_next_old //
CREATE PROCEDURE internal_next_old(INOUT p_conversation BIGINT UNSIGNED, IN p_border BIGINT, IN p_kind INT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_after BIGINT UNSIGNED DEFAULT p_conversation;
  SET p_conversation = NULL;
  SELECT c.id INTO p_conversation FROM conversations c FORCE INDEX (PRIMARY)
    WHERE c.id > v_after AND (p_kind = 0 OR c.kind = p_kind) AND
      (SELECT m.sent_at_ms FROM messages m FORCE INDEX (PRIMARY) WHERE m.conversation_id = c.id
        ORDER BY m.sent_at_ms LIMIT 1) < p_border
    ORDER BY c.id LIMIT 1;
END //

DROP PROCEDURE IF EXISTS admin_delete_old_messages //
CREATE PROCEDURE admin_delete_old_messages(
  IN p_days INT, IN p_kind VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_batch INT, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA
  COMMENT 'Deletes messages older than so many days, of one kind (room, group, bot) or all (NULL), in batches (NULL: 1000).'
BEGIN
  DECLARE v_kind INT DEFAULT IF(p_kind IS NULL, 0, FIELD(p_kind, 'room', 'group', 'bot'));
  DECLARE v_border BIGINT;
  DECLARE v_conversation, v_audit BIGINT UNSIGNED;
  DECLARE v_batch INT DEFAULT COALESCE(p_batch, 1000);
  DECLARE v_messages, v_conversations, v_deleted, v_failures BIGINT DEFAULT 0;
  CALL internal_begin();
  COMMIT;  -- to see that the caller is not within a transaction, which would be rolled back below
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    IF COALESCE(p_days, 0) NOT BETWEEN 1 AND 36500 THEN CALL internal_fail('Days must be 1 to 36500.'); END IF;
    SET v_border = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 - CAST(p_days AS SIGNED) * 86400000;
    IF p_kind IS NOT NULL AND v_kind = 0 THEN CALL internal_fail('The kind is room, group or bot; NULL for all.'); END IF;
    IF v_batch NOT BETWEEN 1 AND 10000 THEN CALL internal_fail('A batch is 1 to 10000 messages.'); END IF;
    IF COALESCE(p_dry_run, TRUE) THEN
      SELECT COUNT(*) AS messages, COUNT(DISTINCT c.id) AS conversations,
        CONCAT('Dry run: ', COUNT(*), ' messages of ', COUNT(DISTINCT c.id), ' conversations, sent before ',
          CAST(TIMESTAMPADD(SECOND, v_border DIV 1000, '1970-01-01') AS DATETIME), ' UTC, would be deleted.') AS result
      FROM conversations c STRAIGHT_JOIN messages m FORCE INDEX (PRIMARY)
        ON m.conversation_id = c.id AND m.sent_at_ms < v_border
      WHERE v_kind = 0 OR c.kind = v_kind;
    ELSE
      SET v_conversation = 0;
      conversations: LOOP
        CALL internal_next_old(v_conversation, v_border, v_kind);
        IF v_conversation IS NULL THEN LEAVE conversations; END IF;
        SET v_conversations = v_conversations + 1, v_failures = 0;
        batches: LOOP
          CALL internal_delete_old_batch(
            v_conversation, v_border, v_batch, p_days, p_kind, v_messages, v_audit, v_deleted);
          IF v_deleted IS NULL THEN
            SET v_failures = v_failures + 1;
            IF v_failures >= 10 THEN
              CALL internal_fail(CONCAT('Conversation ', v_conversation, ' stays locked; ', v_messages,
                ' messages were deleted. Call again later.'));
            END IF;
          ELSE
            SET v_messages = v_messages + v_deleted, v_failures = 0;
            IF v_deleted < v_batch THEN LEAVE batches; END IF;
          END IF;
        END LOOP;
      END LOOP;
      SELECT v_messages AS messages, v_conversations AS conversations,
        CONCAT(v_messages, ' messages of ', v_conversations, ' conversations, sent before ',
          CAST(TIMESTAMPADD(SECOND, v_border DIV 1000, '1970-01-01') AS DATETIME), ' UTC, were deleted.') AS result;
    END IF;
  END;
END //

DELIMITER ;
