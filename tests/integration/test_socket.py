"""The socket's handshake, init frame, rebinding, keepalive, slow readers."""

import threading

import pytest

from support.checks import assert_not_arrived, marker
from support.sockets import RawSocket, handshake_status
from support.waiting import wait_until


# ---- handshake


def test_origins(stack):
    port = stack.port
    assert handshake_status(port, {}) == 101, "native clients send none"
    assert handshake_status(port, {"Origin": f"http://127.0.0.1:{port}"}) == 101
    for origin in ("https://evil.example", "null", f"http://127.0.0.1.evil.example:{port}", f"http://localhost:{port}"):
        assert handshake_status(port, {"Origin": origin}) == 403, origin


def test_what_is_no_handshake(stack):
    for headers in ({"Upgrade": "h2c"}, {"Connection": "close", "Upgrade": "none"}, {"Sec-WebSocket-Key": ""}):
        status = handshake_status(stack.port, headers)
        assert status != 101 and status < 500, (headers, status)
    assert stack.healthy()


# ---- init frame


@pytest.mark.parametrize(
    "first",
    [
        {"token": "unknown"},
        {"token": ""},
        {"token": None},
        {"token": 5},
        {"token": "x" * 5000},
        {},
        {"type": "hello"},
        {"chat_type": "room", "other_user_id": 1, "message": "without a token"},
        "not json",
        "[]",
    ],
)
def test_a_first_frame_without_a_valid_token_is_closed_with_4401(stack, first):
    socket = stack.stranger().unsigned_socket()
    socket.send(first)
    assert socket.wait_closed(2.0) == 4401
    assert not [f for f in socket.frames if f["type"] not in ("error",)]


def test_who_says_nothing_is_closed_in_time(stack):
    socket = stack.stranger().unsigned_socket()
    assert socket.wait_closed(6.0) == 4401
    assert socket.frames == []


def test_ready_comes_first_and_names_the_session(stack, ada):
    socket = ada.socket()
    assert socket.frames[0]["type"] == "ready"
    row = stack.sql("SELECT id FROM sessions WHERE user_id = %s", ada.user_id)[0]
    assert socket.ready == {"type": "ready", "user_id": ada.user_id, "session_id": row["id"]}


def test_frames_sent_right_behind_the_token_are_not_lost(stack, ada, bob):
    socket = ada.unsigned_socket()
    socket.send_all([{"token": ada.token}, *(ada.room_frame(bob, f"early {n}", f"e{n}") for n in range(5))])
    for n in range(5):
        assert socket.wait_type("ack", client_msg_id=f"e{n}")["seq"] == n + 1


# ---- a token in later frames


def test_a_later_token_rebinds_to_that_session(stack, ada, bob):
    first = ada.token
    second = ada.login()
    socket = ada.socket(first)
    ada.send_acked(socket, bob, "with the second token")
    assert ada.get("/logout", token=first).status_code == 204
    ada.send_acked(socket, bob, "the first one is gone")
    assert ada.get("/logout", token=second).status_code == 204
    assert socket.wait_closed(1.0) == 4403


def test_a_later_token_may_be_left_out(stack, ada, bob):
    socket = ada.socket()
    socket.send({"chat_type": "room", "other_user_id": bob.user_id, "message": "no token", "client_msg_id": "n"})
    socket.wait_type("ack", client_msg_id="n")


@pytest.mark.parametrize("shape", ["message", "init"])
def test_another_persons_token_closes_with_4401(stack, ada, bob, shape):
    socket = ada.socket()
    frame = ada.room_frame(bob, "stolen?", "s") if shape == "message" else {}
    socket.send({**frame, "token": bob.token})
    assert socket.wait_closed(2.0) == 4401
    assert_not_arrived(socket, "ack")
    assert ada.get("/chat_rooms").json() == {"chat_rooms": []}


def test_an_unknown_later_token_closes_with_4401(stack, ada, bob):
    socket = ada.socket()
    socket.send({**ada.room_frame(bob, "x"), "token": "unknown"})
    assert socket.wait_closed(2.0) == 4401
    assert ada.get("/chat_rooms").json() == {"chat_rooms": []}


# ---- repeats


def test_a_repeat_is_acknowledged_with_the_first_and_shown_to_nobody(stack, ada, bob):
    receiving, socket = bob.socket(), ada.socket()
    first = ada.send_acked(socket, bob, "once", "twice")
    repeat = ada.send_acked(socket, bob, "once", "twice")
    assert repeat == {**first, "duplicate": True}
    socket.send_all([ada.room_frame(bob, "in one batch", "same")] * 3)
    wait_until(lambda: len(socket.of_type("ack", client_msg_id="same")) == 3, what="three acks")
    acks = socket.of_type("ack", client_msg_id="same")
    assert sorted(a["duplicate"] for a in acks) == [False, True, True]
    assert {a["seq"] for a in acks} == {2}
    marker(ada, receiving, bob, "end")
    assert [f["message"] for f in receiving.of_type("room_chat_message")] == ["once", "in one batch", "end"]


# ---- keepalive of a client


def test_a_ping_is_answered(stack, ada):
    ada.socket().ping()


def test_a_close_is_answered(stack, ada):
    raw = ada.raw_socket()
    raw.send_frame(RawSocket.CLOSE, b"\x03\xe8bye")
    assert raw.read_close_code() in (1000, 1005)


# ---- a reader that is too slow


def test_a_slow_reader_is_closed_while_others_go_on(stack, ada, bob):
    slow = bob.raw_socket(receive_buffer=4096)
    quick, sending = bob.socket(), ada.socket()
    count, text = 900, "x" * 15900  # 14 MB: beyond what kernel, nginx and the queue of 1 MiB hold
    for start in range(0, count, 30):  # never more on the way than a reader's queue holds
        sending.send_all(ada.room_frame(bob, f"{n:04d}{text}") for n in range(start, start + 30))
        quick.wait(lambda f: f.get("seq") == start + 30, what="everything at the quick reader", after=start)
    assert [f["seq"] for f in quick.of_type("room_chat_message")] == list(range(1, count + 1))

    seen = []
    try:
        while True:
            opcode, payload = slow.read_frame()
            if opcode == RawSocket.CLOSE:
                assert int.from_bytes(payload[:2], "big") == 4408
                break
            if opcode == RawSocket.TEXT and b"room_chat_message" in payload:
                seen.append(int(payload.split(b'"message":"')[1][:4]))
    except ConnectionError:
        pass  # just dropped: it did not read
    assert len(seen) < count
    assert seen == list(range(len(seen))), "a prefix, never a hole"
    quick.ping()
    ada.send_acked(sending, bob, "the sender was never slowed to death")


def test_many_sockets_of_one_person_hear_the_same(stack, ada, bob):
    tabs = [bob.socket() for _ in range(20)]
    sending = ada.socket()
    for n in range(20):
        ada.send_acked(sending, bob, f"t{n}")
    for tab in tabs:
        tab.wait_type("room_chat_message", message="t19")
        assert [f["message"] for f in tab.of_type("room_chat_message")] == [f"t{n}" for n in range(20)]


def test_a_connection_that_breaks_in_the_handshake_breaks_nothing(stack, ada):
    def rude():
        try:
            RawSocket(stack.port, headers={"Sec-WebSocket-Version": "1"}, check=False).drop()
        except OSError:
            pass

    threads = [threading.Thread(target=rude) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ada.socket().ping()
