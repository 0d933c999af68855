"""parlor-wsd --try-bot: what the rules would say, by the program that says it, and nobody hears it."""

import subprocess

import pytest

from support.stack import BINARIES


def try_bot(stack, question, config=None):
    command = [str(BINARIES / "parlor-wsd"), "--config", str(config or stack.var / "etc" / "parlor-wsd.toml"), "--try-bot", question]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_it_says_which_rule_answers_what_and_which_are_broken(stack, rules):
    broken = rules("(okapi", "Never.", -1002)
    ahead = rules("(?=okapi)", "Never.", -1001)
    rule = rules(r"\bokapi (\d+)\b", "{1} of them 🙂, {name}.")
    rules("okapi", "Too late.", -999)
    done = try_bot(stack, "How about the OKAPI 7?")
    assert done.returncode == 0, done.stderr
    count = stack.sql("SELECT COUNT(*) AS n FROM bot_rules WHERE enabled")[0]["n"]
    assert done.stdout.splitlines() == [
        f"rule {rule} answers, as number 3 of {count}",
        r"pattern: \bokapi (\d+)\b",
        "answer: 7 of them 🙂, {name}.",
        f"rule {broken} is passed over: missing ): (okapi",
        f"rule {ahead} is passed over: invalid perl operator: (?=",
    ]
    assert done.stderr == ""


def test_it_is_what_the_bot_says(stack, ada):
    socket = ada.socket()
    for question in ("How do I create a group?", "你好", "bye", "thanks", "How do I rename a group?"):
        _, answer = ada.ask_bot(socket, question)
        assert f"answer: {answer['message']}".replace("Ada", "{name}") in try_bot(stack, question).stdout
    rows = stack.sql("SELECT COUNT(*) AS n FROM messages")
    try_bot(stack, "Hello")
    assert stack.sql("SELECT COUNT(*) AS n FROM messages") == rows, "nothing is stored"


def test_no_rule_answers(stack, rules):
    enabled = [row["id"] for row in stack.sql("SELECT id FROM bot_rules WHERE enabled")]
    stack.sql("UPDATE bot_rules SET enabled = FALSE")
    try:
        done = try_bot(stack, "Hello")
    finally:
        stack.sql(f"UPDATE bot_rules SET enabled = TRUE WHERE id IN ({', '.join(map(str, enabled))})")
    assert (done.returncode, done.stdout) == (0, "none of the 0 rules answers: the bot would apologize\n")


@pytest.mark.parametrize("question", ["", "x" * 16001])
def test_what_is_no_message_is_refused(stack, question):
    done = try_bot(stack, question)
    assert (done.returncode, done.stdout) == (64, "")
    assert "1 to 16000 bytes" in done.stderr


def test_without_a_database_it_says_so(stack, tmp_path):
    config = tmp_path / "parlor.toml"
    config.write_text(f'[database]\nsocket = "{tmp_path}/nothing.sock"\n')
    done = try_bot(stack, "Hello", config)
    assert done.returncode == 1 and done.stderr.startswith("parlor-wsd: ")
