-- Accounts: invite somebody, suspend and reinstate a user, see who is online, let go of counted wrong passwords.
--
-- Run by parlor_admin (any account with EXECUTE). A user is named by e-mail address or id.
--
--   admin_invite_user(p_email, p_first_name, p_last_name)   sends a mail with a link that works for 7 days: who opens it
--                                        chooses a password and has an account. Names: 1 to 64 characters
--   admin_list_invitations()             which have been sent, and what came of them
--   admin_withdraw_invitation(p_email)   its link does not work any more
--   admin_suspend_user(p_user)           can't log in; all sessions end, all sockets are closed within two seconds
--   admin_reinstate_user(p_user)         can log in again, with the same password
--   admin_who_is_online()                users with an open socket
--   admin_unlock_login(p_email)          forgets wrong passwords and registrations counted against this address
--
-- An invitation stands until it expires, is accepted or withdrawn. If somebody registers with its address meanwhile, in the
-- ordinary way, what he typed is dropped and the invitation's mail goes out again, good for 7 days from then
-- (common/registrations.h): a stranger who knows the address can't take the invitation away. A registration that waits
-- for its link gives way to an invitation.
--
-- Repeating: harmless, and changes nothing, but for an invitation: asking again sends a new link, and the old one does not
-- work any more.
-- Locks, for milliseconds: the user's row, his sessions; of an invitation the address's row in pending_registrations. If
-- somebody registers the same address in the same moment an invitation fails with 1062: call it again.
-- Undo: each has its opposite here. Sessions that were ended do not come back: people log in again.

DELIMITER //

