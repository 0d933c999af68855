-- The bot's rules: see them, add, change, switch off and on, delete, try (docs/bot.md says what a rule is).
--
-- Who: parlor_admin. Live within 5 s of the commit, in every daemon; nothing has to be restarted or told.
--   admin_list_bot_rules()                                  all, in the order in which they are tried
--   admin_add_bot_rule(priority, pattern, answer)           says the new id; NULL as priority: 50, before the shipped ones
--   admin_change_bot_rule(id, priority, pattern, answer)    NULL: stays as it is
--   admin_switch_bot_rule(id, on)                           FALSE: passed over, but kept
--   admin_delete_bot_rule(id, dry_run)
--   admin_try_bot_rules(question)                           changes nothing: which rule would answer
-- Repeating: adding twice makes two rules; everything else leaves what the first time did.
-- Locks: the one row of bot_rules, for a moment. Readers (the daemons) are never held up.
-- Undo: switch back or change back; what a rule was before a change or a deletion stands in its row of `audit`.
--
-- Patterns are RE2's, and only the daemon knows RE2. What is said about patterns here comes from the database's own
-- REGEXP, which agrees on all usual ones, and differs in exotic ones: it takes look-ahead, back-references and
-- possessive quantifiers, which RE2 refuses; RE2's \w, \d, \s and \b know ASCII only; and in `{1}` to `{9}` only the daemon
-- puts something in. The exact answer is that of `parlor-wsd --config FILE --try-bot 'question'`.

DELIMITER //

