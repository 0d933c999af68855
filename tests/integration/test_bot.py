"""The bot chat with the engine `rules`: who gets what, repeats, rules edited by SQL. The model: test_bot_model.py."""

import pytest

from support.checks import assert_not_arrived, marker
from support.waiting import wait_until


# ---- who gets what


def test_the_ack_comes_first_then_both_to_all_sockets_of_the_user(stack, ada, bob):
    sending, second_tab, other = ada.socket(), ada.socket(), bob.socket()
    sending.send(ada.bot_frame("Hello", "q1"))
    frame = sending.wait_type("bot_chat_message")
    ack = sending.of_type("ack", client_msg_id="q1")[0]
    assert sending.frames.index(ack) < sending.frames.index(frame)
    question, answer = frame["messages"]
    assert ack == {
        "type": "ack",
        "client_msg_id": "q1",
        "seq": 1,
        "timestamp": question["timestamp"],
        "duplicate": False,
    }
    assert (question["is_user"], answer["is_user"]) == (True, False)
    assert second_tab.wait_type("bot_chat_message") == frame
    assert_not_arrived(second_tab, "ack")
    marker(ada, other, bob, "after the answer")
    assert_not_arrived(other, "bot_chat_message")

    page = ada.get("/chat_bot").json()["messages"]
    assert [(m["user_id"], m["is_user"], m["message"], m["timestamp"], m["seq"]) for m in page] == [
        (ada.user_id, True, "Hello", question["timestamp"], 1),
        (0, False, answer["message"], answer["timestamp"], 2),
    ]
    rows = ada.get("/notifications").json()["notifications"]
    assert len(rows) == 1 and "chat_room_id" in rows[0], "the room of the marker alone: the bot's chat is no notification"


def test_another_login_of_the_user_hears_the_answer(stack, ada):
    first, one = ada.token, ada.socket()
    second = ada.login()
    assert second != first
    other = ada.socket(second)
    one.send({**ada.bot_frame("Hello", "q1"), "token": first})
    frame = one.wait_type("bot_chat_message")
    assert other.wait_type("bot_chat_message") == frame
    assert_not_arrived(other, "ack")


def test_a_repeat_asks_nothing(stack, ada):
    socket, second_tab = ada.socket(), ada.socket()
    socket.send(ada.bot_frame("Hello", "once"))
    first = socket.wait_type("ack", client_msg_id="once")
    socket.wait_type("bot_chat_message")
    before = len(socket.frames)
    socket.send(ada.bot_frame("Hello", "once"))
    assert socket.wait_type("ack", after=before) == {**first, "duplicate": True}
    ada.ask_bot(socket, "And another thing")
    second_tab.wait(lambda f: f["type"] == "bot_chat_message" and f["messages"][0]["seq"] == 3)
    for tab in (socket, second_tab):
        assert [f["messages"][0]["seq"] for f in tab.of_type("bot_chat_message")] == [1, 3]
    assert [m["seq"] for m in ada.whole_bot_chat()] == [1, 2, 3, 4]


def test_a_repeat_in_one_batch_asks_once(stack, ada):
    socket = ada.socket()
    socket.send_all([ada.bot_frame("Hello", "same")] * 3)
    wait_until(lambda: len(socket.of_type("ack")) == 3, what="three acks")
    ada.ask_bot(socket, "And another thing")
    assert [m["is_user"] for m in ada.whole_bot_chat()] == [True, False, True, False]


@pytest.mark.parametrize("message", [None, "", 5, "x" * 16001, "with \u0000 in it"])
def test_a_bad_question_is_refused(stack, ada, message):
    socket = ada.socket()
    socket.send(ada.bot_frame(message, "bad"))
    error = socket.wait_type("error", client_msg_id="bad")
    assert (error["code"], error["field"]) == ("invalid_field", "message")
    assert ada.whole_bot_chat() == []


def test_two_users_have_two_chats(stack, ada, bob):
    one, two = ada.socket(), bob.socket()
    ada.ask_bot(one, "from Ada")
    bob.ask_bot(two, "from Bob")
    assert [m["message"] for m in ada.whole_bot_chat() if m["is_user"]] == ["from Ada"]
    assert [m["message"] for m in bob.whole_bot_chat() if m["is_user"]] == ["from Bob"]
    assert len(one.of_type("bot_chat_message")) == len(two.of_type("bot_chat_message")) == 1


def test_who_is_offline_finds_the_answer_in_the_history(stack, ada):
    socket = ada.socket()
    socket.send(ada.bot_frame("Hello", "q"))
    socket.wait_type("ack", client_msg_id="q")
    socket.vanish()
    wait_until(lambda: len(ada.whole_bot_chat()) == 2, what="the answer in the history")


def test_texts_are_kept_to_the_byte(stack, ada):
    socket = ada.socket()
    for text in (" spaces \n", "👩‍👩‍👧‍👦", "x" * 16000):
        question, answer = ada.ask_bot(socket, text)
        assert question["message"] == text and answer["message"]
    assert [m["message"] for m in ada.whole_bot_chat() if m["is_user"]] == [" spaces \n", "👩‍👩‍👧‍👦", "x" * 16000]


# ---- rules edited by SQL


def test_rules_are_live_within_five_seconds(stack, ada, rules):
    socket = ada.socket()
    usual = ada.ask_bot(socket, "zyzzyva?")[1]["message"]
    rule = rules("zyzzyva", "A weevil.")
    ada.wait_for_answer(socket, "zyzzyva?", "A weevil.")
    stack.sql("UPDATE bot_rules SET answer = 'A beetle.' WHERE id = %s", rule)
    ada.wait_for_answer(socket, "ZYZZYVA?", "A beetle.")
    stack.sql("UPDATE bot_rules SET enabled = FALSE WHERE id = %s", rule)
    ada.wait_for_answer(socket, "zyzzyva?", usual)


def test_a_rule_repeats_what_it_captured(stack, ada, rules):
    socket = ada.socket()
    rules(r"my favourite (\w+) is (\w+)", "So your {1} is {2}, {name}?")
    ada.wait_for_answer(socket, "Well, MY favourite colour is green.", "So your colour is green, Ada?")


def test_a_hostile_rule_stalls_nothing(stack, ada, bob, rules):
    socket, other = ada.socket(), bob.socket()
    rules("(", "not a pattern")
    rules(r"^((a+)+)+$", "catastrophe")
    rules("zyzzyva", "A weevil.")
    ada.wait_for_answer(socket, "zyzzyva?", "A weevil.")
    socket.send(ada.bot_frame("a" * 15990 + "!", "hostile"))
    for n in range(20):  # meanwhile
        other.send(bob.bot_frame("Hello", f"m{n}"))
        other.wait_type("ack", client_msg_id=f"m{n}", deadline=1)
        wait_until(lambda: len(other.of_type("bot_chat_message")) == n + 1, 3, "an answer for somebody else")
    found = socket.wait(lambda f: f["type"] == "bot_chat_message" and f["messages"][0]["message"].endswith("a!"), 5)
    answer = found["messages"][1]
    assert answer["message"] != "catastrophe"
    assert "error" not in answer
    assert ada.ask_bot(socket, "aaa")[1]["message"] == "catastrophe"
