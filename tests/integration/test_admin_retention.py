"""sql/admin/retention.sql: what is too old goes, in batches; numbers, marks and cursors of the rest stay right."""

import json
import threading

import pytest

from support.administration import Refused, call
from support.checks import assert_ordered
from support.groups import LONG_AGO

DAY_MS = 86400 * 1000


def age(stack, conversation, up_to, days):
    """Makes the messages up to this seq so many days older, as if they had been sent then."""
    stack.sql(
        "UPDATE messages SET sent_at_ms = sent_at_ms - %s WHERE conversation_id = %s AND seq <= %s ORDER BY sent_at_ms",
        days * DAY_MS, conversation, up_to,
    )


def room_of(ada, bob, count):
    sent = [ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": f"m{i}"}).json() for i in range(1, count + 1)]
    return sent[0]["chat_room_id"]


def seqs(stack, conversation):
    rows = stack.sql("SELECT seq FROM messages WHERE conversation_id = %s ORDER BY sent_at_ms", conversation)
    return [row["seq"] for row in rows]


def delete(stack, days, kind=None, batch=None, dry_run=False):
    return stack.admin(call("admin_delete_old_messages", days, kind, batch, dry_run))[-1][0]


def audit(stack):
    rows = stack.sql("SELECT id, actor, details FROM audit WHERE action = 'delete_old_messages' ORDER BY id")
    assert all(row["actor"].startswith("parlor_admin@") for row in rows)
    return [json.loads(row["details"]) for row in rows]


def test_what_is_older_goes_and_the_rest_is_as_it_was(stack, ada, bob):
    room = room_of(ada, bob, 10)
    age(stack, room, 7, 40)
    age(stack, room, 3, 20)
    rest = bob.whole_room(room)[3:]
    assert delete(stack, 50)["messages"] == "3"
    assert bob.whole_room(room) == rest == ada.whole_room(room)
    assert_ordered(rest, first_seq=4)
    assert bob.notification(room)["unread"] == 7, "what is unread is what is there"
    assert ada.notification(room)["unread"] == 0
    assert delete(stack, 30)["messages"] == "4"
    assert bob.notification(room)["unread"] == 3
    assert delete(stack, 30)["messages"] == "0", "repeating does nothing more"


def test_numbers_go_on_and_cursors_stay_good(stack, ada, bob):
    room = room_of(ada, bob, 8)
    age(stack, room, 5, 10)
    before = bob.whole_room(room)
    socket = bob.socket()
    delete(stack, 9)
    # A client that has the first two goes on after them; one that scrolls back from the newest ends at the border.
    page = bob.history(room, timestamp=before[1]["timestamp"])
    assert ([m["seq"] for m in page["messages"]], page["has_more"]) == ([6, 7, 8], False)
    page = bob.history(room, timestamp=before[6]["timestamp"], before=True)
    assert ([m["seq"] for m in page["messages"]], page["has_more"]) == ([6], False)
    page = bob.history(room, timestamp=before[5]["timestamp"], before=True)
    assert (page["messages"], page["has_more"]) == ([], False)
    # To have read up to a message that is gone moves nothing back.
    assert bob.put("/notifications", {"chat_room_id": room, "timestamp": before[1]["timestamp"]}).status_code == 204
    assert bob.notification(room)["unread"] == 3
    assert bob.put("/notifications", {"chat_room_id": room, "timestamp": before[6]["timestamp"]}).status_code == 204
    assert bob.notification(room)["unread"] == 1
    sent = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "next"}).json()
    assert sent["seq"] == 9
    assert socket.wait_type("room_chat_message", message="next")["seq"] == 9
    assert [m["seq"] for m in bob.whole_room(room)] == [6, 7, 8, 9]


def test_an_emptied_conversation_goes_on(stack, ada, bob):
    room = room_of(ada, bob, 4)
    age(stack, room, 4, 10)
    delete(stack, 9)
    assert bob.history(room) == {"messages": [], "has_more": False}
    assert bob.notification(room)["unread"] == 0
    assert [r["chat_room_id"] for r in bob.get("/chat_rooms").json()["chat_rooms"]] == [room]
    assert ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "again"}).json()["seq"] == 5
    assert bob.notification(room)["unread"] == 1


def test_a_kind_alone(stack, ada, bob):
    socket = ada.socket()
    room, group = room_of(ada, bob, 2), ada.new_group()
    ada.enter_seen(group, socket)
    bob.enter(group)
    for i in range(2):
        ada.say_in_group(socket, group, f"g{i}")
    ada.ask_bot(socket, "Hello")
    (chat,) = stack.sql("SELECT id FROM bot_chats WHERE user_id = %s", ada.user_id)
    for conversation in (room, group, chat["id"]):
        age(stack, conversation, 2, 10)
    delete(stack, 9, "group")
    assert [len(seqs(stack, c)) for c in (room, group, chat["id"])] == [2, 0, 2]
    assert bob.group_notification(group)["unread"] == 0
    delete(stack, 9, "bot")
    assert [len(seqs(stack, c)) for c in (room, group, chat["id"])] == [2, 0, 0]
    assert ada.get("/chat_bot", query={"timestamp": LONG_AGO}).json()["messages"] == []
    question, answer = ada.ask_bot(socket, "Hello")
    assert (question["seq"], answer["seq"]) == (3, 4)
    delete(stack, 9, "room")


