"""parlor-fcgi started as a plain CGI program answers as it does behind FastCGI."""

import json
import subprocess
from pathlib import Path

import pytest

from support.stack import BINARIES


def worker_command(stack):
    """How the stack runs the program."""
    pid = stack.worker_pids()[0]
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]


def configuration(stack):
    """A CGI program takes no flags (a web server may pass words of the query): the file comes by its variable."""
    command = worker_command(stack)
    return command[command.index("--config") + 1]


def worker_environment(stack):
    pid = stack.worker_pids()[0]
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")[:-1]
    return dict(pair.split("=", 1) for pair in pairs)


def run_cgi(stack, method, path, body=b"", token=None, query="", content_type="application/json"):
    """(status, headers, body) as a web server would understand the output."""
    environment = {
        **worker_environment(stack),
        "PARLOR_CONFIG": configuration(stack),
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/http",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_URI": f"/http{path}",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.9",
    }
    if body:
        environment.update(CONTENT_LENGTH=str(len(body)), CONTENT_TYPE=content_type)
    if token:
        environment["HTTP_AUTHENTICATION"] = token
    done = subprocess.run([worker_command(stack)[0]], env=environment, input=body, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    head, _, answer = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers.pop("Status", "200").split()[0]), {k.lower(): v for k, v in headers.items()}, answer


def test_the_program_is_the_one_that_was_built(stack):
    assert Path(worker_command(stack)[0]).resolve() == (BINARIES / "parlor-fcgi").resolve()


@pytest.mark.parametrize("path, query", [("/users", "limit=2"), ("/users/profile", ""), ("/chat_rooms", ""), ("/none", "")])
def test_reading_is_answered_alike(stack, ada, path, query):
    status, headers, body = run_cgi(stack, "GET", path, token=ada.token, query=query)
    over_fastcgi = ada.get(path, query=query or None)
    assert status == over_fastcgi.status_code
    assert headers["content-type"] == over_fastcgi.headers["Content-Type"]
    assert headers["cache-control"] == over_fastcgi.headers["Cache-Control"]
    assert json.loads(body) == over_fastcgi.json()


def test_sending_reaches_the_receiver_live(stack, ada, bob):
    receiving = bob.socket()
    frame = {"other_user_id": bob.user_id, "message": "from a CGI program", "client_msg_id": "cgi"}
    status, _, body = run_cgi(stack, "POST", "/chat_rooms", json.dumps(frame).encode(), ada.token)
    assert status == 201
    frame_seen = receiving.wait_type("room_chat_message", message="from a CGI program")
    assert frame_seen["seq"] == json.loads(body)["seq"]
    status, _, body = run_cgi(stack, "POST", "/chat_rooms", json.dumps(frame).encode(), ada.token)
    assert status == 200 and json.loads(body)["duplicate"] is True


def test_login_and_errors(stack, ada):
    login = json.dumps({"email": ada.email, "password": ada.password}).encode()
    status, headers, body = run_cgi(stack, "POST", "/login", login)
    assert status == 200 and headers["cache-control"] == "no-store"
    assert ada.get("/users/profile", token=json.loads(body)["token"]).status_code == 200

    for arguments, expected in (
        (("GET", "/users"), (401, "invalid_token")),
        (("POST", "/login", b"{"), (400, "malformed_json")),
        (("POST", "/login", b" " * 70000), (413, "too_large")),
        (("DELETE", "/login"), (405, "method_not_allowed")),
    ):
        status, headers, body = run_cgi(stack, *arguments)
        assert (status, json.loads(body)["code"]) == expected
        assert headers["content-type"].startswith("application/problem+json")
    status, _, body = run_cgi(stack, "POST", "/login", login, content_type="text/plain")
    assert (status, json.loads(body)["code"]) == (415, "unsupported_media_type")


def test_head_has_no_body(stack, ada):
    status, _, body = run_cgi(stack, "HEAD", "/users/profile", token=ada.token)
    assert status == 200 and body == b""
