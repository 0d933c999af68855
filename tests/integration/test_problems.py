"""Errors have one shape, whoever answers: the workers or nginx itself."""

import json
import socket as sockets_module

import pytest
import requests

from support.checks import assert_problem, assert_retry_after

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b"[1]", b'"text"', b"5", b"null", b'{"a":1} x', b'{"a":"\xff\xfe"}', b'{"a":01}', b"\xef\xbb\xbf"],
)
def test_a_body_that_is_not_one_object(stack, ada, body):
    assert_problem(ada.call("POST", "/chat_rooms", data=body, headers=JSON), 400, "malformed_json")


def test_a_body_that_is_too_deep(stack, ada):
    for deep in (b'{"a":' * 17 + b"1" + b"}" * 17, b'{"a":' + b"[" * 20000 + b"]" * 20000 + b"}"):
        assert_problem(ada.call("POST", "/chat_rooms", data=deep, headers=JSON), 400, "malformed_json")
    assert ada.get("/users/profile").status_code == 200


def test_a_body_of_64_kib_and_one_more(stack, ada):
    frame = json.dumps({"other_user_id": 1, "message": ""}).encode()
    fits = frame + b" " * (65536 - len(frame))
    assert_problem(ada.call("POST", "/chat_rooms", data=fits, headers=JSON), 422, "invalid_field", "message")
    assert_problem(ada.call("POST", "/chat_rooms", data=fits + b" ", headers=JSON), 413, "too_large")
    assert_problem(ada.call("POST", "/chat_rooms", data=b" " * 3_000_000, headers=JSON), 413, "too_large")


def test_a_body_that_does_not_claim_to_be_json(stack, ada):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        answer = ada.call("POST", "/chat_rooms", data=b"{}", headers={"Content-Type": kind})
        assert_problem(answer, 415, "unsupported_media_type")
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        answer = ada.call("POST", "/chat_rooms", data=b"{}", headers={"Content-Type": kind})
        assert_problem(answer, 422, "invalid_field")


def test_405_names_what_is_allowed(stack, ada):
    for method, path, allowed in (
        ("DELETE", "/users", {"GET"}),
        ("POST", "/users", {"GET"}),
        ("DELETE", "/users/profile", {"GET", "PUT"}),
        ("PUT", "/chat_rooms", {"GET", "POST"}),
        ("PATCH", "/notifications", {"GET", "PUT"}),
        ("DELETE", "/logout", {"GET", "POST"}),
    ):
        answer = ada.call(method, path)
        assert_problem(answer, 405, "method_not_allowed")
        assert allowed <= {m.strip() for m in answer.headers["Allow"].split(",")}, path
    answer = ada.call("PUT", "/login", token=None)
    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_a_logout_is_not_refused_for_what_the_client_accepts(stack, bob):
    assert bob.get("/logout", headers={"Accept": "text/html"}).status_code == 204
    assert_problem(bob.get("/users"), 401, "invalid_token")


def test_406_for_who_takes_no_json(stack, ada):
    assert_problem(ada.get("/users", headers={"Accept": "image/png"}), 406, "not_acceptable")
    for accept in ("*/*", "application/*", "application/json;q=0.5, text/html", "image/png, */*;q=0.1"):
        assert ada.get("/users", headers={"Accept": accept}).status_code == 200


def test_401_is_decided_before_anything_is_told(stack, ada):
    room = ada.post("/chat_rooms", {"other_user_id": stack.person().user_id, "message": "x"}).json()["chat_room_id"]
    for token in (None, "wrong", "A" * 43, "ü" * 20):
        headers = {"authentication": token.encode()} if token else {}
        for method, path, body in (
            ("GET", "/users", None),
            ("GET", f"/chat_rooms/{room}", None),
            ("GET", "/chat_rooms/999999999", None),
            ("GET", "/no/such/path", None),
            ("DELETE", "/users", None),
            ("POST", "/chat_rooms", b"not json"),
            ("PUT", "/notifications", b"{}"),
        ):
            answer = ada.call(method, path, data=body, token=None, headers={**headers, **JSON})
            assert_problem(answer, 401, "invalid_token")
            assert "Allow" not in answer.headers


def test_404_inside_and_outside_of_http(stack, ada):
    for path in ("/nothing", "/users/", "/users/profile/x", "/Users", "/register/a/b"):
        assert_problem(ada.get(path), 404, "not_found")
    for path in ("/httpx", "/no-such-file", "/socket/extra"):
        assert requests.get(stack.url + path, timeout=5).status_code == 404, path
    answer = requests.get(f"{stack.url}/http", headers={"authentication": ada.token}, timeout=5)
    assert_problem(answer, 404, "not_found")


def test_requests_to_the_socket_that_are_no_handshake(stack):
    plain = requests.get(f"{stack.url}/socket", timeout=5)
    assert_problem(plain, 426, "upgrade_required")
    assert plain.headers["Upgrade"] == "websocket"
    posted = requests.post(f"{stack.url}/socket", json={}, timeout=5)
    assert_problem(posted, 405, "method_not_allowed")
    assert posted.headers["Allow"] == "GET"


def test_personal_data_is_not_to_be_kept(stack, ada, bob):
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "x"})
    answers = [
        room,
        ada.get("/chat_rooms"),
        ada.get(f"/chat_rooms/{room.json()['chat_room_id']}"),
        ada.get("/notifications"),
        ada.get("/users/profile"),
        ada.get("/users"),
        ada.try_login(),
        ada.get("/users", token="wrong"),
        stack.stranger().get("/register/unknown", token=None),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.url


def test_answers_are_json_in_utf8_and_tell_no_versions(stack, ada):
    answer = ada.get("/users")
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.headers.get("X-Content-Type-Options") == "nosniff"
    assert not any(c.isdigit() for c in answer.headers.get("Server", ""))


def test_health_needs_no_token(stack):
    answer = requests.get(f"{stack.url}/http/health", timeout=5)
    assert answer.status_code == 200 and answer.json() == {"status": "ok"}


def raw_request(stack, text):
    """The status line that answers these bytes."""
    with sockets_module.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(sockets_module.SHUT_WR)
        return connection.recv(4096)


@pytest.mark.parametrize(
    "text",
    [
        b"GET /http/users HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /http/users HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /http/../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /http/users%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /http/users HTTP/1.1\r\nHost: x\r\nauthentication: " + b"a" * 30000 + b"\r\n\r\n",
        b"POST /http/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
)
def test_broken_requests_break_nothing(stack, ada, text):
    answer = raw_request(stack, text)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert b" 50" not in answer.split(b"\r\n")[0]
    assert ada.get("/users/profile").status_code == 200


def test_a_stranger_hashing_flood_is_refused_not_queued(stack):
    """503 or 429, both with Retry-After; never a 5xx of nginx without a body."""
    from concurrent.futures import ThreadPoolExecutor

    people = [stack.stranger() for _ in range(24)]
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda p: p.try_login(), people))
    for answer in answers:
        assert answer.status_code in (401, 503), answer.status_code
        if answer.status_code == 503:
            assert_problem(answer, 503, "unavailable")
            assert_retry_after(answer)