def test_a_dry_run_counts_and_changes_nothing(stack, ada, bob):
    room = room_of(ada, bob, 6)
    age(stack, room, 4, 10)
    before, written = seqs(stack, room), audit(stack)
    for dry_run in (True, None):
        said = delete(stack, 9, "room", None, dry_run)
        assert int(said["messages"]) == 4 and said["result"].startswith("Dry run: 4 messages of 1 conversations")
    assert seqs(stack, room) == before and audit(stack) == written and bob.notification(room)["unread"] == 6
    delete(stack, 9)


def test_small_batches_do_the_same_and_the_audit_counts(stack, ada, bob):
    room = room_of(ada, bob, 9)
    age(stack, room, 7, 10)
    written = len(audit(stack))
    assert "7 messages of 1 conversations" in delete(stack, 9, "room", 2)["result"]
    assert seqs(stack, room) == [8, 9]
    assert audit(stack)[written:] == [{"days": 9, "kind": "room", "messages": 7}]


def test_an_interrupted_run_leaves_whole_batches(stack, ada, bob):
    """Somebody holds a message of the second batch; the run gives up there, and the next one goes on."""
    room = room_of(ada, bob, 6)
    age(stack, room, 6, 10)
    written = len(audit(stack))
    holding = stack.database()
    try:
        holding.begin()
        with holding.cursor() as cursor:
            cursor.execute("SELECT sent_at_ms FROM messages WHERE conversation_id = %s AND seq = 4", (room,))
            fourth = cursor.fetchone()["sent_at_ms"]
            cursor.execute("SELECT 1 FROM messages WHERE conversation_id = %s AND sent_at_ms = %s FOR UPDATE", (room, fourth))
        with pytest.raises(Refused, match=f"Conversation {room} stays locked; 2 messages were deleted"):
            stack.admin(f"SET SESSION innodb_lock_wait_timeout = 1; {call('admin_delete_old_messages', 9, 'room', 2, False)}")
    finally:
        holding.close()
    assert seqs(stack, room) == [3, 4, 5, 6] and bob.notification(room)["unread"] == 4
    assert audit(stack)[written:] == [{"days": 9, "kind": "room", "messages": 2}]
    assert delete(stack, 9, "room", 2)["messages"] == "4"


def test_people_go_on_talking_meanwhile(stack, ada, bob):
    room = room_of(ada, bob, 200)
    age(stack, room, 200, 10)
    socket, sent = ada.socket(), []
    deleting = threading.Thread(target=delete, args=(stack, 9, "room", 5))
    deleting.start()
    while deleting.is_alive() or len(sent) < 20:
        sent.append(ada.send_acked(socket, bob, f"live {len(sent)}")["seq"])
    deleting.join()
    assert sent == list(range(201, 201 + len(sent)))
    assert [m["seq"] for m in bob.whole_room(room)] == sent
    assert bob.notification(room)["unread"] == len(sent)


def test_what_stays_is_not_read(stack, ada, bob):
    """However long a conversation is: one look into the index says that there is nothing to do."""
    room = room_of(ada, bob, 1)
    stack.sql(
        "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body)"
        " SELECT conversation_id, sent_at_ms + n.seq, m.seq + n.seq, sender_id, 'young' FROM messages m, seq_1_to_4000 n"
        " WHERE conversation_id = %s AND m.seq = 1",
        room,
    )
    stack.sql("UPDATE conversations SET last_seq = 4001, last_sent_at_ms = last_sent_at_ms + 4000 WHERE id = %s", room)
    connection = stack.database()
    try:
        with connection.cursor() as cursor:
            cursor.execute("FLUSH STATUS")
            cursor.execute(call("admin_delete_old_messages", 9999, None, None, False))
            assert cursor.fetchone()["messages"] == 0
            while cursor.nextset():
                pass
            cursor.execute("SHOW STATUS LIKE 'Handler_read%'")
            reads = {row["Variable_name"]: int(row["Value"]) for row in cursor.fetchall()}
            cursor.execute("SELECT COUNT(*) AS n FROM conversations")
            assert sum(reads.values()) < 1000 + 4 * cursor.fetchone()["n"], reads
    finally:
        connection.close()


@pytest.mark.parametrize(
    "arguments, why",
    [
        ((0, None, None, False), "Days must be 1 to 36500"),
        ((None, None, None, False), "Days must be 1 to 36500"),
        ((1000000, None, None, True), "Days must be 1 to 36500"),
        ((5, "rooms", None, False), "kind is room, group or bot"),
        ((5, None, 0, False), "batch is 1 to 10000"),
        ((5, None, 10001, False), "batch is 1 to 10000"),
    ],
)
def test_nonsense_is_refused(stack, arguments, why):
    with pytest.raises(Refused, match=why):
        delete(stack, *arguments)
