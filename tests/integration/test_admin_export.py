"""sql/admin/export.sql: everything of a person, a JSON document a line, whatever people have written."""

import json
import os
import subprocess

import pytest

from support.administration import Refused, call

HOSTILE = [
    "tab\tnewline\nreturn\rformfeed\fbackspace\bescape\x1bdelete\x7f",
    "\x01\x02\x1f control",
    'quotes " \' ` and \\ backslashes \\\\ \\n \\t \\" \\u0041',
    "emoji 🙂👩‍👩‍👧 flags 🇩🇪, Ω 漢字 עברית \u202e rtl",
    "line\u2028separator\u2029paragraph\u0085next",
    '{"kind": "end"}\n{"kind": "profile"}',
    "'); DROP TABLE users; --",
    "NULL",
    "\\N",
    " ",
    "x" * 16000,
    "🙂" * 4000,
    "\n" * 16000,
]


def export(stack, user, *options):
    """The lines as administrators get them, each read by itself."""
    password = (stack.var / "etc" / "password.ADMIN").read_text().strip()
    done = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={stack.var}/run/mariadb.sock", "--user=parlor_admin", "--quick", "--batch", "--raw"]
        + ["--skip-column-names", *options, "parlor", "-e", call("admin_export_user", user)],
        capture_output=True, env={**os.environ, "MYSQL_PWD": password}, timeout=120,
    )
    if done.returncode != 0:
        raise Refused(done.stderr.decode())
    return [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]


def of_kind(lines, kind, **fields):
    return [line for line in lines if line["kind"] == kind and all(line[k] == v for k, v in fields.items())]


@pytest.mark.parametrize("charset", ["utf8mb4", "latin1"])
def test_hostile_texts_come_back_as_they_were_written(stack, ada, bob, charset):
    for i, text in enumerate(HOSTILE):
        body = {"other_user_id": bob.user_id, "message": text, "client_msg_id": f"id\t🙂\\{i}"}
        assert ada.post("/chat_rooms", body).status_code == 201
    assert bob.put("/users/profile", {"first_name": "Bob\\ \"O'", "last_name": "🙂"}).status_code == 200
    for person, own in ((ada, True), (bob, False)):
        lines = export(stack, person.email, f"--default-character-set={charset}")
        messages = of_kind(lines, "message")
        assert [m["message"] for m in messages] == HOSTILE
        assert [m["seq"] for m in messages] == list(range(1, len(HOSTILE) + 1))
        assert {(m["own"], m["removed"], m["sender_id"]) for m in messages} == {(own, False, ada.user_id)}
        ids = [m["client_msg_id"] for m in messages]
        assert ids == ([f"id\t🙂\\{i}" for i in range(len(HOSTILE))] if own else [None] * len(HOSTILE))
    assert of_kind(export(stack, ada.email, "--default-character-set=latin1"), "room")[0]["first_name"] == "Bob\\ \"O'"


