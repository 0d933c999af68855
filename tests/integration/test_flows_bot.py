"""The flows of the protocol's founding text, the seed, about the bot, literally as it writes them."""

from support.checks import assert_not_arrived, assert_timestamp, marker
from support.seed import seed


def test_flow_04_enter_bot_chat(stack, ada, bob):
    nothing = seed(ada, "GET", "/chat_bot", {"timestamp": None})
    assert nothing.status_code == 200
    assert nothing.json() == {"messages": [], "has_more": False}

    socket, other = ada.socket(), bob.socket()
    said = [line for n in range(1, 53) for line in ada.ask_bot(socket, f"line {n}")]
    page = seed(ada, "GET", "/chat_bot", {"timestamp": None})
    assert page.status_code == 200 and page.json()["has_more"] is True
    messages = page.json()["messages"]
    assert [m["seq"] for m in messages] == list(range(5, 105))
    assert messages[0] == {
        "seq": 5,
        "user_id": ada.user_id,
        "is_user": True,
        "message": "line 3",
        "timestamp": said[4]["timestamp"],
    }
    assert messages[1] == {
        "seq": 6,
        "user_id": 0,
        "is_user": False,
        "message": said[5]["message"],
        "timestamp": said[5]["timestamp"],
    }
    assert_timestamp(messages[1]["timestamp"])

    older = seed(ada, "GET", "/chat_bot", {"timestamp": messages[0]["timestamp"], "before": True})
    assert [m["seq"] for m in older.json()["messages"]] == [1, 2, 3, 4] and older.json()["has_more"] is False
    newer = seed(ada, "GET", "/chat_bot", {"timestamp": said[101]["timestamp"]})
    assert [m["seq"] for m in newer.json()["messages"]] == [103, 104]

    # It is one's own: nobody else reads or hears it.
    marker(ada, other, bob, "after the answers")
    assert seed(bob, "GET", "/chat_bot", {"timestamp": None}).json() == {"messages": [], "has_more": False}
    assert_not_arrived(other, "bot_chat_message")


def test_flow_05_message_with_bot(stack, ada, bob):
    sending, second_tab, other = ada.socket(), ada.socket(), bob.socket()
    sending.send({"token": ada.token, "chat_type": "bot", "message": "Hello ✓"})
    frame = sending.wait_type("bot_chat_message")
    question, answer = frame["messages"]
    assert question == {"is_user": True, "message": "Hello ✓", "timestamp": question["timestamp"], "seq": 1}
    assert answer == {"is_user": False, "message": answer["message"], "timestamp": answer["timestamp"], "seq": 2}
    assert answer["message"]
    assert_timestamp(question["timestamp"])
    assert question["timestamp"] < answer["timestamp"]
    assert second_tab.wait_type("bot_chat_message") == frame

    marker(ada, other, bob, "after the answer")
    assert_not_arrived(other, "bot_chat_message")
    marker(bob, sending, ada, "no ack that was not asked for, and one answer")
    assert_not_arrived(sending, "ack")
    assert len(sending.of_type("bot_chat_message")) == 1
