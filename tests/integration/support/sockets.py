"""Two WebSocket clients: Socket (the library `websockets`, well-behaved) and RawSocket (bytes, for everything rude)."""

import asyncio
import base64
import json
import os
import socket
import struct
import threading
import time

import websockets

from support import contracts
from support.waiting import DEADLINE_S, wait_until

CLOSED_WITHOUT_CODE = 1006


class _LoopThread:
    """One asyncio loop in the background, so that tests read from top to bottom."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine, deadline=DEADLINE_S):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(deadline)


_background = _LoopThread()


async def _open(url, **options):
    return await websockets.connect(url, **options)


class Socket:
    """An open connection to /socket. Every frame that arrives is kept in `frames`, in order, and held against asyncapi.yaml."""

    def __init__(self, port, address="127.0.0.1", headers=None, path="/socket"):
        self.frames = []
        self.arrivals = []  # by the monotonic clock, one a frame
        self._acks = contracts.Acks()
        self._news = threading.Condition()
        self._connection = _background.run(
            _open(
                f"ws://127.0.0.1:{port}{path}",
                local_addr=(address, 0),
                extra_headers=headers or {},
                ping_interval=None,
                max_size=None,
                max_queue=None,
                close_timeout=5,
            )
        )
        self._reader = asyncio.run_coroutine_threadsafe(self._read(), _background.loop)

    async def _read(self):
        try:
            async for text in self._connection:
                frame = json.loads(text)
                self.arrivals.append(time.monotonic())
                self.frames.append(frame)
                with self._news:
                    self._news.notify_all()
                contracts.check_frame(frame)  # a violation ends the reader, and with it every wait
                self._acks.check(frame)
        except websockets.ConnectionClosed:
            pass

    def send(self, frame):
        """`frame`: an object, or text that goes out as it is."""
        self._acks.sent(frame)
        text = frame if isinstance(frame, (str, bytes)) else json.dumps(frame)
        _background.run(self._connection.send(text))

    def send_all(self, frames):
        async def send():
            for frame in frames:
                self._acks.sent(frame)
                await self._connection.send(json.dumps(frame))

        _background.run(send(), 60)

    def wait(self, predicate=lambda frame: True, deadline=DEADLINE_S, what="a frame", after=0):
        """The first frame from position `after` on for which `predicate` holds; fails at once if the connection ends."""
        end, seen = time.monotonic() + deadline, after
        while True:
            over = self._reader.done()  # before the frames are looked at: none comes after it
            known = len(self.frames)
            for frame in self.frames[seen:known]:
                if predicate(frame):
                    return frame
            seen = max(seen, known)
            if over or time.monotonic() >= end:
                why = "the connection ended before" if over else f"not within {deadline} s"
                raise AssertionError(f"{what}: {why}; code {self.close_code}; frames: {self.frames[-5:]}")
            with self._news:
                if len(self.frames) == known:
                    self._news.wait(0.05)  # the end of the connection is no news

    def wait_type(self, kind, deadline=DEADLINE_S, after=0, **fields):
        return self.wait(
            lambda f: matches(f, kind, **fields), deadline, f"a frame {kind} with {fields}", after
        )

    def of_type(self, kind, **fields):
        return [f for f in list(self.frames) if matches(f, kind, **fields)]

    @property
    def close_code(self):
        """None while open."""
        return self._connection.close_code if self._reader.done() else None

    def wait_closed(self, deadline=DEADLINE_S):
        wait_until(self._reader.done, deadline, "the end of the connection")
        return self._connection.close_code

    def ping(self):
        """A ping of ours, answered by the server: it has handled everything we sent before."""

        async def ping():
            await asyncio.wait_for(await self._connection.ping(), DEADLINE_S)

        _background.run(ping())

    def close(self):
        _background.run(self._connection.close())

    def vanish(self):
        """The TCP connection breaks without a close frame."""
        _background.loop.call_soon_threadsafe(self._connection.transport.abort)
        self.wait_closed()


def matches(frame, kind, **fields):
    return frame.get("type") == kind and all(frame.get(k) == v for k, v in fields.items())


def handshake_status(port, headers, address="127.0.0.1", path="/socket"):
    """The HTTP status that answers a handshake with these headers (101: accepted)."""
    raw = RawSocket(port, address, headers, path, check=False)
    raw.drop()
    return raw.status


class RawSocket:
    """Frames made by hand. Reads only when told to."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, port, address="127.0.0.1", headers=None, path="/socket", check=True, receive_buffer=0):
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(DEADLINE_S)
        self._socket.bind((address, 0))
        self._socket.connect(("127.0.0.1", port))
        self._buffer = b""
        self._acks = contracts.Acks()
        self._socket.sendall(_handshake(port, headers or {}, path))
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        assert not check or self.status == 101, head

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("end of stream")
        self._buffer += data

    def _take(self, count):
        while len(self._buffer) < count:
            self._receive()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def send_frame(self, opcode, payload, final=True):
        mask = os.urandom(4)
        head = bytes([opcode | (0x80 if final else 0)])
        size = len(payload)
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack("!H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", size)
        key = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
        self._socket.sendall(head + mask + masked)

    def send(self, frame):
        self._acks.sent(frame)
        self.send_frame(self.TEXT, json.dumps(frame).encode())

    def read_frame(self, deadline=DEADLINE_S):
        """(opcode, payload) of the next frame of the server."""
        self._socket.settimeout(deadline)
        first, second = self._take(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._take(8))
        return first & 0x0F, self._take(size)

    def read_object(self):
        """The next text frame; control frames are passed over unanswered."""
        while True:
            opcode, payload = self.read_frame()
            assert opcode != self.CLOSE, payload
            if opcode == self.TEXT:
                frame = json.loads(payload)
                contracts.check_frame(frame)
                self._acks.check(frame)
                return frame

    def read_close_code(self, deadline=DEADLINE_S):
        """Reads on to the close frame; CLOSED_WITHOUT_CODE if the stream just ends."""
        try:
            while True:
                opcode, payload = self.read_frame(deadline)
                if opcode == self.CLOSE:
                    return struct.unpack("!H", payload[:2])[0] if payload else 1005
        except ConnectionError:
            return CLOSED_WITHOUT_CODE

    def drop(self):
        self._socket.close()


def _handshake(port, headers, path):
    lines = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    text = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
    return text.encode()
