"""A clean Debian 12 of its own in a folder, made by debootstrap, with nginx and MariaDB as an administrator has them.

The root is made once and kept as build/package/base.tar for a week, with the packages that were fetched, so that repeats
are quick. What is started in it runs in a network namespace of its own. Everything is unmounted, ended and deleted by
close(), whatever happened.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

CACHE_DAYS = 7
# What the machine has before Parlor comes. systemd: its sysusers and tmpfiles; it does not run.
PRESENT = ["systemd", "mariadb-server", "nginx"]
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_host_network = os.open("/proc/self/ns/net", os.O_RDONLY)


class NoRoot(Exception):
    """A root can't be made here, and why."""


def enter_network():
    """This thread and what it starts from now on have a network of their own: loopback, nothing else."""
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise NoRoot(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
    run("ip", "link", "set", "lo", "up")


def _outside():
    """Before what needs the network of the machine."""
    _libc.setns(_host_network, CLONE_NEWNET)


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


class Root:
    def __init__(self, cache):
        self.cache = Path(cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix="parlor-root-", dir="/tmp"))
        self.path.chmod(0o755)
        try:
            self._fill()
        except BaseException:
            self.close()
            raise

    # ---- making

    def _fill(self):
        base = self.cache / "base.tar"
        if not base.exists() or time.time() - base.stat().st_mtime > CACHE_DAYS * 86400:
            base.unlink(missing_ok=True)
            self._bootstrap()
            self.mount()
            self._prepare()
            self.unmount()
            Path(f"{base}.new").touch(mode=0o600)  # how this machine reaches the archive is in it
            run("tar", "-C", self.path, "-cf", f"{base}.new", ".")
            os.rename(f"{base}.new", base)
        else:
            run("tar", "-C", self.path, "-xf", base)
        self._copy_network_settings()
        self.mount()

    def _bootstrap(self):
        uris = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
            capture_output=True, text=True, check=False,
        ).stdout.split()  # fmt: skip
        mirror = uris[0] if uris else "http://deb.debian.org/debian"
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", self.path, mirror]
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, preexec_fn=_outside
        )
        if done.returncode != 0:
            raise NoRoot(f"debootstrap failed: {done.stdout[-500:]}{done.stderr[-500:]}")

    # How this machine reaches the archive: its proxies, authorities and names.
    def _copy_network_settings(self):
        for name in ("resolv.conf", "hosts"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", self.path / "etc" / name)
        for folder in ("/etc/apt/apt.conf.d", "/usr/local/share/ca-certificates"):
            if os.path.isdir(folder):
                shutil.copytree(folder, f"{self.path}{folder}", dirs_exist_ok=True)

    def _prepare(self):
        self._copy_network_settings()
        for name in ("sources.list", "sources.list.d"):
            source, target = Path("/etc/apt") / name, self.path / "etc/apt" / name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy(source, target)
            elif target.is_file():
                target.write_text("")  # debootstrap's own, where the machine's stand in sources.list.d
        # Debian's maintainer scripts start nothing then.
        policy = self.path / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        self.apt("update")
        self.apt("install", *PRESENT)

    def mount(self):
        for kind, name in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "run")):
            run("mount", "-t", kind, kind, self.path / name)
        run("mount", "--bind", "/dev", self.path / "dev")
        run("mount", "--make-private", self.path / "dev")

    def unmount(self):
        for name in ("dev", "run", "sys", "proc"):
            if os.path.ismount(self.path / name):
                subprocess.run(["umount", "-l", str(self.path / name)], check=False, capture_output=True)

    # ---- using

    def command(self, *command):
        environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
        variables = [f"{name}={os.environ[name]}" for name in ("http_proxy", "https_proxy", "no_proxy") if name in os.environ]
        return ["chroot", str(self.path), *environment, "DEBIAN_FRONTEND=noninteractive", *variables, *map(str, command)]

    def run(self, *command, **options):
        return run(*self.command(*command), **options)

    def start(self, *command, **options):
        return subprocess.Popen(self.command(*command), **options)

    def apt(self, verb, *arguments):
        """What apt and the maintainer scripts said. Packages that were fetched are kept for the next root."""
        archives = self.cache / "archives"
        archives.mkdir(exist_ok=True)
        inside = self.path / "var/cache/apt/archives"
        for package in archives.glob("*.deb"):
            if not (inside / package.name).exists():
                shutil.copy(package, inside)
        try:
            options = ["-y", "--no-install-recommends", "-o", "APT::Keep-Downloaded-Packages=true"]
            return self.run("apt-get", *options, verb, *arguments, preexec_fn=_outside)
        finally:
            for package in inside.glob("*.deb"):
                if not (archives / package.name).exists():
                    shutil.copy(package, archives)
                package.unlink()

    def read(self, path):
        return (self.path / path.lstrip("/")).read_text()

    def files(self, *without):
        """Every file below /, as a set of paths, but not below what is named and not what is mounted."""
        pruned = [f"{self.path}{name}" for name in ("/proc", "/sys", "/dev", "/run", "/tmp", *without)]
        condition = []
        for name in pruned:
            condition += ["-path", name, "-prune", "-o"]
        found = run("find", self.path, "-xdev", *condition, "-print")
        return {line.removeprefix(str(self.path)) for line in found.splitlines()} - {""}

    # ---- the end

    def processes(self):
        """Ids of what runs in it, found by its root."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                inside = os.readlink(f"/proc/{pid}/root")
            except OSError:
                continue
            if inside == str(self.path):
                found.append(int(pid))
        return found

    def end_processes(self):
        deadline = time.monotonic() + 20
        while (pids := self.processes()) and time.monotonic() < deadline:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, os.WNOHANG)
                except (ProcessLookupError, ChildProcessError):
                    pass

    def close(self):
        self.end_processes()
        self.unmount()
        with open("/proc/self/mounts", encoding="ascii") as mounts:
            left = [line for line in mounts if f" {self.path}/" in line]
        assert not left, f"still mounted, so not deleted: {left}"
        run("rm", "-rf", "--one-file-system", self.path)
