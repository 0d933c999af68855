"""The judges of support/contracts.py judge: what the documents do not name is found. And asyncapi.yaml agrees with
protocol.md. (What openapi.yaml agrees with: tests/contract.)"""

import json
import re

import pytest

from support.contracts import ASYNCAPI, DOCS, OPENAPI, Acks

JSON = {"Content-Type": "application/json", "Cache-Control": "no-store", "ETag": f'"{"0a" * 32}"'}
PROBLEM = {**JSON, "Content-Type": "application/problem+json"}
AT = "2026-11-22T17:07:00.001Z"
POSTED = {"chat_group_id": 21, "user_id": 7, "seq": 13, "message": "x", "timestamp": AT, "duplicate": False}
UNREAD = {"chat_group_id": 21, "user_id": 7, "is_read": False, "unread": 2, "timestamp": AT}
USER = {"user_id": 7, "first_name": "Ada", "last_name": "Lovelace", "online": True}
MESSAGE = {
    "type": "group_chat_message",
    "user_id": 7,
    "chat_group_id": 21,
    "seq": 13,
    "message": "x",
    "timestamp": "2026-11-22T17:07:00.001Z",
}

QUESTION = {"is_user": True, "message": "x", "timestamp": AT, "seq": 1}
ANSWER = {"is_user": False, "message": "y", "timestamp": AT, "seq": 2}
ENTERED = {
    "type": "group_chat_activitity",
    "message": "Ada entered the group",
    "chat_group_id": 21,
    "user_id": 7,
    "is_enter": True,
}


def answer(body, method="GET", path="/users", status=200, headers=None):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return OPENAPI.error_of(method, path, status, JSON if headers is None else headers, text)


def problem(**changes):
    return {"type": "about:blank", "title": "t", "status": 404, "code": "not_found", "detail": "d", **changes}


def test_a_documented_answer_passes():
    assert answer({"users": [USER]}) is None
    assert answer(problem(), path="/chat_groups/9", status=404, headers=PROBLEM) is None
    assert answer(b"", method="POST", path="/chat_groups/9", status=204) is None
    assert answer(problem(), path="/nothing/here", status=404, headers=PROBLEM) is None
    assert refused(405, PROBLEM | {"Allow": "GET, HEAD, POST, PUT"}) is None  # the worker's, of the path
    assert refused(405, PROBLEM | {"Allow": "GET, HEAD, POST, PUT, DELETE"}) is None  # nginx's
    assert refused(401, PROBLEM | {"WWW-Authenticate": "Bearer"}) is None
    for status, duplicate in ((201, False), (200, True)):
        assert posted(status, duplicate=duplicate) is None
    assert notified() is None
    assert notified(unread=0, is_read=True) is None


def refused(status, headers, method="PATCH"):
    code = {401: "invalid_token", 405: "method_not_allowed", 429: "too_many_requests"}[status]
    return answer(problem(status=status, code=code), method, "/chat_groups/9", status, headers)


def posted(status, **changes):
    return answer({**POSTED, **changes}, "POST", "/chat_groups/21/messages", status)


def notified(**changes):
    return answer({"notifications": [{**UNREAD, **changes}]}, path="/notifications")


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "max-age=60"},
        {"Cache-Control": "no-store, private"},
        {"ETag": '"x"'},
        {"ETag": 'W/' + JSON["ETag"]},
    ],
)
def test_a_wrong_header_is_found(headers):
    assert answer({"users": [USER]}, headers={**JSON, **headers}) is not None


@pytest.mark.parametrize(
    "status, headers",
    [
        (401, {}),
        (401, {"WWW-Authenticate": "Basic"}),
        (405, {}),
        (405, {"Allow": ""}),
        (405, {"Allow": "GET"}),
        (405, {"Allow": "GET, HEAD, POST, PUT, PATCH"}),
        (405, {"Allow": "GET HEAD POST PUT"}),
        (429, {}),
        (429, {"Retry-After": "0"}),
        (429, {"Retry-After": "soon"}),
        (429, {"Retry-After": "-1"}),
    ],
)
def test_a_refusal_without_its_header_is_found(status, headers):
    assert refused(status, PROBLEM | headers) is not None
    if status != 405:
        assert refused(status, PROBLEM | headers, "GET") is not None


