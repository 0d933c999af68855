"""Read marks, unread counts and notification_update (protocol.md, promise 6)."""

import pytest

from support.checks import assert_not_arrived, assert_problem, marker


def say(sender, receiver, text):
    answer = sender.post("/chat_rooms", {"other_user_id": receiver.user_id, "message": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_marks_never_move_backwards(stack, ada, bob):
    sent = [say(ada, bob, f"n{n}") for n in range(1, 6)]
    room = sent[0]["chat_room_id"]

    def mark(**body):
        assert bob.put("/notifications", {"chat_room_id": room, **body}).status_code == 204
        return bob.notification(room)["unread"]

    assert bob.notification(room)["unread"] == 5
    assert mark(timestamp=sent[2]["timestamp"]) == 2
    assert mark(timestamp=sent[0]["timestamp"]) == 2
    assert mark(timestamp="1970-01-01T00:00:00Z") == 2
    assert mark(timestamp="2999-01-01T00:00:00Z") == 0
    assert mark(timestamp=sent[3]["timestamp"]) == 0
    say(ada, bob, "one more")
    assert bob.notification(room)["unread"] == 1, "never beyond the newest message"
    assert mark() == 0
    assert bob.notification(room)["is_read"] is True


def test_sending_moves_the_own_mark(stack, ada, bob):
    room = say(ada, bob, "question")["chat_room_id"]
    assert bob.notification(room)["unread"] == 1
    say(bob, ada, "answer")
    assert bob.notification(room)["unread"] == 0
    row = ada.notification(room)
    assert row["unread"] == 1 and row["user_id"] == bob.user_id
    rooms = {r["chat_room_id"]: r for r in ada.get("/chat_rooms").json()["chat_rooms"]}
    assert rooms[room]["unread"] == 1 and rooms[room]["last_seq"] == 2


def test_all_own_sockets_hear_of_a_mark_and_nobody_else(stack, ada, bob):
    one, two, other = bob.socket(), bob.socket(), ada.socket()
    sent = [say(ada, bob, "a"), say(ada, bob, "b")]
    room = sent[0]["chat_room_id"]
    assert bob.put("/notifications", {"chat_room_id": room, "timestamp": sent[0]["timestamp"]}).status_code == 204
    for socket in (one, two):
        update = socket.wait_type("notification_update", chat_room_id=room)
        assert update == {
            "type": "notification_update",
            "chat_room_id": room,
            "unread": 1,
            "timestamp": sent[1]["timestamp"],
        }
    marker(bob, other, ada, "after the mark")
    assert_not_arrived(other, "notification_update")


def test_newest_first(stack, ada, bob, eve):
    first, second = say(bob, ada, "1"), say(eve, ada, "2")
    say(bob, ada, "3")
    rows = ada.get("/notifications").json()["notifications"]
    assert [r["chat_room_id"] for r in rows] == [first["chat_room_id"], second["chat_room_id"]]
    assert [r["unread"] for r in rows] == [2, 1]


def test_marks_are_for_the_members_alone(stack, ada, bob, eve):
    room = say(ada, bob, "private")["chat_room_id"]
    assert_problem(eve.put("/notifications", {"chat_room_id": room}), 404, "not_found")
    assert_problem(ada.put("/notifications", {"chat_room_id": 999999999}), 404, "not_found")
    assert_problem(ada.put("/notifications", {"chat_group_id": room}), 404, "not_found")


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "chat_room_id"),
        ({"chat_room_id": "1"}, "chat_room_id"),
        ({"chat_room_id": None}, "chat_room_id"),
        ({"chat_room_id": 1.5}, "chat_room_id"),
        ({"chat_room_id": True}, "chat_room_id"),
        ({"chat_room_id": -1}, "chat_room_id"),
        ({"chat_room_id": 1, "timestamp": "soon"}, "timestamp"),
    ],
)
def test_a_bad_field_is_named(stack, ada, body, field):
    assert_problem(ada.put("/notifications", body), 422, "invalid_field", field)
