"""Two hundred people in one group: every message reaches all in order, and nobody is dropped. No clock decides here."""

import re
import subprocess

from support.stack import BINARIES

SOCKETS, SECONDS, RATE = 200, 5, 50


def test_every_message_reaches_two_hundred_sockets_in_order(busy_stack):
    stack = busy_stack
    done = subprocess.run(
        [
            BINARIES / "bench",
            "group",
            *("--port", str(stack.port)),
            *("--db", str(stack.var / "run" / "mariadb.sock")),
            *("--sockets", str(SOCKETS)),
            *("--seconds", str(SECONDS)),
            *("--rate", str(RATE)),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(re.findall(r"(\w+)=(\d+)\b", done.stdout))
    assert int(figures["messages"]) == SECONDS * RATE
    for name in ("order_errors", "closed", "missing"):
        assert figures[name] == "0", done.stdout
