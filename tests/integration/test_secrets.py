"""Tokens, passwords, texts and addresses are in no log; tokens and passwords nowhere in the database."""

import base64
import hashlib

import pytest
import requests

from support.checks import assert_problem
from support.people import PASSWORD
from support.pipeline import statuses_of

SECRET_TEXT = "nobody else may read this: 8d1f0c"
NEW_PASSWORD = "wholly different secret 31"


@pytest.fixture(scope="module")
def used(stack):
    """A stack that saw every way in which a secret travels, also the ones that fail."""
    ada, bob = stack.person("Ada", login=False), stack.person("Bob")
    secrets = {"password": PASSWORD, "new password": NEW_PASSWORD}
    secrets["registration"] = ada.newest_link()
    for method in ("GET", "HEAD", "POST", "DELETE", "PUT"):
        ada.call(method, f"/register/{secrets['registration']}", token=None)
    ada.get(f"/register/{secrets['registration']}/", token=None)
    ada.get(f"/register/{secrets['registration']}", token=None, headers={"Accept": "text/html"})
    pending = stack.stranger("Grace")
    pending.register()
    secrets["pending registration"] = pending.newest_link()

    secrets["token"] = ada.login()
    ada.try_login(PASSWORD + "x")
    socket = ada.socket()
    ada.send_acked(socket, bob, SECRET_TEXT)
    socket.send({"token": secrets["token"], "chat_type": "room", "other_user_id": "bad", "message": SECRET_TEXT})
    socket.send('{"token":"' + secrets["token"] + '", broken')
    socket.wait_type("error", code="malformed_json")
    ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET_TEXT})
    for spelling in ({"authentication": ada.token}, {"Authorization": f"Bearer {ada.token}"}, {"Authorization": ada.token}):
        ada.get("/no/such/thing", token=None, headers=spelling)
    ada.call("POST", "/chat_rooms", data=b'{"broken": "' + SECRET_TEXT.encode(), headers={"Content-Type": "application/json"})
    requests.get(f"{stack.url}/nothing", headers={"authentication": ada.token}, timeout=5)

    # So fast that nginx refuses some, and says so in its error log: with the request line, if nobody prevents it.
    statuses = statuses_of(stack.port, stack.stranger().address, f"/http/register/{secrets['registration']}", 900)
    assert 429 in statuses
    secrets["changed token"] = ada.token
    ada.put("/users/profile", {"password": NEW_PASSWORD})
    ada.get("/logout")
    return stack, ada, secrets


def test_no_log_has_a_secret(used):
    stack, ada, secrets = used
    logs = stack.logs()
    assert any("access" in str(p) for p in logs) or len(logs) >= 3
    for path, text in logs.items():
        for what, secret in secrets.items():
            assert secret not in text, f"{what} in {path}"
        assert SECRET_TEXT not in text, f"a message in {path}"
        assert ada.email not in text, f"an address in {path}"


def test_the_database_has_no_token_and_no_password(used):
    stack, _, secrets = used
    dump = stack.everything_in_database()
    assert SECRET_TEXT in dump, "the dump is complete"
    for what, secret in secrets.items():
        for form in forms(secret):
            assert form not in dump, f"{what} in the database"


def forms(secret):
    """The secret as it is, as hexadecimal digits, and as what it may encode."""
    yield secret
    yield secret.encode().hex()
    padded = secret + "=" * (-len(secret) % 4)
    try:
        raw = base64.urlsafe_b64decode(padded)
    except ValueError:
        return
    yield raw.hex()
    yield repr(raw)[2:-1]


def test_tokens_are_found_by_their_sha256(stack, ada):
    expected = {hashlib.sha256(form).digest() for form in (ada.token.encode(), decoded(ada.token)) if form}
    stored = stack.sql("SELECT token_hash FROM sessions WHERE user_id = %s", ada.user_id)[0]["token_hash"]
    assert stored in expected


def decoded(token):
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None


def test_process_lists_show_no_password(stack):
    for command in stack.processes().values():
        assert "password=" not in command.lower().replace("password=no", ""), command


def test_secret_files_are_private(stack):
    for path in stack.var.rglob("*"):
        if path.is_file() and path.suffix in (".toml", ".cnf", ".env") and "password" in path.read_text(errors="replace"):
            assert path.stat().st_mode & 0o007 == 0, f"{path} is readable by everybody"


def test_nobody_else_on_the_machine_reaches_the_sockets(stack):
    """The database's root has no password: the folder of its socket is the door."""
    run = (stack.var / "run").resolve()
    assert run.stat().st_mode & 0o077 == 0
    assert (stack.var / "mysql").stat().st_mode & 0o077 == 0


def test_no_answer_repeats_what_was_sent(stack, ada):
    answer = ada.post("/login", {"email": ada.email, "password": "guessed it wrong"}, token=None)
    assert "guessed" not in answer.text and ada.email not in answer.text
    assert_problem(ada.get("/users", token="T" * 43), 401, "invalid_token")
    assert "T" * 43 not in ada.get("/users", token="T" * 43).text
