"""What the daemon tells those who watch it: metrics as documented, health and readiness, and an id that leads through all logs."""

import os
import re
import signal

import pytest
import requests

from conftest import QUICK
from support.people import PASSWORD
from support.pipeline import statuses_of
from support.stack import ROOT, Stack, free_port
from support.waiting import wait_until
from test_cgi import run_cgi

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
SECRET_TEXT = "read by nobody who watches: 51c0ffee"


class WatchedStack(Stack):
    """One that answers on a metrics address, and writes all that it ever writes into its logs."""

    def __init__(self, options=None):
        self.metrics_port = free_port()
        listen = f"127.0.0.1:{self.metrics_port}"
        super().__init__({**QUICK, "PARLOR_METRICS_LISTEN": listen, "PARLOR_LOG_LEVEL": "debug", **(options or {})})

    def ask(self, path, method="GET"):
        return requests.request(method, f"http://127.0.0.1:{self.metrics_port}{path}", timeout=10)

    def samples(self):
        """{(name, labels as a sorted tuple of pairs): value}."""
        found = {}
        for line in self.ask("/metrics").text.splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = SAMPLE.match(line).groups()
            found[name, tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels or "")))] = float(value)
        return found

    def value(self, name, **labels):
        """The sum over all series of that name with these labels."""
        return sum(v for (n, pairs), v in self.samples().items() if n == name and labels.items() <= dict(pairs).items())

    def wait_value(self, expected, name, **labels):
        wait_until(lambda: self.value(name, **labels) == expected, what=f"{name}{labels} = {expected}")


@pytest.fixture(scope="module")
def watched():
    with WatchedStack() as running:
        yield running


@pytest.fixture
def mourned():
    """For a test that breaks it."""
    with WatchedStack({"PARLOR_METRICS_STUCK_AFTER_MS": 1000}) as running:
        yield running


def documented():
    """{name: (type, labels)} of the table in docs/admin/watch.md."""
    page = (ROOT / "docs" / "admin" / "watch.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| ", page, re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def scraped(text):
    """The same of what the daemon says."""
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    labels = {name: set() for name in kinds}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, found, _ = SAMPLE.match(line).groups()
        family = name if name in kinds else re.sub(r"_(bucket|sum|count)$", "", name)
        labels[family] |= set(re.findall(r'(\w+)="', found or "")) - {"le"}
    return {name: (kind, labels[name]) for name, kind in kinds.items()}


def test_the_page_has_the_metrics_that_there_are(watched):
    watched.person()
    wait_until(lambda: watched.value("parlor_http_requests_total", route="/login"), what="a worker's report")
    assert scraped(watched.ask("/metrics").text) == documented()


def test_every_metric_says_what_it_is_in_the_conventional_way(watched):
    text = watched.ask("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    assert set(re.findall(r"^# HELP (\w+) \S", text, re.M)) == set(kinds)
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in kinds.items())
    assert all(name.startswith(("parlor_", "process_")) for name in kinds)
    assert watched.value("parlor_build_info") == 1


def test_one_message_is_counted_where_it_passes(watched):
    ada, bob = watched.person("Ada"), watched.person("Bob")
    before = watched.samples()
    one, other = ada.socket(), bob.socket()
    ada.send_acked(one, bob, SECRET_TEXT)
    other.wait(lambda frame: frame.get("message") == SECRET_TEXT)
    assert ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET_TEXT}).status_code == 201
    other.wait(lambda frame: frame.get("seq") == 2)

    def rise(name, **labels):
        return watched.value(name, **labels) - sum(
            v for (n, pairs), v in before.items() if n == name and labels.items() <= dict(pairs).items())

    wait_until(lambda: rise("parlor_messages_heard_total") == 1, what="the message of the worker")
    assert rise("parlor_messages_total", outcome="stored") == 1
    assert rise("parlor_connections") == rise("parlor_connections_signed_in") == rise("parlor_online_users") == 2
    assert rise("parlor_sign_ins_total") == 2
    assert rise("parlor_writer_batch_messages_count") == rise("parlor_writer_commit_seconds_count") == 1
    assert rise("parlor_deliveries_total") >= 3
    assert rise("parlor_event_lag_seconds_count") >= 1
    assert rise("parlor_events_total") >= 1
    wait_until(lambda: rise("parlor_http_requests_total", pool="api", method="POST", route="/chat_rooms", status="2xx") == 1,
               what="the worker's report")
    assert rise("parlor_http_request_seconds_count", method="POST", route="/chat_rooms") == 1
    one.close(), other.close()
    wait_until(lambda: rise("parlor_connections") == 0, what="the sockets to be gone")


def test_refusals_and_closes_are_counted_by_their_kind(watched):
    ada = watched.person("Ada")
    bad, closed = watched.value("parlor_refusals_total", reason="bad_frame"), watched.value("parlor_closes_total", code="4400")
    socket = ada.socket()
    for _ in range(10):
        socket.send('{"chat_type":"nowhere","message":"x"}')
    assert socket.wait_closed() == 4400
    watched.wait_value(bad + 10, "parlor_refusals_total", reason="bad_frame")
    watched.wait_value(closed + 1, "parlor_closes_total", code="4400")


