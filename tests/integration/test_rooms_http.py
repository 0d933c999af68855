"""POST /chat_rooms: sending without a socket."""

import pytest

from support.checks import assert_not_arrived, assert_problem, assert_timestamp, marker


def test_it_is_created_and_delivered_live_to_both(stack, ada, bob, eve):
    own, receiving, bystander = ada.socket(), bob.socket(), eve.socket()
    answer = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "by HTTP", "client_msg_id": "h1"})
    assert answer.status_code == 201
    body = answer.json()
    assert_timestamp(body["timestamp"])
    assert body["message"] == "by HTTP" and body["seq"] == 1
    assert body["user_id"] == ada.user_id and body["other_user_id"] == bob.user_id
    assert body["client_msg_id"] == "h1"
    assert not body.get("duplicate")

    frame = receiving.wait_type("room_chat_message", message="by HTTP")
    assert (frame["chat_room_id"], frame["seq"], frame["timestamp"], frame["user_id"]) == (
        body["chat_room_id"],
        1,
        body["timestamp"],
        ada.user_id,
    )
    assert own.wait_type("room_chat_message", message="by HTTP") == frame
    marker(bob, bystander, eve, "after it")
    assert_not_arrived(bystander, "room_chat_message", message="by HTTP")


def test_a_repeat_is_answered_with_the_first(stack, ada, bob):
    receiving = bob.socket()
    body = {"other_user_id": bob.user_id, "message": "once", "client_msg_id": "same"}
    first = ada.post("/chat_rooms", body)
    repeat = ada.post("/chat_rooms", {**body, "message": "other words"})
    assert (first.status_code, repeat.status_code) == (201, 200)
    assert repeat.json()["duplicate"] is True
    for key in ("chat_room_id", "seq", "timestamp", "client_msg_id"):
        assert repeat.json()[key] == first.json()[key], key
    marker(ada, receiving, bob, "after the repeat")
    assert [f["message"] for f in receiving.of_type("room_chat_message")] == ["once", "after the repeat"]


def test_a_repeat_counts_over_http_and_socket_and_reconnects(stack, ada, bob):
    socket = ada.socket()
    ack = ada.send_acked(socket, bob, "first by socket", "mixed")
    assert ack["duplicate"] is False
    repeat = ada.post(
        "/chat_rooms", {"other_user_id": bob.user_id, "message": "first by socket", "client_msg_id": "mixed"}
    )
    assert repeat.status_code == 200 and repeat.json()["seq"] == ack["seq"]
    socket.vanish()
    again = ada.send_acked(ada.socket(), bob, "first by socket", "mixed")
    assert again == {**ack, "duplicate": True}

    posted = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "by HTTP", "client_msg_id": "other"})
    ack = ada.send_acked(ada.socket(), bob, "by HTTP", "other")
    assert ack["duplicate"] is True and ack["seq"] == posted.json()["seq"] == 2


def test_ids_are_compared_byte_by_byte_and_each_sender_has_their_own(stack, ada, bob):
    socket = ada.socket()
    keys = ["a", "A", "a ", " a", "ä", "a\u0308", "x" * 64]
    acks = [ada.send_acked(socket, bob, f"with {key!r}", key) for key in keys]
    assert [a["seq"] for a in acks] == list(range(1, len(keys) + 1))
    assert bob.send_acked(bob.socket(), ada, "mine", "a")["duplicate"] is False


@pytest.mark.parametrize(
    "change, field",
    [
        ({"other_user_id": None}, "other_user_id"),
        ({"other_user_id": "2"}, "other_user_id"),
        ({"other_user_id": 1.5}, "other_user_id"),
        ({"other_user_id": -1}, "other_user_id"),
        ({"other_user_id": 2**53}, "other_user_id"),
        ({"message": None}, "message"),
        ({"message": ""}, "message"),
        ({"message": 5}, "message"),
        ({"message": "x" * 16001}, "message"),
        ({"message": "ü" * 8001}, "message"),
        ({"message": "with \u0000 in it"}, "message"),
        ({"client_msg_id": ""}, "client_msg_id"),
        ({"client_msg_id": 7}, "client_msg_id"),
        ({"client_msg_id": "x" * 65}, "client_msg_id"),
        ({"client_msg_id": "ü" * 33}, "client_msg_id"),
    ],
)
def test_a_bad_field_is_named(stack, ada, bob, change, field):
    body = {"other_user_id": bob.user_id, "message": "x", **change}
    assert_problem(ada.post("/chat_rooms", body), 422, "invalid_field", field)
    assert ada.get("/chat_rooms").json() == {"chat_rooms": []}


def test_to_oneself_and_to_nobody(stack, ada):
    assert_problem(
        ada.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "me"}), 422, "invalid_field", "other_user_id"
    )
    assert_problem(ada.post("/chat_rooms", {"other_user_id": 999999999, "message": "x"}), 404, "not_found")
