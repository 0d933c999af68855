"""The daemon and the pools as a supervisor like systemd sees them: ready, reloading, pinging, ending."""

import os
import re
import select
import signal
import socket
import subprocess

import pytest

from support.processes import alive
from support.sockets import handshake_status
from support.stack import BINARIES, Stack
from support.waiting import wait_until

ELSEWHERE = {"Origin": "https://elsewhere.example.org"}


@pytest.fixture(scope="module")
def own_stack():
    with Stack({"PARLOR_MAIL_POLL_MS": 100}) as running:
        yield running


class Systemd:
    """systemd's end: starts a daemon beside that of the stack and hears what it says."""

    def __init__(self, stack, folder, options=None):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.said = []
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(self.path),
            "WATCHDOG_USEC": "400000",
            "PARLOR_SOCKET_LISTEN_PATH": str(folder / "wsd.sock"),
            "PARLOR_BUS_ENDPOINT": f"ipc://{folder}/bus.sock",
            **(options or {}),
        }
        self.process = subprocess.Popen(
            [BINARIES / "parlor-wsd", "--config", stack.var / "etc" / "parlor-wsd.toml"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def wait_said(self, text, count=1):
        def heard():
            while select.select([self.socket], [], [], 0)[0]:
                self.said += self.socket.recv(4096).decode().splitlines()
            return self.said.count(text) >= count

        wait_until(heard, what=f"{count} × {text}: {self.said}")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()


@pytest.fixture
def systemd(own_stack, tmp_path):
    daemon = Systemd(own_stack, tmp_path)
    yield daemon
    daemon.end()


def test_the_daemon_tells_its_supervisor_of_its_life(systemd):
    systemd.wait_said("READY=1")
    assert systemd.said.index("STATUS=Waiting for the database.") < systemd.said.index("READY=1")
    systemd.wait_said("WATCHDOG=1", 3)
    assert "RELOADING=1" not in systemd.said
    systemd.process.send_signal(signal.SIGHUP)
    systemd.wait_said("READY=1", 2)
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in systemd.said)
    systemd.process.send_signal(signal.SIGTERM)
    assert systemd.process.wait(20) == 0
    systemd.wait_said("STOPPING=1")


def test_a_daemon_whose_metrics_port_is_taken_serves_all_the_same(own_stack, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon = Systemd(own_stack, tmp_path, {"PARLOR_METRICS_LISTEN": f"127.0.0.1:{taken.getsockname()[1]}"})
        try:
            daemon.wait_said("READY=1")
            daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(20) == 0
        finally:
            daemon.end()


# ---- reload


def reload_daemon(stack, old, new):
    """Edits the configuration and reloads; what the daemon logged about it."""
    path = stack.var / "etc" / "parlor-wsd.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    log = log_of(stack)
    before = len(reload_lines(log))
    stack.kill_part("wsd", signal.SIGHUP)
    wait_until(lambda: len(reload_lines(log)) > before, what="a word about the reload")
    return reload_lines(log)[before:]


def log_of(stack):
    return stack.var / "log" / "wsd" / "current"


def reload_lines(log):
    return [line for line in log.read_text(errors="replace").splitlines() if " reloading " in line]


def test_a_reload_takes_over_what_can_be_and_disconnects_nobody(own_stack):
    ada, bob = own_stack.person("Ada"), own_stack.person("Bob")
    pid = own_stack.pid("wsd")
    listening = ada.socket()
    assert handshake_status(own_stack.port, ELSEWHERE) == 403
    section = "[socket]\n"
    lines = reload_daemon(own_stack, section, "@SECTION@\n")
    assert any("error=" in line for line in lines), lines  # not TOML: kept
    assert handshake_status(own_stack.port, ELSEWHERE) == 403
    settings = (
        '[limits]\nmessage_burst = 1\nmessages_per_second = 1\n\n[log]\nlevel = "debug"\n\n'
        '[socket]\nallowed_origins = ["https://elsewhere.example.org"]\nmax_connections = 77\n'
    )
    lines = reload_daemon(own_stack, "@SECTION@\n", settings)
    told = " ".join(lines)
    for key in ("socket.allowed_origins", "limits.message_burst", "limits.messages_per_second", "log.level"):
        assert re.search(rf"taken_over=.*{re.escape(key)}", told), lines
    wait_until(lambda: "needs_restart=socket.max_connections" in own_stack.logs()[log_of(own_stack)], what="a warning")
    assert handshake_status(own_stack.port, ELSEWHERE) == 101
    bob.socket()
    listening.send(ada.room_frame(bob, "one"))
    listening.send(ada.room_frame(bob, "two"))
    listening.wait_type("error", code="too_fast")
    assert own_stack.pid("wsd") == pid
    reload_daemon(own_stack, settings, section)
    assert handshake_status(own_stack.port, ELSEWHERE) == 403


def test_a_storm_of_reloads_under_load_harms_nobody(own_stack):
    """A signal also comes while the file is read, at any moment of that."""
    ada, bob = own_stack.person("Ada"), own_stack.person("Bob")
    pid, log = own_stack.pid("wsd"), log_of(own_stack)
    writing, listening = ada.socket(), bob.socket()
    before = len(reload_lines(log))
    messages = 0
    while messages < 20 or len(reload_lines(log)) < before + 50:
        for _ in range(500):
            os.kill(pid, signal.SIGHUP)
        ada.send_acked(writing, bob, f"message {messages}")
        messages += 1
    listening.wait_type("room_chat_message", message=f"message {messages - 1}")
    assert own_stack.pid("wsd") == pid
    # The last signal is acted on too: what the file says now is taken over.
    reload_daemon(own_stack, "[socket]\n", '[socket]\nallowed_origins = ["https://elsewhere.example.org"]\n')
    wait_until(lambda: handshake_status(own_stack.port, ELSEWHERE) == 101, what="the new origin")
    reload_daemon(own_stack, 'allowed_origins = ["https://elsewhere.example.org"]\n', "")
    wait_until(lambda: handshake_status(own_stack.port, ELSEWHERE) == 403, what="the old origins")


def test_a_pool_is_reloaded_without_turning_anybody_away(own_stack):
    """SIGUSR2 to multiwatch, which the unit's ExecReload is: every worker is another one afterwards, no request fails."""
    ada = own_stack.person("Ada")
    for _ in range(5):
        before = set(own_stack.worker_pids())
        assert before
        os.kill(own_stack.pid("fcgi-api"), signal.SIGUSR2)

        def replaced():
            assert ada.get("/users/profile").status_code == 200
            now = set(own_stack.worker_pids())
            return len(now) == len(before) and not now & before

        wait_until(replaced, what="other workers")
        assert not any(alive(pid) for pid in before)
