"""Parlor as its package installed it, for the people of the integration tests: started as the units say."""

import itertools
import signal
import subprocess
import threading

from support.stack import Stack
from support.waiting import wait_until

from units import Unit

PORT = 8080
PROGRAMS = ("parlor-wsd", "parlor-fcgi", "parlor-fcgi-auth")
# An administrator's own server, with the two files, and with the third for the page.
SITE = """server {
    listen %d;
    server_name chat.example.org;
    location /shop/ { return 200 "the shop\\n"; }
    include /etc/parlor/nginx/parlor-locations.conf;
    include /etc/parlor/nginx/parlor-web.conf;
}
"""


class Installed(Stack):
    """`machine`: the root. What Stack knows of people and mails works here too; its parts are the units."""

    def __init__(self, machine):
        self.machine = machine
        self.var = machine.path / "var/lib/parlor"
        self.port = PORT
        self.url = f"http://127.0.0.1:{PORT}"
        self._people = itertools.count()
        self.units = {}
        self.log = open(machine.path / "parlor.log", "ab")  # noqa: SIM115
        self.servers = {}

    # ---- what was there before: MariaDB and nginx

    def start_database(self):
        self.machine.run("install", "-d", "-o", "mysql", "/run/mysqld")
        self.servers["mariadbd"] = self.machine.start("mariadbd", "--user=mysql", stdout=self.log, stderr=self.log)
        wait_until(lambda: self.sql_text("SELECT 1") is not None, 60, "MariaDB")

    def sql_text(self, statement, *options):
        command = self.machine.command("mariadb", *options, "--batch", "--skip-column-names", "-e", statement)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def start_nginx(self):
        (self.machine.path / "etc/nginx/conf.d/parlor.conf").write_text("include /etc/parlor/nginx/parlor-http.conf;\n")
        (self.machine.path / "etc/nginx/sites-enabled/chat").write_text(SITE % PORT)
        tried = subprocess.run(self.machine.command("nginx", "-t"), capture_output=True, text=True, check=False)
        assert tried.returncode == 0 and "warn" not in tried.stderr, tried.stderr
        self.servers["nginx"] = self.machine.start("nginx", "-g", "daemon off;", stdout=self.log, stderr=self.log)

    def reload_nginx(self):
        self.machine.run("nginx", "-t")
        self.servers["nginx"].send_signal(signal.SIGHUP)
        self.wait_healthy()

    def end_nginx(self):
        for name in ("conf.d/parlor.conf", "sites-enabled/chat"):
            (self.machine.path / "etc/nginx" / name).unlink()
        self.servers["nginx"].terminate()
        self.servers.pop("nginx").wait(20)

    # ---- Parlor

    def start_programs(self):
        for name in PROGRAMS:
            self.units[name] = Unit(self.machine, name).start(self.log)
        self.wait_healthy()

    def stop_programs(self):
        for unit in self.units.values():
            unit.stop()

    def upgrade_programs(self):
        """What parlor-setup has systemd do: systemctl reload for the pools, restart for the daemon."""
        for name in ("parlor-fcgi", "parlor-fcgi-auth"):
            self.units[name].reload()
        self.units["parlor-wsd"].stop()
        self.units["parlor-wsd"] = Unit(self.machine, "parlor-wsd").start(self.log)


class Sender(threading.Thread):
    """Sends one message after the other by HTTP, each under a client_msg_id until it is acknowledged."""

    def __init__(self, person, other):
        super().__init__()
        self.person, self.other = person, other
        self.sent, self.failures, self.refused = [], [], []
        self.ending = threading.Event()

    def run(self):
        pacer = threading.Event()
        while not self.ending.is_set():
            text = f"message {len(self.sent)}"
            body = {"other_user_id": self.other.user_id, "message": text, "client_msg_id": text}
            for _ in range(100):
                answer = self.person.post("/chat_rooms", body)
                if answer.status_code in (200, 201):
                    break
                (self.failures if answer.status_code in (502, 503, 504) else self.refused).append(answer.status_code)
                pacer.wait(0.1)
            self.sent.append(text)
            pacer.wait(0.06)

    def end(self):
        self.ending.set()
        self.join()
