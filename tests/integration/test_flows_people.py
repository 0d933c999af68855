"""The flows of the protocol's founding text, the seed, about people and sessions, literally as it writes them."""

from support.checks import assert_not_arrived, assert_timestamp, marker
from support.seed import seed


def test_flow_01_register_a_new_account(stack, ada, bob, eve):
    watcher = ada.socket()
    undecided = bob.unsigned_socket()
    grace = stack.stranger("Grace", "Hopper")

    asked = grace.post(
        "/register",
        {"email": grace.email, "password": grace.password, "first_name": "Grace", "last_name": "Hopper"},
        token=None,
    )
    assert asked.status_code == 202
    assert isinstance(asked.json()["message"], str)
    token = grace.newest_link()
    assert "Grace" not in [u["first_name"] for u in ada.get("/users", query={"q": grace.first_name}).json()["users"]]
    marker(eve, watcher, ada, "after the mail, before the click")
    assert_not_arrived(watcher, "user_update", first_name="Grace")

    confirmed = grace.get(f"/register/{token}", token=None)
    assert confirmed.status_code == 201
    user_id = confirmed.json()["user_id"]
    assert confirmed.json() == {
        "user_id": user_id,
        "email": grace.email,
        "first_name": "Grace",
        "last_name": "Hopper",
    }
    update = watcher.wait_type("user_update", user_id=user_id)
    assert update == {"type": "user_update", "user_id": user_id, "first_name": "Grace", "last_name": "Hopper"}

    # Who is not signed in hears nothing: the first frame there is the answer to the init frame.
    undecided.send({"token": bob.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready"
    marker(eve, undecided, bob, "after the update")
    assert_not_arrived(undecided, "user_update", user_id=user_id)


def test_flow_02_login(stack, ada, bob, eve):
    watcher = ada.socket()
    undecided = eve.unsigned_socket()
    answer = bob.post("/login", {"email": bob.email, "password": bob.password}, token=None)
    assert answer.status_code == 200
    bob.token = token = answer.json()["token"]
    assert isinstance(token, str) and token
    marker(eve, watcher, ada, "the login alone is no news")
    assert_not_arrived(watcher, "user_activity", user_id=bob.user_id)

    first = bob.unsigned_socket()
    first.send({"token": token})
    ready = first.wait_type("ready")
    assert ready["user_id"] == bob.user_id and isinstance(ready["session_id"], int)
    activity = watcher.wait_type("user_activity", user_id=bob.user_id)
    assert activity == {"type": "user_activity", "user_id": bob.user_id, "login": True}
    first.wait_type("user_activity", user_id=bob.user_id, login=True)
    # Who has not signed in was told nothing.
    undecided.send({"token": eve.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready"

    notifications = seed(bob, "GET", "/notifications")
    assert notifications.status_code == 200 and notifications.json() == {"notifications": []}
    users = seed(bob, "GET", "/users")
    assert users.status_code == 200
    by_id = {u["user_id"]: u for u in users.json()["users"]}
    assert by_id[bob.user_id] == {
        "user_id": bob.user_id,
        "first_name": "Bob",
        "last_name": "Byron",
        "online": True,
    }
    assert by_id[ada.user_id]["online"] is True

    # A second tab is no second login.
    second = bob.socket()
    marker(bob, watcher, ada, "after the second tab")
    assert len(watcher.of_type("user_activity", user_id=bob.user_id)) == 1
    second.close()
    first.close()


def test_flow_03_logout(stack, ada, bob, eve):
    watcher, leaving, undecided = ada.socket(), bob.socket(), eve.unsigned_socket()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)

    answer = seed(bob, "GET", "/logout")
    assert answer.status_code == 204 and answer.content == b""
    assert leaving.wait_closed(1.0) == 4403
    activity = watcher.wait_type("user_activity", user_id=bob.user_id, login=False, deadline=1.5)
    assert activity == {"type": "user_activity", "user_id": bob.user_id, "login": False}
    assert bob.get("/users").status_code == 401
    again = bob.unsigned_socket()
    again.send({"token": bob.token})
    assert again.wait_closed() == 4401

    # Not to the one who has left, and not to who was not signed in.
    assert_not_arrived(leaving, "user_activity", user_id=bob.user_id, login=False)
    undecided.send({"token": eve.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready"


def test_flow_16_inspect_profile(stack, ada, bob):
    answer = seed(ada, "GET", "/users/profile")
    assert answer.status_code == 200
    profile = answer.json()
    assert_timestamp(profile.pop("created_at"))
    assert profile == {
        "user_id": ada.user_id,
        "email": ada.email,
        "first_name": "Ada",
        "last_name": "Lovelace",
    }
    # It is private: nobody else's answer has the address in it.
    for path in ("/users", "/users/profile"):
        assert ada.email not in seed(bob, "GET", path).text


def test_flow_17_update_profile(stack, ada, bob, eve):
    watcher, own, undecided = bob.socket(), ada.socket(), eve.unsigned_socket()
    body = {"first_name": "Augusta", "last_name": "King", "password": "another long secret 9"}
    answer = seed(ada, "PUT", "/users/profile", body)
    assert answer.status_code == 200
    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("Augusta", "King")
    expected = {
        "type": "user_update",
        "user_id": ada.user_id,
        "first_name": "Augusta",
        "last_name": "King",
    }
    assert watcher.wait_type("user_update", user_id=ada.user_id) == expected
    assert own.wait_type("user_update", user_id=ada.user_id) == expected
    undecided.send({"token": eve.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready", "who is not signed in is told nothing"
    assert ada.try_login("another long secret 9").status_code == 200
    assert ada.try_login().status_code == 401
    marker(bob, own, ada, "once")
    assert len(own.of_type("user_update", user_id=ada.user_id)) == 1