@pytest.mark.parametrize("status, duplicate", [(200, False), (201, True)])
def test_a_repeat_with_the_wrong_status_is_found(status, duplicate):
    assert posted(status, duplicate=duplicate) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"is_read": True},
        {"unread": 0},
        {"chat_room_id": 1},
        {"timestamp": "2026-13-22T17:07:00.001Z"},
        {"timestamp": "2026-11-32T17:07:00.001Z"},
        {"timestamp": "2026-11-22T24:07:00.001Z"},
    ],
)
def test_a_wrong_notification_is_found(change):
    assert notified(**change) is not None


@pytest.mark.parametrize(
    "body, is_good",
    [
        ({"chat_room_id": 1}, True),
        ({"chat_room_id": 1, "chat_group_id": None, "timestamp": None}, True),
        ({"chat_room_id": None, "chat_group_id": 1, "more": 1}, True),
        ({"chat_room_id": 1, "chat_group_id": 2}, False),
        ({"chat_room_id": None, "chat_group_id": None}, False),
        ({"chat_room_id": 0}, False),
        ({"chat_room_id": "1"}, False),
        ({}, False),
    ],
)
def test_null_is_not_given(body, is_good):
    assert OPENAPI.takes("PUT", "/notifications", body) == is_good


@pytest.mark.parametrize(
    "what",
    [
        {"body": {"users": [{**USER, "email": "ada@example.org"}]}},
        {"body": {"users": [USER], "count": 1}},
        {"body": {"users": [{**USER, "user_id": "7"}]}},
        {"body": {"users": [{"user_id": 7}]}},
        {"body": {}},
        {"body": b"not json"},
        {"body": {"users": [USER]}, "status": 418},
        {"body": {"users": [USER]}, "status": 201},
        {"body": {"users": [USER]}, "headers": {**JSON, "Content-Type": "text/html"}},
        {"body": {"users": [USER]}, "path": "/users/group"},
        {"body": {"users": [USER]}, "method": "POST"},
        {"body": problem(extra=1), "path": "/chat_groups/9", "status": 404, "headers": PROBLEM},
        {"body": problem(code="unheard_of"), "path": "/chat_groups/9", "status": 404, "headers": PROBLEM},
        {"body": problem(), "path": "/chat_groups/9", "status": 404},
        {"body": problem(), "path": "/nothing/here", "status": 404},
        {"body": b"{}", "method": "POST", "path": "/chat_groups/9", "status": 204},
        {
            "body": problem(status=429, code="too_many_requests"),
            "path": "/chat_groups/9",
            "status": 429,
            "headers": PROBLEM,  # without Retry-After
        },
    ],
)
def test_an_undocumented_answer_is_found(what):
    assert answer(**what) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"type": "group_chat_activity"},
        {"type": None},
        {"seq": 0},
        {"seq": 2**53},
        {"seq": "13"},
        {"seq": True},
        {"user_id": 7.5},
        {"message": ""},
        {"removed": True},
        {"removed": False, "message": ""},
        {"message": None},
        {"timestamp": "2026-11-22T17:07:00Z"},
        {"timestamp": "2026-11-22T17:07:00.001+00:00"},
        {"timestamp": "2026-13-22T17:07:00.001Z"},
    ],
)
def test_an_undocumented_frame_is_found(change):
    assert ASYNCAPI.error_of(MESSAGE) is None
    assert ASYNCAPI.error_of({**MESSAGE, **change}) is not None


