"""One total order a conversation, the same live and in history (promises 3 and 5)."""

import threading

from support.checks import assert_ordered
from support.waiting import wait_until

# Cursor before everything.
BEGINNING = "1970-01-01T00:00:00.000Z"


def together(*actions):
    """Runs all at once; the first error is raised here."""
    errors = []

    def guarded(action):
        try:
            action()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if errors:
        raise errors[0]


def live(socket, room):
    return [
        {key: f[key] for key in ("seq", "user_id", "message", "timestamp")}
        for f in socket.of_type("room_chat_message", chat_room_id=room)
    ]


def test_a_burst_of_300_by_several_senders_into_one_room(stack, ada, bob):
    """Six sockets of the two users, 50 messages each, at once."""
    watchers = [ada.socket(), bob.socket()]
    room = ada.send_acked(ada.socket(), bob, "opening")["chat_room_id"]
    senders = [(person, other, person.socket()) for person, other in ((ada, bob), (bob, ada)) for _ in range(3)]

    def burst(number, person, other, socket):
        socket.send_all(person.room_frame(other, f"s{number} m{n}", f"{number}-{n}") for n in range(50))
        wait_until(lambda: len(socket.of_type("ack")) == 50, 30, f"acks of sender {number}")

    together(*(lambda n=n, s=s: burst(n, *s) for n, s in enumerate(senders)))
    messages = ada.whole_room(room)
    assert len(messages) == 301
    assert_ordered(messages)
    for number, (person, _, socket) in enumerate(senders):
        own = [m for m in messages if m["message"].startswith(f"s{number} ")]
        assert [m["message"] for m in own] == [f"s{number} m{n}" for n in range(50)], "a sender's own order"
        acked = {a["client_msg_id"]: (a["seq"], a["timestamp"]) for a in socket.of_type("ack")}
        assert [acked[f"{number}-{n}"] for n in range(50)] == [(m["seq"], m["timestamp"]) for m in own]
    for watcher in watchers:
        wait_until(lambda: len(live(watcher, room)) == 301, what="all 301 live")
        assert live(watcher, room) == messages


def test_pages_joined_are_the_room_while_others_write(stack, ada, bob):
    first, second = ada.socket(), bob.socket()
    room = ada.send_acked(first, bob, "opening")["chat_room_id"]
    backwards, forwards = [], []

    def write(person, other, socket, name):
        for n in range(8):
            socket.send_all(person.room_frame(other, f"{name} {n} {i}", f"{n}-{i}") for i in range(50))
            wait_until(lambda: len(socket.of_type("ack")) >= 50 * (n + 1), 30, "acks")

    def follow():
        """A reader that always asks for what is newer than its last, five at a time."""
        cursor = BEGINNING
        while len(forwards) < 801:
            page = bob.history(room, timestamp=cursor, limit=50)
            forwards.extend(page["messages"])
            cursor = forwards[-1]["timestamp"] if forwards else BEGINNING

    def scroll():
        """Readers that scroll up from wherever the newest is."""
        for _ in range(6):
            page = ada.history(room)
            found = page["messages"]
            while page["has_more"]:
                page = ada.history(room, timestamp=found[0]["timestamp"], before="true")
                found = page["messages"] + found
            backwards.append(found)

    together(lambda: write(ada, bob, first, "a"), lambda: write(bob, ada, second, "b"), follow, scroll)
    messages = ada.whole_room(room)
    assert len(messages) == 801
    assert_ordered(messages)
    assert forwards == messages
    for found in backwards:
        assert found == messages[: len(found)]


def test_live_order_is_history_order_while_http_and_sockets_mix(stack, ada, bob):
    watchers = [ada.socket(), bob.socket(), bob.socket()]
    sending = ada.socket()
    room = ada.send_acked(sending, bob, "opening")["chat_room_id"]

    def by_socket():
        sending.send_all(ada.room_frame(bob, f"socket {n}", f"s-{n}") for n in range(100))

    def by_http(person, other):
        for n in range(50):
            answer = person.post("/chat_rooms", {"other_user_id": other.user_id, "message": f"http {n}"})
            assert answer.status_code == 201, answer.text

    together(by_socket, lambda: by_http(ada, bob), lambda: by_http(bob, ada))
    messages = ada.whole_room(room)
    assert len(messages) == 201
    assert_ordered(messages)
    for watcher in watchers:
        wait_until(lambda: len(live(watcher, room)) == 201, what="all 201 live")
        assert live(watcher, room) == messages, "each once, in the one order"


def test_both_open_the_room_at_once(stack):
    """The first message creates the room: whoever comes second finds the same one."""
    for _ in range(5):
        ada, bob = stack.person("Ada"), stack.person("Bob")
        sockets = ada.socket(), bob.socket()
        acks = []
        together(
            lambda: acks.append(ada.send_acked(sockets[0], bob, "me first")),
            lambda: acks.append(bob.send_acked(sockets[1], ada, "no, me")),
        )
        assert len({a["chat_room_id"] for a in acks}) == 1
        assert sorted(a["seq"] for a in acks) == [1, 2]


def test_the_same_id_by_socket_and_http_at_once_is_one_message(stack, ada, bob):
    socket = ada.socket()
    seqs = []
    for n in range(20):
        body = {"other_user_id": bob.user_id, "message": f"both {n}", "client_msg_id": f"both-{n}"}
        together(
            lambda: seqs.append(ada.post("/chat_rooms", body).json()["seq"]),
            lambda: seqs.append(ada.send_acked(socket, bob, body["message"], body["client_msg_id"])["seq"]),
        )
    room = ada.get("/chat_rooms").json()["chat_rooms"][0]["chat_room_id"]
    messages = ada.whole_room(room)
    assert [m["message"] for m in messages] == [f"both {n}" for n in range(20)]
    assert sorted(seqs) == sorted([m["seq"] for m in messages] * 2)
