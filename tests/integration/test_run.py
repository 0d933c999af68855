"""scripts/run.sh as its users meet it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
import requests

from support import processes
from support.stack import MODE, ROOT, Stack
from support.waiting import wait_until

QUICK = {"PARLOR_MAIL_POLL_MS": 100}


def leftovers(stack):
    sockets = [p for p in stack.var.rglob("*") if processes.is_socket(p)]
    return stack.processes(), sockets


def assert_nothing_left(stack):
    left, sockets = leftovers(stack)
    assert left == {}
    assert sockets == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", stack.port))


def test_ctrl_c_leaves_nothing_and_a_second_start_keeps_the_data():
    stack = Stack(QUICK).start()
    try:
        ada, bob = stack.person("Ada"), stack.person("Bob")
        room = ada.send_acked(ada.socket(), bob, "kept")["chat_room_id"]
        open_socket = bob.socket()
        before = ada.whole_room(room)
        assert stack.stop() == 0
        assert open_socket.wait_closed(1) in (1012, 1001, 1006)
        assert_nothing_left(stack)

        stack.start()
        assert ada.whole_room(room) == before
        assert bob.try_login().status_code == 200, "accounts and passwords too"
        ack = bob.send_acked(bob.socket(), ada, "and on it goes")
        assert ack["chat_room_id"] == room and ack["seq"] == 2
    finally:
        stack.stop()
    assert_nothing_left(stack)
    assert stack.crash_reports() == []
    stack.remove()


def test_sigterm_stops_it_too_and_a_killed_script_leaves_a_startable_folder():
    stack = Stack(QUICK).start()
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(40) is not None
    assert_nothing_left(stack)
    stack.start()
    stack.process.kill()
    stack.process.wait()
    wait_until(lambda: not stack.processes(), 40, "the end of everything that an killed run.sh had started")
    with stack:
        assert stack.person().token


def test_two_stacks_side_by_side_do_not_meet(stack):
    with Stack(QUICK) as other:
        here, there = stack.person("Here"), other.person("There")
        assert there.get("/users").status_code == 200
        assert there.get("/users", token=here.token).status_code == 401
        names = [u["first_name"] for u in there.get("/users").json()["users"]]
        assert names == ["There"]
        watcher = there.socket()
        here.put("/users/profile", {"first_name": "Loud"})
        there.put("/users/profile", {"first_name": "Quiet"})
        watcher.wait_type("user_update", first_name="Quiet")
        assert watcher.of_type("user_update", first_name="Loud") == []
    assert stack.healthy()


def refused(stack):
    """What a start that can't work says; it ends by itself."""
    stack.launch()
    assert stack.process.wait(60) != 0
    return stack.output()


def test_a_port_in_use_is_said_in_one_sentence(stack):
    late = Stack(QUICK, port=stack.port)
    said = refused(late)
    assert str(stack.port) in said and "in use" in said
    assert len(said.strip().splitlines()) <= 3, said
    assert late.processes() == {}
    assert stack.healthy()
    late.remove()


def test_a_folder_in_use_is_said_in_one_sentence(stack):
    late = Stack(QUICK, var=stack.var)
    late.folder = Path(tempfile.mkdtemp(prefix="pl", dir="/tmp"))
    said = refused(late)
    assert "in use" in said and str(stack.var) in said
    assert stack.healthy()
    shutil.rmtree(late.folder)


def test_a_wrong_option_is_said(stack):
    late = Stack({"PARLOR_MAIL_POL_MS": "100"})
    said = refused(late)
    assert "PARLOR_MAIL_POL_MS" in said
    assert len(said.strip().splitlines()) <= 2, said
    assert late.processes() == {}
    late.remove()


def test_only_loopback_and_only_our_port_are_opened(stack):
    ours = set(stack.processes())
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    addresses = {line.split()[3] for line in listening if any(f"pid={pid}," in line for pid in ours)}
    assert addresses == {f"127.0.0.1:{stack.port}"}


def test_the_page_at_the_root_is_served(stack):
    answer = requests.get(stack.url + "/", timeout=5)
    assert answer.status_code in (200, 404)
    assert answer.status_code == (200 if (ROOT / "web" / "index.html").exists() else 404)


@pytest.fixture
def copy_for_a_guest():
    """What an ordinary user would have checked out and built, in a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="pl", dir="/tmp"))
    folder.chmod(0o755)
    root = folder / "parlor"
    for name in ("scripts", "sql", "nginx", "web"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, root / name)
    (root / "build" / MODE).mkdir(parents=True)
    for program in ("parlor-fcgi", "parlor-wsd"):
        shutil.copy(ROOT / "build" / MODE / program, root / "build" / MODE / program)
    subprocess.run(["chown", "-R", "65534:65534", str(folder)], check=True)
    yield folder, root
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user runs this suite: every other test shows it")
def test_it_works_as_an_ordinary_user(copy_for_a_guest):
    folder, root = copy_for_a_guest
    guest = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    stack = Stack({**QUICK, "HOME": str(folder)}, var=folder / "v", command=guest, root=root)
    with stack:
        ada, bob = stack.person("Ada"), stack.person("Bob")
        receiving = bob.socket()
        ada.send_acked(ada.socket(), bob, "as nobody")
        receiving.wait_type("room_chat_message", message="as nobody")
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in stack.processes()}
        assert owners == {65534}
        stack.stop()
        assert_nothing_left(stack)
