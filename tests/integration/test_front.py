"""What nginx decides before a worker sees a request: whose pool and limit it is, and who waits for whom."""

import socket

import pytest
import requests

from support.checks import assert_problem

# What could look like the login to one of nginx and the worker, and like something else to the other.
NEARLY_LOGIN = [
    "/http/login%0A",
    "/http/login%0a%0A",
    "/http/login%0Ax",
    "/http/%0Alogin",
    "/http/login%0D",
    "/http/login%7F",
    "/http/login%01",
    "/http//login",
    "//http/login",
    "/http/./login",
    "/http/x/../login",
    "/http/login/",
    "/http/login/.",
    "/http/login;x=1",
    "/http/login%3Fx",
    "/http/login%23",
    "/http/login%20",
    "/http%2flogin",
    "/http/%2Flogin",
    "/http/%6Cogin",
    "/http/%256Cogin",
    "/http/LOGIN",
    "/HTTP/login",
    "/http/register%0A",
]


def status_of(stack, address, method, path):
    """The path goes over the wire as it is."""
    with socket.socket() as connection:
        connection.settimeout(30)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", stack.port))
        connection.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode()
        )
        received = b""
        while data := connection.recv(65536):
            received += data
    return int(received.split(b" ")[1])


@pytest.mark.parametrize("path", NEARLY_LOGIN)
def test_no_spelling_of_login_escapes_its_limit(strict_stack, path):
    """{} as a body: the login answers 422, or 429 beyond its limit; what is no login, 401, 404 or 405."""
    hasty = strict_stack.stranger()
    statuses = [status_of(strict_stack, hasty.address, "POST", path) for _ in range(40)]
    assert statuses.count(422) <= 24, "the login's limit"
    assert set(statuses) <= {401, 404, 405, 422, 429}
    assert 422 not in statuses or 429 in statuses


@pytest.mark.parametrize("method", ["post", "Post", "pOST"])
def test_a_method_is_written_in_capitals(strict_stack, method):
    assert status_of(strict_stack, strict_stack.stranger().address, method, "/http/login") == 400


def test_control_characters_in_an_address_are_not_found(stack, ada):
    for path in ("/users%0A", "/users%0a/profile", "/register/%0A", "/register/abc%0D", "/%09"):
        assert_problem(ada.get(path), 404, "not_found")


@pytest.mark.parametrize("path, allowed", [("/http/users", "GET, HEAD, POST, PUT, DELETE"), ("/socket", "GET")])
def test_trace_is_refused_like_everything_else(stack, path, allowed):
    answer = requests.request("TRACE", stack.url + path, timeout=5)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


def test_trace_outside_of_our_addresses_is_the_servers_own(stack):
    answer = requests.request("TRACE", f"{stack.url}/", timeout=5)
    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("text/html")


# ---- slow readers


@pytest.fixture
def crowd(stack):
    """So many users that their list (some 12 MB) fits into no buffer between a worker and a client."""
    stack.sql(
        "INSERT INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms)"
        " SELECT CONCAT('crowd', seq, '@example.org'), CONCAT('crowd', seq, '@example.org'),"
        " REPEAT('\U0001F600', 64), REPEAT('\U0001F600', 64), '-', 1 FROM seq_1_to_20000"
    )
    yield
    stack.sql("DELETE FROM users WHERE email LIKE 'crowd%%'")


def slow_reader(person):
    """Has the beginning of the list of users, and reads no more."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.bind((person.address, 0))
    connection.connect(("127.0.0.1", person.stack.port))
    connection.sendall(f"GET /http/users HTTP/1.1\r\nHost: x\r\nauthentication: {person.token}\r\n\r\n".encode())
    assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")
    return connection


def test_slow_readers_hold_no_worker(stack, ada, bob, crowd):
    readers = []
    try:
        for _ in range(2 * len(stack.worker_pids())):
            readers.append(slow_reader(ada))
        health = requests.get(f"{stack.url}/http/health", timeout=10)
        assert health.status_code == 200
        assert bob.get("/users", query={"limit": 1}).status_code == 200
    finally:
        for reader in readers:
            reader.close()
