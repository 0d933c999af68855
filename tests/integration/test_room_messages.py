"""Messages between two people over the socket, beyond what the seed writes."""


def test_a_message_with_an_ack(stack, ada, bob):
    sending, receiving = ada.socket(), bob.socket()
    ack = ada.send_acked(sending, bob, "with a receipt", "id-1")
    frame = receiving.wait_type("room_chat_message", message="with a receipt")
    assert ack == {
        "type": "ack",
        "client_msg_id": "id-1",
        "chat_room_id": frame["chat_room_id"],
        "seq": frame["seq"],
        "timestamp": frame["timestamp"],
        "duplicate": False,
    }
    assert sending.wait_type("room_chat_message", message="with a receipt") == frame


def test_both_ways_is_one_room(stack, ada, bob):
    ada_socket, bob_socket = ada.socket(), bob.socket()
    first = ada.send_acked(ada_socket, bob, "ping")
    second = bob.send_acked(bob_socket, ada, "pong")
    assert first["chat_room_id"] == second["chat_room_id"]
    assert [first["seq"], second["seq"]] == [1, 2]


def test_a_message_to_somebody_offline_waits_in_the_history(stack, ada, bob):
    ack = ada.send_acked(ada.socket(), bob, "see you later")
    row = bob.notification(ack["chat_room_id"])
    assert row["user_id"] == ada.user_id and row["unread"] == 1 and row["is_read"] is False
    assert bob.history(ack["chat_room_id"])["messages"][0]["message"] == "see you later"
