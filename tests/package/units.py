"""What systemd does with a unit file, for a root without it: who runs what, with which environment, limits and signals.

Only what our units use. An unknown setting that changes how a program is started would go unseen, so those known are listed.
"""

import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import threading
import time

# Read here, or without a meaning for one program alone in a root (ordering, restarts, sandbox: systemd's own).
HANDLED = {"Type", "User", "Group", "UMask", "Environment", "EnvironmentFile", "ExecStart", "ExecReload", "LimitNOFILE",
           "KillMode", "WatchdogSec", "TimeoutStartSec", "TimeoutStopSec", "SupplementaryGroups", "ProcSubset"}  # fmt: skip
NOT_HERE = re.compile(
    r"NotifyAccess|SyslogIdentifier|Restart.*|Restrict.*|Memory.*|TasksMax|ReadWritePaths|.*Capabilit.*|NoNewPrivileges|DevicePolicy|LockPersonality"
    r"|Private.*|Protect.*|RemoveIPC|SystemCall.*"
)
DEADLINE_S = 60


def parse(text):
    """[(section, key, value)], in order."""
    section, rows = None, []
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line[1:-1]
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            rows.append((section, key.strip(), value.strip()))
    return rows


class Unit:
    def __init__(self, root, name):
        self.root, self.name = root, name
        self.rows = parse(root.read(f"/lib/systemd/system/{name}.service"))
        unknown = {k for s, k, _ in self.rows if s == "Service" and k not in HANDLED and not NOT_HERE.fullmatch(k)}
        assert not unknown, f"{name}: how systemd would do {unknown} is not known here"
        self.process = None
        self.notify = None
        self.said = []

    def all(self, key, section="Service"):
        return [value for s, k, value in self.rows if (s, k) == (section, key)]

    def one(self, key, default=None):
        return (self.all(key) or [default])[-1]

    def wanted(self):
        """Whether its conditions let it start."""
        return all(os.path.exists(self.root.path / path.lstrip("/")) for path in self.all("ConditionPathExists", "Unit"))

    def environment(self):
        variables = dict(pair.split("=", 1) for line in self.all("Environment") for pair in shlex.split(line))
        for path in self.all("EnvironmentFile"):
            inside = self.root.path / path.lstrip("-/")
            if path.startswith("-") and not inside.exists():
                continue
            lines = inside.read_text().splitlines()
            variables.update(line.split("=", 1) for line in lines if "=" in line and line[0] not in "#;")
        return variables

    def _argv(self, line, extra=()):
        variables = {**self.environment(), **dict(extra)}
        return [re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda m: variables[m[1] or m[2]], word) for word in shlex.split(line)]

    def as_its_user(self, argv, extra=()):
        # In a container root may not raise it.
        limit = min(int(self.one("LimitNOFILE")), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "USER": self.one("User"), **self.environment(), **dict(extra)}
        groups = self.all("SupplementaryGroups")
        return [
            *self._own_proc(),
            "chroot", str(self.root.path),
            "prlimit", f"--nofile={limit}",
            "setpriv", "--reuid", self.one("User"), "--regid", self.one("Group"),
            *(["--groups", ",".join(groups)] if groups else ["--clear-groups"]),
            "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all",
            "env", "-i", *[f"{key}={value}" for key, value in variables.items()],
            *argv,
        ]  # fmt: skip

    def _own_proc(self):
        """A /proc without what is not about processes, as /proc/stat: programs may not need it."""
        if self.one("ProcSubset") != "pid":
            return []
        script = 'mount -t proc -o subset=pid proc "$0/proc" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, str(self.root.path)]

    def start(self, log):
        assert self.wanted(), f"{self.name} is not configured"
        extra = {}
        if self.one("Type") == "notify":
            extra = self._listen()
        self.log = log
        (line,) = self.all("ExecStart")
        self.process = subprocess.Popen(
            self.as_its_user(self._argv(line), extra.items()),
            umask=int(self.one("UMask"), 8), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        if self.notify:
            self._wait(lambda: "READY=1" in self.said, "READY=1")
        return self

    def _listen(self):
        path = f"/run/notify-{self.name}"
        if os.path.exists(f"{self.root.path}{path}"):
            os.unlink(f"{self.root.path}{path}")
        self.said = []
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{self.root.path}{path}")
        os.chmod(f"{self.root.path}{path}", 0o777)
        # Always, as systemd does: who is not read waits with his next word.
        threading.Thread(target=self._hear, args=(self.notify, self.said), daemon=True).start()
        return {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(int(self.one("WatchdogSec")) * 1000000)}

    @staticmethod
    def _hear(notify, said):
        while heard := notify.recv(4096):
            said += heard.decode().splitlines()

    def _wait(self, condition, what):
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}: {self._log()}"
            assert time.monotonic() < deadline, f"{self.name}: {what}; said {self.said}: {self._log()}"
            time.sleep(0.02)

    def _log(self):
        with open(self.log.name, errors="replace") as file:
            return "".join(file.readlines()[-15:])

    def reload(self):
        for line in self.all("ExecReload"):
            argv = self._argv(line, {"MAINPID": str(self.process.pid)}.items())
            done = subprocess.run(self.as_its_user(argv), capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"

    def stop(self):
        """With one process or KillMode=mixed the signal goes to the main process alone."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(int(self.one("TimeoutStopSec"))) == 0, f"{self.name} did not end well"
        if self.notify:
            self.notify.shutdown(socket.SHUT_RDWR)