def test_requests_are_counted_by_pattern_and_never_by_path(watched):
    ada = watched.person("Ada")
    ada.get("/chat_rooms/987654321")
    ada.get("/no/such/place/at/all")
    watched.person("Bob")
    wait_until(lambda: watched.value("parlor_http_requests_total", route="/register/{token}"), what="registrations")
    wait_until(lambda: watched.value("parlor_http_requests_total", route="-", status="4xx"), what="what has no route")
    text = watched.ask("/metrics").text
    assert 'route="/chat_rooms/{id}"' in text
    for never in ("987654321", "/no/such", ada.email, ada.token):
        assert never not in text
    assert {pool for (name, pairs), _ in watched.samples().items() if name == "parlor_http_requests_total"
            for label, pool in pairs if label == "pool"} == {"api", "auth"}


def test_a_cgi_program_reports_too(watched):
    before = watched.value("parlor_http_requests_total", method="GET", route="/users")

    # One that finds no daemon soon enough ends without telling.
    def told():
        run_cgi(watched, "GET", "/users", token="x" * 43)
        return watched.value("parlor_http_requests_total", method="GET", route="/users") > before

    wait_until(told, what="a report of a CGI program")


def test_nonsense_on_the_bus_is_counted_and_nothing_else(watched):
    connection = watched.database()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO events (created_at_ms, payload) VALUES (1, 'nonsense')")
    connection.close()
    wait_until(lambda: watched.value("parlor_events_malformed_total", source="table") >= 1, what="the malformed event")


def test_it_is_alive_and_ready(watched):
    for path in ("/health", "/ready"):
        answer = watched.ask(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["Content-Type"] == "application/json"
        assert watched.ask(path, "HEAD").status_code == 200
    assert watched.ask("/").status_code == 404
    assert watched.ask("/metrics", "POST").status_code == 405
    assert watched.ask("/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_without_its_database_it_is_alive_and_not_ready(mourned):
    wait_until(lambda: mourned.ask("/ready").status_code == 200, deadline=60, what="readiness")
    os.kill(mourned.pid("mariadb"), signal.SIGSTOP)
    try:
        wait_until(lambda: "database" in mourned.ask("/ready").json().get("missing", []), deadline=60, what="readiness to end")
        answer = mourned.ask("/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert mourned.ask("/health").status_code == 200
        assert mourned.value("parlor_database_reachable") == mourned.value("parlor_ready") == 0
    finally:
        os.kill(mourned.pid("mariadb"), signal.SIGCONT)
    wait_until(lambda: mourned.ask("/ready").status_code == 200, deadline=60, what="readiness to come back")


def test_make_run_opens_no_port_for_it(stack):
    assert "answering for metrics" not in "".join(stack.logs().values())


# ---- Logs

def lines_with(watched, part, text):
    """The records of a part of the stack that hold `text`."""
    logs = "".join(t for path, t in watched.logs().items() if f"/log/{part}/" in str(path))
    return [line for line in logs.splitlines() if text in line]


def test_one_id_leads_through_the_logs_of_nginx_worker_and_daemon(watched):
    ada, bob = watched.person("Ada"), watched.person("Bob")
    ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET_TEXT})
    worker = wait_until(lambda: lines_with(watched, "fcgi-api", "method=POST route=/chat_rooms "), what="the worker's record")[-1]
    request_id = re.search(r"request_id=([0-9a-f]{32})", worker).group(1)
    assert any("/http/chat_rooms" in line for line in lines_with(watched, "nginx", request_id))
    acted = wait_until(lambda: lines_with(watched, "wsd", request_id), what="the daemon's record")
    assert any("acting on an event type=message" in line for line in acted)


def test_a_socket_keeps_the_id_of_its_handshake(watched):
    ada = watched.person("Ada")
    socket = ada.socket()
    record = re.compile(rf"signing a connection in connection=\d+ user={ada.user_id} request_id=([0-9a-f]{{32}})$")
    found = wait_until(lambda: [m for m in map(record.search, lines_with(watched, "wsd", "signing")) if m], what="the record")
    request_id = found[0].group(1)
    ada.get("/logout")
    assert socket.wait_closed() == 4403
    doing = ("opening a connection", "signing a connection in", "closing a connection code=4403", "a connection is gone")
    for what in doing:
        wait_until(lambda: any(what in line for line in lines_with(watched, "wsd", request_id)), what=what)
    # nginx writes it when the connection is over.
    wait_until(lambda: any("/socket" in line for line in lines_with(watched, "nginx", request_id)), what="the access log")
    assert request_id not in str(socket.frames)


def test_no_log_has_a_secret_at_level_debug(watched):
    ada, bob = watched.person("Ada"), watched.person("Bob")
    socket = ada.socket()
    ada.send_acked(socket, bob, SECRET_TEXT)
    ada.try_login(PASSWORD + "x")
    socket.send('{"token":"' + ada.token + '", broken')
    ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": SECRET_TEXT})
    ada.put("/users/profile", {"password": "another secret 99"})
    pending = watched.stranger("Grace")
    pending.register()
    link = pending.newest_link()
    pending.get(f"/register/{link}", token=None)
    assert 429 in statuses_of(watched.port, watched.stranger().address, f"/http/register/{link}", 900)
    text = "".join(watched.logs().values()) + watched.ask("/metrics").text
    assert " debug " in text and "acting on an event" in text
    for secret in (ada.token, bob.token, link, PASSWORD, "another secret 99", SECRET_TEXT, ada.email, bob.email, pending.email):
        assert secret not in text
