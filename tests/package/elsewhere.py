"""A MariaDB on another machine, as far as Parlor can tell: an address and data of its own, TLS demanded, no unix socket."""

import contextlib
import subprocess

from support.page import commands
from support.waiting import wait_until

NAME, ADDRESS, PORT = "db.example.org", "127.0.0.9", "25060"
FOLDER = "/srv/elsewhere"
AUTHORITY = "/etc/parlor/database-ca.pem"


class Elsewhere:
    """Its administrator gets in with the options of OPTIONS_FILE, as install.md has it."""

    OPTIONS_FILE = "/root/elsewhere.cnf"

    def __init__(self, machine, log):
        self.machine, self.log = machine, log
        self.socket = f"{FOLDER}/socket"

    @contextlib.contextmanager
    def running(self):
        inside = self.machine.path / FOLDER[1:]
        self.machine.run("install", "-d", FOLDER)
        make = commands("admin/tls.md")["certificates"].replace("/etc/mysql/tls", str(inside / "tls"))
        subprocess.run(["bash", "-euc", make], check=True, capture_output=True)
        self.machine.run("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={FOLDER}/data", "--skip-test-db")
        self.machine.run("chown", "-R", "mysql:", FOLDER)
        self.machine.run("install", "-m", "0644", f"{FOLDER}/tls/ca.pem", AUTHORITY)
        with open(self.machine.path / "etc/hosts", "a", encoding="ascii") as hosts:
            hosts.write(f"{ADDRESS} {NAME}\n")
        process = self.machine.start(
            "mariadbd", "--no-defaults", "--user=mysql", f"--datadir={FOLDER}/data", f"--socket={self.socket}",
            f"--bind-address={ADDRESS}", f"--port={PORT}", f"--pid-file={FOLDER}/pid", "--skip-name-resolve", "--require-secure-transport=ON",
            f"--ssl-cert={FOLDER}/tls/server.pem", f"--ssl-key={FOLDER}/tls/server.key", "--innodb-buffer-pool-size=32M",
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        try:
            wait_until(lambda: self.sql("SELECT 1") is not None, 60, "the other MariaDB")
            self.sql("CREATE USER boss@'%' IDENTIFIED BY 'for the boss'; GRANT ALL ON *.* TO boss@'%' WITH GRANT OPTION")
            (self.machine.path / self.OPTIONS_FILE[1:]).write_text("[client]\nuser = boss\npassword = for the boss\n")
            yield self
        finally:
            process.terminate()
            process.wait(60)
            self.machine.run("rm", "-rf", FOLDER, AUTHORITY)

    def sql(self, statement):
        """As its root."""
        command = self.machine.command("mariadb", "--no-defaults", f"--socket={self.socket}", "-BN", "-e", statement)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None
