"""sql/admin/erase.sql: after it nothing is left of a person but a nameless row, and everybody else goes on."""

import json
import os
import signal
import threading

import pytest

from support.administration import Refused, call
from support.checks import assert_ordered, assert_problem
from support.people import PASSWORD
from support.waiting import wait_until


def is_kept(stack, text):
    return text in stack.everything_in_database()


def erase(stack, user, keep_messages=False, dry_run=False):
    """(what is said, {what: number})"""
    table, said = stack.admin(call("admin_erase_user", user, keep_messages, dry_run))
    return said[0]["result"], {row["what"]: int(row["number"]) for row in table}


def row_of(stack, person):
    return stack.sql("SELECT * FROM users WHERE id = %s", person.user_id)[0]


class Life:
    """Ada has done everything that one can do here."""

    def __init__(self, stack, ada, bob):
        self.socket, self.bobs = ada.socket(), bob.socket()
        sent = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "ada's room", "client_msg_id": "adas-id"})
        self.room = sent.json()["chat_room_id"]
        bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "bob's room"})
        self.group, self.left = bob.new_group(), bob.new_group()
        bob.enter_seen(self.group, self.bobs)
        ada.enter(self.left)
        assert ada.post_in_group(self.left, "ada was here").status_code == 201
        assert ada.delete(f"/chat_groups/{self.left}/members/{ada.user_id}").status_code == 204
        ada.enter_seen(self.group, self.socket)
        ada.say_in_group(self.socket, self.group, "ada's group")
        assert bob.post_in_group(self.group, "bob's group").status_code == 201
        ada.ask_bot(self.socket, "Hello")
        self.chat = stack.sql("SELECT id FROM bot_chats WHERE user_id = %s", ada.user_id)[0]["id"]
        ada.login()
        ada.try_login("wrong password 1")
        stack.sql("INSERT INTO mail_outbox (kind, recipient, recipient_name, created_at_ms, next_attempt_at_ms, failed_at_ms)"
                  " VALUES ('password_changed', %s, 'Ada', 1, 1, 1)", ada.email)  # fmt: skip
        stack.sql("INSERT INTO audit (at_ms, actor, action, target, details) VALUES (1, 'x', 'test', %s, %s), (1, 'x', 'test', 'other', %s)",
                  f"user {ada.user_id}", '{"name": "Ada Lovelace"}', json.dumps({"email": ada.email}))  # fmt: skip


@pytest.fixture
def life(stack, ada, bob):
    return Life(stack, ada, bob)


def texts(stack, conversation):
    rows = stack.sql("SELECT body, flags FROM messages WHERE conversation_id = %s ORDER BY seq", conversation)
    assert all((row["body"] == "") == (row["flags"] == 4) for row in rows), "what is empty is flagged as removed"
    return [row["body"] for row in rows]


def test_nothing_is_left_but_a_nameless_row(stack, ada, bob, life):
    said, found = erase(stack, ada.email)
    assert said == f"User {ada.user_id} was erased."
    assert found == {
        "sessions": 2,
        "registrations": 1,
        "mails owed to him": 1,
        "counted tries to sign in or register": found["counted tries to sign in or register"],
        "memberships of groups": 1,
        "rooms": 1,
        "messages in rooms and groups": 3,
        "messages with the bot": 2,
    }
    row = row_of(stack, ada)
    assert (row["first_name"], row["last_name"], row["email"]) == ("Deleted", "user", f"erased-{ada.user_id}")
    assert row["email"] == row["email_key"] and row["password_hash"] == "!" and row["erased_at_ms"] and row["suspended_at_ms"]
    for table in ("sessions", "send_rates", "members", "present", "bot_chats", "pending_registrations"):
        assert stack.sql(f"SELECT 1 FROM {table} WHERE user_id = %s", ada.user_id) == [], table
    assert stack.sql("SELECT 1 FROM conversations WHERE id = %s", life.chat) == []
    assert stack.sql("SELECT 1 FROM messages WHERE conversation_id = %s", life.chat) == []
    kept = stack.everything_in_database()
    for trace in (ada.email, "Ada Lovelace", "ada's room", "ada's group", "ada was here", "adas-id"):
        assert trace not in kept, trace
    (begun,) = stack.sql("SELECT actor, details FROM audit WHERE action = 'erase_user' AND target = %s", f"user {ada.user_id}")
    assert begun["actor"].startswith("parlor_admin@") and json.loads(begun["details"])["state"] == "finished"
    assert erase(stack, ada.user_id)[1]["messages in rooms and groups"] == 0, "by the id it may be repeated"


