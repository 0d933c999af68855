"""Events and presence through crashes: the outbox behind the bus, administrators' SQL, who is online after a crash."""

import json
import os
import signal
import subprocess
import time

from support.checks import assert_problem
from support.waiting import wait_until


def tell_daemons(stack, event):
    """What an administrator's script writes."""
    stack.sql(
        "INSERT INTO events (created_at_ms, payload) VALUES (%s, %s)",
        int(time.time() * 1000),
        json.dumps({"v": 1, **event}),
    )


def no_events_left(stack):
    wait_until(lambda: stack.sql("SELECT COUNT(*) AS n FROM events")[0]["n"] == 0, what="an empty outbox")


def test_an_event_row_alone_is_enough(broken):
    ada = broken.person("Ada")
    socket = ada.socket()
    tell_daemons(broken, {"type": "user_update", "user_id": ada.user_id, "first_name": "Aďa", "last_name": "L"})
    update = socket.wait_type("user_update", user_id=ada.user_id)
    assert update["first_name"] == "Aďa"
    no_events_left(broken)


def test_a_session_ended_by_sql(broken):
    ada = broken.person("Ada")
    other = ada.token
    ada.login()
    ending, staying = ada.socket(other), ada.socket()
    session = ending.ready["session_id"]
    broken.sql("DELETE FROM sessions WHERE id = %s", session)
    tell_daemons(broken, {"type": "session_ended", "user_id": ada.user_id, "session_id": session})
    assert ending.wait_closed(1.0) == 4403
    staying.ping()
    assert staying.close_code is None
    no_events_left(broken)


def test_a_user_suspended_by_sql(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    watcher, tabs = bob.socket(), [ada.socket(), ada.socket()]
    watcher.wait_type("user_activity", user_id=ada.user_id, login=True)
    broken.sql("UPDATE users SET suspended_at_ms = %s WHERE id = %s", int(time.time() * 1000), ada.user_id)
    tell_daemons(broken, {"type": "user_suspended", "user_id": ada.user_id})
    for tab in tabs:
        assert tab.wait_closed(1.0) == 4403
    watcher.wait_type("user_activity", user_id=ada.user_id, login=False, deadline=1.4)
    assert_problem(ada.get("/users"), 401, "invalid_token")
    assert ada.try_login().status_code in (401, 403)
    again = ada.unsigned_socket()
    again.send({"token": ada.token})
    assert again.wait_closed() == 4401
    assert {u["user_id"]: u["online"] for u in bob.get("/users").json()["users"]}[ada.user_id] is False


def test_rubbish_in_the_outbox_stops_nothing(broken):
    ada = broken.person("Ada")
    socket = ada.socket()
    for payload in ("", "not json", "[]", '{"v":1}', '{"v":2,"type":"user_update"}', '{"v":1,"type":"user_update","user_id":"x"}'):
        broken.sql("INSERT INTO events (created_at_ms, payload) VALUES (0, %s)", payload)
    tell_daemons(broken, {"type": "user_update", "user_id": ada.user_id, "first_name": "After", "last_name": "Rubbish"})
    socket.wait_type("user_update", first_name="After")
    no_events_left(broken)


def test_an_admin_who_edits_the_table_by_client_program(broken):
    """With Debian's own client, the way docs tell it."""
    ada = broken.person("Ada")
    socket = ada.socket()
    payload = json.dumps({"v": 1, "type": "user_suspended", "user_id": ada.user_id})
    statement = (
        f"UPDATE users SET suspended_at_ms = 1 WHERE id = {ada.user_id};"
        f"INSERT INTO events (created_at_ms, payload) VALUES (0, '{payload}');"
    )
    subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={broken.var}/run/mariadb.sock", "-uroot", "parlor", "-e", statement],
        check=True,
    )
    assert socket.wait_closed(1.5) == 4403


def test_a_worker_killed_between_commit_and_push(broken):
    """The daemon can't take the push: it stands still while workers commit, push and die."""
    ada, bob = broken.person("Ada"), broken.person("Bob")
    receiving = bob.socket()
    ada.wait_online(bob)  # a daemon that is stopped while it stores that would hold the lock of his row
    daemon = broken.pid("wsd")
    os.kill(daemon, signal.SIGSTOP)
    try:
        sent = [
            ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": f"owed {n}"}).json() for n in range(10)
        ]
        for pid in broken.worker_pids():
            os.kill(pid, signal.SIGKILL)
    finally:
        os.kill(daemon, signal.SIGCONT)
    receiving.wait_type("room_chat_message", message="owed 9")
    frames = receiving.of_type("room_chat_message", chat_room_id=sent[0]["chat_room_id"])
    assert [f["message"] for f in frames] == [f"owed {n}" for n in range(10)], "each once, in order"
    assert [f["seq"] for f in frames] == [s["seq"] for s in sent]
    no_events_left(broken)


def test_events_of_the_time_without_a_daemon_are_worked_off(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    other = ada.token
    ada.login()
    old = broken.pid("wsd")
    os.kill(old, signal.SIGSTOP)
    ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "while it is away"})
    assert ada.get("/logout", token=other).status_code == 204
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: broken.pid("wsd") not in (None, old) and broken.healthy(), 15, "a new daemon")
    no_events_left(broken)
    socket = ada.unsigned_socket()
    socket.send({"token": other})
    assert socket.wait_closed() == 4401
    assert bob.history(bob.get("/chat_rooms").json()["chat_rooms"][0]["chat_room_id"])["messages"]


def test_nobody_stays_online_after_a_crash(broken):
    ada, bob, carol = broken.person("Ada"), broken.person("Bob"), broken.person("Carol")
    bob.socket(), carol.socket()
    ada.wait_online(bob), ada.wait_online(carol)
    old = broken.kill_part("wsd")
    wait_until(lambda: broken.pid("wsd") not in (None, old) and broken.healthy(), 15, "a new daemon")
    staying = carol.socket()  # a client that comes back
    ada.wait_online(bob, False, 20)
    ada.wait_online(carol, True)
    staying.ping()
    assert broken.sql("SELECT * FROM online WHERE user_id = %s", bob.user_id) == []


def test_who_was_online_before_and_after_a_crash_is_told_to_newcomers(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    ada.socket(), bob.socket()
    old = broken.kill_part("wsd")
    wait_until(lambda: broken.pid("wsd") not in (None, old) and broken.healthy(), 15, "a new daemon")
    watcher = ada.socket()
    back = bob.socket()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    back.vanish()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)


def test_nginx_answers_502_and_503_as_everybody_does_and_logs_no_link(broken):
    ada = broken.person("Ada")
    stranger = broken.stranger()
    stranger.register()
    token = stranger.newest_link()
    services = [str(broken.var / "services" / name) for name in ("fcgi-api", "fcgi-auth")]
    subprocess.run(["sv", "-w", "10", "down", *services], check=True, capture_output=True)
    try:
        for answer in (ada.get("/users"), stranger.get(f"/register/{token}", token=None), stranger.try_login()):
            assert answer.status_code in (502, 503)
            assert_problem(answer, answer.status_code, "unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
    finally:
        subprocess.run(["sv", "up", *services], check=True, capture_output=True)
    broken.wait_healthy()
    for path, text in broken.logs().items():
        assert token not in text, path
    assert stranger.get(f"/register/{token}", token=None).status_code == 201
