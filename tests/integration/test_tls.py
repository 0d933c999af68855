"""docs/admin/tls.md: a database that demands TLS, made by the page's own commands, behind the real programs."""

import contextlib
import os
import re
import shutil
import subprocess

import pymysql
import pytest

from conftest import QUICK
from support.page import Administrator, commands
from support.stack import ROOT, Stack, free_port
from support.waiting import wait_until

PAGE = commands("admin/tls.md")
PASSWORDS = {"WORKER": "a worker's", "DAEMON": "a daemon's", "ADMIN": "an administrator's"}
# Here database and programs share a machine.
HERE = {"db.example.org": "localhost", "10.0.0.7": "localhost"}


def file_of_the_page(name):
    text = (ROOT / "docs/admin/tls.md").read_text()
    return re.search(rf"<!-- file: {name} -->\n```\w+\n(.*?)```", text, re.S)[1]


class Remote:
    """MariaDB with the page's certificates and settings, at a TCP port and a socket for its root."""

    def __init__(self, folder):
        self.var = folder / "v"  # as Administrator knows where a database is
        self.port = free_port()
        self.tls = folder / "tls"
        self._folder = folder
        self._process = None
        (self.var / "run").mkdir(parents=True)

    def settings(self):
        text = file_of_the_page("server").replace("/etc/mysql/tls", str(self.tls)).replace("0.0.0.0", "127.0.0.1")
        own = {
            "datadir": self._folder / "data",
            "socket": self.var / "run/mariadb.sock",
            "pid-file": self._folder / "pid",
            "port": self.port,
            "innodb_buffer_pool_size": "32M",
            "log-error": self._folder / "log",
        }
        return text + "".join(f"{key} = {value}\n" for key, value in own.items())

    @contextlib.contextmanager
    def running(self):
        root = ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *root, f"--datadir={self._folder}/data", "--skip-test-db",
             "--auth-root-authentication-method=normal"],
            check=True, capture_output=True,
        )
        (self._folder / "my.cnf").write_text(self.settings())
        self._process = subprocess.Popen(
            ["mariadbd", f"--defaults-file={self._folder}/my.cnf", *root], stdin=subprocess.DEVNULL
        )
        try:
            wait_until(self._answers, 60, f"a database, see {self._folder}/log")
            yield self
        finally:
            self._process.terminate()
            self._process.wait(60)

    def _answers(self):
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
        with contextlib.suppress(pymysql.err.OperationalError):
            self.root("SELECT 1")
            return True
        return False

    def root(self, statement):
        connection = pymysql.connect(unix_socket=str(self.var / "run/mariadb.sock"), user="root")
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def prepare(self, administrator):
        """Schema and accounts, by the page."""
        sql = ROOT / "sql"
        administrator.run(f"mariadb -e 'CREATE DATABASE parlor CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'\n{sql}/migrate.sh parlor")
        administrator.run(f"{sql}/admin/install.sh parlor")
        given = "".join(f'PARLOR_{role}_PASSWORD="{text}"\n' for role, text in PASSWORDS.items())
        administrator.run(given + PAGE["accounts"], HERE.items())

    def sign_in(self, **tls):
        return pymysql.connect(
            host="localhost", port=self.port, user="parlor_worker", password=PASSWORDS["WORKER"], database="parlor", **tls
        )


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    folder = tmp_path_factory.mktemp("remote")
    database = Remote(folder)
    administrator = Administrator(database, folder)
    administrator.run(PAGE["certificates"], {**HERE, "/etc/mysql/tls": database.tls}.items())
    with database.running():
        database.prepare(administrator)
        yield database


def options(remote, authority):
    """What the page says for the file of both programs, as variables."""
    values = dict(re.findall(r'^(\w+) = "(.*)"$', file_of_the_page("parlor"), re.M))
    assert values.keys() == {"socket", "host", "tls_ca"}
    values.update(host=HERE[values["host"]], tls_ca=authority, port=remote.port)
    return {**QUICK, **{f"PARLOR_DATABASE_{key.upper()}": value for key, value in values.items()}}


def stack_with(remote, authority):
    """A stack whose programs use the other database; its own one serves nobody."""
    stack = Stack(options(remote, authority))
    (stack.var / "etc").mkdir(parents=True)
    (stack.var / ".parlor").touch()
    for role, text in PASSWORDS.items():
        (stack.var / "etc" / f"password.{role}").write_text(text)
    return stack


def test_the_server_and_the_accounts_refuse_what_is_in_the_clear(remote):
    with pytest.raises(pymysql.err.OperationalError):
        remote.sign_in(ssl_disabled=True)
    with remote.sign_in(ssl={"ca": str(remote.tls / "ca.pem")}) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1]
    demanded = remote.root("SELECT user, ssl_type FROM mysql.user WHERE user LIKE 'parlor%'")
    assert set(demanded) == {(f"parlor_{role.lower()}", "ANY") for role in PASSWORDS}


def test_renewing_the_accounts_leaves_the_demand_for_tls(remote, tmp_path):
    given = "".join(f'export PARLOR_{role}_PASSWORD="{text}"\n' for role, text in PASSWORDS.items())
    Administrator(remote, tmp_path).run(f"{given}{ROOT}/sql/create-users.sh parlor")
    test_the_server_and_the_accounts_refuse_what_is_in_the_clear(remote)


def test_the_stack_speaks_tls_to_a_database_that_demands_it(remote):
    with stack_with(remote, remote.tls / "ca.pem") as stack:
        ada, bob = stack.person("Ada"), stack.person("Bob")
        heard = bob.socket()
        ack = ada.send_acked(ada.socket(), bob, "over TLS")
        assert heard.wait_type("room_chat_message", message="over TLS")["seq"] == ack["seq"]
        answer = bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "over TLS too"})
        assert answer.status_code == 201
        assert remote.root("SELECT COUNT(*) FROM parlor.messages") == [(2,)]
        assert stack.sql("SELECT COUNT(*) AS n FROM messages") == [{"n": 0}], "the stack's own database serves nobody"
        users = {row[0] for row in remote.root("SELECT DISTINCT user FROM information_schema.processlist WHERE db = 'parlor'")}
        assert {"parlor_worker", "parlor_daemon"} <= users


def test_a_database_with_a_certificate_of_somebody_else_is_refused(remote, tmp_path):
    """The same server; the programs trust another authority."""
    other = tmp_path / "other"
    Administrator(remote, tmp_path).run(PAGE["certificates"], {**HERE, "/etc/mysql/tls": other}.items())
    stack = stack_with(remote, other / "ca.pem")
    try:
        stack.launch()
        log = stack.var / "log/wsd.log"
        wait_until(lambda: log.exists() and "code=2026" in log.read_text(), 60, "the refusal in the daemon's log")
        assert "Parlor is ready" not in stack.output()
        assert "ertificate" in log.read_text()
    finally:
        stack.stop()
        shutil.rmtree(stack.folder, ignore_errors=True)
