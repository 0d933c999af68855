"""What is installed, and the package: that lists, units, manuals and programs say the same."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODE = os.environ.get("MODE", "release")
UNITS = ("parlor-wsd", "parlor-fcgi", "parlor-fcgi-auth")
MAX_EXPOSURE = 1.5  # of systemd-analyze security; 10 is a service without any bounds
# What a Debian package is built with anyway, and what only makes it faster.
OF_EVERY_BUILD = {"g++", "make", "ccache"}


def section(name):
    text = (ROOT / "packages.txt").read_text().partition(f"[{name}]\n")[2].partition("\n[")[0]
    return {line for line in text.splitlines() if line and not line.startswith("#")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    install(folder)
    return folder


def install(folder, *variables):
    done = try_to_install(folder, *variables)
    assert done.returncode == 0, done.stdout + done.stderr


def try_to_install(folder, *variables, **more):
    command = ["make", "--no-print-directory", f"MODE={MODE}", "install", f"DESTDIR={folder}", "PREFIX=/usr", *variables]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))} | more
    # The strictest umask: what is installed is for everybody all the same.
    return subprocess.run(command, cwd=ROOT, env=environment, umask=0o077, capture_output=True, text=True, check=False)


def modes(folder):
    found = {}
    for path in folder.rglob("*"):
        found[str(path.relative_to(folder))] = stat.S_IMODE(path.stat().st_mode)
    return found


def test_every_file_is_readable_and_only_programs_run(installed):
    for name, mode in modes(installed).items():
        path = installed / name
        runs = path.is_dir() or name.startswith("usr/sbin/") or name.endswith(".sh")
        assert mode == (0o755 if runs else 0o644), f"{name}: {mode:o}"


def test_nothing_is_left_to_fill_in(installed):
    for path in installed.rglob("*"):
        if not path.is_file() or path.name in ("parlor-fcgi", "parlor-wsd", "parlor-setup") or "config" in path.parts:
            continue
        names = set(re.findall(r"@[A-Z][A-Z_]+@", path.read_text(errors="replace"))) - {"@NAME@"}
        assert not names, f"{path}: {names}"
    setup = (installed / "usr/sbin/parlor-setup").read_text()
    assert not re.search(r"@(SBINDIR|DATADIR|SYSCONFDIR|VERSION)@", setup)


def test_installing_again_keeps_configuration(tmp_path):
    install(tmp_path, "SYSCONFDIR=/usr/etc", "PREFIX=/opt/parlor")
    edited = tmp_path / "usr/etc/parlor/nginx/parlor-http.conf"
    edited.write_text("# mine\n")
    gone = tmp_path / "opt/parlor/share/parlor/sql/admin/of_a_version_before.sql"
    gone.write_text("SELECT 1")
    install(tmp_path, "SYSCONFDIR=/usr/etc", "PREFIX=/opt/parlor", "STRIP=1")
    assert edited.read_text() == "# mine\n"
    assert not gone.exists(), "install.sh would load it"
    unit = (tmp_path / "opt/parlor/lib/systemd/system/parlor-wsd.service").read_text()
    assert "ExecStart=/opt/parlor/sbin/parlor-wsd --config /usr/etc/parlor/parlor-wsd.toml\n" in unit
    program = tmp_path / "opt/parlor/sbin/parlor-wsd"
    if MODE == "release":
        assert program.stat().st_size < (ROOT / "build" / MODE / "parlor-wsd").stat().st_size


def test_what_could_not_be_filled_in_is_not_kept(tmp_path):
    done = try_to_install(tmp_path, AUTH_RATE_PER_MINUTE="none")
    assert done.returncode != 0, done.stdout
    assert [path for path in (tmp_path / "etc/parlor").rglob("*") if path.is_file()] == []
    install(tmp_path)


def test_only_a_folder_of_parlors_own_is_replaced(tmp_path):
    theirs = tmp_path / "srv/web/index.html"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("the shop")
    done = try_to_install(tmp_path, "DATADIR=/srv")
    assert done.returncode != 0 and "must end in /parlor" in done.stderr, done.stdout + done.stderr
    assert theirs.read_text() == "the shop"
    install(tmp_path, "DATADIR=/srv/parlor")


def test_the_package_brings_what_the_units_run(installed):
    of_package = {"/bin/kill": "procps", "/usr/bin/spawn-fcgi": "spawn-fcgi", "/usr/bin/multiwatch": "multiwatch"}
    units = "".join((installed / f"usr/lib/systemd/system/{name}.service").read_text() for name in UNITS)
    programs = set(re.findall(r"(?<!\S)(?:/usr)?/bin/[\w-]+", "".join(re.findall("^Exec.*$", units.replace("=", "= "), re.M))))
    control = (ROOT / "debian" / "control").read_text()
    depends = set(re.findall(r"^ ([a-z][\w-]+),$", control.partition("\nDepends:\n")[2].partition("\nRecommends:")[0], re.M))
    assert programs - {"/bin/sh"} == set(of_package)
    assert set(of_package.values()) <= depends
    assert set(of_package.values()) <= section("run")


def test_the_units_are_bounded(installed):
    files = [installed / f"usr/lib/systemd/system/{name}.service" for name in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "security", "--offline=true", *map(str, files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    exposures = dict(re.findall(r"exposure level for (\S+)\.service: ([\d.]+)", done.stdout))
    assert set(exposures) == set(UNITS), done.stdout + done.stderr
    assert all(float(exposure) < MAX_EXPOSURE for exposure in exposures.values()), exposures


def test_systemd_understands_the_units(installed, tmp_path):
    """With the programs where the units say, and what else they run."""
    shutil.copytree(installed, tmp_path / "root", symlinks=True)
    for program in ("bin/sh", "bin/kill"):
        target = tmp_path / "root" / program
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("#!/bin/sh\n")
        target.chmod(0o755)
    for name in ("sysinit", "basic", "shutdown", "network", "multi-user"):
        (tmp_path / "root/usr/lib/systemd/system" / f"{name}.target").write_text("[Unit]\nDescription=x\n")
    units = [f"{name}.service" for name in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", f"--root={tmp_path}/root", "--man=no", "verify", *units],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    about_us = [line for line in done.stderr.splitlines() if "parlor" in line]
    assert about_us == [], done.stderr


def test_the_package_is_built_from_what_packages_txt_lists():
    control = (ROOT / "debian" / "control").read_text()
    depends = control.partition("Build-Depends:\n")[2].partition("\n\n")[0]
    names = {line.strip(" ,") for line in depends.splitlines() if line.strip()}
    assert names == (section("build") - OF_EVERY_BUILD) | {"debhelper-compat (= 13)"}


@pytest.mark.parametrize("program", ["parlor-wsd", "parlor-fcgi", "parlor-setup"])
def test_the_manual_names_every_flag(installed, program):
    path = installed / "usr/sbin/parlor-setup" if program == "parlor-setup" else ROOT / "build" / MODE / program
    said = subprocess.run([path, "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", said))
    assert len(flags) >= 5
    page = (installed / f"usr/share/man/man8/{program}.8").read_text().replace("\\-", "-")
    assert flags <= set(re.findall(r"--[a-z][a-z-]+", page)), flags - set(re.findall(r"--[a-z][a-z-]+", page))


def test_the_manuals_are_of_this_version(installed):
    version = re.search(r'PARLOR_VERSION "(.*)"', (ROOT / "common/version.h").read_text())[1]
    for page in (installed / "usr/share/man/man8").iterdir():
        assert f'"Parlor {version}"' in page.read_text().splitlines()[0]


def test_the_configurations_that_setup_fills_in_are_acceptable(installed, tmp_path):
    for program in ("parlor-fcgi", "parlor-wsd"):
        text = (installed / f"usr/share/parlor/config/{program}.toml").read_text()
        values = {"DATABASE_SOCKET": "/run/mysqld/mysqld.sock", "DATABASE": "parlor", "PREFIX": "parlor_",
                  "PASSWORD": "x", "PUBLIC_URL": "https://chat.example.org", "MAIL_FROM": "parlor@example.org",
                  "SMTP_LINE": "", "FOLDER_LINE": ""}  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        assert "@" not in text.replace("parlor@example.org", "")
        (tmp_path / "x.toml").write_text(text)
        command = [ROOT / "build" / MODE / program, "--config", tmp_path / "x.toml", "--check-config"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
