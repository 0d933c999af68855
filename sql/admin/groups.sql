-- Groups: rename one, hand it over, remove a member, delete it.
--
-- Run by parlor_admin (any account with EXECUTE). A group is named by its id (admin_groups shows them), a person by e-mail
-- address or id. Everybody online hears of a change within two seconds, as if the owner had made it.
--
--   admin_rename_group(p_group, p_name)            p_name: 1 to 100 characters, trimmed, no control characters
--   admin_hand_over_group(p_group, p_user)         p_user: the new owner, a member who is not suspended
--   admin_remove_member(p_group, p_user)           not the owner: hand the group over first. Groups are open: who was removed
--                                                  can enter again, unless he is suspended
--   admin_delete_group(p_group, p_dry_run)         with its members and messages; TRUE only shows what would go
--
-- Repeating: harmless. A change that is there already changes nothing, writes no audit row and is not told again.
-- Locks, to the end of a transaction of milliseconds: the user's row, the group's row, the conversation's. Messages to the
-- group wait for none of it but the first step of a deletion. A deletion goes on in batches of 5,000 rows, each a
-- transaction of its own; the group is unusable from the first step on (404, and out of every list). Broken off, by a lost
-- connection say, it is finished by calling it again.
-- Undo: rename back, hand back, let the member enter again. A deletion can't be undone but from a backup.

DELIMITER //

