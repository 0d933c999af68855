"""sql/admin/messages.sql: the text of a message goes, its place stays; live, in history, with the bot."""

import os
import signal

import pytest
from support.administration import Refused, call
from support.checks import assert_ordered
from support.waiting import wait_until

SECRET = "the text that must go 4711"


def remove(stack, conversation, seq, dry_run=False):
    return stack.admin(call("admin_remove_message", conversation, seq, dry_run))[-1][0]["result"]


def nowhere(stack, text):
    """Not in any table, once the daemon has worked off its events."""
    wait_until(lambda: text not in stack.everything_in_database(), what="no table that still has the text")


def test_a_room_forgets_a_text_and_keeps_its_place(stack, ada, bob):
    sockets = [ada.socket(), bob.socket()]
    room = ada.send_acked(sockets[0], bob, "one")["chat_room_id"]
    mine = ada.send_acked(sockets[0], bob, SECRET, "key")
    ada.send_acked(sockets[0], bob, "three")
    for socket in sockets:
        socket.wait_type("room_chat_message", chat_room_id=room, seq=3)
    assert "Would remove the text of message 2" in remove(stack, room, 2, True)
    assert bob.whole_room(room)[1]["message"] == SECRET
    assert f"{len(SECRET)} bytes by user {ada.user_id}" in remove(stack, room, 2)
    for socket in sockets:
        heard = socket.wait_type("message_removed", chat_type="room", chat_room_id=room)
        assert (heard["seq"], heard["timestamp"]) == (2, mine["timestamp"])
    messages = bob.whole_room(room)
    assert_ordered(messages)
    assert [m["message"] for m in messages] == ["one", "", "three"]
    assert [m.get("removed") for m in messages] == [None, True, None]
    assert bob.notification(room)["unread"] == 3, "its place counts as ever"
    nowhere(stack, SECRET)
    assert "Removed before" in remove(stack, room, 2)
    target = f"conversation {room} message 2"
    assert len(stack.admin(f"SELECT 1 FROM audit WHERE target = '{target}'")[0]) == 1
    # Its client_msg_id is still taken: a repeat does not bring the text back.
    repeat = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET, "client_msg_id": "key"})
    assert repeat.status_code == 200
    assert (repeat.json()["seq"], repeat.json()["message"], repeat.json()["removed"]) == (2, "", True)
    nowhere(stack, SECRET)


def test_those_in_a_group_hear_of_it(stack, ada, bob, eve):
    group = ada.new_group()
    here, away = bob.socket(), eve.socket()
    bob.enter_seen(group, here)
    for text in ("one", SECRET):
        assert ada.post_in_group(group, text).status_code == 201
    here.wait_type("group_chat_message", chat_group_id=group, seq=2)
    remove(stack, group, 2)
    here.wait_type("message_removed", chat_type="group", chat_group_id=group, seq=2)
    assert [m["message"] for m in eve.whole_group(group)] == ["one", ""]
    assert ada.post_in_group(group, "three").status_code == 201
    here.wait_type("group_chat_message", chat_group_id=group, seq=3)
    assert away.of_type("message_removed") == []
    nowhere(stack, SECRET)


def test_question_and_answer_of_the_bot(stack, ada):
    socket = ada.socket()
    question, answer = ada.ask_bot(socket, f"what is {SECRET}?")
    chat = stack.sql("SELECT id FROM bot_chats WHERE user_id = %s", ada.user_id)[0]["id"]
    for part in (question, answer):
        remove(stack, chat, part["seq"])
        socket.wait_type("message_removed", chat_type="bot", seq=part["seq"])
    shown = [(m["message"], m["removed"], m["is_user"]) for m in ada.whole_bot_chat()]
    assert shown == [("", True, True), ("", True, False)]
    nowhere(stack, SECRET)


def test_what_waits_for_a_daemon_that_is_away_is_gone_too(stack, ada, bob):
    """The text lies in `events` as well, until a daemon has acted on it."""
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "one"}).json()["chat_room_id"]
    daemon = stack.pid("wsd")
    os.kill(daemon, signal.SIGSTOP)
    try:
        assert ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET}).status_code == 201
        assert SECRET in repr(stack.sql("SELECT payload FROM events"))
        remove(stack, room, 2)
        assert SECRET not in stack.everything_in_database()
    finally:
        os.kill(daemon, signal.SIGCONT)
    socket = bob.socket()
    ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "three"})
    socket.wait_type("room_chat_message", chat_room_id=room, seq=3)
    nowhere(stack, SECRET)


def test_who_is_writing_an_event_holds_nobody_up(stack, ada, bob):
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET}).json()["chat_room_id"]
    writing = stack.database()
    try:
        writing.begin()
        writing.cursor().execute("INSERT INTO events (created_at_ms, payload) VALUES (1, '{}')")
        waiting = call("admin_remove_message", room, 1, False)
        assert "Removed the text" in stack.admin(f"SET SESSION innodb_lock_wait_timeout = 1; {waiting}")[-1][0]["result"]
    finally:
        writing.close()  # rolled back
    nowhere(stack, SECRET)


@pytest.mark.parametrize("count", [1, 2, 37])
def test_each_message_of_a_conversation_is_found(stack, ada, bob, count):
    group = ada.new_group()
    for number in range(count):
        assert ada.post_in_group(group, f"m{number}").status_code == 201
    rows = stack.sql("SELECT seq, sent_at_ms FROM messages WHERE conversation_id = %s ORDER BY seq", group)
    for row in rows:
        at = stack.admin(f"CALL internal_find_message({group}, {row['seq']}, @at); SELECT @at AS at")[-1][0]["at"]
        assert at == str(row["sent_at_ms"])
    for seq in (0, count + 1, 10**12):
        with pytest.raises(Refused, match="has no message"):
            remove(stack, group, seq)


def test_unknown_conversations_are_told(stack):
    for unknown in (999999999, None):
        with pytest.raises(Refused, match="There is no conversation"):
            remove(stack, unknown, 1)
