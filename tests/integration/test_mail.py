"""Mail over SMTP: with STARTTLS it arrives, without it waits."""

import contextlib
import email
import email.policy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.people import link_token
from support.stack import Stack, free_port
from support.waiting import wait_until


def make_certificate(folder, name="localhost"):
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        + ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


class SmtpServer:
    def __init__(self, folder, port):
        self.folder = folder
        self.port = port

    @contextlib.contextmanager
    def running(self, *tls_files):
        script = Path(__file__).parent / "support" / "smtp_server.py"
        process = subprocess.Popen(
            [sys.executable, str(script), str(self.port), str(self.folder), *map(str, tls_files)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout.readline().strip() == "listening"
            yield
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()

    def received(self, recipient):
        records = [json.loads(p.read_text()) for p in sorted(self.folder.glob("*.json"))]
        return [r for r in records if r["to"] == [recipient]]


@pytest.fixture(scope="module")
def post_office(tmp_path_factory):
    """(stack, server, trusted certificate, untrusted one): the stack sends to a server that each test starts."""
    folder = tmp_path_factory.mktemp("smtp")
    trusted = make_certificate(folder)
    (folder / "other").mkdir()
    untrusted = make_certificate(folder / "other")
    (folder / "mails").mkdir()
    server = SmtpServer(folder / "mails", free_port())
    options = {
        "PARLOR_MAIL_FOLDER": "",
        "PARLOR_MAIL_SMTP_URL": f"smtp://localhost:{server.port}",
        "PARLOR_MAIL_SMTP_TLS": "required",
        "PARLOR_MAIL_SMTP_CA": trusted[0],
        "PARLOR_MAIL_FROM": "parlor@chat.example.org",
        "PARLOR_MAIL_HELO_NAME": "chat.example.org",
        "PARLOR_MAIL_TIMEOUT_S": 5,
        "PARLOR_MAIL_POLL_MS": 100,
    }
    with Stack(options) as running:
        yield running, server, trusted, untrusted


def wait_received(server, recipient, count=1):
    wait_until(lambda: len(server.received(recipient)) >= count, what=f"a mail to {recipient}")
    return server.received(recipient)[count - 1]


def outbox_row(stack, person):
    rows = stack.sql("SELECT * FROM mail_outbox WHERE recipient = %s", person.email)
    return rows[0] if rows else None


def try_again_now(stack, person):
    """What an administrator does who has mended the mail server."""
    stack.sql("UPDATE mail_outbox SET next_attempt_at_ms = 0, last_error = '' WHERE recipient = %s", person.email)


def test_a_link_arrives_over_starttls_and_works(post_office):
    stack, server, trusted, _ = post_office
    ada = stack.stranger("Ada", "Łovelace, \"A.\" <x@y.example>")
    with server.running(*trusted):
        assert ada.register().status_code == 202
        record = wait_received(server, ada.email)
    assert record["tls"] is True
    assert record["from"] == "parlor@chat.example.org"
    assert record["helo"] == "chat.example.org"
    mail = email.message_from_string(record["data"], policy=email.policy.default)
    assert [a.addr_spec for a in mail["To"].addresses] == [ada.email], "no header injection by a name"
    assert mail["From"].addresses[0].addr_spec == "parlor@chat.example.org"
    assert ada.get(f"/register/{link_token(mail)}", token=None).status_code == 201
    wait_until(lambda: outbox_row(stack, ada) is None, what="an empty outbox")
    assert len(server.received(ada.email)) == 1
    assert list((stack.var / "mail").glob("*.eml")) == []


def assert_held_back(post_office, person):
    stack, server, _, _ = post_office
    assert person.register().status_code == 202
    wait_until(lambda: (outbox_row(stack, person) or {}).get("last_error"), what="a failed attempt")
    row = outbox_row(stack, person)
    assert row["attempts"] >= 1 and row["failed_at_ms"] is None
    assert person.email not in row["last_error"]
    assert server.received(person.email) == []


def assert_delivered_after_repair(post_office, person):
    stack, server, trusted, _ = post_office
    with server.running(*trusted):
        try_again_now(stack, person)
        record = wait_received(server, person.email)
    mail = email.message_from_string(record["data"], policy=email.policy.default)
    assert person.get(f"/register/{link_token(mail)}", token=None).status_code == 201


def test_a_server_without_starttls_gets_nothing(post_office):
    person = post_office[0].stranger("Plain")
    with post_office[1].running():
        assert_held_back(post_office, person)
    assert_delivered_after_repair(post_office, person)


def test_a_certificate_of_somebody_else_gets_nothing(post_office):
    person = post_office[0].stranger("Impostor")
    with post_office[1].running(*post_office[3]):
        assert_held_back(post_office, person)
    assert_delivered_after_repair(post_office, person)


def test_a_server_that_is_down_is_tried_again(post_office):
    person = post_office[0].stranger("Patient")
    assert_held_back(post_office, person)
    first = outbox_row(post_office[0], person)
    try_again_now(post_office[0], person)
    wait_until(lambda: outbox_row(post_office[0], person)["attempts"] > first["attempts"], what="a second attempt")
    assert_delivered_after_repair(post_office, person)


def test_the_pauses_grow(post_office):
    person = post_office[0].stranger("Waiting")
    assert_held_back(post_office, person)
    stack = post_office[0]
    pauses = []
    for attempts in (1, 2, 3, 4):
        wait_until(lambda: outbox_row(stack, person)["last_error"], what=f"the end of attempt {attempts}")
        row = outbox_row(stack, person)
        assert row["attempts"] == attempts
        now = stack.sql("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now")[0]["now"]
        pauses.append(row["next_attempt_at_ms"] - int(now))
        try_again_now(stack, person)
    assert pauses[-1] > 2 * pauses[0] > 0, pauses
    with post_office[1].running(*post_office[2]):
        try_again_now(stack, person)
        wait_received(post_office[1], person.email)


def test_no_log_has_an_address_or_a_link(post_office):
    stack, server, _, _ = post_office
    links = [link_token(email.message_from_string(json.loads(p.read_text())["data"], policy=email.policy.default)) for p in server.folder.glob("*.json")]
    assert links
    for path, text in stack.logs().items():
        assert "@example.org" not in text, path
        for link in links:
            assert link not in text, path
