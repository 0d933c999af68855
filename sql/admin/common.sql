-- What the other files of this folder share. Nobody calls these but they: helpers run with the rights of their caller
-- (SQL SECURITY INVOKER). Called from a procedure for administrators these are the owner's; called by an administrator
-- himself they are his own, which allow to read and nothing else.
--
-- How a procedure for administrators is made:
--   * SQL SECURITY DEFINER; a COMMENT of one line, which admin_help() shows; every text parameter with
--     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, whatever the database's default is.
--   * CALL internal_begin(), then a block that has a DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; the time is read; locks in the order
--     users, chat_groups, conversations; the change, internal_write_audit and internal_tell; COMMIT; and last a SELECT
--     that says what was done. A deadlock (1213) or a lock that does not come (1205) changes nothing: it may be repeated.
--   * In JSON_OBJECT a number that is a variable or a parameter is written `v_user + 0`: MariaDB 10.11 puts it between quotes
--     otherwise, and no daemon understands that.
--   * What destroys has p_dry_run as its last parameter and, where it is TRUE, changes nothing.

DELIMITER //

-- Fails with a sentence for people (at most 128 characters, which is what MySQL carries).
DROP PROCEDURE IF EXISTS internal_fail //
CREATE PROCEDURE internal_fail(IN p_sentence VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_sentence VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT LEFT(p_sentence, 128);
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = v_sentence;
END //

-- Starts the transaction of a procedure, as the programs do theirs. Inside a transaction of the caller it fails (1568),
-- rather than committing that one unasked; with autocommit off, where every look into a table would begin one; and with
-- insert_id set, by which the caller would choose an id, of his row in `audit` or one after which there is none.
-- The session's settings reach into a procedure, so those that would change what it does are set here, and stay so: the
-- clock (or the caller chooses the time of his row in `audit`), foreign keys (deleting relies on their cascades), safe
-- updates (Workbench has them on), chained commits. So a procedure reads the time after this, never in a DECLARE before.
DROP PROCEDURE IF EXISTS internal_begin //
CREATE PROCEDURE internal_begin()
  SQL SECURITY INVOKER
BEGIN
  IF @@SESSION.insert_id <> 0 THEN CALL internal_fail('insert_id is set: ids are not chosen.'); END IF;
  IF @@SESSION.autocommit = 0 THEN CALL internal_fail('Switch autocommit on first: SET autocommit = 1.'); END IF;
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  BEGIN
    DECLARE CONTINUE HANDLER FOR 1290 BEGIN END;  -- MariaDB with secure_timestamp: nobody could set it
    SET SESSION timestamp = DEFAULT;
  END;
  SET SESSION foreign_key_checks = 1, unique_checks = 1, sql_safe_updates = 0, completion_type = 0;
  START TRANSACTION;
END //

-- p_id of the user named by e-mail address or id, erased ones included; fails if there is none.
DROP PROCEDURE IF EXISTS internal_find_user //
CREATE PROCEDURE internal_find_user(
  IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, OUT p_id BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  SET p_id = NULL;
  IF TRIM(p_user) REGEXP '^[0-9]{1,18}\\z' THEN
    SELECT id INTO p_id FROM users WHERE id = CAST(TRIM(p_user) AS UNSIGNED);
  ELSE
    SELECT id INTO p_id FROM users WHERE email_key = LOWER(TRIM(p_user) COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_bin;
  END IF;
  IF p_id IS NULL THEN CALL internal_fail(CONCAT('There is no user ', COALESCE(p_user, 'NULL'), '.')); END IF;
END //

-- The same, with the user's row locked to the end of the transaction; fails if the user is erased.
DROP PROCEDURE IF EXISTS internal_lock_user //
CREATE PROCEDURE internal_lock_user(
  IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, OUT p_id BIGINT UNSIGNED,
  OUT p_first_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  OUT p_last_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, OUT p_suspended_at_ms BIGINT)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_erased_at_ms BIGINT;
  CALL internal_find_user(p_user, p_id);
  SELECT first_name, last_name, suspended_at_ms, erased_at_ms
    INTO p_first_name, p_last_name, p_suspended_at_ms, v_erased_at_ms FROM users WHERE id = p_id FOR UPDATE;
  IF v_erased_at_ms IS NOT NULL THEN CALL internal_fail(CONCAT('User ', p_id, ' has been erased.')); END IF;
END //

-- The audit row of this transaction. p_target like 'user 7': no names, no addresses. p_details: JSON_OBJECT(…).
DROP PROCEDURE IF EXISTS internal_write_audit //
CREATE PROCEDURE internal_write_audit(
  IN p_action VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_target VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_details TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  INSERT INTO audit (at_ms, actor, action, target, details)
    VALUES (TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000, USER(), p_action, p_target, p_details);
END //

-- The daemons are told when this transaction is committed. p_payload: JSON_OBJECT('v', 1, 'type', …), the events of
-- docs/protocol.md, section 7.
DROP PROCEDURE IF EXISTS internal_tell //
CREATE PROCEDURE internal_tell(IN p_payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  INSERT INTO events (created_at_ms, payload) VALUES (TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000, p_payload);
END //

-- Trims a name and holds it against the rules of docs/protocol.md, section 1 (common/text.cpp has the same). p_what begins
-- the sentence: 'The first name'.
DROP PROCEDURE IF EXISTS internal_check_name //
CREATE PROCEDURE internal_check_name(
  INOUT p_name VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_max INT,
  IN p_what VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_space VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    DEFAULT '\\x{9}-\\x{D} \\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}';
  SET p_name = REGEXP_REPLACE(COALESCE(p_name, ''), CONCAT('^[', v_space, ']+|[', v_space, ']+\\z'), '');
  IF p_name NOT REGEXP CONCAT('[^', v_space, '\\x{AD}\\x{200B}-\\x{200F}\\x{2060}-\\x{2064}]') THEN
    CALL internal_fail(CONCAT(p_what, ' must not be empty.'));
  END IF;
  IF CHAR_LENGTH(p_name) > p_max THEN
    CALL internal_fail(CONCAT(p_what, ' must be at most ', p_max, ' characters long.'));
  END IF;
  IF p_name REGEXP '[\\x{0}-\\x{1F}\\x{7F}-\\x{9F}\\x{2028}-\\x{202E}\\x{2066}-\\x{2069}]' THEN
    CALL internal_fail(CONCAT(p_what, ' must not contain control characters.'));
  END IF;
END //

-- What there is to call.
DROP PROCEDURE IF EXISTS admin_help //
CREATE PROCEDURE admin_help()
  SQL SECURITY DEFINER READS SQL DATA COMMENT 'Lists these procedures.'
BEGIN
  SELECT r.routine_name AS `procedure`,
    COALESCE((SELECT GROUP_CONCAT(p.parameter_name ORDER BY p.ordinal_position SEPARATOR ', ')
      FROM information_schema.parameters p WHERE p.specific_schema = r.routine_schema
        AND p.specific_name = r.specific_name AND p.ordinal_position > 0), '') AS parameters,
    r.routine_comment AS purpose
  FROM information_schema.routines r
  WHERE r.routine_schema = DATABASE() AND r.routine_type = 'PROCEDURE' AND r.routine_name LIKE 'admin\\_%'
  ORDER BY r.routine_name;
END //

DELIMITER ;
