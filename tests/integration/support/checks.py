"""Assertions that many tests share."""

import re
from datetime import datetime, timezone

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def assert_timestamp(text):
    assert isinstance(text, str) and TIMESTAMP.fullmatch(text), text


def to_ms(text):
    """Milliseconds since 1970 of one of the server's timestamps."""
    assert_timestamp(text)
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


def assert_problem(answer, status, code, field=None):
    """An error in the one shape that all errors have."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["code"] == code, body
    assert body["type"] == "about:blank"
    assert body["title"] and body["detail"]
    if field is not None:
        assert body["field"] == field, body
    return body


def assert_retry_after(answer):
    assert int(answer.headers["Retry-After"]) >= 1


def assert_ordered(messages, first_seq=1):
    """A conversation: seq without holes, timestamps strictly increasing."""
    assert [m["seq"] for m in messages] == list(range(first_seq, first_seq + len(messages)))
    times = [to_ms(m["timestamp"]) for m in messages]
    assert all(a < b for a, b in zip(times, times[1:]))


def marker(sender, receiver_socket, receiver, text):
    """Something that surely arrives: whatever did not come before it was not sent.

    Call it after what it follows is known to be delivered elsewhere (an ack, a frame at another socket).
    """
    answer = sender.post("/chat_rooms", {"other_user_id": receiver.user_id, "message": text})
    assert answer.status_code == 201, answer.text
    receiver_socket.wait_type("room_chat_message", message=text)


def assert_not_arrived(socket, kind, **fields):
    assert socket.of_type(kind, **fields) == []


def announcements(socket, group, person=None):
    """[(user_id, is_enter), …] that this socket heard of this group, or of one person in it."""
    heard = socket.of_type("group_chat_activitity", chat_group_id=group)
    return [(f["user_id"], f["is_enter"]) for f in heard if person is None or f["user_id"] == person.user_id]


def texts_in_group(socket, group):
    return [f["message"] for f in socket.of_type("group_chat_message", chat_group_id=group)]


def let_the_grace_pass(stack, watcher):
    """Somebody vanishes now: when that is told, the grace of whoever vanished before is over too."""
    last = stack.person("Clock")
    socket = last.socket()
    watcher.wait_type("user_activity", user_id=last.user_id, login=True)
    socket.vanish()
    watcher.wait_type("user_activity", user_id=last.user_id, login=False)
