"""sql/admin/users.sql and sessions.sql, run as an administrator does; what people and their sockets notice."""

import threading

import pytest
from support.administration import Refused, call
from support.checks import assert_problem
from support.people import PASSWORD, link_token
from support.waiting import wait_until

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def said(stack, procedure, *arguments):
    return stack.admin(call(procedure, *arguments))[-1][0]["result"]


def audited(stack, user):
    sql = f"SELECT action FROM admin_audit WHERE target = 'user {user}' ORDER BY id"
    return [row["action"] for row in stack.admin(sql)[0]]


def invite(stack, person):
    """The token of the link in the invitation."""
    assert "is on its way" in said(stack, "admin_invite_user", person.email, person.first_name, person.last_name)
    return link_token(stack.wait_mail(person.email))


def invitation_state(stack, person):
    rows = stack.admin("CALL admin_list_invitations()")
    return next((row["state"] for row in rows[0] if row["email"] == person.email), None) if rows else None


# ---- invitations


def test_who_is_invited_chooses_a_password_and_is_there(stack, bob):
    ada = stack.stranger("Ada", "O'Łovelace \"A\"")
    watching = bob.socket()
    token = invite(stack, ada)
    mail = stack.mails(ada.email)[0]
    assert "invited" in mail["Subject"] and "7 days" in mail.get_body(("plain",)).get_content()
    assert invitation_state(stack, ada) == "waits for an answer"
    assert ada.call("HEAD", f"/register/{token}", token=None).status_code == 200
    assert_problem(ada.get(f"/register/{token}", token=None), 422, "invalid_field", "password")
    for body in ({}, {"password": "short"}, {"password": "password1"}, {"password": 5}, None):
        assert_problem(ada.post(f"/register/{token}", body, token=None), 422, "invalid_field", "password")
    assert_problem(ada.try_login(), 401, "invalid_credentials")
    made = ada.post(f"/register/{token}", {"password": PASSWORD}, token=None)
    assert made.status_code == 201
    ada.user_id = made.json()["user_id"]
    assert made.json()["last_name"] == ada.last_name
    watching.wait_type("user_update", user_id=ada.user_id)
    ada.login()
    assert invitation_state(stack, ada) == f"accepted by user {ada.user_id}"
    again = ada.post(f"/register/{token}", {"password": "another one of mine"}, token=None)
    assert (again.status_code, again.json()["message"]) == (200, "already confirmed")
    assert ada.try_login().status_code == 200, "the second password is not taken"


def test_a_browser_gets_a_form_for_the_password(stack):
    ada = stack.stranger()
    token = invite(stack, ada)
    page = ada.get(f"/register/{token}", token=None, headers=BROWSER)
    assert page.status_code == 200
    assert '<form method="post">' in page.text and 'autocomplete="new-password"' in page.text
    form = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    wrong = ada.post(f"/register/{token}", token=None, headers=form, data="password=short")
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text and '<form method="post">' in wrong.text
    ada.password = "ä pass & word = 7+1"
    done = ada.post(f"/register/{token}", token=None, headers=form, data={"password": ada.password})
    assert done.status_code == 201 and f"Welcome, {ada.first_name}" in done.text
    assert ada.try_login().status_code == 200


def test_only_the_newest_invitation_counts_and_it_can_be_withdrawn(stack, bob):
    ada = stack.stranger()
    first = invite(stack, ada)
    said(stack, "admin_invite_user", f" {ada.email.upper()} ", "Ada", "Lovelace")
    second = link_token(stack.wait_mail(ada.email, 2))
    assert_problem(ada.post(f"/register/{first}", {"password": PASSWORD}, token=None), 404, "not_found")
    assert "withdrawn" in said(stack, "admin_withdraw_invitation", ada.email)
    assert_problem(ada.post(f"/register/{second}", {"password": PASSWORD}, token=None), 404, "not_found")
    with pytest.raises(Refused, match="There is no invitation"):
        said(stack, "admin_withdraw_invitation", ada.email)
    with pytest.raises(Refused, match=f"account already: user {bob.user_id}"):
        said(stack, "admin_invite_user", bob.email.upper(), "Bob", "B")