-- A warning about a pattern, NULL if there is none.
DROP PROCEDURE IF EXISTS internal_doubt_pattern //
CREATE PROCEDURE internal_doubt_pattern(
  IN p_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  OUT p_doubt VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_found BOOLEAN;
  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION
    SET p_doubt = 'The database can''t read this pattern; see parlor-wsd --try-bot, which is exact.';
  SET p_doubt = NULL;
  SET v_found = 'x' REGEXP CONCAT('(?i)', p_pattern);
  IF p_doubt IS NULL AND p_pattern REGEXP '\\(\\?<?[=!]|\\\\[1-9]' THEN
    SET p_doubt = 'RE2 has no look-around and no back-references: see parlor-wsd --try-bot, which is exact.';
  END IF;
END //

DROP PROCEDURE IF EXISTS internal_check_bot_rule //
CREATE PROCEDURE internal_check_bot_rule(
  IN p_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_answer VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  IF COALESCE(p_pattern, '') = '' THEN CALL internal_fail('The pattern must not be empty: .* fits everything.'); END IF;
  IF COALESCE(p_answer, '') NOT REGEXP '[^ \\t\\r\\n]' THEN
    CALL internal_fail('The answer must not be empty: a rule without one is passed over.');
  END IF;
END //

-- The rule with its row locked to the end of the transaction; fails if there is none.
DROP PROCEDURE IF EXISTS internal_lock_bot_rule //
CREATE PROCEDURE internal_lock_bot_rule(
  IN p_id BIGINT UNSIGNED, OUT p_before TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  SET p_before = NULL;
  SELECT JSON_OBJECT('priority', priority, 'pattern', pattern, 'answer', answer, 'enabled', enabled = TRUE)
    INTO p_before FROM bot_rules WHERE id = p_id FOR UPDATE;
  IF p_before IS NULL THEN CALL internal_fail(CONCAT('There is no bot rule ', COALESCE(p_id, 'NULL'), '.')); END IF;
END //

-- The last result set of a change.
DROP PROCEDURE IF EXISTS internal_say_bot_rule //
CREATE PROCEDURE internal_say_bot_rule(
  IN p_id BIGINT UNSIGNED, IN p_done VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_doubt VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_enabled INT;
  SELECT pattern INTO v_pattern FROM bot_rules WHERE id = p_id;
  SELECT COUNT(*) INTO v_enabled FROM bot_rules WHERE enabled = TRUE;
  CALL internal_doubt_pattern(v_pattern, v_doubt);
  SELECT p_id AS rule, CONCAT_WS(' ', p_done, v_doubt,
    IF(v_enabled > 200, CONCAT(v_enabled, ' rules are on: the bot uses the first 200.'), NULL)) AS result;
END //

DROP PROCEDURE IF EXISTS admin_list_bot_rules //
CREATE PROCEDURE admin_list_bot_rules()
  SQL SECURITY DEFINER READS SQL DATA
  COMMENT 'The bot''s rules in the order in which they are tried; those that are off last.'
BEGIN
  SELECT id, priority, IF(enabled, 'on', 'off') AS state, pattern, answer FROM bot_rules
  ORDER BY enabled DESC, priority, id;
END //

DROP PROCEDURE IF EXISTS admin_add_bot_rule //
CREATE PROCEDURE admin_add_bot_rule(
  IN p_priority INT, IN p_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_answer VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Adds a rule of the bot; smaller priorities are tried first (NULL: 50).'
BEGIN
  DECLARE v_id BIGINT UNSIGNED;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_check_bot_rule(p_pattern, p_answer);
    INSERT INTO bot_rules (priority, pattern, answer) VALUES (COALESCE(p_priority, 50), p_pattern, p_answer);
    SET v_id = LAST_INSERT_ID();
    CALL internal_write_audit('add_bot_rule', CONCAT('bot_rule ', v_id), JSON_OBJECT(
      'priority', COALESCE(p_priority, 50), 'pattern', p_pattern, 'answer', p_answer));
    COMMIT;
    CALL internal_say_bot_rule(v_id, CONCAT('Rule ', v_id, ' was added.'));
  END;
END //

DROP PROCEDURE IF EXISTS admin_change_bot_rule //
CREATE PROCEDURE admin_change_bot_rule(
  IN p_id BIGINT UNSIGNED, IN p_priority INT, IN p_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_answer VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Changes a rule of the bot; what is NULL stays as it is.'
BEGIN
  DECLARE v_before TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_changed INT;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_bot_rule(p_id, v_before);
    CALL internal_check_bot_rule(COALESCE(p_pattern, 'as before'), COALESCE(p_answer, 'as before'));
    UPDATE bot_rules SET priority = COALESCE(p_priority, priority), pattern = COALESCE(p_pattern, pattern),
      answer = COALESCE(p_answer, answer) WHERE id = p_id;
    SET v_changed = ROW_COUNT();
    IF v_changed > 0 THEN
      CALL internal_write_audit('change_bot_rule', CONCAT('bot_rule ', p_id), JSON_OBJECT(
        'before', JSON_EXTRACT(v_before, '$'), 'priority', p_priority + 0, 'pattern', p_pattern, 'answer', p_answer));
    END IF;
    COMMIT;
    CALL internal_say_bot_rule(p_id, IF(v_changed > 0, CONCAT('Rule ', p_id, ' was changed.'),
      CONCAT('Rule ', p_id, ' is like that already.')));
  END;
END //

DROP PROCEDURE IF EXISTS admin_switch_bot_rule //
CREATE PROCEDURE admin_switch_bot_rule(IN p_id BIGINT UNSIGNED, IN p_on BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Switches a rule of the bot on (TRUE) or off (FALSE).'
BEGIN
  DECLARE v_before TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_changed INT;
  DECLARE v_state VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT IF(p_on, 'on', 'off');
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    IF p_on IS NULL THEN CALL internal_fail('Say TRUE (on) or FALSE (off).'); END IF;
    CALL internal_lock_bot_rule(p_id, v_before);
    UPDATE bot_rules SET enabled = IF(p_on, TRUE, FALSE) WHERE id = p_id;
    SET v_changed = ROW_COUNT();
    IF v_changed > 0 THEN
      CALL internal_write_audit('switch_bot_rule', CONCAT('bot_rule ', p_id), JSON_OBJECT('state', v_state));
    END IF;
    COMMIT;
    CALL internal_say_bot_rule(p_id,
      CONCAT('Rule ', p_id, IF(v_changed > 0, ' was switched ', ' is already '), v_state, '.'));
  END;
END //

DROP PROCEDURE IF EXISTS admin_delete_bot_rule //
CREATE PROCEDURE admin_delete_bot_rule(IN p_id BIGINT UNSIGNED, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Deletes a rule of the bot; the audit keeps what it was.'
BEGIN
  DECLARE v_before TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_bot_rule(p_id, v_before);
    IF COALESCE(p_dry_run, TRUE) THEN
      ROLLBACK;
      SELECT p_id AS rule, CONCAT('Dry run: rule ', p_id, ' would be deleted.') AS result, v_before AS was;
    ELSE
      DELETE FROM bot_rules WHERE id = p_id;
      CALL internal_write_audit('delete_bot_rule', CONCAT('bot_rule ', p_id), v_before);
      COMMIT;
      SELECT p_id AS rule, CONCAT('Rule ', p_id, ' was deleted.') AS result, v_before AS was;
    END IF;
  END;
END //

-- The rules are tried one by one, because one bad pattern would fail a statement over all of them.
DROP PROCEDURE IF EXISTS admin_try_bot_rules //
CREATE PROCEDURE admin_try_bot_rules(IN p_question TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER READS SQL DATA
  COMMENT 'Which rule would answer a question, by the database''s REGEXP (exact: parlor-wsd --try-bot).'
BEGIN
  DECLARE v_id, v_winner BIGINT UNSIGNED;
  DECLARE v_pattern VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_unread TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '';
  DECLARE v_found, v_broken, v_end BOOLEAN DEFAULT FALSE;
  DECLARE v_rules CURSOR FOR SELECT id, pattern FROM bot_rules WHERE enabled = TRUE ORDER BY priority, id LIMIT 200;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_end = TRUE;
  IF COALESCE(p_question, '') = '' THEN CALL internal_fail('The question must not be empty.'); END IF;
  OPEN v_rules;
  rules: LOOP
    FETCH v_rules INTO v_id, v_pattern;
    IF v_end THEN LEAVE rules; END IF;
    SET v_found = FALSE, v_broken = FALSE;
    BEGIN
      DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET v_broken = TRUE;
      SET v_found = p_question REGEXP CONCAT('(?i)', v_pattern);
    END;
    IF v_broken THEN SET v_unread = CONCAT_WS(', ', NULLIF(v_unread, ''), v_id); END IF;
    IF v_found AND NOT v_broken AND v_winner IS NULL THEN SET v_winner = v_id; END IF;
  END LOOP;
  CLOSE v_rules;
  SELECT v_winner AS rule,
    CONCAT(IF(v_winner IS NULL, 'No rule would answer: the bot apologizes.',
      CONCAT('Rule ', v_winner, ' would answer (as the database reads patterns).')),
      IF(v_unread = '', '', CONCAT(' The database can''t read the patterns of: ', v_unread, '.'))) AS result,
    (SELECT priority FROM bot_rules WHERE id = v_winner) AS priority,
    (SELECT pattern FROM bot_rules WHERE id = v_winner) AS pattern,
    (SELECT answer FROM bot_rules WHERE id = v_winner) AS answer;
END //

DELIMITER ;