def test_live_sockets_hear_of_it(stack, ada, bob, life):
    before = len(life.bobs.frames)
    erase(stack, ada.email)
    assert life.socket.wait_closed() == 4403
    life.bobs.wait_type("group_chat_activitity", after=before, chat_group_id=life.group, user_id=ada.user_id, is_enter=False)
    life.bobs.wait_type("group_member_removed", after=before, chat_group_id=life.group, user_id=ada.user_id)
    life.bobs.wait_type("user_activity", after=before, user_id=ada.user_id, login=False)
    life.bobs.wait_type("user_removed", after=before, user_id=ada.user_id)
    assert bob.present_ids(life.group) == {bob.user_id}
    assert bob.group_row(life.group)["members"] == 1


def test_others_go_on(stack, ada, bob, life):
    erase(stack, ada.email)
    assert texts(stack, life.room) == ["", "bob's room"] and texts(stack, life.group) == ["", "bob's group"]
    assert texts(stack, life.left) == [""]
    rows = stack.sql("SELECT seq, sender_id FROM messages WHERE conversation_id = %s ORDER BY sent_at_ms", life.room)
    assert [(row["seq"], row["sender_id"]) for row in rows] == [(1, ada.user_id), (2, bob.user_id)], "ids still mean something"
    room, group = bob.whole_room(life.room), bob.whole_group(life.group)
    assert [m["message"] for m in room] == ["", "bob's room"] and [m["message"] for m in group] == ["", "bob's group"]
    assert room[0]["removed"] is True and "removed" not in room[1]
    assert_ordered(room)
    assert bob.post_in_group(life.group, "and on").json()["seq"] == 3
    again = bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "are you there?"})
    assert_problem(again, 404, "not_found")
    assert ada.user_id not in {user["user_id"] for user in bob.get("/users").json()["users"]}
    assert bob.put("/notifications", {"chat_room_id": life.room}).status_code == 204
    assert [r["other_user_id"] for r in bob.get("/chat_rooms").json()["chat_rooms"]] == [ada.user_id]


def test_the_erased_can_do_nothing_and_the_address_is_free(stack, ada, bob, life):
    erase(stack, ada.email)
    assert_problem(ada.get("/users/profile"), 401, "invalid_token")
    assert_problem(ada.try_login(PASSWORD), 401, "invalid_credentials")
    assert_problem(ada.try_login(PASSWORD, f"erased-{ada.user_id}"), 422, "invalid_field")
    anew = stack.stranger("Ada", "Lovelace")
    anew.email = ada.email
    assert anew.register().status_code == 202
    link = anew.newest_link(2)
    assert anew.get(f"/register/{link}", token=None).status_code == 201
    anew.login()
    assert anew.get("/users/profile").json()["user_id"] > ada.user_id
    assert anew.get("/chat_rooms").json()["chat_rooms"] == []
    sent = anew.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "it's me again"})
    assert sent.status_code == 201 and sent.json()["chat_room_id"] != life.room


def test_messages_may_be_kept_but_not_the_name(stack, ada, bob, life):
    said, _ = erase(stack, ada.user_id, keep_messages=True)
    assert "was erased" in said
    assert texts(stack, life.room) == ["ada's room", "bob's room"]
    assert texts(stack, life.left) == ["ada was here"]
    assert stack.sql("SELECT 1 FROM messages WHERE conversation_id = %s", life.chat) == []
    assert ada.email not in stack.everything_in_database()
    erase(stack, ada.user_id, keep_messages=False)
    assert texts(stack, life.room) == ["", "bob's room"], "they may go later"


def test_a_dry_run_changes_nothing(stack, ada, bob, life):
    # Tokens are used and heartbeats move meanwhile: tables that only people change are compared.
    tables = ("users", "members", "present", "messages", "audit", "bot_chats", "chat_groups", "pending_registrations", "mail_outbox")
    before = {table: stack.sql(f"SELECT * FROM {table}") for table in tables}
    for dry_run in (True, None):
        said, found = erase(stack, ada.email, dry_run=dry_run)
        assert said == f"Dry run: user {ada.user_id} would be erased." and found["messages in rooms and groups"] == 3
    assert {table: stack.sql(f"SELECT * FROM {table}") for table in tables} == before
    assert ada.get("/users/profile").status_code == 200 and life.socket.close_code is None


def test_an_owner_hands_over_first(stack, ada, bob, life):
    owned = [ada.new_group("Hers"), ada.new_group("Hers too")]
    for dry_run in (True, False):
        with pytest.raises(Refused, match=f"User {ada.user_id} owns 2 groups .group {owned[0]}, \\.{{3}}.\\. Hand them over"):
            erase(stack, ada.email, dry_run=dry_run)
    assert row_of(stack, ada)["suspended_at_ms"] is None and ada.get("/users/profile").status_code == 200
    for group in owned:
        bob.enter(group)
        assert ada.put(f"/chat_groups/{group}", {"owner_id": bob.user_id}).status_code == 200
    erase(stack, ada.email)
    assert bob.group_row(owned[0])["members"] == 1


