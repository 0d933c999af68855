"""Fixtures: one stack for all tests that break nothing, others where a test needs its own options."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.stack import Stack  # noqa: E402

# Waits that are not the point of a test are shorter than the defaults, rates that are not are wider.
QUICK = {
    "PARLOR_MAIL_POLL_MS": 100,
    "PARLOR_SOCKET_OFFLINE_GRACE_MS": 1500,
    "PARLOR_SOCKET_INIT_TIMEOUT_MS": 2500,
    "PARLOR_LIMITS_MESSAGES_PER_SECOND": 2000,
    "PARLOR_LIMITS_MESSAGE_BURST": 5000,
}


@pytest.fixture(scope="session")
def stack():
    """Shared by everything that leaves the stack as it was."""
    with Stack(QUICK) as running:
        yield running


@pytest.fixture(scope="module")
def fragile_stack():
    """For tests that kill parts; each test leaves it healthy."""
    with Stack(QUICK) as running:
        yield running


@pytest.fixture
def ada(stack):
    return stack.person("Ada", "Lovelace")


@pytest.fixture
def bob(stack):
    return stack.person("Bob", "Byron")


@pytest.fixture
def eve(stack):
    return stack.person("Eve", "Eaves")
