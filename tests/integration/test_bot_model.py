"""The bot chat with a model behind it: the model answers, the rules when it fails, an apology when they fail too."""

import signal
from pathlib import Path

import pytest

from conftest import QUICK
from support.model import KEY, Model
from support.stack import Stack
from support.waiting import wait_until

TIMEOUT_S = 2


@pytest.fixture(scope="module")
def model():
    running = Model()
    yield running
    running.close()


@pytest.fixture(scope="module")
def model_stack(model):
    options = {
        "PARLOR_BOT_ENGINE": "openai",
        "PARLOR_BOT_OPENAI_URL": model.url,
        "PARLOR_BOT_OPENAI_MODEL": "test",
        "PARLOR_BOT_OPENAI_KEY": KEY,
        "PARLOR_BOT_TIMEOUT_S": TIMEOUT_S,
        "PARLOR_BOT_ANSWER_LIMIT_S": 15,
        "PARLOR_BOT_CONTEXT_MESSAGES": 5,
        "PARLOR_BOT_RULES_REFRESH_MS": 100,
        "PARLOR_BOT_SYSTEM_PROMPT": "You are a test.",
    }
    with Stack({**QUICK, **options}) as running:
        yield running


@pytest.fixture
def ada(model_stack):
    return model_stack.person("Ada", "Lovelace")


@pytest.fixture
def bob(model_stack):
    return model_stack.person("Bob", "Byron")


def test_the_model_answers_and_sees_the_conversation(model, ada):
    socket = ada.socket()
    for n in range(4):
        assert ada.ask_bot(socket, f"line {n} ✓")[1]["message"] == f"You said: line {n} ✓"
    request = next(r for r in reversed(model.requests) if r["body"]["messages"][-1]["content"] == "line 3 ✓")
    assert request["authorization"] == f"Bearer {KEY}"
    assert request["body"]["model"] == "test"
    assert request["body"]["messages"] == [
        {"role": "system", "content": "You are a test."},
        {"role": "user", "content": "line 1 ✓"},
        {"role": "assistant", "content": "You said: line 1 ✓"},
        {"role": "user", "content": "line 2 ✓"},
        {"role": "assistant", "content": "You said: line 2 ✓"},
        {"role": "user", "content": "line 3 ✓"},
    ]


def test_a_stream_that_nobody_asked_for_is_understood(ada):
    assert ada.ask_bot(ada.socket(), "[stream] please")[1]["message"] == "You said: [stream] please"


@pytest.mark.parametrize(
    "mode", ["status-500", "status-401", "status-429", "not-json", "null", "html", "huge", "half", "reset", "hold", "drip", "redirect"]
)
def test_when_the_model_fails_the_rules_answer(model_stack, model, ada, mode):
    question, answer = ada.ask_bot(ada.socket(), f"[{mode}] what is this?")
    assert f"[{mode}] what is this?" in model.questions(), "it was asked first"
    assert answer["message"] and not answer["message"].startswith("You said")
    assert "error" not in answer, "the rules had something to say"
    logs = "\n".join(model_stack.logs().values())
    assert KEY not in logs and "what is this?" not in logs


def lines_about_the_model(stack):
    return [line for text in stack.logs().values() for line in text.splitlines() if "asking the model" in line]


def test_a_failure_of_the_model_is_in_the_log(model_stack, ada):
    """Of many in a row not each: a model that is away fails with every question."""
    before = sum("answered 503" in line for line in lines_about_the_model(model_stack))

    def another_line():
        ada.ask_bot(socket, "[status-503] quiet?")
        return sum("answered 503" in line for line in lines_about_the_model(model_stack)) > before

    socket = ada.socket()
    wait_until(another_line, 20, "a new line about it", pause=0.5)


def test_the_models_key_is_in_the_daemon_alone(model_stack):
    def has_key(part):
        return KEY.encode() in Path(f"/proc/{model_stack.pid(part)}/environ").read_bytes()

    parts = ["mariadb", "wsd", "fcgi-auth", "fcgi-api", "nginx"]
    assert [part for part in parts if has_key(part)] == ["wsd"]


def test_without_rules_either_an_apology_is_stored(model_stack, ada, bob):
    enabled = [row["id"] for row in model_stack.sql("SELECT id FROM bot_rules WHERE enabled")]
    socket = ada.socket()
    try:
        model_stack.sql("UPDATE bot_rules SET enabled = FALSE")
        answer = wait_until(
            lambda: next((a for a in [ada.ask_bot(socket, "[status-500] help")[1]] if a.get("error")), None),
            what="an apology",
            pause=0.1,
        )
    finally:
        for number in enabled:
            model_stack.sql("UPDATE bot_rules SET enabled = TRUE WHERE id = %s", number)
    assert answer["error"] is True and answer["message"]
    last = ada.whole_bot_chat()[-1]
    assert last == {
        "seq": answer["seq"],
        "user_id": 0,
        "is_user": False,
        "message": answer["message"],
        "timestamp": answer["timestamp"],
        "error": True,
    }
    assert bob.ask_bot(bob.socket(), "and now?")[1]["message"] == "You said: and now?"


def test_too_many_questions_are_busy_and_nothing_of_them_is_stored(model, ada, bob):
    socket = ada.socket()
    socket.send_all(ada.bot_frame(f"[gate] {n}", f"q{n}") for n in range(6))
    refused = [socket.wait_type("error", client_msg_id=f"q{n}") for n in (4, 5)]
    assert [error["code"] for error in refused] == ["busy", "busy"]
    for n in range(4):
        socket.wait_type("ack", client_msg_id=f"q{n}")
    assert [m["message"] for m in ada.whole_bot_chat() if m["is_user"]] == [f"[gate] {n}" for n in range(4)]
    assert bob.ask_bot(bob.socket(), "not my questions")[1]["message"] == "You said: not my questions"
    assert socket.of_type("bot_chat_message") == []

    def answered():
        model.release()
        return len(socket.of_type("bot_chat_message")) == 4

    wait_until(answered, 10, "four answers")
    asked = [f["messages"][0]["message"] for f in socket.of_type("bot_chat_message")]
    assert asked == [f"[gate] {n}" for n in range(4)], "in the order of the questions"
    assert ada.ask_bot(socket, "again")[1]["message"] == "You said: again"


def test_a_question_whose_daemon_was_killed_is_answered_after_the_restart(model_stack, model, ada):
    socket = ada.socket()
    question = "[gate] are you there?"
    socket.send(ada.bot_frame(question, "q"))
    ack = socket.wait_type("ack", client_msg_id="q")
    wait_until(lambda: question in model.questions(), what="the question at the model")
    asked = model.questions().count(question)
    old = model_stack.kill_part("wsd", signal.SIGKILL)
    wait_until(lambda: model_stack.pid("wsd") not in (None, old) and model_stack.healthy(), 15, "a new daemon")
    back = ada.socket()

    def released():
        model.release()
        return [m for m in ada.whole_bot_chat() if not m["is_user"]]

    answers = wait_until(released, 20, "an answer", pause=0.1)
    assert model.questions().count(question) > asked, "the new daemon asked again"
    assert len(answers) == 1 and answers[0]["message"], "once"
    assert [m["seq"] for m in ada.whole_bot_chat()] == [ack["seq"], ack["seq"] + 1]
    back.send(ada.bot_frame(question, "q"))
    assert back.wait_type("ack", client_msg_id="q")["duplicate"] is True
    assert ada.ask_bot(back, "and now?")[1]["message"] == "You said: and now?"
    assert len([m for m in ada.whole_bot_chat() if not m["is_user"]]) == 2
