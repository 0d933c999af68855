-- Sessions: the devices that somebody is signed in with.
--
-- Run by parlor_admin (any account with EXECUTE). A user is named by e-mail address or id.
--
--   admin_list_sessions(p_user)              NULL: everybody's, the newest 1,000
--   admin_end_sessions(p_user, p_session)    p_session: its id in that list, or NULL for all of the user's. Sockets are closed
--                                            within two seconds; who has the password can log in again (else suspend him)
--
-- Repeating: harmless, changes nothing. Locks, for milliseconds: the user's row, his sessions. Undo: people log in again.

DELIMITER //

DROP PROCEDURE IF EXISTS admin_list_sessions //
CREATE PROCEDURE admin_list_sessions(IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER READS SQL DATA COMMENT 'Shows the sessions of a user; NULL: of everybody.'
BEGIN
  DECLARE v_user BIGINT UNSIGNED;
  IF p_user IS NOT NULL THEN CALL internal_find_user(p_user, v_user); END IF;
  SELECT s.id AS session_id, s.user_id, u.email,
    CAST(TIMESTAMPADD(MICROSECOND, s.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
    CAST(TIMESTAMPADD(MICROSECOND, s.expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS expires_at,
    CAST(TIMESTAMPADD(MICROSECOND, s.max_expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS expires_at_the_latest
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE (v_user IS NULL OR s.user_id = v_user) AND s.expires_at_ms > TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000
  ORDER BY s.id DESC LIMIT 1000;
END //

DROP PROCEDURE IF EXISTS admin_end_sessions //
CREATE PROCEDURE admin_end_sessions(
  IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_session BIGINT UNSIGNED)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Ends one session of a user; p_session NULL: all of them.'
BEGIN
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user BIGINT UNSIGNED;
  DECLARE v_suspended BIGINT;
  DECLARE v_rows INT DEFAULT 0;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_user(p_user, v_user, v_first, v_last, v_suspended);  -- nobody logs in meanwhile
    INSERT INTO events (created_at_ms, payload)
      SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000, JSON_OBJECT('v', 1, 'type', 'session_ended', 'user_id', user_id, 'session_id', id)
      FROM sessions WHERE user_id = v_user AND (p_session IS NULL OR id = p_session) ORDER BY id FOR UPDATE;
    DELETE FROM sessions WHERE user_id = v_user AND (p_session IS NULL OR id = p_session);
    SET v_rows = ROW_COUNT();
    IF v_rows = 0 AND p_session IS NOT NULL THEN
      CALL internal_fail(CONCAT('User ', v_user, ' has no session ', p_session, '.'));
    END IF;
    IF v_rows > 0 THEN
      CALL internal_write_audit('end_sessions', CONCAT('user ', v_user),
        JSON_OBJECT('session', p_session + 0, 'sessions', v_rows + 0));
    END IF;
    COMMIT;
  END;
  SELECT CONCAT(v_rows, ' sessions of user ', v_user, ' (', v_first, ' ', v_last, ') were ended.') AS result;
END //

DELIMITER ;
