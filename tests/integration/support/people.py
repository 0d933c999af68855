"""A person in front of a client: registers through the mail, signs in, calls HTTP, opens sockets."""

import itertools
import re
import secrets
import socket as sockets_module

import requests
from requests.adapters import HTTPAdapter

from support import contracts
from support.groups import GroupCalls
from support.sockets import RawSocket, Socket
from support.waiting import wait_until

PASSWORD = "correct horse battery 7"
LINK = re.compile(r"https?://[^\s<>\"]+/http/register/([A-Za-z0-9_-]+)")
_numbers = itertools.count(1)


class _FromAddress(HTTPAdapter):
    """Connections come from one loopback address: rate limits count by it."""

    def __init__(self, address):
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        options = [(sockets_module.IPPROTO_TCP, sockets_module.TCP_NODELAY, 1)]
        super().init_poolmanager(*args, source_address=(self._address, 0), socket_options=options, **kwargs)


def link_token(mail):
    """The registration token in a mail's text."""
    found = LINK.search(mail.get_body(("plain",)).get_content())
    assert found, "no link in the mail"
    return found.group(1)


class Person(GroupCalls):
    def __init__(self, stack, address, first_name, last_name):
        self.stack = stack
        self.address = address
        self.first_name, self.last_name = first_name, last_name
        self.email = f"{first_name.lower()}.{next(_numbers)}.{secrets.token_hex(3)}@example.org"
        self.password = PASSWORD
        self.user_id = None
        self.token = None
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.mount("http://", _FromAddress(address))

    def twin(self):
        """The same person at another device: the same session, another address. For another thread."""
        other = self.stack.stranger(self.first_name, self.last_name)
        for name in ("email", "password", "user_id", "token"):
            setattr(other, name, getattr(self, name))
        return other

    # ---- HTTP

    def call(self, method, path, body=None, *, token=True, headers=None, query=None, data=None, checked=True):
        """One request to /http; `token`: True for this person's own, None for none, or another one.

        `checked`: the answer must be one of docs/openapi.yaml."""
        wanted = {}
        own = self.token if token is True else token
        if own:
            wanted["authentication"] = own
        wanted.update(headers or {})
        answer = self._http.request(
            method,
            f"{self.stack.url}/http{path}",
            json=body,
            data=data,
            params=query,
            headers=wanted,
            timeout=30,
            allow_redirects=False,
        )
        if checked:
            contracts.check_answer(answer)
        return answer

    def get(self, path, body=None, **options):
        return self.call("GET", path, body, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def delete(self, path, body=None, **options):
        return self.call("DELETE", path, body, **options)

    # ---- account

    def register(self, **changes):
        body = {
            "email": self.email,
            "password": self.password,
            "first_name": self.first_name,
            "last_name": self.last_name,
        }
        return self.post("/register", {**body, **changes}, token=None)

    def newest_link(self, count=1):
        """The token in the `count`-th mail to this person."""
        return link_token(self.stack.wait_mail(self.email, count))

    def join(self, login=True):
        asked = self.register()
        assert asked.status_code == 202, asked.text
        answer = self.get(f"/register/{self.newest_link()}", token=None)
        assert answer.status_code == 201, answer.text
        self.user_id = answer.json()["user_id"]
        if login:
            self.login()
        return self

    def try_login(self, password=None, email=None):
        body = {"email": email or self.email, "password": password or self.password}
        return self.post("/login", body, token=None)

    def login(self):
        answer = self.try_login()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        return self.token

    # ---- socket

    def unsigned_socket(self):
        return Socket(self.stack.port, self.address)

    def socket(self, token=None):
        """A socket that is signed in."""
        opened = self.unsigned_socket()
        opened.send({"token": token or self.token})
        opened.ready = opened.wait_type("ready")
        return opened

    def raw_socket(self, **options):
        """The same without a library; reads only when told to."""
        opened = RawSocket(self.stack.port, self.address, **options)
        opened.send({"token": self.token})
        while opened.read_object()["type"] != "ready":
            pass
        return opened

    def room_frame(self, other, message, client_msg_id=None):
        frame = {"token": self.token, "chat_type": "room", "other_user_id": other.user_id, "message": message}
        return frame if client_msg_id is None else {**frame, "client_msg_id": client_msg_id}

    def send_acked(self, socket, other, message, client_msg_id=None):
        """Sends over this socket; the ack."""
        key = client_msg_id or secrets.token_hex(8)
        before = len(socket.frames)
        socket.send(self.room_frame(other, message, key))
        return socket.wait_type("ack", after=before, client_msg_id=key)

    # ---- what this person can read

    def history(self, room, **query):
        answer = self.get(f"/chat_rooms/{room}", query=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def whole_room(self, room):
        return self.whole_conversation(f"/chat_rooms/{room}")

    def notification(self, room):
        rows = self.get("/notifications").json()["notifications"]
        return next((row for row in rows if row.get("chat_room_id") == room), None)

    def online_ids(self):
        return {u["user_id"] for u in self.get("/users", query={"online": "true"}).json()["users"]}

    def wait_online(self, other, online=True, deadline=15):
        wait_until(
            lambda: (other.user_id in self.online_ids()) == online, deadline, f"online={online} of {other.user_id}"
        )