-- p_name and p_owner of the group, whose row is locked to the end of the transaction; fails if there is none.
DROP PROCEDURE IF EXISTS internal_lock_group //
CREATE PROCEDURE internal_lock_group(
  IN p_group BIGINT UNSIGNED, OUT p_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  OUT p_owner BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  SET p_owner = NULL;
  SELECT name, owner_id INTO p_name, p_owner FROM chat_groups WHERE id = p_group FOR UPDATE;
  IF p_owner IS NULL THEN CALL internal_fail(CONCAT('There is no group ', COALESCE(p_group, 'NULL'), '.')); END IF;
END //

-- Everybody is told what the group is like now.
DROP PROCEDURE IF EXISTS internal_tell_group //
CREATE PROCEDURE internal_tell_group(IN p_group BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  SELECT JSON_OBJECT('v', 1, 'type', 'group_update', 'conversation_id', id, 'name', name, 'owner_id', owner_id)
    INTO v_payload FROM chat_groups WHERE id = p_group;
  CALL internal_tell(v_payload);
END //

DROP PROCEDURE IF EXISTS admin_rename_group //
CREATE PROCEDURE admin_rename_group(
  IN p_group BIGINT UNSIGNED, IN p_name VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Renames a group.'
BEGIN
  DECLARE v_old VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_owner BIGINT UNSIGNED;
  CALL internal_check_name(p_name, 100, 'The name');
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_group(p_group, v_old, v_owner);
    IF v_old <> p_name THEN
      UPDATE chat_groups SET name = p_name WHERE id = p_group;
      CALL internal_write_audit('rename_group', CONCAT('group ', p_group), JSON_OBJECT('old', v_old, 'new', p_name));
      CALL internal_tell_group(p_group);
    END IF;
    COMMIT;
  END;
  SELECT IF(v_old <> p_name, CONCAT('Group ', p_group, ' was called "', v_old, '" and is now called "', p_name, '".'),
    CONCAT('Group ', p_group, ' is called "', p_name, '" already: nothing was changed.')) AS result;
END //

DROP PROCEDURE IF EXISTS admin_hand_over_group //
CREATE PROCEDURE admin_hand_over_group(
  IN p_group BIGINT UNSIGNED, IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Makes a member the owner of a group.'
BEGIN
  DECLARE v_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user, v_owner BIGINT UNSIGNED;
  DECLARE v_suspended BIGINT;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_user(p_user, v_user, v_first, v_last, v_suspended);
    CALL internal_lock_group(p_group, v_name, v_owner);
    IF v_suspended IS NOT NULL THEN CALL internal_fail(CONCAT('User ', v_user, ' is suspended.')); END IF;
    IF NOT EXISTS (SELECT 1 FROM members WHERE conversation_id = p_group AND user_id = v_user) THEN
      CALL internal_fail(CONCAT('User ', v_user, ' is not a member of group ', p_group, '.'));
    END IF;
    IF v_owner <> v_user THEN
      UPDATE chat_groups SET owner_id = v_user WHERE id = p_group;
      CALL internal_write_audit('hand_over_group', CONCAT('group ', p_group), JSON_OBJECT('old', v_owner + 0, 'new', v_user + 0));
      CALL internal_tell_group(p_group);
    END IF;
    COMMIT;
  END;
  SELECT IF(v_owner <> v_user, CONCAT('Group ', p_group, ' belonged to user ', v_owner, ' and now belongs to user ', v_user, '.'),
    CONCAT('Group ', p_group, ' belongs to user ', v_user, ' already: nothing was changed.')) AS result;
END //

DROP PROCEDURE IF EXISTS admin_remove_member //
CREATE PROCEDURE admin_remove_member(
  IN p_group BIGINT UNSIGNED, IN p_user VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  SQL SECURITY DEFINER MODIFIES SQL DATA COMMENT 'Ends a membership in a group.'
BEGIN
  DECLARE v_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_first, v_last VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_user, v_owner, v_presence_seq BIGINT UNSIGNED;
  DECLARE v_suspended BIGINT;
  DECLARE v_removed, v_gone INT;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_user(p_user, v_user, v_first, v_last, v_suspended);
    CALL internal_lock_group(p_group, v_name, v_owner);
    IF v_user = v_owner THEN
      CALL internal_fail(CONCAT('User ', v_user, ' owns group ', p_group, ': hand it over first, or delete it.'));
    END IF;
    DELETE FROM members WHERE conversation_id = p_group AND user_id = v_user;
    SET v_removed = ROW_COUNT();
    IF v_removed > 0 THEN
      DELETE FROM present WHERE conversation_id = p_group AND user_id = v_user;
      SET v_gone = ROW_COUNT();
      UPDATE chat_groups SET member_count = GREATEST(member_count, 1) - 1, presence_seq = presence_seq + v_gone
        WHERE id = p_group;
      IF v_gone > 0 THEN
        SELECT presence_seq INTO v_presence_seq FROM chat_groups WHERE id = p_group;
        CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'group_left', 'conversation_id', p_group + 0,
          'presence_seq', v_presence_seq + 0, 'user_id', v_user + 0, 'first_name', v_first, 'last_name', v_last));
      END IF;
      CALL internal_write_audit('remove_member', CONCAT('group ', p_group), JSON_OBJECT('user', v_user + 0));
      CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'group_member_removed', 'conversation_id', p_group + 0,
        'user_id', v_user + 0));
    END IF;
    COMMIT;
  END;
  SELECT IF(v_removed > 0, CONCAT('User ', v_user, ' is no member of group ', p_group, ' any more.'),
    CONCAT('User ', v_user, ' is no member of group ', p_group, ': nothing was changed.')) AS result;
END //

-- The first step of a deletion, one transaction: from here on there is no such group for anybody. kind 0 is what is left to
-- be deleted.
DROP PROCEDURE IF EXISTS internal_take_group_away //
CREATE PROCEDURE internal_take_group_away(IN p_group BIGINT UNSIGNED, OUT p_messages BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_owner BIGINT UNSIGNED;
  DECLARE v_members INT UNSIGNED;
  CALL internal_begin();
  BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    CALL internal_lock_group(p_group, v_name, v_owner);
    SELECT member_count INTO v_members FROM chat_groups WHERE id = p_group;
    SELECT last_seq INTO p_messages FROM conversations WHERE id = p_group FOR UPDATE;
    DELETE FROM chat_groups WHERE id = p_group;  -- and with it who is present
    UPDATE conversations SET kind = 0 WHERE id = p_group;
    CALL internal_write_audit('delete_group', CONCAT('group ', p_group),
      JSON_OBJECT('name', v_name, 'owner', v_owner + 0, 'members', v_members + 0, 'messages', p_messages + 0));
    CALL internal_tell(JSON_OBJECT('v', 1, 'type', 'group_removed', 'conversation_id', p_group + 0));
    COMMIT;
  END;
END //

-- The rest, batch by batch. Broken off it leaves less than there was, and is called again.
DROP PROCEDURE IF EXISTS internal_clear_conversation //
CREATE PROCEDURE internal_clear_conversation(
  IN p_conversation BIGINT UNSIGNED, OUT p_messages BIGINT UNSIGNED, OUT p_members BIGINT UNSIGNED)
  SQL SECURITY INVOKER
BEGIN
  DECLARE v_rows BIGINT DEFAULT 1;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  SET p_messages = 0, p_members = 0;
  WHILE v_rows > 0 DO
    CALL internal_begin();
    DELETE FROM messages WHERE conversation_id = p_conversation ORDER BY conversation_id, sent_at_ms LIMIT 5000;
    SET v_rows = ROW_COUNT();
    COMMIT;
    SET p_messages = p_messages + v_rows;
  END WHILE;
  SET v_rows = 1;
  WHILE v_rows > 0 DO
    CALL internal_begin();
    DELETE FROM members WHERE conversation_id = p_conversation ORDER BY conversation_id, user_id LIMIT 5000;
    SET v_rows = ROW_COUNT();
    COMMIT;
    SET p_members = p_members + v_rows;
  END WHILE;
  CALL internal_begin();
  DELETE FROM conversations WHERE id = p_conversation AND kind = 0;
  COMMIT;
END //

DROP PROCEDURE IF EXISTS admin_delete_group //
CREATE PROCEDURE admin_delete_group(IN p_group BIGINT UNSIGNED, IN p_dry_run BOOLEAN)
  SQL SECURITY DEFINER MODIFIES SQL DATA
  COMMENT 'Deletes a group with its members and messages. p_dry_run TRUE: only says what would go.'
BEGIN
  DECLARE v_kind TINYINT UNSIGNED;
  DECLARE v_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE v_messages, v_members, v_owner BIGINT UNSIGNED;
  CALL internal_begin();
  COMMIT;  -- to see that the caller is not within a transaction, before anything is read
  SELECT c.kind, g.name, g.owner_id, g.member_count, c.last_seq INTO v_kind, v_name, v_owner, v_members, v_messages
    FROM conversations c LEFT JOIN chat_groups g ON g.id = c.id WHERE c.id = p_group;
  IF v_kind IS NULL OR v_kind NOT IN (0, 2) THEN
    CALL internal_fail(CONCAT('There is no group ', COALESCE(p_group, 'NULL'), '.'));
  END IF;
  IF COALESCE(p_dry_run, TRUE) THEN
    SELECT IF(v_kind = 0, CONCAT('Would delete what is left of group ', p_group, ', whose deletion was broken off.'),
      CONCAT('Would delete group ', p_group, ' "', v_name, '" of user ', v_owner, ' with ', v_members,
        ' members and up to ', v_messages, ' messages. Nothing was changed.')) AS result;
  ELSE
    IF v_kind = 2 THEN CALL internal_take_group_away(p_group, v_messages); END IF;
    CALL internal_clear_conversation(p_group, v_messages, v_members);
    SELECT CONCAT('Group ', p_group, COALESCE(CONCAT(' "', v_name, '"'), ''), ' is deleted: ', v_members, ' members and ',
      v_messages, ' messages are gone.') AS result;
  END IF;
END //

DELIMITER ;
