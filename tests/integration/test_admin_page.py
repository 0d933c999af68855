"""The SQL that docs/admin/manage.md shows runs as it stands there."""

import re

import pytest

from support.stack import ROOT

PAGE = (ROOT / "docs" / "admin" / "manage.md").read_text()
SECTIONS = ["Retention", "Statistics", "The bot's rules", "The mail queue"]


def blocks(section):
    text = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert text, f"no section {section}"
    return re.findall(r"^```sql\n(.*?)^```$", text.group(1), re.MULTILINE | re.DOTALL)


@pytest.fixture
def ada_of_the_page(stack):
    ada = stack.stranger()
    ada.email = "ada@example.org"
    return ada.join(login=False)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_examples_run(stack, section):
    assert blocks(section)
    for block in blocks(section):
        stack.admin(block)


def test_the_example_of_erasing_erases(stack, ada_of_the_page):
    for block in blocks("Erasing a person"):
        stack.admin(block)
    assert stack.sql("SELECT 1 FROM users WHERE id = %s AND erased_at_ms IS NOT NULL", ada_of_the_page.user_id)
