"""The flows of protocol-seed.md about people and sessions, literally as the seed writes them."""

from support.checks import assert_not_arrived, marker


def header(person):
    return {"authentication": person.token}


def test_flow_01_register(stack, ada, bob):
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
    assert_not_arrived(undecided, "user_update", user_id=user_id)


def test_flow_02_login(stack, ada, bob):
    watcher = ada.socket()
    answer = bob.post("/login", {"email": bob.email, "password": bob.password}, token=None)
    assert answer.status_code == 200
    token = answer.json()["token"]
    assert isinstance(token, str) and token
    assert_not_arrived(watcher, "user_activity", user_id=bob.user_id)

    first = bob.unsigned_socket()
    first.send({"token": token})
    ready = first.wait_type("ready")
    assert ready["user_id"] == bob.user_id and isinstance(ready["session_id"], int)
    activity = watcher.wait_type("user_activity", user_id=bob.user_id)
    assert activity == {"type": "user_activity", "user_id": bob.user_id, "login": True}
    first.wait_type("user_activity", user_id=bob.user_id, login=True)

    notifications = bob.call("GET", "/notifications", token=None, headers={"authentication": token})
    assert notifications.status_code == 200 and notifications.json() == {"notifications": []}
    users = bob.call("GET", "/users", token=None, headers={"authentication": token})
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


def test_flow_03_logout(stack, ada, bob):
    watcher, leaving = ada.socket(), bob.socket()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)

    answer = bob.call("GET", "/logout", token=None, headers=header(bob))
    assert answer.status_code == 204 and answer.content == b""
    assert leaving.wait_closed(1.0) == 4403
    activity = watcher.wait_type("user_activity", user_id=bob.user_id, login=False, deadline=1.5)
    assert activity == {"type": "user_activity", "user_id": bob.user_id, "login": False}
    assert bob.get("/users").status_code == 401
    again = bob.unsigned_socket()
    again.send({"token": bob.token})
    assert again.wait_closed() == 4401


def test_flow_16_inspect_profile(stack, ada):
    answer = ada.call("GET", "/users/profile", token=None, headers=header(ada))
    assert answer.status_code == 200
    profile = answer.json()
    created_at = profile.pop("created_at")
    assert created_at.endswith("Z")
    assert profile == {
        "user_id": ada.user_id,
        "email": ada.email,
        "first_name": "Ada",
        "last_name": "Lovelace",
    }


def test_flow_17_update_profile(stack, ada, bob):
    watcher, own = bob.socket(), ada.socket()
    body = {"first_name": "Augusta", "last_name": "King", "password": "another long secret 9"}
    answer = ada.call("PUT", "/users/profile", body, token=None, headers=header(ada))
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
    assert ada.try_login("another long secret 9").status_code == 200
    assert ada.try_login().status_code == 401


def test_flow_17_each_field_alone(stack, ada, bob):
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
