-- What each program may do, and nothing else: no DROP, no ALTER, no table that it has no statement for.
--
-- Applied by sql/create-users.sh, which makes the accounts, takes back what they have beyond this, and puts another
-- prefix than parlor_ or another host than localhost in their names where that is asked for. A test runs every statement of the
-- stores as these accounts. (FOR UPDATE needs a right to change or delete in the table.)

-- parlor-fcgi
GRANT SELECT, INSERT, UPDATE (first_name, last_name, password_hash) ON users TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (user_id, expires_at_ms), DELETE ON pending_registrations TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (expires_at_ms), DELETE ON sessions TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON login_failures TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (arrival_at_ms) ON send_rates TO 'parlor_worker'@'localhost';
GRANT INSERT ON mail_outbox TO 'parlor_worker'@'localhost';
GRANT INSERT ON events TO 'parlor_worker'@'localhost';
GRANT SELECT ON daemons TO 'parlor_worker'@'localhost';
GRANT SELECT ON online TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (last_seq, last_sent_at_ms, last_sender_id) ON conversations TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT ON chat_rooms TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (name, owner_id, presence_seq, member_count) ON chat_groups TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT ON bot_chats TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, UPDATE (read_seq), DELETE ON members TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT, DELETE ON present TO 'parlor_worker'@'localhost';
GRANT SELECT, INSERT ON messages TO 'parlor_worker'@'localhost';

-- parlor-wsd. It sees of people what it needs to know who is alive and what to call them; UPDATE (suspended_at_ms) is there for FOR UPDATE.
GRANT SELECT (id, first_name, last_name, suspended_at_ms, erased_at_ms), UPDATE (suspended_at_ms) ON users TO 'parlor_daemon'@'localhost';
GRANT SELECT (id, user_id, expires_at_ms), UPDATE (token_hash), DELETE ON pending_registrations TO 'parlor_daemon'@'localhost';
GRANT SELECT, UPDATE (expires_at_ms), DELETE ON sessions TO 'parlor_daemon'@'localhost';
GRANT SELECT (failed_at_ms), DELETE ON login_failures TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, UPDATE ON send_rates TO 'parlor_daemon'@'localhost';
GRANT SELECT, UPDATE (attempts, claimed_until_ms, next_attempt_at_ms, last_error, failed_at_ms), DELETE
  ON mail_outbox TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, DELETE ON events TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, UPDATE (heartbeat_at_ms), DELETE ON daemons TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, DELETE ON online TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, UPDATE (last_seq, last_sent_at_ms, last_sender_id) ON conversations TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT ON chat_rooms TO 'parlor_daemon'@'localhost';
GRANT SELECT, UPDATE (presence_seq) ON chat_groups TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT ON bot_chats TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT, UPDATE (read_seq) ON members TO 'parlor_daemon'@'localhost';
GRANT SELECT, DELETE ON present TO 'parlor_daemon'@'localhost';
GRANT SELECT, INSERT ON messages TO 'parlor_daemon'@'localhost';
GRANT SELECT ON bot_rules TO 'parlor_daemon'@'localhost';

-- People with a client: they see all but hashes, and change what the procedures of sql/admin change, which check, write
-- the audit and tell the daemons. Helpers among those run with the rights of who calls them, so that nobody gains anything
-- by calling one himself. The schema itself is changed by its owner, who runs sql/migrate.sh and sql/admin/install.sh.
GRANT EXECUTE ON * TO 'parlor_admin'@'localhost';
GRANT SELECT ON schema_migrations TO 'parlor_admin'@'localhost';
GRANT SELECT (id, email, email_key, first_name, last_name, created_at_ms, suspended_at_ms, erased_at_ms)
  ON users TO 'parlor_admin'@'localhost';
GRANT SELECT (id, email, email_key, first_name, last_name, requested_at_ms, expires_at_ms, user_id)
  ON pending_registrations TO 'parlor_admin'@'localhost';
GRANT SELECT (id, user_id, created_at_ms, expires_at_ms, max_expires_at_ms) ON sessions TO 'parlor_admin'@'localhost';
GRANT SELECT ON login_failures TO 'parlor_admin'@'localhost';
GRANT SELECT ON send_rates TO 'parlor_admin'@'localhost';
GRANT SELECT ON mail_outbox TO 'parlor_admin'@'localhost';
GRANT SELECT ON events TO 'parlor_admin'@'localhost';
GRANT SELECT ON daemons TO 'parlor_admin'@'localhost';
GRANT SELECT ON online TO 'parlor_admin'@'localhost';
GRANT SELECT ON present TO 'parlor_admin'@'localhost';
GRANT SELECT ON conversations TO 'parlor_admin'@'localhost';
GRANT SELECT ON chat_rooms TO 'parlor_admin'@'localhost';
GRANT SELECT ON chat_groups TO 'parlor_admin'@'localhost';
GRANT SELECT ON bot_chats TO 'parlor_admin'@'localhost';
GRANT SELECT ON members TO 'parlor_admin'@'localhost';
GRANT SELECT ON bot_rules TO 'parlor_admin'@'localhost';
GRANT SELECT ON messages TO 'parlor_admin'@'localhost';
GRANT SELECT ON audit TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_users TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_registrations TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_sessions TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_conversations TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_groups TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_present TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_members TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_messages TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_mail TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_daemons TO 'parlor_admin'@'localhost';
GRANT SELECT ON admin_audit TO 'parlor_admin'@'localhost';
