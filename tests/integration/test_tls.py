"""docs/admin/tls.md: a database that demands TLS, made by the page's own commands, behind the real programs."""

import re
import shutil

import pymysql
import pytest

from conftest import QUICK
from support.database import PrivateDatabase, file_of
from support.page import Administrator, commands
from support.stack import ROOT, Stack
from support.waiting import wait_until

PAGE = commands("admin/tls.md")
PASSWORDS = {"WORKER": "a worker's", "DAEMON": "a daemon's", "ADMIN": "an administrator's"}
# Here database and programs share a machine.
HERE = {"db.example.org": "localhost", "10.0.0.7": "localhost"}


def exports():
    return "".join(f'export PARLOR_{role}_PASSWORD="{text}"\n' for role, text in PASSWORDS.items())


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    folder = tmp_path_factory.mktemp("remote")
    settings = file_of("admin/tls.md", "server").replace("/etc/mysql/tls", str(folder / "tls"))
    database = PrivateDatabase(folder, settings)
    administrator = Administrator(database, folder)
    administrator.run(PAGE["certificates"], {**HERE, "/etc/mysql/tls": folder / "tls"}.items())
    with database.running():
        database.prepare(administrator)
        administrator.run(f"{exports()}{ROOT}/sql/create-users.sh parlor")
        administrator.run(PAGE["accounts"], HERE.items())
        yield database


def sign_in(remote, **tls):
    return pymysql.connect(
        host="localhost", port=remote.port, user="parlor_worker", password=PASSWORDS["WORKER"], database="parlor", **tls
    )


def options(remote, authority):
    """What the page says for the file of both programs, as variables."""
    values = dict(re.findall(r'^(\w+) = "(.*)"$', file_of("admin/tls.md", "parlor"), re.M))
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
        sign_in(remote, ssl_disabled=True)
    with sign_in(remote, ssl={"ca": str(remote.folder / "tls/ca.pem")}) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1]
    demanded = dict(remote.root("SELECT user, ssl_type FROM mysql.user WHERE user LIKE 'parlor%'"))
    demanded.pop("parlor_owner")  # it is locked: nobody signs in with it
    assert set(demanded.items()) == {(f"parlor_{role.lower()}", "ANY") for role in PASSWORDS}


def test_renewing_the_accounts_leaves_the_demand_for_tls(remote, tmp_path):
    Administrator(remote, tmp_path).run(f"{exports()}{ROOT}/sql/create-users.sh parlor")
    test_the_server_and_the_accounts_refuse_what_is_in_the_clear(remote)


def test_the_stack_speaks_tls_to_a_database_that_demands_it(remote):
    with stack_with(remote, remote.folder / "tls/ca.pem") as stack:
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