def test_a_stranger_cannot_take_an_invitation_away(stack):
    ada = stack.stranger("Ada", "Lovelace")
    invite(stack, ada)
    stack.sql("UPDATE pending_registrations SET expires_at_ms = expires_at_ms - 6 * 86400000 WHERE email = %s", ada.email)
    uninvited = stack.stranger().register()
    answer = ada.register(email=ada.email.upper(), password="the stranger's own", first_name="Evil", last_name="Stranger")
    assert (answer.status_code, answer.json()) == (202, uninvited.json()), "nobody is told who is invited"
    again = stack.wait_mail(ada.email, 2)
    assert "invited" in again["Subject"] and "7 days" in again.get_body(("plain",)).get_content()
    assert "Evil" not in str(again)
    (row,) = stack.sql("SELECT first_name, password_hash, expires_at_ms - requested_at_ms AS life FROM pending_registrations"
                       " WHERE email = %s", ada.email)  # fmt: skip
    assert (row["first_name"], row["password_hash"]) == ("Ada", "") and row["life"] >= 7 * 86400000, "as the mail says"
    assert invitation_state(stack, ada) == "waits for an answer"
    made = ada.post(f"/register/{link_token(again)}", {"password": PASSWORD}, token=None)
    assert (made.status_code, made.json()["first_name"]) == (201, "Ada")
    assert_problem(ada.try_login("the stranger's own"), 401, "invalid_credentials")
    ada.login()


def test_an_expired_invitation_makes_way(stack):
    ada = stack.stranger()
    invite(stack, ada)
    stack.sql("UPDATE pending_registrations SET expires_at_ms = 1 WHERE email = %s", ada.email)
    assert ada.register().status_code == 202
    assert ada.get(f"/register/{ada.newest_link(2)}", token=None).status_code == 201
    ada.login()


@pytest.mark.parametrize(
    "arguments",
    [
        ("no address", "Ada", "L"),
        ("ada@", "Ada", "L"),
        ("a@b@example.org", "Ada", "L"),
        (".ada@example.org", "Ada", "L"),
        ("a..b@example.org", "Ada", "L"),
        ("ada@exa mple.org", "Ada", "L"),
        ("ada@example.org\n", "A\nda", "L"),
        ("<ada@example.org>", "Ada", "L"),
        ("ada\\@example.org", "Ada", "L"),
        ("ada@exämple.org", "Ada", "L"),
        ("a" * 243 + "@example.org", "Ada", "L"),
        ("ada@example.org", "", "L"),
        ("ada@example.org", "A" * 65, "L"),
        ("ada@example.org", "Ada", None),
        (None, "Ada", "L"),
    ],
)
def test_bad_addresses_and_names_are_refused(stack, arguments):
    with pytest.raises(Refused, match="(address|name) must"):
        said(stack, "admin_invite_user", *arguments)


def test_good_addresses_are_those_of_the_program(stack):
    odd = ("o'brien+tag@sub-1.example.org", "ädä@example.org", "x@localhost", '"a@example.org', "a@-b.org", "a@b.org-")
    for email in odd:
        person = stack.stranger()
        by_program = person.register(email=email).status_code == 202
        try:
            said(stack, "admin_invite_user", email, "A", "B")
            by_procedure = True
        except Refused:
            by_procedure = False
        assert by_procedure == by_program, email


def test_an_invitation_whose_mail_is_dropped_says_so(stack):
    ada = stack.stranger()
    stack.sql("INSERT INTO pending_registrations (email, email_key, first_name, last_name, password_hash, requested_at_ms,"
              " expires_at_ms) VALUES (%s, %s, 'Ada', 'L', '', 1, 9999999999999)", ada.email, ada.email)  # fmt: skip
    stack.sql("INSERT INTO mail_outbox (kind, recipient, recipient_name, registration_id, created_at_ms, next_attempt_at_ms)"
              " SELECT 'invitation', email, 'Ada', id, 1, 9999999999999 FROM pending_registrations WHERE email = %s", ada.email)  # fmt: skip
    assert invitation_state(stack, ada) == "the mail is on its way"
    (mail,) = stack.sql("SELECT id FROM mail_outbox WHERE recipient = %s", ada.email)
    said(stack, "admin_drop_mail", mail["id"], False)
    assert invitation_state(stack, ada) == "the mail was dropped"


# ---- suspending


def test_who_is_suspended_is_out_until_reinstated(stack, ada, bob):
    socket, watching = ada.socket(), bob.socket()
    assert "is suspended" in said(stack, "admin_suspend_user", ada.email)
    assert socket.wait_closed() == 4403
    assert_problem(ada.get("/users"), 401, "invalid_token")
    assert_problem(ada.try_login(), 403, "forbidden")
    watching.wait_type("user_activity", user_id=ada.user_id, login=False)
    assert "already" in said(stack, "admin_suspend_user", ada.user_id)
    assert "can log in again" in said(stack, "admin_reinstate_user", ada.user_id)
    assert_problem(ada.get("/users"), 401, "invalid_token")  # old sessions stay ended
    ada.login()
    assert ada.socket().ready
    assert "nothing was changed" in said(stack, "admin_reinstate_user", ada.user_id)
    assert audited(stack, ada.user_id) == ["suspend_user", "reinstate_user"]


