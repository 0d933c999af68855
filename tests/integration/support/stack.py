"""The whole real stack, started by scripts/run.sh in a folder of its own on a free port."""

import email
import email.policy
import itertools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pymysql
import requests

from support import administration, processes
from support.people import Person
from support.sockets import handshake_status
from support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
MODE = os.environ.get("MODE", "release")
BINARIES = ROOT / "build" / MODE
START_DEADLINE_S = 180
REPORTS = re.compile(
    r"AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|PARLOR_CHECK|check failed|terminate called|Segmentation"
)


def free_port():
    """Below the range from which the kernel takes ports for whoever connects: nobody gets it before it is listened to."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := random.randrange(10000, 32000)))
                return port
            except OSError:
                continue


def _default_signals():
    # A run in the background starts with SIGINT ignored, and a shell can't trap what was ignored when it started.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Stack:
    """`options`: PARLOR_… and other environment variables over the defaults of the script."""

    def __init__(self, options=None, var=None, port=None, command=None, root=ROOT):
        self.folder = Path(tempfile.mkdtemp(prefix="pl", dir="/tmp")) if var is None else Path(var).parent
        self.folder.chmod(0o755)
        self.var = self.folder / "v" if var is None else Path(var)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = {k: str(v) for k, v in (options or {}).items()}
        self.command = command or []
        self.root = root
        self.process = None
        self._people = itertools.count()

    # ---- life

    def launch(self):
        """Starts the script and does not wait."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PARLOR_", "AUTH_", "MAKE", "MFLAGS"))}
        environment.update(VAR=str(self.var), PORT=str(self.port), MODE=MODE, BUILD=str(BINARIES))
        environment.update(self.options)
        with self.output_path.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.command, str(self.root / "scripts" / "run.sh")],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_default_signals,
                start_new_session=True,
            )

    def start(self):
        said_before = self.output().count(self.ready_line)
        self.launch()

        def ready():
            assert self.process.poll() is None, f"run.sh ended with {self.process.returncode}:\n{self.output()}"
            return self.output().count(self.ready_line) > said_before

        try:
            wait_until(ready, START_DEADLINE_S, "the ready line of run.sh")
        except AssertionError as error:
            self.process.send_signal(signal.SIGINT)
            raise AssertionError(f"{error}\n{self.output()[-4000:]}") from None
        return self

    @property
    def ready_line(self):
        return f"Parlor is ready at {self.url}"

    @property
    def output_path(self):
        return self.folder / "output"

    def output(self):
        return self.output_path.read_text(errors="replace") if self.output_path.exists() else ""

    def stop(self, deadline=40):
        """Ctrl-C; the exit code of the script."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(deadline)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError(f"run.sh did not end within {deadline} s of Ctrl-C:\n{self.output()[-4000:]}")
        return self.process.returncode if self.process else None

    def remove(self):
        if not os.environ.get("PARLOR_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        self.stop()
        reports = self.crash_reports()
        if kind is None and not reports:
            self.remove()
        assert not reports, f"see {self.var}/log: {reports[:5]}"

    # ---- health

    def healthy(self):
        try:
            if requests.get(f"{self.url}/http/health", timeout=5).status_code != 200:
                return False
            return handshake_status(self.port, {}) == 101
        except (OSError, requests.RequestException):
            return False

    def wait_healthy(self, deadline=45):
        wait_until(self.healthy, deadline, "a healthy stack", pause=0.05)

    # ---- parts: mariadb, wsd, fcgi-auth, fcgi-api, nginx

    def pid(self, service):
        """Of the supervised process, or None while it is down."""
        text = (self.var / "services" / service / "supervise" / "pid").read_text().strip()
        return int(text) if text else None

    def worker_pids(self, service="fcgi-api"):
        parent = self.pid(service)
        return [p for p in processes.descendants(parent) if processes.name(p) == "parlor-fcgi"] if parent else []

    def kill_part(self, service, signal_number=signal.SIGKILL):
        """Signals the supervised process; returns its pid."""
        pid = self.pid(service)
        os.kill(pid, signal_number)
        return pid

    def processes(self):
        return processes.with_text(str(self.var), ignore={os.getpid()})

    # ---- database, as the administrator of the private server

    def database(self):
        return pymysql.connect(
            unix_socket=str(self.var / "run" / "mariadb.sock"),
            user="root",
            database="parlor",
            charset="utf8mb4",
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )

    def sql(self, statement, *arguments):
        """Rows of a query."""
        connection = self.database()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def admin(self, sql):
        """Runs SQL by the mariadb client as parlor_admin, as administrators do; the result sets, each a list of rows
        ({column: text or None}). Fails as administration.Refused with what the client says."""
        return administration.run(self.var, sql)

    def everything_in_database(self):
        """Every table as bytes, the way a backup holds it."""
        rows = []
        for table in self.sql("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'"):
            name = next(iter(table.values()))
            rows.append(repr(self.sql(f"SELECT * FROM `{name}`")))
        return "\n".join(rows)

    # ---- mail and logs

    def mails(self, recipient):
        """The messages to this address, oldest first."""
        found = []
        for path in (self.var / "mail").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if recipient.lower() in str(message["To"]).lower():
                found.append((path.stat().st_mtime_ns, path.name, message))
        return [message for _, _, message in sorted(found, key=lambda item: item[:2])]

    def wait_mail(self, recipient, count=1):
        """The `count`-th message to this address."""
        wait_until(lambda: len(self.mails(recipient)) >= count, what=f"mail {count} to {recipient}")
        return self.mails(recipient)[count - 1]

    def logs(self):
        """{path: text} of every log file of the stack, and of what it printed."""
        files = [p for p in (self.var / "log").rglob("*") if p.is_file()]
        return {p: p.read_text(errors="replace") for p in [*files, self.output_path]}

    def crash_reports(self):
        """Lines that no run may leave behind: sanitizers, failed checks, crashes."""
        lines = []
        for path, text in self.logs().items():
            lines += [f"{path.name}: {line}" for line in text.splitlines() if REPORTS.search(line)]
        return lines

    # ---- people

    def person(self, first_name="Ada", last_name="Lovelace", login=True):
        """Somebody new with a confirmed address."""
        return self.stranger(first_name, last_name).join(login)

    def stranger(self, first_name="Ada", last_name="Lovelace"):
        """Somebody without an account yet. Everybody comes from a loopback address of their own."""
        number = next(self._people)
        address = f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"
        return Person(self, address, first_name, last_name)