def test_after_an_interruption_it_goes_on(stack, ada, bob, life):
    """Somebody holds one of her messages, so the emptying fails; the second call finishes it."""
    holding = stack.database()
    try:
        holding.begin()
        with holding.cursor() as cursor:
            cursor.execute("SELECT sent_at_ms FROM messages WHERE conversation_id = %s AND sender_id = %s", (life.left, ada.user_id))
            at = cursor.fetchone()["sent_at_ms"]
            cursor.execute("SELECT 1 FROM messages WHERE conversation_id = %s AND sent_at_ms = %s FOR UPDATE", (life.left, at))
        with pytest.raises(Refused, match="1205"):
            stack.admin(f"SET SESSION innodb_lock_wait_timeout = 1; {call('admin_erase_user', ada.email, False, False)}")
    finally:
        holding.close()
    row = row_of(stack, ada)
    assert row["erased_at_ms"] is None and row["suspended_at_ms"] and row["email"] == ada.email
    assert_problem(ada.get("/users/profile"), 401, "invalid_token")
    erase(stack, ada.email)
    assert row_of(stack, ada)["erased_at_ms"] and texts(stack, life.left) == [""]


def test_a_long_history_goes_in_batches(stack, ada, bob, life):
    stack.sql(
        "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body)"
        " SELECT conversation_id, sent_at_ms + n.seq, m.seq + n.seq, sender_id, CONCAT('long ', n.seq)"
        " FROM messages m, seq_1_to_9999 n WHERE (conversation_id = %s OR conversation_id = %s) AND m.seq = 2",
        life.room, life.chat,
    )
    stack.sql("UPDATE messages SET sender_id = %s WHERE conversation_id = %s AND seq %% 2", ada.user_id, life.room)
    stack.sql("UPDATE conversations SET last_seq = 10001, last_sent_at_ms = last_sent_at_ms + 9999 WHERE id = %s", life.room)
    _, found = erase(stack, ada.email)
    assert found["messages in rooms and groups"] > 4000 and found["messages with the bot"] == 10001
    rows = stack.sql("SELECT sender_id, SUM(body = '') AS empty, COUNT(*) AS n FROM messages WHERE conversation_id = %s GROUP BY 1", life.room)
    by_sender = {row["sender_id"]: (int(row["empty"]), row["n"]) for row in rows}
    assert by_sender[ada.user_id][0] == by_sender[ada.user_id][1] >= 4999 and by_sender[bob.user_id][0] == 0
    assert stack.sql("SELECT 1 FROM messages WHERE conversation_id = %s LIMIT 1", life.chat) == []


def test_what_was_removed_before_loses_its_id_too(stack, ada, bob, life):
    ids = "SELECT client_msg_id FROM messages WHERE sender_id = %s AND client_msg_id IS NOT NULL"
    stack.admin(call("admin_remove_message", life.room, 1, False))
    assert b"adas-id" in [row["client_msg_id"] for row in stack.sql(ids, ada.user_id)]
    assert erase(stack, ada.email)[1]["messages in rooms and groups"] == 2
    assert stack.sql(ids, ada.user_id) == []


def test_a_group_whose_deletion_was_broken_off_is_not_forgotten(stack, ada, bob, life):
    secret = f"said by {ada.user_id} in the end"
    ada.post_in_group(life.group, secret)
    stack.sql("DELETE FROM chat_groups WHERE id = %s", life.group)
    stack.sql("UPDATE conversations SET kind = 0 WHERE id = %s", life.group)
    erase(stack, ada.email)
    assert not is_kept(stack, secret)
    assert stack.sql("SELECT 1 FROM members WHERE user_id = %s", ada.user_id) == []


def in_background(function):
    """Its results, which are there when the thread has ended."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    return thread, results


def wait_for_lock(stack, text):
    """Somebody waits for a lock with a statement like this."""
    sql = "SELECT 1 FROM information_schema.processlist WHERE time_ms > 500 AND info LIKE %s"
    wait_until(lambda: stack.sql(sql, text), deadline=40, what=f"a wait for a lock by {text}")


def test_what_waits_for_a_lock_is_refused_in_the_end(stack, ada, bob, life):
    """Ada's message was let in before, and waits while she is erased."""
    secret, key = f"said by {ada.user_id} late", f"late-id-{ada.user_id}"
    holding = stack.database()
    try:
        holding.begin()
        holding.cursor().execute("SELECT 1 FROM conversations WHERE id = %s FOR UPDATE", (life.room,))
        body = {"other_user_id": bob.user_id, "message": secret, "client_msg_id": key}
        thread, answers = in_background(lambda: ada.post("/chat_rooms", body))
        wait_for_lock(stack, "%FROM conversations%FOR UPDATE%")
        erase(stack, ada.email)
    finally:
        holding.close()
    thread.join()
    assert answers[0].status_code in (401, 404)
    assert not is_kept(stack, secret) and not is_kept(stack, key)
    bob.post_in_group(life.group, "later")
    life.bobs.wait_type("group_chat_message", message="later")
    assert secret not in repr(life.bobs.frames)