-- Trims an e-mail address and holds it against the rules of docs/protocol.md, section 1 (common/text.cpp and mail.cpp have
-- the same).
DROP PROCEDURE IF EXISTS internal_check_email //
CREATE PROCEDURE internal_check_email(INOUT p_email VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_plain VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT
    '[^.@\\x{0}- \\x{7F}-\\x{A0}\\x{AD}\\x{1680}\\x{2000}-\\x{200F}\\x{2028}-\\x{202F}\\x{205F}-\\x{2069}\\x{3000}\\x{FEFF}"(),:;<>\\[\\\\\\]]';
  CALL internal_check_name(p_email, 1000, 'The address');
  IF LENGTH(p_email) > 254 THEN CALL internal_fail('The address must be at most 254 bytes long.'); END IF;
  IF p_email NOT REGEXP CONCAT('^', v_plain, '+(\\.', v_plain, '+)*@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*\\z') THEN
    CALL internal_fail('The address must look like name@domain.');
  END IF;
END //

DROP PROCEDURE IF EXISTS admin_invite_user //
CREATE PROCEDURE admin_invite_user(
  IN p_email VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_first_name VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_last_name VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Invites somebody by a mail: who opens its link chooses a password.'
BEGIN
  DECLARE v_key VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user, v_registration BIGINT UNSIGNED;
  DECLARE v_now, v_expires BIGINT;
  CALL internal_check_email(p_email);
  CALL internal_check_name(p_first_name, 64, 'The first name');
  CALL internal_check_name(p_last_name, 64, 'The last name');
  SET v_key = LOWER(p_email COLLATE utf8mb4_unicode_520_ci);
  CALL internal_begin();
  SET v_now = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000, v_expires = v_now + 7 * 86400000;
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    -- And the mails that wait for it. First, because it waits for somebody who is opening a link at this moment: the account
    -- is seen after that.
    DELETE FROM pending_registrations WHERE email_key = v_key;
    SELECT id INTO v_user FROM users WHERE email_key = v_key;
    IF v_user IS NOT NULL THEN
      CALL internal_fail(CONCAT('This address has an account already: user ', v_user, '.'));
    END IF;
    INSERT INTO pending_registrations (email, email_key, first_name, last_name, password_hash, requested_at_ms, expires_at_ms)
      VALUES (p_email, v_key, p_first_name, p_last_name, '', v_now, v_expires);
    SET v_registration = LAST_INSERT_ID();
    INSERT INTO mail_outbox (kind, recipient, recipient_name, registration_id, created_at_ms, next_attempt_at_ms)
      VALUES ('invitation', p_email, CONCAT(p_first_name, ' ', p_last_name), v_registration, v_now, v_now);
    CALL internal_write_audit('invite_user', CONCAT('registration ', v_registration),
      JSON_OBJECT('expires_at_ms', v_expires + 0));
    COMMIT;
  END;
  SELECT CONCAT('An invitation to ', p_email, ' is on its way. Its link works for 7 days.') AS result;
END //

DROP PROCEDURE IF EXISTS admin_list_invitations //
CREATE PROCEDURE admin_list_invitations()
  SQL SECURITY DEFINER READS SQL DATA COMMENT 'Shows invitations and what came of them.'
BEGIN
  SELECT p.email, p.first_name, p.last_name,
    CASE WHEN p.user_id IS NOT NULL THEN CONCAT('accepted by user ', p.user_id)
      WHEN p.expires_at_ms <= TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 THEN 'expired'
      WHEN EXISTS (SELECT 1 FROM mail_outbox m WHERE m.registration_id = p.id AND m.failed_at_ms IS NULL)
        THEN 'the mail is on its way'
      WHEN EXISTS (SELECT 1 FROM mail_outbox m WHERE m.registration_id = p.id) THEN 'the mail could not be sent'
      WHEN p.token_hash IS NULL THEN 'the mail was dropped' ELSE 'waits for an answer' END AS state,
    CAST(TIMESTAMPADD(MICROSECOND, p.requested_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS invited_at,
    CAST(TIMESTAMPADD(MICROSECOND, p.expires_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS expires_at
  FROM pending_registrations p WHERE p.password_hash = '' ORDER BY p.id;
END //

DROP PROCEDURE IF EXISTS admin_withdraw_invitation //
CREATE PROCEDURE admin_withdraw_invitation(IN p_email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Makes the link of an invitation useless.'
BEGIN
  DECLARE v_id, v_user BIGINT UNSIGNED;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    SELECT id, user_id INTO v_id, v_user FROM pending_registrations
      WHERE email_key = LOWER(TRIM(p_email) COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_bin AND password_hash = '' FOR UPDATE;
    IF v_id IS NULL THEN CALL internal_fail(CONCAT('There is no invitation to ', COALESCE(p_email, 'NULL'), '.')); END IF;
    IF v_user IS NOT NULL THEN CALL internal_fail(CONCAT('It was accepted: the account is user ', v_user, '.')); END IF;
    DELETE FROM pending_registrations WHERE id = v_id;
    CALL internal_write_audit('withdraw_invitation', CONCAT('registration ', v_id), JSON_OBJECT());
    COMMIT;
  END;
  SELECT CONCAT('The invitation to ', p_email, ' is withdrawn: its link does not work.') AS result;
END //

DROP PROCEDURE IF EXISTS admin_suspend_user //
CREATE PROCEDURE admin_suspend_user(IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Shuts a user out until he is reinstated, and ends his sessions.'
BEGIN
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user BIGINT UNSIGNED;
  DECLARE v_suspended BIGINT;
  DECLARE v_sessions INT DEFAULT 0;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_user(p_user, v_user, v_first, v_last, v_suspended);
    IF v_suspended IS NULL THEN
      UPDATE users SET suspended_at_ms = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 WHERE id = v_user;
      DELETE FROM sessions WHERE user_id = v_user;
      SET v_sessions = ROW_COUNT();
      CALL internal_write_audit('suspend_user', CONCAT('user ', v_user), JSON_OBJECT('sessions', v_sessions + 0));
      CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'user_suspended', 'user_id', v_user + 0));
    END IF;
    COMMIT;
  END;
  SELECT IF(v_suspended IS NULL,
    CONCAT('User ', v_user, ' (', v_first, ' ', v_last, ') is suspended; ', v_sessions, ' sessions were ended.'),
    CONCAT('User ', v_user, ' (', v_first, ' ', v_last, ') is suspended already: nothing was changed.')) AS result;
END //

DROP PROCEDURE IF EXISTS admin_reinstate_user //
CREATE PROCEDURE admin_reinstate_user(IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Lets a suspended user in again.'
BEGIN
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user BIGINT UNSIGNED;
  DECLARE v_suspended BIGINT;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_user(p_user, v_user, v_first, v_last, v_suspended);
    IF v_suspended IS NOT NULL THEN
      UPDATE users SET suspended_at_ms = NULL WHERE id = v_user;
      CALL internal_write_audit('reinstate_user', CONCAT('user ', v_user), JSON_OBJECT('suspended_at_ms', v_suspended + 0));
    END IF;
    COMMIT;
  END;
  SELECT IF(v_suspended IS NOT NULL, CONCAT('User ', v_user, ' (', v_first, ' ', v_last, ') can log in again.'),
    CONCAT('User ', v_user, ' (', v_first, ' ', v_last, ') is not suspended: nothing was changed.')) AS result;
END //

-- What a dead daemon left behind does not count.
DROP PROCEDURE IF EXISTS admin_who_is_online //
CREATE PROCEDURE admin_who_is_online()
  SQL SECURITY DEFINER READS SQL DATA COMMENT 'Shows the users with an open socket, and how many groups they look at.'
BEGIN
  SELECT u.id AS user_id, u.email, u.first_name, u.last_name,
    (SELECT COUNT(*) FROM present p WHERE p.user_id = u.id) AS present_in_groups,
    (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at_ms > TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000) AS sessions
  FROM users u
  WHERE EXISTS (SELECT 1 FROM online o JOIN daemons d ON d.id = o.daemon_id
    WHERE o.user_id = u.id AND d.heartbeat_at_ms >= TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000 - 15000)
  ORDER BY u.id;
END //

DROP PROCEDURE IF EXISTS admin_unlock_login //
CREATE PROCEDURE admin_unlock_login(IN p_email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Forgets wrong passwords and registrations counted against an address.'
BEGIN
  DECLARE v_key VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_rows INT DEFAULT 0;
  SET v_key = LOWER(TRIM(COALESCE(p_email, '')) COLLATE utf8mb4_unicode_520_ci);
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    DELETE FROM login_failures WHERE account IN
      (UNHEX(SHA2(CONCAT('password:', v_key), 256)), UNHEX(SHA2(CONCAT('registration:', v_key), 256)));
    SET v_rows = ROW_COUNT();
    IF v_rows > 0 THEN
      CALL internal_write_audit('unlock_login', COALESCE((SELECT CONCAT('user ', id) FROM users WHERE email_key = v_key),
        'an address without an account'), JSON_OBJECT('tries', v_rows + 0));
    END IF;
    COMMIT;
  END;
  SELECT CONCAT(v_rows, ' tries counted against ', v_key, ' are forgotten.') AS result;
END //

DELIMITER ;
