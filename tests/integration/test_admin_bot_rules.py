"""sql/admin/bot_rules.sql: what the bot answers is changed and tried by SQL, and live at once."""

import json

import pytest

from support.administration import Refused, call


def audit(stack, rule):
    rows = stack.sql("SELECT actor, action, details FROM audit WHERE target = %s ORDER BY id", f"bot_rule {rule}")
    assert all(row["actor"].startswith("parlor_admin@") for row in rows)
    return [(row["action"], json.loads(row["details"])) for row in rows]


def test_a_rule_is_added_changed_switched_and_deleted_live(stack, ada, rules):
    socket = ada.socket()
    rule = rules(r"\bzanzibar (\d+)\b", "It's room {1} — \\o/ 🙂, {name}.")
    ada.wait_for_answer(socket, "ZANZIBAR 12?", "It's room 12 — \\o/ 🙂, Ada.")
    stack.admin(call("admin_change_bot_rule", rule, None, None, "Closed."))
    ada.wait_for_answer(socket, "zanzibar 12", "Closed.")
    row = stack.sql("SELECT pattern, priority FROM bot_rules WHERE id = %s", rule)[0]
    assert row == {"pattern": r"\bzanzibar (\d+)\b", "priority": -1000}, "what was NULL stayed"
    other = rules("zanzibar", "From the other one.", -999)
    stack.admin(call("admin_switch_bot_rule", rule, False))
    ada.wait_for_answer(socket, "zanzibar 12", "From the other one.")
    stack.admin(call("admin_switch_bot_rule", rule, True))
    ada.wait_for_answer(socket, "zanzibar 12", "Closed.")
    stack.admin(call("admin_delete_bot_rule", rule, False))
    ada.wait_for_answer(socket, "zanzibar 12", "From the other one.")

    assert [action for action, _ in audit(stack, rule)] == [
        "add_bot_rule", "change_bot_rule", "switch_bot_rule", "switch_bot_rule", "delete_bot_rule",
    ]
    details = [details for _, details in audit(stack, rule)]
    assert details[1]["before"]["answer"] == "It's room {1} — \\o/ 🙂, {name}.", "how to undo it"
    assert details[4] == {"priority": -1000, "pattern": r"\bzanzibar (\d+)\b", "answer": "Closed.", "enabled": True}
    assert len(audit(stack, other)) == 1


def test_a_dry_run_deletes_nothing_and_leaves_no_trace(stack, rules):
    rule = rules("dry", "Dry.")
    for dry_run in (True, None):
        said = stack.admin(call("admin_delete_bot_rule", rule, dry_run))[-1][0]
        assert said["result"] == f"Dry run: rule {rule} would be deleted." and json.loads(said["was"])["answer"] == "Dry."
    assert stack.sql("SELECT 1 FROM bot_rules WHERE id = %s", rule) and len(audit(stack, rule)) == 1


def test_what_is_so_already_is_not_written_down_again(stack, rules):
    rule = rules("same", "Same.")
    assert "is like that already" in stack.admin(call("admin_change_bot_rule", rule, -1000, "same", None))[-1][0]["result"]
    assert "is already on" in stack.admin(call("admin_switch_bot_rule", rule, True))[-1][0]["result"]
    assert len(audit(stack, rule)) == 1


@pytest.mark.parametrize(
    "statement, why",
    [
        (call("admin_add_bot_rule", 1, "", "x"), "pattern must not be empty"),
        (call("admin_add_bot_rule", 1, None, "x"), "pattern must not be empty"),
        (call("admin_add_bot_rule", 1, "x", " \n"), "answer must not be empty"),
        (call("admin_add_bot_rule", 1, "x" * 1001, "x"), "too long"),
        (call("admin_add_bot_rule", 1, "x", "x" * 4001), "too long"),
        (call("admin_change_bot_rule", 999999, 1, None, None), "no bot rule 999999"),
        (call("admin_switch_bot_rule", None, True), "no bot rule NULL"),
        (call("admin_switch_bot_rule", 1, None), "TRUE .on. or FALSE"),
        (call("admin_delete_bot_rule", 999999, False), "no bot rule"),
        (call("admin_try_bot_rules", ""), "question must not be empty"),
        ("INSERT INTO bot_rules (pattern, answer) VALUES ('a', 'b')", "denied"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(stack, statement, why):
    before = stack.sql("SELECT * FROM bot_rules ORDER BY id")
    with pytest.raises(Refused, match=why):
        stack.admin(statement)
    assert stack.sql("SELECT * FROM bot_rules ORDER BY id") == before


def test_the_list_has_the_order_of_trying(stack, rules):
    first, last, off = rules("a", "1", -2000), rules("b", "2", 5000), rules("c", "3", -3000)
    stack.admin(call("admin_switch_bot_rule", off, False))
    (rows,) = stack.admin("CALL admin_list_bot_rules()")
    order = [(int(row["id"]), row["state"]) for row in rows]
    assert order[0] == (first, "on") and order.index((last, "on")) < order.index((off, "off"))
    assert rows[0]["pattern"] == "a" and rows[0]["answer"] == "1"


def test_trying_names_the_rule_and_what_can_not_be_read(stack, rules):
    broken = rules("(quagga", "Never.", -1001)
    rule = rules(r"\bquagga\b", "Extinct, {name}.")
    rules("quagga", "Too late.", -999)
    (tried,) = stack.admin(call("admin_try_bot_rules", "And the QUAGGA's 🙂?"))
    assert (int(tried[0]["rule"]), tried[0]["answer"]) == (rule, "Extinct, {name}.")
    assert f"can't read the patterns of: {broken}." in tried[0]["result"]
    assert "--try-bot" in stack.admin(call("admin_change_bot_rule", broken, None, "(quagga|", None))[-1][0]["result"]
    assert "--try-bot" in stack.admin(call("admin_change_bot_rule", broken, None, "(?=quagga)", None))[-1][0]["result"]