def test_everything_of_a_person_is_there_and_nothing_of_others(stack, ada, bob, eve):
    socket = ada.socket()
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "mine"}).json()["chat_room_id"]
    bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "for her"})
    eve.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "not about her"})
    own, other = ada.new_group("Hers"), bob.new_group("His")
    ada.enter_seen(own, socket)
    ada.enter(other)
    ada.say_in_group(socket, other, "I was here")
    ada.leave(other)
    assert ada.delete(f"/chat_groups/{other}/members/{ada.user_id}").status_code == 204
    bob.post_in_group(other, "not hers either")
    question, answer = ada.ask_bot(socket, "Hello")
    ada.try_login("wrong password 1")
    stack.sql("INSERT INTO mail_outbox (kind, recipient, recipient_name, created_at_ms, next_attempt_at_ms, failed_at_ms)"
              " VALUES ('password_changed', %s, 'Ada', 1, 1, 1)", ada.email)  # fmt: skip
    stack.sql("UPDATE messages SET body = '', flags = 4 WHERE conversation_id = %s AND seq = 2", room)
    gone = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "gone"}).json()["seq"]
    stack.admin(call("admin_remove_message", room, gone, False))
    ada.enter(other)
    stack.admin(call("admin_remove_member", other, ada.user_id))

    lines = export(stack, ada.user_id)
    stack.sql("DELETE FROM mail_outbox WHERE recipient = %s", ada.email)
    assert (lines[0]["kind"], lines[0]["user_id"], lines[-1]) == ("export", ada.user_id, {"kind": "end", "user_id": ada.user_id})
    (profile,) = of_kind(lines, "profile")
    assert (profile["email"], profile["first_name"], profile["last_name"]) == (ada.email, "Ada", "Lovelace")
    assert profile["created_at"].startswith(ada.get("/users/profile").json()["created_at"][:23])
    assert of_kind(lines, "registration")[0]["confirmed"] is True
    assert len(of_kind(lines, "session")) == 1 and of_kind(lines, "online")
    assert len(of_kind(lines, "wrong_password")) == 1 and of_kind(lines, "wrong_registration")
    assert [(g["chat_group_id"], g["name"]) for g in of_kind(lines, "group")] == [(own, "Hers")]
    kinds = {m["conversation_id"]: m["chat_type"] for m in of_kind(lines, "membership")}
    assert kinds[room] == "room" and kinds[own] == "group" and other not in kinds and "bot" in kinds.values()
    (mark,) = of_kind(lines, "membership", conversation_id=room)
    assert (mark["read_seq"], mark["last_seq"], mark["unread"]) == (3, 3, 0)
    assert [p["chat_group_id"] for p in of_kind(lines, "present")] == [own]
    assert [(r["chat_room_id"], r["other_user_id"], r["first_name"]) for r in of_kind(lines, "room")] == [(room, bob.user_id, "Bob")]
    assert of_kind(lines, "mail")[0]["recipient"] == ada.email
    audit = [(row["action"], row["target"]) for row in of_kind(lines, "audit")]
    assert audit == [
        ("remove_message", f"conversation {room} message {gone}"),
        ("remove_member", f"group {other}"),
        ("export_user", f"user {ada.user_id}"),
    ], "this export is written down itself"
    said = [(m["chat_type"], m["own"], m["message"], m["removed"]) for m in of_kind(lines, "message")]
    assert said == [
        ("room", True, "mine", False),
        ("room", False, "", True),
        ("room", True, "", True),
        ("bot", True, "Hello", False),
        ("bot", False, answer["message"], False),
        ("group", True, "I was here", False),
    ]
    text = json.dumps(lines)
    assert "$argon2" not in text and "hash" not in text and "not about her" not in text and bob.email not in text


def test_a_hundred_thousand_messages(stack, ada, bob):
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "first"}).json()["chat_room_id"]
    stack.sql(
        "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body)"
        " SELECT %s, m.sent_at_ms + n.seq, n.seq + 1, %s, CONCAT('line\\n\\t', n.seq)"
        " FROM messages m, seq_1_to_99999 n WHERE m.conversation_id = %s",
        room, bob.user_id, room,
    )
    stack.sql("UPDATE conversations SET last_seq = 100000, last_sent_at_ms = last_sent_at_ms + 100000 WHERE id = %s", room)
    messages = of_kind(export(stack, ada.email), "message")
    assert len(messages) == 100000 and messages[-1]["message"] == "line\n\t99999"
    assert [m["seq"] for m in messages] == list(range(1, 100001))
    stack.sql("DELETE FROM messages WHERE conversation_id = %s AND seq > 1", room)


def test_nobody_is_not_exported(stack):
    before = stack.sql("SELECT COUNT(*) AS n FROM audit")
    with pytest.raises(Refused, match="There is no user nobody@example.org"):
        export(stack, "nobody@example.org")
    assert stack.sql("SELECT COUNT(*) AS n FROM audit") == before
