"""Programs are restarted as the units restart them while people write: nothing is lost, nothing doubled, nobody is stuck.

systemd's reload of a pool is SIGUSR2 to multiwatch; its stop of the daemon is SIGTERM, and it starts it again. runit,
which supervises here, does that as well.
"""

import os
import signal
import threading

import pytest

from support.checks import assert_ordered
from support.sockets import Socket
from support.stack import Stack
from support.waiting import wait_until

PAUSE_S = 0.02
ROUNDS = 3


@pytest.fixture(scope="module")
def own_stack():
    with Stack({"PARLOR_MAIL_POLL_MS": 100, "PARLOR_LIMITS_MESSAGES_PER_SECOND": 2000}) as running:
        yield running


class Writer(threading.Thread):
    """Sends one message after the other, each under a client_msg_id until it is acknowledged."""

    def __init__(self, person, other, name):
        super().__init__()
        self.person, self.other, self.label = person, other, name
        self.acknowledged = []
        self.odd = []  # answers that no client repeats
        self.ending = threading.Event()
        self.pacer = threading.Event()

    def run(self):
        while not self.ending.is_set():
            text = f"{self.label} {len(self.acknowledged)}"
            while not self.send(text):
                self.pacer.wait(PAUSE_S)
            self.acknowledged.append(text)
            self.pacer.wait(PAUSE_S)
        self.leave()

    def leave(self):
        pass

    def end(self):
        self.ending.set()
        self.join()


class ByHttp(Writer):
    def send(self, text):
        body = {"other_user_id": self.other.user_id, "message": text, "client_msg_id": text}
        answer = self.person.post("/chat_rooms", body)
        if answer.status_code in (200, 201):
            return True
        # What the protocol tells clients to repeat; with it comes when.
        if answer.status_code not in (502, 503, 504) or "Retry-After" not in answer.headers:
            self.odd.append((answer.status_code, answer.text))
        return False


class BySocket(Writer):
    socket = None

    def send(self, text):
        try:
            if self.socket is None:
                self.socket = Socket(self.person.stack.port, self.person.address)
                self.socket.send({"token": self.person.token})
                self.socket.wait_type("ready", deadline=5)
            self.socket.send(self.person.room_frame(self.other, text, text))
            answer = self.socket.wait(lambda frame: frame.get("client_msg_id") == text, deadline=5)
            if answer["type"] == "ack":
                return True
            if answer.get("code") != "unavailable":
                self.odd.append(answer)
        except Exception as error:  # noqa: BLE001  closed, refused, cut off: a client comes back
            if self.socket is not None and self.socket.close_code not in (None, 1006, 1012):
                self.odd.append((self.socket.close_code, repr(error)))
        self.leave()
        return False

    def leave(self):
        if self.socket is not None:
            self.socket.vanish()
        self.socket = None


def restart_daemon(stack):
    old = stack.kill_part("wsd", signal.SIGTERM)
    wait_until(lambda: stack.pid("wsd") not in (None, old), 30, "another daemon")


def reload_pools(stack):
    for pool in ("fcgi-api", "fcgi-auth"):
        before = set(stack.worker_pids(pool))
        os.kill(stack.pid(pool), signal.SIGUSR2)
        wait_until(lambda: len(stack.worker_pids(pool)) == len(before) and not before & set(stack.worker_pids(pool)))


def test_restarts_under_writing_lose_and_double_nothing(own_stack):
    ada, bob, eve = (own_stack.person(name) for name in ("Ada", "Bob", "Eve"))
    writers = [ByHttp(ada, bob, "http"), BySocket(eve, bob, "socket")]
    for writer in writers:
        writer.start()
    try:
        for _ in range(ROUNDS):
            for restart in (reload_pools, restart_daemon):
                counts = [len(writer.acknowledged) for writer in writers]
                restart(own_stack)
                wait_until(
                    lambda: all(len(w.acknowledged) > count + 3 for w, count in zip(writers, counts)), 30, "both go on"
                )
    finally:
        for writer in writers:
            writer.end()
    for writer in writers:
        assert writer.odd == []
        pair = sorted((writer.person.user_id, bob.user_id))
        (room,) = own_stack.sql("SELECT id FROM chat_rooms WHERE user_low = %s AND user_high = %s", *pair)
        stored = own_stack.sql("SELECT seq, body FROM messages WHERE conversation_id = %s ORDER BY seq", room["id"])
        assert [row["body"] for row in stored] == writer.acknowledged
        page = bob.get(f"/chat_rooms/{room['id']}").json()["messages"]
        assert_ordered(page, page[0]["seq"])
        assert page[-1]["message"] == writer.acknowledged[-1]


def test_the_daemon_says_1012_and_answers_again(own_stack):
    ada = own_stack.person("Ada")
    sockets = [ada.socket() for _ in range(20)]
    restart_daemon(own_stack)
    assert {line.wait_closed() for line in sockets} == {1012}
    own_stack.wait_healthy()
    ada.socket()
