"""Packages of this tree, and a clean root to try them in. Skipped, with the reason, where that can't be."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import root as roots  # noqa: E402

# Before anything starts a thread: the people's sockets live in one.
NO_NETWORK = None
try:
    roots.enter_network()
except roots.NoRoot as error:
    NO_NETWORK = str(error)

CACHE = ROOT / "build" / "package"
NEWER = "99.0"
NEEDED = ("debootstrap", "dpkg-buildpackage", "dh", "lintian", "ip", "mount", "chroot")


def _why_not():
    if os.environ.get("MODE", "release") != "release":
        return "packages are of release builds"
    if os.geteuid() != 0:
        return "a clean Debian root can be made by root only"
    if NO_NETWORK is not None:
        return NO_NETWORK
    missing = [program for program in NEEDED if shutil.which(program) is None]
    return f"not installed: {' '.join(missing)} (scripts/install.sh deb)" if missing else None


@pytest.fixture(scope="session")
def packages():
    """The paths of this version's package and of a newer one's. PACKAGES: two that are there, instead of building them."""
    if (reason := _why_not()) is not None:
        pytest.skip(reason)
    if "PACKAGES" in os.environ:
        return [Path(path) for path in os.environ["PACKAGES"].split()]
    made = []
    for version in ([], [NEWER]):
        done = subprocess.run([ROOT / "scripts" / "deb.sh", *version], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(ROOT / done.stdout.strip().splitlines()[-1])
    return made


@pytest.fixture(scope="session")
def machine(packages):
    try:
        made = roots.Root(CACHE)
    except roots.NoRoot as error:
        pytest.skip(str(error))
    yield made
    made.close()
