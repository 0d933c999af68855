"""Two hundred people in one group: every message reaches all in order, and nobody is dropped. No clock decides here,
unless the command line says how slow it may be."""

import re
import subprocess

from support.stack import BINARIES

SOCKETS, SECONDS, RATE = 200, 5, 50


def bench(stack, sockets, seconds, rate, *more):
    return subprocess.run(
        [
            BINARIES / "bench",
            "group",
            *("--port", str(stack.port)),
            *("--db", str(stack.var / "run" / "mariadb.sock")),
            *("--sockets", str(sockets)),
            *("--seconds", str(seconds)),
            *("--rate", str(rate)),
            *more,
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_every_message_reaches_two_hundred_sockets_in_order(busy_stack):
    done = bench(busy_stack, SOCKETS, SECONDS, RATE)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(re.findall(r"(\w+)=(\d+)\b", done.stdout))
    assert int(figures["messages"]) == SECONDS * RATE
    for name in ("order_errors", "closed", "missing"):
        assert figures[name] == "0", done.stdout


def test_a_p99_beyond_what_is_allowed_fails(busy_stack):
    assert bench(busy_stack, 20, 1, 20, "--max-p99-ms", "60000").returncode == 0
    slow = bench(busy_stack, 20, 1, 20, "--max-p99-ms", "0.001")
    assert slow.returncode != 0
    assert "p99" in slow.stderr and "missing=0" in slow.stdout
