"""What the socket answers to bad input: an error frame, or a close code."""

import json

import pytest

from support.checks import assert_not_arrived
from support.sockets import RawSocket

NOT_AN_OBJECT = ["", "not json", "[]", "5", "null", '"text"', "{", '{"a":1}}', '{"a":"\\ud800"}', "{'a':1}"]


@pytest.mark.parametrize("text", NOT_AN_OBJECT + ['{"a":' * 17 + "1" + "}" * 17, '{"a":' + "[" * 30000])
def test_malformed_json(stack, ada, bob, text):
    socket = ada.socket()
    socket.send(text)
    error = socket.wait_type("error")
    assert error["code"] == "malformed_json" and error["message"]
    ada.send_acked(socket, bob, "the connection stays open")


BAD_FIELDS = [
    {"chat_type": 5},
    {"other_user_id": None},
    {"other_user_id": "2"},
    {"other_user_id": 1.5},
    {"other_user_id": -1},
    {"other_user_id": 2**53},
    {"other_user_id": True},
    {"message": None},
    {"message": ""},
    {"message": 5},
    {"message": ["x"]},
    {"message": "nul \u0000 inside"},
    {"message": "x" * 16001},
    {"message": "ü" * 8001},
    {"client_msg_id": 5},
    {"client_msg_id": ""},
    {"client_msg_id": "x" * 65},
    {"token": 5},
    {"token": {}},
]


@pytest.mark.parametrize("change", BAD_FIELDS, ids=lambda change: str(change)[:40])
def test_a_bad_field_is_named(stack, ada, bob, change):
    socket = ada.socket()
    socket.send({**ada.room_frame(bob, "fine", "key"), **change})
    error = socket.wait_type("error")
    assert error["code"] == "invalid_field" and error["message"]
    assert error["field"] == next(iter(change))
    if "client_msg_id" not in change:
        assert error["client_msg_id"] == "key"
    assert ada.get("/chat_rooms").json() == {"chat_rooms": []}
    ada.send_acked(socket, bob, "the connection stays open")


@pytest.mark.parametrize("missing", ["other_user_id", "message"])
def test_a_missing_field_is_named(stack, ada, bob, missing):
    socket = ada.socket()
    frame = ada.room_frame(bob, "fine", "key")
    del frame[missing]
    socket.send(frame)
    assert socket.wait_type("error", code="invalid_field")["field"] == missing


def test_to_oneself_and_to_nobody(stack, ada):
    socket = ada.socket()
    frame = {"chat_type": "room", "message": "x"}
    socket.send({**frame, "other_user_id": ada.user_id, "client_msg_id": "self"})
    assert socket.wait_type("error", client_msg_id="self")["code"] == "invalid_field"
    socket.send({**frame, "other_user_id": 999999999, "client_msg_id": "nobody"})
    assert socket.wait_type("error", client_msg_id="nobody")["code"] == "not_found"
    socket.send({**frame, "other_user_id": 999999999})
    error = socket.wait(lambda f: f.get("code") == "not_found" and "client_msg_id" not in f)
    assert "client_msg_id" not in error
    assert ada.get("/chat_rooms").json() == {"chat_rooms": []}


def test_unknown_types_and_fields_are_ignored(stack, ada, bob):
    socket = ada.socket()
    socket.send({"type": "typing", "chat_room_id": 1})
    socket.send({"type": ["odd"], "x": {"y": [1, 2, {"z": None}]}})
    socket.send({})
    socket.send({**ada.room_frame(bob, "fine", "key"), "colour": "red", "seq": 99, "timestamp": "1999"})
    assert socket.wait_type("ack", client_msg_id="key")["seq"] == 1
    assert_not_arrived(socket, "error")


def test_a_message_of_exactly_16000_bytes(stack, ada, bob):
    receiving = bob.socket()
    ada.send_acked(ada.socket(), bob, "ü" * 8000)
    assert receiving.wait_type("room_chat_message")["message"] == "ü" * 8000


# ---- frames that the library would not send


def test_invalid_utf8_closes_with_1007(stack, ada):
    raw = ada.raw_socket()
    raw.send_frame(RawSocket.TEXT, b'{"type":"\xff\xfe"}')
    assert raw.read_close_code() == 1007


def test_binary_closes_with_1003(stack, ada):
    raw = ada.raw_socket()
    raw.send_frame(RawSocket.BINARY, b'{"type":"x"}')
    assert raw.read_close_code() == 1003


def padded(size):
    return b'{"type":"padding"' + b" " * (size - 18) + b"}"


def test_64_kib_pass_and_one_more_closes_with_4413(stack, ada):
    raw = ada.raw_socket()
    raw.send_frame(RawSocket.TEXT, padded(65536))
    raw.send_frame(RawSocket.PING, b"still there?")
    while raw.read_frame()[0] != RawSocket.PONG:
        pass
    raw.send_frame(RawSocket.TEXT, padded(65537))
    assert raw.read_close_code() == 4413


def test_a_huge_frame_closes_with_4413(stack, ada):
    raw = ada.raw_socket()
    try:
        raw.send_frame(RawSocket.TEXT, padded(3_000_000))
    except ConnectionError:
        pass  # closed while we were still sending
    assert raw.read_close_code() in (4413, 1006)
    ada.socket().ping()


def test_fragments_make_one_message_and_count_together(stack, ada, bob):
    raw, receiving = ada.raw_socket(), bob.socket()
    whole = json.dumps({"chat_type": "room", "other_user_id": bob.user_id, "message": "a✓b"}, ensure_ascii=False)
    data = whole.encode()
    cut = data.index("✓".encode()) + 1  # inside a character
    raw.send_frame(RawSocket.TEXT, data[:5], final=False)
    raw.send_frame(RawSocket.PING, b"between")
    raw.send_frame(0, data[5:cut], final=False)
    raw.send_frame(0, data[cut:], final=True)
    receiving.wait_type("room_chat_message", message="a✓b")

    raw.send_frame(RawSocket.TEXT, b"{" + b" " * 40000, final=False)
    raw.send_frame(0, b" " * 40000 + b"}", final=True)
    assert raw.read_close_code() == 4413


def test_a_continuation_of_nothing_ends_the_connection_only(stack, ada):
    raw = ada.raw_socket()
    raw.send_frame(0, b"?")
    assert raw.read_close_code() in (1002, 1006)
    ada.socket().ping()


# ---- too many of them


def test_the_tenth_bad_frame_in_a_minute_is_answered_and_closes_with_4400(stack, ada, bob):
    socket = ada.socket()
    bad = ["not json", {"chat_type": "room", "message": 5}]
    for n in range(9):
        socket.send(bad[n % 2])
    ada.send_acked(socket, bob, "nine are forgiven")
    socket.send(bad[0])
    assert socket.wait_closed(2.0) == 4400
    assert len(socket.of_type("error")) == 10
    ada.socket().ping()


def test_other_errors_do_not_count_as_bad_frames(stack, ada, bob):
    socket = ada.socket()
    socket.send_all([{"chat_type": "room", "other_user_id": 999999999, "message": "x"}] * 15)
    ada.send_acked(socket, bob, "still open")
    assert len(socket.of_type("error", code="not_found")) == 15
