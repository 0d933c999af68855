-- Mail that is owed to somebody: see it, try it again, drop it.
--
-- Who: parlor_admin.
--   admin_list_mail(state, limit)   how many there are by state, then up to `limit` of them (NULL: 100), the longest
--                                   waiting first; state: 'waiting', 'sending', 'failed' (given up), NULL: all
--   admin_retry_mail(id)            due now, and with all its tries before it; NULL: all that were given up
--   admin_drop_mail(id, dry_run)    it is never sent. Whoever waits for a link can register again
-- Repeating: trying again twice is trying again once, as long as the mail is there.
-- Locks: the rows that are changed, for a moment. A mailer passes locked rows over (SKIP LOCKED).
-- Undo: none for a mail that was sent or dropped; `audit` says which it was.
--
-- A mailer that has claimed a mail (state 'sending') is talking to the mail server and will write down what came of it, so
-- such a row is left alone: it is refused, or passed over with NULL. If the daemon died meanwhile, the claim ends by itself
-- (mail.timeout_s and a minute). A link whose registration has expired is not tried again: it would lead nowhere.

DELIMITER //

DROP PROCEDURE IF EXISTS admin_list_mail //
CREATE PROCEDURE admin_list_mail(IN p_state VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_limit INT)
  SQL SECURITY DEFINER READS SQL DATA
  COMMENT 'Mail that is still owed: waiting, sending or failed (NULL: all); at most so many (NULL: 100).'
BEGIN
  DECLARE v_now BIGINT DEFAULT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  DECLARE v_limit INT DEFAULT LEAST(GREATEST(COALESCE(p_limit, 100), 0), 100000);
  IF p_state NOT IN ('waiting', 'sending', 'failed') THEN
    CALL internal_fail('The state is waiting, sending or failed; NULL for all.');
  END IF;
  SELECT m.state, COUNT(*) AS mails,
    CAST(TIMESTAMPADD(MICROSECOND, MIN(m.created_at_ms) * 1000, '1970-01-01') AS DATETIME(3)) AS oldest
  FROM (SELECT created_at_ms, CASE WHEN failed_at_ms IS NOT NULL THEN 'failed'
    WHEN claimed_until_ms > v_now THEN 'sending' ELSE 'waiting' END AS state FROM mail_outbox) m
  GROUP BY m.state ORDER BY m.state;
  SELECT * FROM (SELECT id, CASE WHEN failed_at_ms IS NOT NULL THEN 'failed'
      WHEN claimed_until_ms > v_now THEN 'sending' ELSE 'waiting' END AS state, kind, recipient, attempts,
    CAST(TIMESTAMPADD(MICROSECOND, created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
    IF(failed_at_ms IS NULL, CAST(TIMESTAMPADD(MICROSECOND, next_attempt_at_ms * 1000, '1970-01-01') AS DATETIME(3)), NULL)
      AS next_attempt_at, last_error FROM mail_outbox) m
  WHERE p_state IS NULL OR m.state = p_state ORDER BY m.created_at, m.id LIMIT v_limit;
END //

-- Which mail it is, its row locked; fails if there is none or it is being sent.
DROP PROCEDURE IF EXISTS internal_lock_mail //
CREATE PROCEDURE internal_lock_mail(
  IN p_id BIGINT UNSIGNED, OUT p_kind VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, OUT p_failed BOOLEAN)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_now BIGINT DEFAULT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  DECLARE v_claimed_until BIGINT;
  SET p_kind = NULL;
  SELECT kind, claimed_until_ms, failed_at_ms IS NOT NULL INTO p_kind, v_claimed_until, p_failed
    FROM mail_outbox WHERE id = p_id FOR UPDATE;
  IF p_kind IS NULL THEN
    CALL internal_fail(CONCAT('There is no mail ', COALESCE(p_id, 'NULL'), ': it was sent, or dropped.'));
  END IF;
  IF v_claimed_until > v_now AND NOT p_failed THEN
    CALL internal_fail(CONCAT('Mail ', p_id, ' is being sent now; ask again in ',
      CEILING((v_claimed_until - v_now) / 1000), ' s at the latest.'));
  END IF;
END //

-- Tries start anew. Each try of a link has another token, so it must not repeat a Message-ID, which is made of the row's
-- time, its id and the number of the try: such a row is as new. The others keep their time, so that a receiver who has got
-- such a mail after all drops the repeat.
DROP PROCEDURE IF EXISTS admin_retry_mail //
CREATE PROCEDURE admin_retry_mail(IN p_id BIGINT UNSIGNED)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Sends a mail as soon as possible; NULL: all that were given up.'
BEGIN
  DECLARE v_kind VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_failed BOOLEAN;
  DECLARE v_expired, v_done BIGINT DEFAULT 0;
  DECLARE v_now BIGINT;
  CALL internal_begin();
  SET v_now = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000;
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    IF p_id IS NOT NULL THEN CALL internal_lock_mail(p_id, v_kind, v_failed); END IF;
    SELECT COUNT(*) INTO v_expired FROM mail_outbox m JOIN pending_registrations r ON r.id = m.registration_id
      WHERE r.expires_at_ms <= v_now AND IF(p_id IS NULL, m.failed_at_ms IS NOT NULL, m.id = p_id);
    IF p_id IS NOT NULL AND v_expired > 0 THEN
      CALL internal_fail(CONCAT('The registration of mail ', p_id, ' has expired: who wants in registers again.'));
    END IF;
    UPDATE mail_outbox m LEFT JOIN pending_registrations r ON r.id = m.registration_id
      SET m.created_at_ms = IF(m.registration_id IS NULL, m.created_at_ms, v_now), m.failed_at_ms = NULL,
        m.attempts = 0, m.next_attempt_at_ms = v_now
      WHERE (r.id IS NULL OR r.expires_at_ms > v_now) AND IF(p_id IS NULL, m.failed_at_ms IS NOT NULL, m.id = p_id);
    SET v_done = ROW_COUNT();
    IF v_done > 0 THEN
      CALL internal_write_audit('retry_mail', IF(p_id IS NULL, 'mail', CONCAT('mail ', p_id)),
        JSON_OBJECT('mails', v_done + 0, 'kind', v_kind));
    END IF;
    COMMIT;
    SELECT v_done AS mails, CONCAT(v_done, ' mails are due now.',
      IF(v_expired > 0, CONCAT(' Not tried, because the registration has expired: ', v_expired, '.'), '')) AS result;
  END;
END //

DROP PROCEDURE IF EXISTS admin_drop_mail //
CREATE PROCEDURE admin_drop_mail(IN p_id BIGINT UNSIGNED, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Deletes a mail that is still owed: it is never sent.'
BEGIN
  DECLARE v_kind VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_failed BOOLEAN;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_mail(p_id, v_kind, v_failed);
    IF COALESCE(p_dry_run, TRUE) THEN
      ROLLBACK;
      SELECT p_id AS mail, CONCAT('Dry run: mail ', p_id, ' (', v_kind, ') would be dropped.') AS result;
    ELSE
      DELETE FROM mail_outbox WHERE id = p_id;
      CALL internal_write_audit('drop_mail', CONCAT('mail ', p_id),
        JSON_OBJECT('kind', v_kind, 'failed', v_failed = TRUE));
      COMMIT;
      SELECT p_id AS mail, CONCAT('Mail ', p_id, ' (', v_kind, ') was dropped.') AS result;
    END IF;
  END;
END //

DELIMITER ;
