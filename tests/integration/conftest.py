"""Fixtures: one stack for all tests that break nothing, others where a test needs its own options."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import contracts  # noqa: E402
from support.administration import call  # noqa: E402
from support.stack import Stack  # noqa: E402

# Waits that are not the point of a test are shorter than the defaults, rates that are not are wider.
QUICK = {
    "PARLOR_MAIL_POLL_MS": 100,
    "PARLOR_SOCKET_OFFLINE_GRACE_MS": 1500,
    "PARLOR_SOCKET_INIT_TIMEOUT_MS": 2500,
    "PARLOR_LIMITS_MESSAGES_PER_SECOND": 2000,
    "PARLOR_LIMITS_MESSAGE_BURST": 5000,
}


@pytest.fixture(autouse=True)
def contract():
    """Whatever a test saw, in whatever thread, is what docs/openapi.yaml and docs/asyncapi.yaml say."""
    yield
    found = contracts.take_violations()
    assert not found, found[:5]


@pytest.fixture(scope="session")
def stack():
    """Shared by everything that leaves the stack as it was."""
    with Stack(QUICK) as running:
        yield running


@pytest.fixture(scope="session")
def busy_stack():
    """For crowds: an address may ask as often as it likes."""
    with Stack({**QUICK, "API_RATE_PER_SECOND": 10000, "API_BURST": 10000}) as running:
        yield running


@pytest.fixture(scope="session")
def quiet_stack():
    """What the daemon does by itself, it does seldom."""
    options = {
        "PARLOR_BUS_SWEEP_MS": 1000,
        "PARLOR_SOCKET_UNREAD_INTERVAL_MS": 60000,
        "PARLOR_MAIL_POLL_MS": 1000,
    }
    with Stack({**QUICK, **options}) as running:
        yield running


@pytest.fixture(scope="session")
def fragile_stack():
    """For tests that kill parts; each test leaves it healthy."""
    with Stack({**QUICK, "PARLOR_DATABASE_READ_TIMEOUT_S": 5}) as running:
        yield running


@pytest.fixture
def broken(fragile_stack):
    """The fragile stack, healthy again for the next test."""
    yield fragile_stack
    fragile_stack.wait_healthy()


@pytest.fixture(scope="session")
def strict_stack():
    """The default rates, and pings every second: who does not answer two is gone."""
    options = {
        "PARLOR_MAIL_POLL_MS": 100,
        "PARLOR_SOCKET_OFFLINE_GRACE_MS": 1000,
        "PARLOR_SOCKET_PING_INTERVAL_MS": 1000,
    }
    with Stack(options) as running:
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


@pytest.fixture
def rules(stack):
    """Adds rules of the bot, before all others; they are gone after the test."""
    added = []

    def add(pattern, answer, priority=-1000):
        added.append(int(stack.admin(call("admin_add_bot_rule", priority, pattern, answer))[-1][0]["rule"]))
        return added[-1]

    yield add
    for rule in added:
        if stack.sql("SELECT 1 FROM bot_rules WHERE id = %s", rule):
            stack.admin(call("admin_delete_bot_rule", rule, False))
