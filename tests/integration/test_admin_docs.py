"""Every example of docs/admin/manage.md works as it stands there."""

import re

from support.stack import ROOT

TEXT = (ROOT / "docs" / "admin" / "manage.md").read_text(encoding="utf-8")


def test_the_examples_work(stack, ada, bob):
    group = ada.new_group()
    bob.enter(group)
    assert ada.post_in_group(group, "the first one").status_code == 201
    blocks = re.findall(r"^```sql\n(.*?)^```$", TEXT, re.M | re.S)
    assert len(blocks) > 5
    for block in blocks:
        sql = block.replace("ada@example.org", ada.email).replace("bob@example.org", bob.email)
        assert stack.admin(re.sub(r"\b21\b", str(group), sql)), block
    actions = {row["action"] for row in stack.admin("SELECT action FROM audit")[0]}
    assert {"delete_group", "remove_message", "suspend_user", "invite_user"} <= actions


def test_the_example_of_erasing_erases(stack, ada):
    section = TEXT[TEXT.index("## Erasing a person") : TEXT.index("## Retention")]
    for block in re.findall(r"^```sql\n(.*?)^```$", section, re.M | re.S):
        stack.admin(block.replace("ada@example.org", ada.email))
    assert stack.sql("SELECT 1 FROM users WHERE id = %s AND erased_at_ms IS NOT NULL", ada.user_id)


def test_every_procedure_is_explained(stack):
    named = set(re.findall(r"\badmin_[a-z_]+(?=\()", TEXT))
    there = {row["procedure"] for row in stack.admin("CALL admin_help()")[0]}
    assert there - {"admin_help"} <= named, there - named
    assert named <= there, named - there
