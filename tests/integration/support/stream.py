"""A stream of acknowledged messages that goes on through crashes, the way a good client does."""

import threading

import requests
import websockets

from support.waiting import wait_until

PAUSE_S = 0.01
GONE = (OSError, AssertionError, TimeoutError, websockets.WebSocketException)


class _Stream:
    """Sends numbered messages to `receiver` until told to stop; `acked`: {client_msg_id: seq}."""

    def __init__(self, sender, receiver, name):
        self.sender, self.receiver, self.name = sender, receiver, name
        self.sent = 0
        self.acked = {}
        self.contradictions = []
        self._stopping = threading.Event()
        self._pacer = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join(90)
        assert not self._thread.is_alive(), f"{self.name}: {self.sent - len(self.acked)} messages never acknowledged"

    def wait_more(self, count, deadline=45):
        """Waits until `count` more messages than now are acknowledged."""
        goal = len(self.acked) + count
        wait_until(lambda: len(self.acked) >= goal, deadline, f"{count} more acks of {self.name}")

    def _next(self):
        self.sent += 1
        return f"{self.name}-{self.sent}"

    def _note(self, key, seq):
        if self.acked.setdefault(key, seq) != seq:
            self.contradictions.append((key, self.acked[key], seq))

    def room(self):
        rooms = self.sender.get("/chat_rooms").json()["chat_rooms"]
        return next(r["chat_room_id"] for r in rooms if r["other_user_id"] == self.receiver.user_id)

    def check(self):
        """Nothing lost, nothing doubled, the acks told the truth. Returns the room's messages."""
        messages = self.sender.whole_room(self.room())
        own = {}
        for message in messages:
            if message["message"].startswith(f"{self.name}-"):
                assert message["message"] not in own, f"{message['message']} is doubled"
                own[message["message"]] = message["seq"]
        assert self.contradictions == []
        assert own == self.acked
        assert len(own) == self.sent
        return messages


class SocketStream(_Stream):
    """Over the socket, some messages in flight. What has no ack after a reconnect is sent again."""

    WINDOW = 20

    def _run(self):
        waiting = []
        while not (self._stopping.is_set() and not waiting):
            try:
                socket = self.sender.socket()
                self._pump(socket, waiting)
                socket.close()
            except GONE:
                self._pacer.wait(0.05)

    def _pump(self, socket, waiting):
        """Until the connection is gone, or all is said and acknowledged."""
        seen, refused = 0, set()
        socket.send_all(self._frame(key) for key in waiting)
        while socket.close_code is None:
            for frame in socket.frames[seen:]:
                seen += 1
                key = frame.get("client_msg_id")
                if frame["type"] == "ack" and key in waiting:
                    waiting.remove(key)
                    self._note(key, frame["seq"])
                elif frame["type"] == "error" and key:
                    refused.add(key)
            if refused:  # "unavailable": the same again, a little later
                self._pacer.wait(0.1)
                socket.send_all(self._frame(key) for key in sorted(refused))
                refused.clear()
            if not self._stopping.is_set() and len(waiting) < self.WINDOW:
                waiting.append(self._next())
                socket.send(self._frame(waiting[-1]))
            elif self._stopping.is_set() and not waiting:
                return
            self._pacer.wait(PAUSE_S)

    def _frame(self, key):
        return self.sender.room_frame(self.receiver, key, key)


class HttpStream(_Stream):
    """Over HTTP, one after the other. Whatever is not 201 or 200 is tried again with the same id."""

    def _run(self):
        while not self._stopping.is_set():
            key = self._next()
            while not self._try(key):
                self._pacer.wait(0.05)
            self._pacer.wait(PAUSE_S)

    def _try(self, key):
        body = {"other_user_id": self.receiver.user_id, "message": key, "client_msg_id": key}
        try:
            answer = self.sender.post("/chat_rooms", body)
        except requests.RequestException:
            return False
        if answer.status_code not in (200, 201):
            return False
        self._note(key, answer.json()["seq"])
        return True