def test_what_is_stored_meanwhile_is_emptied(stack, ada, bob, life):
    """A writer who has not committed yet, by hand: erasing waits for it, and looks again."""
    writing = stack.database()
    try:
        writing.begin()
        with writing.cursor() as cursor:
            cursor.execute("UPDATE conversations SET last_seq = 3, last_sent_at_ms = last_sent_at_ms + 1 WHERE id = %s", (life.room,))
            cursor.execute("INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body) SELECT id, last_sent_at_ms, 3, %s, %s"
                           " FROM conversations WHERE id = %s", (ada.user_id, "just now", life.room))  # fmt: skip
            cursor.execute("UPDATE members SET read_seq = 3 WHERE conversation_id = %s AND user_id = %s", (life.room, ada.user_id))
        thread, said = in_background(lambda: erase(stack, ada.email))
        # The last thing before it has to wait.
        gone = "SELECT 1 FROM bot_chats WHERE user_id = %s"
        wait_until(lambda: not stack.sql(gone, ada.user_id), deadline=40, what="the end of the chat with the bot")
        writing.commit()
    finally:
        writing.close()
    thread.join()
    assert said and texts(stack, life.room) == ["", "bob's room", ""]


@pytest.mark.parametrize("keep", [False, True])
def test_what_waits_for_a_daemon_that_is_away_goes_too(stack, ada, bob, life, keep):
    """The text lies in `events` as well, until a daemon has acted on it."""
    secret, others = f"said by {ada.user_id} and waiting", f"said by {bob.user_id} and waiting"
    daemon = stack.pid("wsd")
    before = len(life.bobs.frames)
    os.kill(daemon, signal.SIGSTOP)
    try:
        assert ada.put("/users/profile", {"first_name": "Zoltania"}).status_code == 200
        assert ada.post(f"/chat_groups/{life.left}", {"is_enter": True}).status_code == 204
        assert ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": secret}).status_code == 201
        assert bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": others}).status_code == 201
        erase(stack, ada.email, keep_messages=keep)
        assert (is_kept(stack, others), is_kept(stack, secret)) == (True, keep)
        waiting = repr(stack.sql("SELECT payload FROM events"))
        assert (others in waiting, secret in waiting) == (True, keep)
        assert not is_kept(stack, "Zoltania") and "group_entered" in waiting and "group_left" in waiting
    finally:
        os.kill(daemon, signal.SIGCONT)
    life.bobs.wait_type("user_removed", after=before, user_id=ada.user_id)
    left = life.bobs.wait_type("group_chat_activitity", after=before, chat_group_id=life.group, user_id=ada.user_id)
    assert left["message"] == "Deleted user left the group"
    if not keep:
        life.bobs.wait_type("message_removed", after=before, chat_room_id=life.room, seq=3)


def test_addresses_of_others_stay_in_the_audit(stack, ada):
    """What contains his address is not his address."""
    kept = [f"n{ada.email}", f"x.{ada.email}", f"{ada.email}.uk", f"{ada.email}x", f"_{ada.email}", f"é{ada.email}"]
    gone = [f"{ada.email}.", f"'{ada.email.upper()}'", f"...{ada.email},", f"mailto:{ada.email}?", f"\n{ada.email}", f"\x01{ada.email}"]
    details = [json.dumps({"answer": text}, ensure_ascii=text.isascii()) for text in kept + gone]
    for text in details:
        stack.sql("INSERT INTO audit (at_ms, actor, action, target, details) VALUES (1, 'x', 'test', %s, %s)", f"near {ada.user_id}", text)
    erase(stack, ada.email)
    rows = stack.sql("SELECT details FROM audit WHERE target = %s ORDER BY id", f"near {ada.user_id}")
    assert [row["details"] for row in rows[: len(kept)]] == details[: len(kept)]
    for row in rows[len(kept) :]:
        assert ada.email not in row["details"].lower() and "erased" in json.loads(row["details"])["answer"], row


def test_nobody_is_not_erased(stack):
    with pytest.raises(Refused, match="There is no user"):
        erase(stack, "nobody@example.org")
