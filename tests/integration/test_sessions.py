"""Login, the limit on wrong passwords, sliding sessions, logout."""

import pytest

from support.checks import assert_not_arrived, assert_problem, assert_retry_after, marker, to_ms

DAY_MS = 24 * 3600 * 1000
WRONG = "not the password 0"


def test_wrong_password_and_unknown_address_are_answered_alike(stack, ada):
    wrong = ada.try_login(WRONG)
    unknown = ada.try_login(email="nobody@example.org")
    assert_problem(wrong, 401, "invalid_credentials")
    assert wrong.json() == unknown.json()
    assert wrong.headers.keys() == unknown.headers.keys()
    assert unknown.status_code == 401


def test_ten_wrong_passwords_close_the_account_for_the_right_one_too(stack, ada):
    for _ in range(10):
        assert ada.try_login(WRONG).status_code == 401
    eleventh, right = ada.try_login(WRONG), ada.try_login()
    for answer in (eleventh, right):
        assert_problem(answer, 429, "too_many_requests")
        assert_retry_after(answer)
    assert ada.get("/users/profile").status_code == 200, "sessions that exist go on"


def test_ten_wrong_passwords_close_an_address_without_account_alike(stack):
    nobody = stack.stranger()
    for _ in range(10):
        assert nobody.try_login(WRONG).status_code == 401
    answer = nobody.try_login(WRONG)
    assert_problem(answer, 429, "too_many_requests")
    assert_retry_after(answer)


def test_the_right_password_is_not_counted_and_forgives_none(stack, ada):
    for _ in range(9):
        assert ada.try_login(WRONG).status_code == 401
        assert ada.try_login().status_code == 200
    assert ada.try_login(WRONG).status_code == 401
    assert_problem(ada.try_login(), 429, "too_many_requests")


@pytest.mark.parametrize(
    "body, field",
    [
        ({"password": "x"}, "email"),
        ({"email": 7, "password": "x"}, "email"),
        ({"email": "a@example.org"}, "password"),
        ({"email": "a@example.org", "password": []}, "password"),
        ({"email": "a@example.org", "password": None}, "password"),
    ],
)
def test_login_names_a_bad_field(stack, body, field):
    assert_problem(stack.stranger().post("/login", body, token=None), 422, "invalid_field", field)


def test_login_tells_when_the_session_ends(stack, ada):
    before = to_ms(ada.get("/users/profile").json()["created_at"])
    body = ada.try_login().json()
    assert body["user_id"] == ada.user_id
    assert len(body["token"]) >= 43
    assert 6.9 * DAY_MS < to_ms(body["expires_at"]) - before < 7.1 * DAY_MS


def test_use_moves_the_expiry_but_not_beyond_the_longest_life(stack, ada):
    row = stack.sql("SELECT * FROM sessions WHERE user_id = %s", ada.user_id)[0]
    now = row["created_at_ms"]
    stack.sql("UPDATE sessions SET expires_at_ms = %s WHERE id = %s", now + DAY_MS, row["id"])
    assert ada.get("/users/profile").status_code == 200
    moved = stack.sql("SELECT expires_at_ms FROM sessions WHERE id = %s", row["id"])[0]["expires_at_ms"]
    assert moved > now + 6 * DAY_MS

    longest = now + 2 * DAY_MS
    stack.sql(
        "UPDATE sessions SET expires_at_ms = %s, max_expires_at_ms = %s WHERE id = %s", now + DAY_MS, longest, row["id"]
    )
    assert ada.get("/users/profile").status_code == 200
    assert stack.sql("SELECT expires_at_ms FROM sessions WHERE id = %s", row["id"])[0]["expires_at_ms"] == longest


def test_an_expired_session_is_no_session(stack, ada):
    stack.sql("UPDATE sessions SET expires_at_ms = 1000 WHERE user_id = %s", ada.user_id)
    assert_problem(ada.get("/users"), 401, "invalid_token")
    socket = ada.unsigned_socket()
    socket.send({"token": ada.token})
    assert socket.wait_closed() == 4401


def test_each_login_is_a_session_of_its_own(stack, ada):
    first = ada.token
    second = ada.login()
    assert first != second
    one, same, other = ada.socket(first), ada.socket(first), ada.socket(second)
    assert one.ready["session_id"] == same.ready["session_id"] != other.ready["session_id"]


def test_logout_ends_this_session_alone(stack, ada, bob):
    watcher = bob.socket()
    first = ada.token
    second = ada.login()
    leaving, leaving_too, staying = ada.socket(first), ada.socket(first), ada.socket(second)

    assert ada.get("/logout", token=first).status_code == 204
    assert leaving.wait_closed(1.0) == 4403
    assert leaving_too.wait_closed(1.0) == 4403
    assert_problem(ada.get("/users", token=first), 401, "invalid_token")
    assert ada.get("/users", token=second).status_code == 200
    ada.send_acked(staying, bob, "still here")
    marker(ada, watcher, bob, "the end")
    assert_not_arrived(watcher, "user_activity", user_id=ada.user_id, login=False)

    assert ada.post("/logout", token=second).status_code == 204
    assert staying.wait_closed(1.0) == 4403
    watcher.wait_type("user_activity", user_id=ada.user_id, login=False, deadline=1.5)


def test_logout_of_a_dead_token_is_fine_and_without_one_is_not(stack, ada):
    assert ada.get("/logout").status_code == 204
    assert ada.get("/logout").status_code == 204
    assert ada.post("/logout").status_code == 204
    assert ada.get("/logout", token="never-existed").status_code == 204
    for method in ("GET", "POST"):
        assert_problem(ada.call(method, "/logout", token=None), 401, "invalid_token")


def test_all_spellings_of_the_token_header(stack, ada):
    for headers in (
        {"authentication": ada.token},
        {"Authentication": ada.token},
        {"Authorization": f"Bearer {ada.token}"},
        {"Authorization": f"bearer {ada.token}"},
        {"Authorization": ada.token},
    ):
        assert ada.get("/users/profile", token=None, headers=headers).status_code == 200, headers.keys()


def test_a_token_in_the_url_or_a_cookie_is_no_token(stack, ada):
    assert ada.get("/users", token=None, query={"token": ada.token, "authentication": ada.token}).status_code == 401
    assert ada.get("/users", token=None, headers={"Cookie": f"token={ada.token}"}).status_code == 401
