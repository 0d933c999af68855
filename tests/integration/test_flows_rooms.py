"""The flows of the protocol's founding text, the seed, about rooms, literally as it writes them."""

from support.checks import assert_not_arrived, assert_timestamp, marker
from support.seed import seed


def test_flow_06_enter_human_chat(stack, ada, bob, eve):
    first = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "hello Bob"}).json()
    second = eve.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "hello Ada"}).json()
    bob_socket = bob.socket()

    answer = seed(ada, "GET", "/chat_rooms")
    assert answer.status_code == 200
    assert answer.json() == {
        "chat_rooms": [
            {
                "chat_room_id": second["chat_room_id"],
                "other_user_id": eve.user_id,
                "last_timestamp": second["timestamp"],
                "last_seq": 1,
                "unread": 1,
            },
            {
                "chat_room_id": first["chat_room_id"],
                "other_user_id": bob.user_id,
                "last_timestamp": first["timestamp"],
                "last_seq": 1,
                "unread": 0,
            },
        ]
    }
    users = seed(ada, "GET", "/users").json()["users"]
    online = {u["user_id"]: u["online"] for u in users}
    assert online[bob.user_id] is True and online[eve.user_id] is False
    assert all(set(u) == {"user_id", "first_name", "last_name", "online"} for u in users)
    bob_socket.close()


def test_flow_07_enter_chat_room(stack, ada, bob):
    own, other = ada.socket(), bob.socket()
    sent = [
        bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": f"line {n}"}).json() for n in range(1, 106)
    ]
    room = sent[0]["chat_room_id"]
    path = f"/chat_rooms/{room}"

    # Nothing in sessionStorage yet: `null`. The newest 100, oldest first.
    page = seed(ada, "GET", path, {"timestamp": None})
    assert page.status_code == 200
    messages = page.json()["messages"]
    assert [m["message"] for m in messages] == [f"line {n}" for n in range(6, 106)]
    assert page.json()["has_more"] is True
    assert messages[0] == {
        "seq": 6,
        "user_id": bob.user_id,
        "message": "line 6",
        "timestamp": sent[5]["timestamp"],
    }
    assert_timestamp(messages[0]["timestamp"])

    assert ada.notification(room)["unread"] == 105
    marked = seed(ada, "PUT", "/notifications", {"chat_room_id": room})
    assert marked.status_code == 204 and marked.content == b""
    row = ada.notification(room)
    assert row["is_read"] is True and row["unread"] == 0
    own.wait_type("notification_update", chat_room_id=room, unread=0)
    marker(ada, other, bob, "what I have read is my own business")
    assert_not_arrived(other, "notification_update")

    older = {"timestamp": messages[0]["timestamp"], "before": True}
    page = seed(ada, "GET", path, older)
    assert [m["message"] for m in page.json()["messages"]] == [f"line {n}" for n in range(1, 6)]
    assert page.json()["has_more"] is False

    # Coming back with the timestamp that was kept: what is strictly newer.
    newer = {"timestamp": sent[102]["timestamp"]}
    page = seed(ada, "GET", path, newer)
    assert [m["seq"] for m in page.json()["messages"]] == [104, 105, 106]


def test_flow_08_leave_chat_room(stack, ada, bob, eve):
    socket, other = ada.socket(), bob.socket()
    sent = bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "while you look"}).json()
    room = sent["chat_room_id"]
    assert seed(ada, "PUT", "/notifications", {"chat_room_id": room}).status_code == 204
    update = socket.wait_type("notification_update", chat_room_id=room)
    assert update["unread"] == 0 and update["timestamp"] == sent["timestamp"]
    marker(eve, other, bob, "after the mark")
    assert_not_arrived(other, "notification_update", chat_room_id=room)

    bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "after you left"})
    row = seed(ada, "GET", "/notifications").json()["notifications"][0]
    assert row["chat_room_id"] == room and row["user_id"] == bob.user_id
    assert row["is_read"] is False and row["unread"] == 1
    assert_timestamp(row["timestamp"])


def test_flow_09_message_between_users(stack, ada, bob, eve):
    sending, other_tab = ada.socket(), ada.socket()
    receiving, second_tab = bob.socket(), bob.socket()
    bystander = eve.socket()

    sending.send({"token": ada.token, "chat_type": "room", "other_user_id": bob.user_id, "message": "Hi Bob ✓"})

    frame = receiving.wait_type("room_chat_message")
    room = frame["chat_room_id"]
    assert frame == {
        "type": "room_chat_message",
        "user_id": ada.user_id,
        "other_user_id": bob.user_id,
        "chat_room_id": room,
        "message": "Hi Bob ✓",
        "timestamp": frame["timestamp"],
        "seq": 1,
    }
    assert_timestamp(frame["timestamp"])
    assert second_tab.wait_type("room_chat_message") == frame
    assert other_tab.wait_type("room_chat_message") == frame
    assert ada.history(room)["messages"] == [
        {"seq": 1, "user_id": ada.user_id, "message": "Hi Bob ✓", "timestamp": frame["timestamp"]}
    ]

    # Not to the sending socket, which asked for no ack; not to anybody else.
    marker(bob, sending, ada, "to the sender")
    marker(bob, bystander, eve, "to the bystander")
    assert_not_arrived(sending, "room_chat_message", message="Hi Bob ✓")
    assert_not_arrived(sending, "ack")
    assert_not_arrived(bystander, "room_chat_message", chat_room_id=room)
    assert eve.get(f"/chat_rooms/{room}").status_code == 404
