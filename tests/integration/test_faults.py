"""Processes are killed in the middle of acknowledged messages (protocol.md section 5).

Each test leaves the stack healthy. What is lost, doubled or out of order shows in SocketStream.check and assert_ordered.
"""

import contextlib
import os
import signal
import time

from support import processes
from support.checks import assert_ordered
from support.stream import HttpStream, SocketStream
from support.waiting import wait_until


@contextlib.contextmanager
def traffic(stack):
    """Two people writing into one room over the socket and by HTTP, for as long as the block lasts; then all is checked."""
    ada, bob = stack.person("Ada"), stack.person("Bob")
    with SocketStream(ada, bob, "socket") as first, HttpStream(bob, ada, "http") as second:
        first.wait_more(50)
        second.wait_more(20)
        yield first, second
        first.wait_more(50)
        second.wait_more(20)
    assert_ordered(first.check())
    second.check()


def within(seconds, condition, what):
    started = time.monotonic()
    wait_until(condition, seconds, what)
    return time.monotonic() - started


def test_a_killed_worker(broken):
    with traffic(broken) as (_, http):
        for _ in range(3):
            before = broken.worker_pids()
            assert before
            os.kill(before[0], signal.SIGKILL)
            within(5, lambda: len(broken.worker_pids()) == len(before) and before[0] not in broken.worker_pids(), "a new worker")
            http.wait_more(5, 5)


def test_all_workers_killed(broken):
    with traffic(broken) as (_, http):
        for service in ("fcgi-api", "fcgi-auth"):
            for pid in broken.worker_pids(service):
                os.kill(pid, signal.SIGKILL)
        http.wait_more(1, 5)
    assert broken.person().token, "who hashes passwords is back too"


def test_the_workers_supervisor_killed(broken):
    with traffic(broken) as (_, http):
        broken.kill_part("fcgi-api")
        http.wait_more(1, 5)


def test_the_daemon_killed(broken):
    with traffic(broken) as (socket, http):
        for _ in range(2):
            old = broken.kill_part("wsd")
            within(15, lambda: broken.pid("wsd") not in (None, old) and broken.healthy(), "the daemon")
            socket.wait_more(20, 15)
            http.wait_more(5)


def test_the_database_killed(broken):
    with traffic(broken) as (socket, http):
        old = broken.kill_part("mariadb")
        wait_until(lambda: broken.pid("mariadb") not in (None, old), 30, "a new database process")
        socket.wait_more(20, 45)
        http.wait_more(5, 45)


def test_nginx_killed(broken):
    with traffic(broken) as (socket, http):
        old = broken.kill_part("nginx")
        within(10, lambda: broken.pid("nginx") not in (None, old) and broken.healthy(), "nginx")
        socket.wait_more(5, 10)
        http.wait_more(5, 10)


def test_everything_killed_at_once(broken):
    with traffic(broken) as (socket, http):
        for service in ("mariadb", "wsd", "fcgi-api", "fcgi-auth", "nginx"):
            broken.kill_part(service)
        socket.wait_more(20, 60)
        http.wait_more(5, 60)


def test_the_daemon_asked_to_end(broken):
    """SIGTERM: what was accepted is stored, then 1012."""
    watcher = broken.person("Watcher").socket()
    with traffic(broken) as (socket, _):
        old = broken.kill_part("wsd", signal.SIGTERM)
        assert watcher.wait_closed(10) == 1012
        within(15, lambda: broken.pid("wsd") not in (None, old) and broken.healthy(), "the daemon")
        socket.wait_more(20)


def test_a_burst_before_sigterm_is_stored_if_acknowledged(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    socket = ada.socket()
    socket.send_all(ada.room_frame(bob, f"b{n}", f"b{n}") for n in range(500))
    socket.wait_type("ack")
    broken.kill_part("wsd", signal.SIGTERM)
    assert socket.wait_closed(15) == 1012
    acks = {a["client_msg_id"]: a["seq"] for a in socket.of_type("ack")}
    broken.wait_healthy()
    messages = ada.whole_room(socket.of_type("ack")[0]["chat_room_id"])
    assert_ordered(messages)
    stored = {m["message"]: m["seq"] for m in messages}
    assert acks.items() <= stored.items()
    for frame in socket.of_type("room_chat_message"):
        assert stored[frame["message"]] == frame["seq"], "shown means committed"


def test_the_database_away_is_said_and_the_daemon_stays(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    watcher = bob.socket()
    socket = ada.socket()
    daemon = broken.pid("wsd")
    stopped = broken.pid("mariadb")
    os.kill(stopped, signal.SIGSTOP)
    try:
        socket.send(ada.room_frame(bob, "patience", "patience"))
        socket.ping()
        assert socket.of_type("ack") == [], "nothing is acknowledged that is not stored"
    finally:
        os.kill(stopped, signal.SIGCONT)
    answer = socket.wait(lambda f: f.get("client_msg_id") == "patience", 45)
    if answer["type"] == "error":
        assert answer["code"] == "unavailable"
        ada.send_acked(socket, bob, "patience", "patience")
    watcher.wait_type("room_chat_message", message="patience")
    assert broken.pid("wsd") == daemon and watcher.close_code is None


def test_health_says_what_is_missing(broken):
    stranger = broken.stranger()
    old = broken.pid("mariadb")
    os.kill(old, signal.SIGSTOP)
    try:
        answer = stranger.get("/health", token=None)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
    finally:
        os.kill(old, signal.SIGCONT)
    wait_until(lambda: stranger.get("/health", token=None).status_code == 200, 45, "health again")


def test_nothing_is_left_of_killed_parts(broken):
    """No zombie crowd, no second copy of a part, after all that."""
    names = sorted(processes.name(pid) for pid in broken.processes())
    assert names.count("parlor-wsd") == 1
    assert names.count("mariadbd") == 1
    assert len(broken.worker_pids("fcgi-api")) + len(broken.worker_pids("fcgi-auth")) == names.count("parlor-fcgi")