@pytest.mark.parametrize("name", MESSAGE)
def test_a_missing_field_of_a_frame_is_found(name):
    assert ASYNCAPI.error_of({key: value for key, value in MESSAGE.items() if key != name}) is not None


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ack", "client_msg_id": "x", "seq": 1, "timestamp": MESSAGE["timestamp"], "duplicate": False, "chat_room_id": 1, "chat_group_id": 2},
        {"type": "error", "code": "too_fast", "message": "m"},
        {"type": "error", "code": "invalid_field", "message": "m"},
        {"type": "error", "code": "not_found", "message": "m", "field": "f"},
        {"type": "notification_update", "unread": 1, "timestamp": MESSAGE["timestamp"]},
        {"type": "bot_chat_message", "messages": []},
        {
            "type": "bot_chat_message",
            "messages": [{"is_user": True, "message": "x", "timestamp": MESSAGE["timestamp"], "seq": n} for n in (1, 2)],
        },
        {"type": "error", "code": "not_found", "message": "m", "retry_after_ms": 50},
        {"type": "bot_chat_message", "messages": [ANSWER, QUESTION]},
        {"type": "bot_chat_message", "messages": [QUESTION]},
        {"type": "bot_chat_message", "messages": [QUESTION, ANSWER, ANSWER]},
        {**ENTERED, "is_enter": False},
        {**ENTERED, "message": "Ada left the group"},
        {**ENTERED, "message": " entered the group"[1:]},
    ],
)
def test_what_does_not_belong_together_is_found(frame):
    assert ASYNCAPI.error_of(frame) is not None


def test_what_belongs_together_passes():
    assert ASYNCAPI.error_of({"type": "bot_chat_message", "messages": [QUESTION, ANSWER]}) is None
    assert ASYNCAPI.error_of({"type": "error", "code": "too_fast", "message": "m", "retry_after_ms": 50}) is None
    assert ASYNCAPI.error_of(ENTERED) is None
    assert ASYNCAPI.error_of({**ENTERED, "message": "Ada left the group", "is_enter": False}) is None


@pytest.mark.parametrize("kind, named", [("room", "chat_room_id"), ("group", "chat_group_id"), ("bot", None)])
def test_an_ack_names_what_was_written_to(kind, named):
    acks = Acks()
    acks.sent({"chat_type": kind, "client_msg_id": "x"})
    for name in ("chat_room_id", "chat_group_id", None):
        ack = {"type": "ack", "client_msg_id": "x", **({name: 1} if name else {})}
        assert (acks.error_of(ack) is None) == (name == named), ack


def test_one_client_msg_id_may_serve_two_conversations():
    acks = Acks()
    acks.sent('{"chat_type": "bot", "client_msg_id": "x"}')
    for rubbish in ("{", "[" * 100000, b"\xff", "[]", '{"client_msg_id": 1, "chat_type": []}'):
        acks.sent(rubbish)
    acks.sent({"chat_type": "group", "client_msg_id": "x"})
    assert acks.error_of({"client_msg_id": "x", "chat_group_id": 1}) is None
    assert acks.error_of({"client_msg_id": "x"}) is None
    assert acks.error_of({"client_msg_id": "x", "chat_room_id": 1}) is not None
    assert acks.error_of({"client_msg_id": "y"}) is not None


def frames_of_protocol_md():
    text = (DOCS / "protocol.md").read_text()
    return [json.loads(frame) for frame in re.findall(r"<!-- frame: \w+ -->\n```json\n(.*?)\n```", text, re.S)]


def test_the_examples_of_asyncapi_are_what_it_says():
    for name, message in ASYNCAPI.document["components"]["messages"].items():
        assert message["name"] == name and message["examples"]
        for example in message["examples"]:
            assert_documented(example["payload"])


def test_the_frames_of_protocol_md_are_those_of_asyncapi():
    frames = frames_of_protocol_md()
    for frame in frames:
        assert_documented(frame)
    assert {frame["type"] for frame in frames if "type" in frame} == set(ASYNCAPI.by_type)


def assert_documented(frame):
    if "type" in frame:
        assert ASYNCAPI.error_of(frame) is None, frame
    else:
        assert sum(validator.is_valid(frame) for validator in ASYNCAPI.received) == 1, frame


def test_every_message_is_in_an_operation_and_in_the_channel():
    messages = set(ASYNCAPI.document["components"]["messages"])
    assert set(ASYNCAPI.document["channels"]["socket"]["messages"]) == messages
    operations = ASYNCAPI.document["operations"]
    named = [ref["$ref"].rsplit("/", 1)[1] for way in ("send", "receive") for ref in operations[way]["messages"]]
    assert sorted(named) == sorted(messages)
