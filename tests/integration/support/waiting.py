"""Conditions with a deadline: the only way these tests wait."""

import threading
import time

DEADLINE_S = 15.0


def wait_until(condition, deadline=DEADLINE_S, what="the condition", pause=0.02):
    """Returns the first true value of `condition()`; an AssertionError that names `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    pacer = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"{what}: not within {deadline} s")
        pacer.wait(pause)


def holds_until(condition, end_reached, deadline=DEADLINE_S, what="the condition"):
    """Asserts that `condition()` stays true until `end_reached()` does."""

    def step():
        assert condition(), f"{what}: broken before its end"
        return end_reached()

    wait_until(step, deadline, f"the end of '{what}'")
