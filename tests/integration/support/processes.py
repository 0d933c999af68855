"""What /proc tells about running processes."""

import os
import stat
from pathlib import Path


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def all_pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def name(pid):
    """Of the executable. The kernel cuts it at 15 characters."""
    return _read(pid, "comm").decode(errors="replace").strip()


def state(pid):
    """R, S, Z …; empty when it is gone."""
    text = _read(pid, "stat").decode(errors="replace")
    return text.rpartition(")")[2].split()[0] if text else ""


def alive(pid):
    return state(pid) not in ("", "Z", "X")


def parent(pid):
    text = _read(pid, "stat").decode(errors="replace")
    return int(text.rpartition(")")[2].split()[1]) if text else 0


def descendants(pid):
    children = {}
    for other in all_pids():
        children.setdefault(parent(other), []).append(other)
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def with_text(text, ignore=()):
    """Live processes that carry `text` in their command line or environment: {pid: command line}."""
    needle = text.encode()
    found = {}
    for pid in all_pids():
        if pid in ignore or not alive(pid):
            continue
        command = _read(pid, "cmdline")
        if needle in command or needle in _read(pid, "environ"):
            found[pid] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def is_socket(path):
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False
