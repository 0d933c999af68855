"""GET and PUT /users/profile beyond flows 16 and 17, GET /users."""

import pytest

from support.checks import assert_not_arrived, assert_problem, marker

NEW = "a brand new secret 5"


def log_in_long_ago(stack, person):
    stack.sql("UPDATE sessions SET created_at_ms = created_at_ms - 3600000 WHERE user_id = %s", person.user_id)


def test_an_old_session_needs_the_current_password_for_a_new_one(stack, ada):
    log_in_long_ago(stack, ada)
    assert_problem(ada.put("/users/profile", {"password": NEW}), 403, "wrong_password")
    wrong = {"password": NEW, "current_password": "not it at all"}
    assert_problem(ada.put("/users/profile", wrong), 403, "wrong_password")
    assert ada.put("/users/profile", {"password": NEW, "current_password": ada.password}).status_code == 200
    assert ada.try_login(NEW).status_code == 200


def test_a_recent_login_needs_none_but_a_wrong_one_is_refused(stack, ada):
    wrong = {"password": NEW, "current_password": "not it at all"}
    assert_problem(ada.put("/users/profile", wrong), 403, "wrong_password")
    assert ada.put("/users/profile", {"password": NEW}).status_code == 200


def test_a_refused_change_changes_nothing(stack, ada, bob):
    watcher = bob.socket()
    log_in_long_ago(stack, ada)
    assert ada.put("/users/profile", {"first_name": "Eva", "password": NEW}).status_code == 403
    assert_problem(ada.put("/users/profile", {"first_name": "Eva", "last_name": ""}), 422, "invalid_field", "last_name")
    assert ada.get("/users/profile").json()["first_name"] == "Ada"
    marker(ada, watcher, bob, "after the refusals")
    assert_not_arrived(watcher, "user_update", user_id=ada.user_id)


def test_a_new_password_ends_the_other_sessions_and_is_told_by_mail(stack, ada):
    other = ada.token
    ada.login()
    elsewhere, here = ada.socket(other), ada.socket()
    assert ada.put("/users/profile", {"password": NEW}).status_code == 200
    assert elsewhere.wait_closed(1.0) == 4403
    assert ada.get("/users", token=other).status_code == 401
    assert ada.get("/users").status_code == 200
    here.ping()
    assert here.close_code is None

    notice = stack.wait_mail(ada.email, 2)
    text = notice.get_body(("plain",)).get_content()
    assert "password" in text.lower()
    assert NEW not in text and ada.password not in text


def test_names_alone_keep_the_other_sessions(stack, ada):
    other = ada.token
    ada.login()
    elsewhere = ada.socket(other)
    assert ada.put("/users/profile", {"first_name": "Augusta"}).status_code == 200
    elsewhere.wait_type("user_update", user_id=ada.user_id)
    assert elsewhere.close_code is None
    assert len(stack.mails(ada.email)) == 1


@pytest.mark.parametrize(
    "change, field",
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": 5}, "first_name"),
        ({"last_name": "x" * 65}, "last_name"),
        ({"password": "short"}, "password"),
        ({"password": "password1"}, "password"),
        ({"password": NEW, "current_password": 5}, "current_password"),
    ],
)
def test_a_bad_field_is_named(stack, ada, change, field):
    assert_problem(ada.put("/users/profile", change), 422, "invalid_field", field)


def test_null_means_not_given(stack, ada):
    body = {"first_name": None, "last_name": None, "password": None, "current_password": None}
    answer = ada.put("/users/profile", body)
    assert answer.status_code == 200
    assert answer.json() == ada.get("/users/profile").json()


# ---- GET /users


def test_users_are_narrowed(stack, ada, bob, eve):
    bob_socket = bob.socket()
    everybody = ada.get("/users").json()["users"]
    ids = [u["user_id"] for u in everybody]
    assert ids == sorted(ids) and {ada.user_id, bob.user_id, eve.user_id} <= set(ids)
    assert "@" not in ada.get("/users").text

    page = ada.get("/users", query={"after": bob.user_id, "limit": 1}).json()["users"]
    assert [u["user_id"] for u in page] == [next(i for i in ids if i > bob.user_id)]
    online = ada.get("/users", query={"online": "true"}).json()["users"]
    assert bob.user_id in [u["user_id"] for u in online] and all(u["online"] for u in online)
    assert eve.user_id not in [u["user_id"] for u in online]

    eve.put("/users/profile", {"first_name": "Zoë", "last_name": f"Q{eve.user_id}x"})
    for query in (f"q{eve.user_id}X", f"Zoë Q{eve.user_id}"):
        found = ada.get("/users", query={"q": query}).json()["users"]
        assert [u["user_id"] for u in found] == [eve.user_id], query
    assert ada.get("/users", query={"q": "%"}).json()["users"] == []
    bob_socket.close()


def test_users_accept_the_query_as_a_body_too_and_the_query_wins(stack, ada, bob):
    assert len(ada.get("/users", {"limit": 1}).json()["users"]) == 1
    assert len(ada.get("/users", {"limit": 1}, query={"limit": 2}).json()["users"]) == 2


@pytest.mark.parametrize(
    "query, field", [("limit=x", "limit"), ("after=-1", "after"), ("online=maybe", "online"), ("limit=0", "limit")]
)
def test_a_bad_query_is_named(stack, ada, query, field):
    assert_problem(ada.get(f"/users?{query}"), 422, "invalid_field", field)


def test_a_query_that_is_not_utf8_is_refused(stack, ada):
    assert_problem(ada.get("/users?q=%ff%fe"), 422, "invalid_field")


def test_users_have_an_etag(stack, ada, eve):
    first = ada.get("/users")
    tag = first.headers["ETag"]
    same = ada.get("/users", headers={"If-None-Match": tag})
    assert same.status_code == 304 and same.content == b""
    eve.put("/users/profile", {"first_name": "Evelyn"})
    changed = ada.get("/users", headers={"If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag


def test_each_field_alone_and_who_is_told(stack, ada, bob):
    watcher = bob.socket()
    assert ada.put("/users/profile", {"first_name": "Augusta"}).json()["last_name"] == "Lovelace"
    watcher.wait_type("user_update", first_name="Augusta", last_name="Lovelace", user_id=ada.user_id)
    assert ada.put("/users/profile", {"last_name": "King"}).json()["first_name"] == "Augusta"
    watcher.wait_type("user_update", first_name="Augusta", last_name="King", user_id=ada.user_id)

    # Nothing changed, or only the password: nobody is told.
    assert ada.put("/users/profile", {"first_name": "Augusta", "last_name": None}).status_code == 200
    assert ada.put("/users/profile", {"password": "yet another secret 11"}).status_code == 200
    marker(ada, watcher, bob, "after the changes")
    assert len(watcher.of_type("user_update", user_id=ada.user_id)) == 2
