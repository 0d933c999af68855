"""A MariaDB server beside the stacks, with settings that a page of docs/ tells an administrator to make."""

import contextlib
import os
import re
import subprocess

import pymysql

from support.stack import ROOT, free_port
from support.waiting import wait_until


def file_of(page, name):
    """The text that docs/`page` shows under a comment `file: NAME`."""
    text = (ROOT / "docs" / page).read_text()
    return re.search(rf"<!-- file: {name} -->\n```\w+\n(.*?)```", text, re.S)[1]


class PrivateDatabase:
    """In `folder`, with `settings` for its [mysqld]; at a TCP port, and at a socket for its root."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.var = folder / "v"  # where support.page looks for a database
        self.port = free_port()
        self._settings = settings
        self._process = None
        (self.var / "run").mkdir(parents=True)

    @contextlib.contextmanager
    def running(self):
        root = ["--user=root"] if os.getuid() == 0 else []
        command = ["mariadb-install-db", "--no-defaults", *root, f"--datadir={self.folder}/data", "--skip-test-db"]
        # A starting server clears its folder of everybody's temporary tables.
        (self.folder / "tmp").mkdir()
        own_folder = {**os.environ, "TMPDIR": str(self.folder / "tmp")}
        subprocess.run([*command, "--auth-root-authentication-method=normal"], check=True, capture_output=True, env=own_folder)
        own = {
            "datadir": self.folder / "data",
            "tmpdir": self.folder / "tmp",
            "socket": self.var / "run/mariadb.sock",
            "pid-file": self.folder / "pid",
            "port": self.port,
            "innodb_buffer_pool_size": "32M",
            "log-error": self.folder / "log",
        }
        lines = "".join(f"{key} = {value}\n" for key, value in own.items())
        (self.folder / "my.cnf").write_text(f"{self._settings}\n{lines}")
        command = ["mariadbd", f"--defaults-file={self.folder}/my.cnf", "--bind-address=127.0.0.1", *root]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            wait_until(self._answers, 60, f"a database, see {self.folder}/log")
            yield self
        finally:
            self._process.terminate()
            self._process.wait(60)

    def _answers(self):
        assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
        with contextlib.suppress(pymysql.err.OperationalError):
            self.root("SELECT 1")
            return True
        return False

    def root(self, statement, schema=None):
        """Rows, as tuples."""
        socket = str(self.var / "run/mariadb.sock")
        connection = pymysql.connect(unix_socket=socket, user="root", database=schema, autocommit=True)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def prepare(self, administrator):
        """The empty schema, with the procedures."""
        administrator.run(f"""mariadb -e 'CREATE DATABASE parlor CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
{ROOT}/sql/migrate.sh parlor
{ROOT}/sql/admin/install.sh parlor""")
