"""Everything about registration that protocol.md pins beyond flow 1."""

import pytest

from support.checks import assert_problem
from support.people import link_token

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def test_the_answer_is_the_same_for_a_taken_address_and_its_owner_gets_a_mail(stack, ada):
    free = stack.stranger("Grace").register()
    taken = stack.stranger("Mallory").register(email=ada.email.upper())
    assert taken.status_code == free.status_code == 202
    assert taken.json() == free.json()
    assert taken.headers.keys() == free.headers.keys()

    notice = stack.wait_mail(ada.email, 2)
    text = notice.get_body(("plain",)).get_content()
    assert "/register/" not in text
    assert "Mallory" not in text and "Mallory" not in str(notice["To"]), "a stranger's words in our mail"
    assert ada.try_login().status_code == 200


def test_the_newest_link_wins(stack):
    grace = stack.stranger("Grace")
    grace.register()
    old = grace.newest_link()
    grace.register(first_name="Amazing", password="the second secret 2")
    new = grace.newest_link(2)
    assert old != new
    assert_problem(grace.get(f"/register/{old}", token=None), 404, "not_found")

    answer = grace.get(f"/register/{new}", token=None)
    assert answer.status_code == 201
    assert answer.json()["first_name"] == "Amazing"
    assert grace.try_login().status_code == 401
    assert grace.try_login("the second secret 2").status_code == 200


def test_second_use_says_already_confirmed(stack):
    grace = stack.stranger("Grace")
    grace.register()
    token = grace.newest_link()
    first = grace.get(f"/register/{token}", token=None)
    second = grace.get(f"/register/{token}", token=None)
    assert (first.status_code, second.status_code) == (201, 200)
    assert "already confirmed" in second.text.lower()


def test_an_expired_link_is_gone(stack):
    grace = stack.stranger("Grace")
    grace.register()
    token = grace.newest_link()
    stack.sql("UPDATE pending_registrations SET expires_at_ms = 1000 WHERE email_key = %s", grace.email)
    assert grace.get(f"/register/{token}", token=None).status_code == 410
    assert grace.post(f"/register/{token}", token=None).status_code == 410
    assert grace.try_login().status_code == 401

    grace.register()
    assert grace.get(f"/register/{grace.newest_link(2)}", token=None).status_code == 201


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 2000, "%00", "%ff%fe"])
def test_an_unknown_token_is_not_found(stack, token):
    assert stack.stranger().get(f"/register/{token}", token=None).status_code in (400, 404)


def test_head_creates_nothing(stack):
    grace = stack.stranger("Grace")
    grace.register()
    token = grace.newest_link()
    head = grace.call("HEAD", f"/register/{token}", token=None)
    assert head.status_code in (200, 201) and head.content == b""
    assert stack.sql("SELECT id FROM users WHERE email_key = %s", grace.email) == []
    assert grace.get(f"/register/{token}", token=None).status_code == 201


def test_a_browser_gets_a_button_instead_of_an_account(stack):
    grace = stack.stranger("Grace")
    grace.register()
    token = grace.newest_link()
    page = grace.get(f"/register/{token}", token=None, headers=HTML)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<form" in page.text and 'method="post"' in page.text.lower() and "<button" in page.text
    assert stack.sql("SELECT id FROM users WHERE email_key = %s", grace.email) == []

    form = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}
    confirmed = grace.call("POST", f"/register/{token}", data=b"", token=None, headers=form)
    assert confirmed.status_code == 201
    assert confirmed.headers["Content-Type"].startswith("text/html")
    assert grace.try_login().status_code == 200


def test_a_posted_confirmation_creates_the_account_as_json_too(stack):
    grace = stack.stranger("Grace")
    grace.register()
    answer = grace.post(f"/register/{grace.newest_link()}", token=None)
    assert answer.status_code == 201
    assert answer.json()["email"] == grace.email


def test_no_account_before_the_link_is_opened(stack):
    grace = stack.stranger("Grace")
    grace.register()
    grace.newest_link()
    assert_problem(grace.try_login(), 401, "invalid_credentials")


def test_only_hashes_are_at_rest(stack):
    grace = stack.stranger("Grace")
    grace.register()
    token = grace.newest_link()
    row = stack.sql("SELECT * FROM pending_registrations WHERE email_key = %s", grace.email)[0]
    assert row["password_hash"].startswith("$argon2id$")
    assert len(row["token_hash"]) == 32
    assert len(token) >= 43, "256 bits"


def test_names_are_trimmed_and_addresses_compared_without_case(stack):
    grace = stack.stranger("Grace")
    mixed = grace.email.replace("grace", "GraCe")
    assert grace.register(email=f"  {mixed} ", first_name="  Grace\t", last_name=" Hopper ").status_code == 202
    answer = grace.get(f"/register/{grace.newest_link()}", token=None).json()
    assert (answer["first_name"], answer["last_name"]) == ("Grace", "Hopper")
    assert grace.try_login(email=grace.email.upper()).status_code == 200


BAD_FIELDS = [
    ("email", None),
    ("email", 5),
    ("email", ""),
    ("email", "no-at-sign"),
    ("email", "a b@example.org"),
    ("email", "a@example.org\r\nBcc: everybody@example.org"),
    ("email", "<a@example.org>"),
    ("email", "x" * 250 + "@example.org"),
    ("password", None),
    ("password", True),
    ("password", "short7!"),
    ("password", "p" * 129),
    ("password", "password"),
    ("first_name", None),
    ("first_name", "   "),
    ("first_name", "x" * 65),
    ("first_name", "Ada\nBcc: all@example.org"),
    ("first_name", ["Ada"]),
    ("last_name", {}),
    ("last_name", "x\u0000y"),
]


@pytest.mark.parametrize("field, value", BAD_FIELDS)
def test_a_bad_field_is_named(stack, field, value):
    assert_problem(stack.stranger().register(**{field: value}), 422, "invalid_field", field)


@pytest.mark.parametrize(
    "changes", [{"first_name": "Ж" * 64}, {"password": "ü" * 128}, {"password": "12 chars ✓ok"}, {"unknown": 1}]
)
def test_characters_are_code_points_and_unknown_fields_ignored(stack, changes):
    assert stack.stranger().register(**changes).status_code == 202


def test_the_mail_can_be_read_by_a_mail_program(stack):
    grace = stack.stranger("Grace", "Brewster Ünïcode, \"PhD\"")
    grace.register()
    mail = stack.wait_mail(grace.email)
    assert mail["Subject"] and mail["Date"] and mail["Message-ID"]
    assert [a.addr_spec for a in mail["To"].addresses] == [grace.email]
    assert not mail["Bcc"] and not mail["Cc"]
    assert mail.defects == []
    assert len(link_token(mail)) >= 43
