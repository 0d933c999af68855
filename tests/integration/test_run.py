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


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_a_folder_with_other_peoples_files_is_refused_and_not_touched():
    stack = Stack(QUICK)
    for name in ("run/thesis.txt", "services/web", "mysql.new/table", "elsewhere/parlor-x/y"):
        (stack.var / name).parent.mkdir(parents=True, exist_ok=True)
        (stack.var / name).write_text("years of work")
    before = contents(stack.var)
    said = refused(stack)
    assert f"VAR={stack.var}" in said and "not Parlor's" in said
    assert len(said.strip().splitlines()) == 1, said
    assert contents(stack.var) == before
    stack.remove()


def test_a_link_in_the_place_of_run_costs_only_the_link():
    stack = Stack({**QUICK, "PARLOR_MAIL_POL_MS": "100"})  # ends at once, the folder made
    refused(stack)
    precious = stack.folder / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    (stack.var / "run").symlink_to(precious)
    refused(stack)
    assert (precious / "thesis.txt").read_text() == "years of work"
    assert not (stack.var / "run").is_symlink()
    stack.remove()


def recording(folder, names):
    """A folder for PATH whose programs write their arguments down, then are the real ones."""
    (folder / "bin").mkdir()
    for name in names:
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>"{folder}/arguments"\nexec "{shutil.which(name)}" "$@"\n')
        program.chmod(0o755)
    return folder / "bin"


def test_no_argument_of_a_program_is_a_password_and_a_long_path_leaves_nothing():
    stack = Stack(QUICK)
    stack.var = stack.folder / ("long" * 30)
    path = recording(stack.folder, ("env", "mariadb", "mariadb-install-db", "setpriv", "spawn-fcgi"))
    stack.options["PATH"] = f"{path}:{os.environ['PATH']}"
    stack.start()
    sockets = (stack.var / "run").readlink()
    assert sockets.name.startswith("parlor-") and (sockets / "wsd.sock").exists()
    assert stack.stop() == 0
    assert_nothing_left(stack)
    assert not sockets.exists()

    arguments = (stack.folder / "arguments").read_text()
    assert {"env", "mariadb", "spawn-fcgi"} <= {line.split(" ")[0] for line in arguments.splitlines()}
    passwords = [p.read_text().strip() for p in (stack.var / "etc").glob("password.*")]
    assert len(passwords) == 3
    assert not any(password in arguments for password in passwords)
    stack.remove()