def test_a_login_that_crosses_a_suspension_opens_no_session(stack, ada):
    """The password was right and is being hashed when the suspension comes."""
    suspending, answers = stack.database(), []
    try:
        suspending.begin()
        with suspending.cursor() as cursor:
            cursor.execute("UPDATE users SET suspended_at_ms = 1 WHERE id = %s", (ada.user_id,))
            cursor.execute("DELETE FROM sessions WHERE user_id = %s", (ada.user_id,))
        login = threading.Thread(target=lambda: answers.append(ada.try_login()))
        login.start()
        waiting = "SELECT 1 FROM information_schema.processlist WHERE time_ms > 200 AND info LIKE '%%FROM users%%FOR UPDATE%%'"
        wait_until(lambda: stack.sql(waiting), deadline=40, what="a login that waits for the user's row")
        suspending.commit()
    finally:
        suspending.close()
    login.join()
    assert_problem(answers[0], 403, "forbidden")
    assert stack.sql("SELECT 1 FROM sessions WHERE user_id = %s", ada.user_id) == []
    tries = "SELECT 1 FROM login_failures WHERE account = UNHEX(SHA2(CONCAT('password:', %s), 256))"
    assert stack.sql(tries, ada.email.lower()) == [], "a right password is not counted"


def test_who_is_erased_can_be_neither_suspended_nor_reinstated(stack, ada):
    stack.sql("UPDATE users SET erased_at_ms = 1, suspended_at_ms = 1 WHERE id = %s", ada.user_id)
    for procedure in ("admin_suspend_user", "admin_reinstate_user"):
        with pytest.raises(Refused, match="has been erased"):
            said(stack, procedure, ada.user_id)


# ---- sessions


def test_one_session_or_all_are_ended(stack, ada):
    first = ada.socket()
    old_token, old = ada.token, first.ready["session_id"]
    ada.login()
    second = ada.socket()
    listed = {int(row["session_id"]) for row in stack.admin(call("admin_list_sessions", ada.email))[0]}
    assert listed == {old, second.ready["session_id"]}
    assert "1 sessions" in said(stack, "admin_end_sessions", ada.user_id, old)
    assert first.wait_closed() == 4403
    assert_problem(ada.get("/users", token=old_token), 401, "invalid_token")
    assert ada.get("/users").status_code == 200 and second.close_code is None
    with pytest.raises(Refused, match="has no session"):
        said(stack, "admin_end_sessions", ada.user_id, old)
    ada.login()
    assert "2 sessions" in said(stack, "admin_end_sessions", ada.email, None)
    assert second.wait_closed() == 4403
    assert "0 sessions" in said(stack, "admin_end_sessions", ada.email, None)
    assert audited(stack, ada.user_id) == ["end_sessions", "end_sessions"]
    everybody = stack.admin(call("admin_list_sessions", None))
    assert str(ada.user_id) not in {row["user_id"] for row in everybody[0]} if everybody else True
    ada.login()


def test_a_session_of_somebody_else_is_not_ended(stack, ada, bob):
    session = bob.socket().ready["session_id"]
    with pytest.raises(Refused, match="has no session"):
        said(stack, "admin_end_sessions", ada.user_id, session)
    assert bob.get("/users").status_code == 200


def test_who_is_online(stack, ada, bob):
    group = ada.new_group()
    socket = ada.socket()
    ada.enter_seen(group, socket)

    def rows():
        return {int(row["user_id"]): row for result in stack.admin("CALL admin_who_is_online()") for row in result}

    wait_until(lambda: ada.user_id in rows(), what="Ada online")
    row = rows()[ada.user_id]
    assert (row["email"], row["present_in_groups"], row["sessions"]) == (ada.email, "1", "1")
    assert bob.user_id not in rows()
    socket.close()
    wait_until(lambda: ada.user_id not in rows(), what="Ada offline")


def test_counted_wrong_passwords_are_forgotten(stack, ada):
    for _ in range(10):
        assert ada.try_login("wrong password").status_code == 401
    assert ada.try_login().status_code == 429
    assert "tries" in said(stack, "admin_unlock_login", ada.email.upper())
    assert ada.try_login().status_code == 200
    assert audited(stack, ada.user_id) == ["unlock_login"]
