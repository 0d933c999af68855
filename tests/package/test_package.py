"""The package from the first apt-get install to the purge, in a clean Debian 12. Each test goes on where the last one stopped."""

import re
import stat
import subprocess

import pytest
import requests

from conftest import NEWER
from elsewhere import AUTHORITY, NAME, PORT, Elsewhere
from installed import PROGRAMS, Installed, Sender
from support.checks import assert_ordered
from support.waiting import wait_until
from units import Unit

NUMBERS = "http://127.0.0.1:9464"  # docs/admin/watch.md
TOMLS = ("parlor-fcgi.toml", "parlor-wsd.toml")
# Where dpkg, the system and its other packages keep their own books.
BOOKS = ("/var/lib/dpkg", "/var/lib/apt", "/var/lib/systemd", "/var/cache", "/var/log", "/var/lib/mysql", "/var/lib/nginx", "/etc/alternatives")


@pytest.fixture(scope="module")
def before(machine):
    """The files of the machine before Parlor came."""
    return machine.files(*BOOKS)


@pytest.fixture(scope="module")
def parlor(machine, before):
    return Installed(machine)


@pytest.fixture(scope="module")
def people():
    return {}


def mode(machine, path):
    status = (machine.path / path.lstrip("/")).stat()
    return f"{stat.S_IMODE(status.st_mode):04o}"


def owner(machine, path):
    return machine.run("stat", "-c", "%U:%G", path).strip()


def copied(machine, package):
    target = machine.path / "root" / package.name
    target.write_bytes(package.read_bytes())
    return f"/root/{package.name}"


def test_lintian_has_nothing_to_say(packages):
    for package in packages:
        done = subprocess.run(["lintian", "--allow-root", str(package)], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not re.search("^[EW]:", done.stdout, re.M), done.stdout + done.stderr


def test_it_installs_and_starts_nothing(packages, machine, parlor):
    said = machine.apt("install", copied(machine, packages[0]))
    assert "parlor-setup --url" in said, "what to do next"
    entry = machine.run("getent", "passwd", "parlor").strip().split(":")
    assert entry[5:] == ["/var/lib/parlor", "/usr/sbin/nologin"]
    # As the next boot would; a container without systemd has had it from the package already.
    machine.run("systemd-tmpfiles", "--create", "parlor.conf")
    for path, rights, who in (
        ("/run/parlor", "0755", "parlor:parlor"),
        ("/run/parlor/front", "2750", "parlor:www-data"),
        ("/run/parlor/hash-slots", "0700", "parlor:parlor"),
        ("/var/lib/parlor", "0750", "parlor:parlor"),
        ("/etc/parlor", "0755", "root:root"),
        ("/etc/parlor/nginx/parlor-http.conf", "0644", "root:root"),
    ):
        assert (mode(machine, path), owner(machine, path)) == (rights, who), path
    for name in PROGRAMS:
        link = f"etc/systemd/system/multi-user.target.wants/{name}.service"
        assert not (machine.path / link).is_symlink(), "nothing is enabled"
    assert not any(Unit(machine, name).wanted() for name in PROGRAMS), "nothing starts unconfigured"
    assert machine.processes() == []


def test_another_server_than_the_programs_use_is_not_prepared(machine, parlor):
    """An option file of the client names it, as the one for a database elsewhere does."""
    parlor.start_database()
    (machine.path / "root/db.cnf").write_text("[client]\nhost = 127.0.0.9\n")
    for options in (["--defaults-extra-file=/root/db.cnf"], ["--defaults-extra-file=/root/db.cnf", "--user=root"]):
        status, said = set_up_again(machine, "--url", parlor.url, "--", *options)
        assert status == 1 and "name the server 127.0.0.9. Nothing was changed" in said, said
    assert parlor.sql_text("SHOW DATABASES LIKE 'parlor'") == ""
    assert not (machine.path / "etc/parlor/parlor-wsd.toml").exists()


def test_a_first_run_that_failed_goes_on_where_it_was(machine, parlor):
    etc, first = machine.path / "etc/parlor", ("--url", parlor.url)
    status, said = set_up_again(machine, *first, "--database", "trial", "--smtp", "nonsense")
    assert status == 1 and "parlor-wsd.toml.new is not acceptable" in said, said
    assert (etc / "parlor-fcgi.toml").exists() and not (etc / "admin.cnf").exists()
    status, said = set_up_again(machine, *first, "--database", "parlor")
    assert status == 1 and "parlor is not the name in [database] of /etc/parlor/parlor-fcgi.toml (trial)" in said, said
    status, said = set_up_again(machine, *first)
    assert status == 0, said
    assert all('\nname = "trial"\n' in (etc / name).read_text() for name in TOMLS)
    assert parlor.sql_text("SHOW DATABASES LIKE 'parlor'") == ""
    for name in (*TOMLS, "admin.cnf"):
        (etc / name).unlink()
    accounts = ", ".join(f"parlor_{role}@localhost" for role in ("worker", "daemon", "admin", "owner"))
    assert parlor.sql_text(f"DROP DATABASE trial; DROP USER {accounts}") is not None


def test_by_the_book_it_is_set_up(machine, parlor):
    folder = ["--mail-folder", "/var/lib/parlor/mail"]
    done = subprocess.run(
        machine.command("parlor-setup", "--url", parlor.url, *folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "systemctl enable --now parlor-wsd parlor-fcgi parlor-fcgi-auth" in done.stderr
    for name in TOMLS:
        assert (mode(machine, f"/etc/parlor/{name}"), owner(machine, f"/etc/parlor/{name}")) == ("0640", f"root:{name[:-5]}")
    assert mode(machine, "/etc/parlor/admin.cnf") == "0600"
    assert "default-character-set = utf8mb4" in machine.read("/etc/parlor/admin.cnf")
    parlor.start_nginx()
    parlor.start_programs()


def test_only_nginx_reaches_the_programs(machine, parlor):
    for name in ("wsd.sock", "fcgi-api.sock", "fcgi-auth.sock"):
        path = f"/run/parlor/front/{name}"
        assert (mode(machine, path), owner(machine, path)) == ("0660", "parlor:www-data"), path
    assert (mode(machine, "/run/parlor/bus.sock"), owner(machine, "/run/parlor/bus.sock")) == ("0660", "parlor:parlor")
    parlor_id = int(machine.run("id", "-u", "parlor"))
    for unit in parlor.units.values():
        status = open(f"/proc/{unit.process.pid}/status").read()
        assert re.search(rf"^Uid:\s+{parlor_id}\s", status, re.M)
        assert re.search(r"^CapEff:\s+0+$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    for name in TOMLS:
        tried = machine.command("setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups", "cat", f"/etc/parlor/{name}")
        assert subprocess.run(tried, capture_output=True, check=False).returncode != 0


def test_a_program_can_not_read_the_others_passwords(machine, parlor):
    for name, unit in parlor.units.items():
        own = "parlor-wsd.toml" if name == "parlor-wsd" else "parlor-fcgi.toml"
        for toml in TOMLS:
            read = subprocess.run(unit.as_its_user(["cat", f"/etc/parlor/{toml}"]), capture_output=True, check=False).returncode == 0
            assert read == (toml == own), f"{name}: {toml}"


def test_two_people_talk(parlor, people):
    people["ada"], people["bob"] = parlor.person("Ada"), parlor.person("Bob")
    ada, bob = people["ada"], people["bob"]
    listening = bob.socket()
    sent = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "by HTTP"})
    assert sent.status_code == 201
    listening.wait_type("room_chat_message", message="by HTTP")
    hearing = ada.socket()
    bob.send_acked(listening, ada, "by socket")
    hearing.wait_type("room_chat_message", message="by socket")
    people["room"] = sent.json()["chat_room_id"]


def test_its_numbers_can_be_scraped_as_the_book_says(parlor, people):
    assert requests.get(f"{NUMBERS}/ready", timeout=20).status_code == 200
    people["ada"].get("/users")

    def scraped(pattern):
        return re.search(pattern, requests.get(f"{NUMBERS}/metrics", timeout=20).text, re.M)

    for pool in ("api", "auth"):
        wait_until(lambda p=pool: scraped(f'^parlor_http_requests_total{{pool="{p}",'), 30, f"requests of the pool {pool}")
    assert not scraped('pool=""')
    # Seconds since 1970, not since the machine's start, though the sandbox hides /proc/stat.
    assert float(scraped(r"^process_start_time_seconds (\S+)")[1]) > 1.6e9


def test_administrators_get_in(machine, parlor):
    options = ["--defaults-extra-file=/etc/parlor/admin.cnf", "parlor"]
    assert parlor.sql_text("CALL admin_help()", *options)
    assert parlor.sql_text("SELECT COUNT(*) FROM users", *options) == "2"
    assert parlor.sql_text("DELETE FROM users", *options) is None


def test_an_upgrade_loses_no_message_and_no_edit(packages, machine, parlor, people):
    edits = {
        "parlor-wsd.toml": "\n[log]\nlevel = \"debug\"\n",
        "parlor-fcgi.toml": "\n# mine\n",
        "workers": "\n# mine\n",
        "nginx/parlor-http.conf": "\n# mine\n",
    }
    for name, text in edits.items():
        with open(machine.path / "etc/parlor" / name, "a", encoding="ascii") as file:
            file.write(text)
    as_edited = {name: machine.read(f"/etc/parlor/{name}") for name in edits}
    ada, bob = people["ada"].twin(), people["bob"]
    listening = bob.socket()
    sender = Sender(ada, bob)
    sender.start()
    try:
        wait_until(lambda: len(sender.sent) >= 5, 30, "messages before")
        said = machine.apt("install", copied(machine, packages[1]))
        assert "nginx -t && systemctl reload nginx" in said
        assert machine.run("parlor-wsd", "--version").strip() == f"parlor-wsd {NEWER}"
        parlor.upgrade_programs()
        now = len(sender.sent)
        wait_until(lambda: len(sender.sent) >= now + 5, 30, "messages after")
    finally:
        sender.end()
    assert sender.refused == []
    assert listening.wait_closed() == 1012
    assert {name: machine.read(f"/etc/parlor/{name}") for name in edits} == as_edited
    for unit in parlor.units.values():
        assert unit.process.poll() is None
    for pid in machine.processes():
        program = subprocess.run(["readlink", f"/proc/{pid}/exe"], capture_output=True, text=True, check=False).stdout
        assert "parlor" not in program or "deleted" not in program, "all run what is installed now"
    parlor.reload_nginx()  # the administrator's step, docs/admin/upgrade.md
    page = bob.get(f"/chat_rooms/{people['room']}", query={"timestamp": "2020-01-01T00:00:00.000Z"}).json()
    assert not page["has_more"]
    messages = page["messages"]
    assert_ordered(messages)
    assert [m["message"] for m in messages] == ["by HTTP", "by socket", *sender.sent]


def test_what_a_reload_refuses_changes_nothing(machine, parlor):
    path = machine.path / "etc/parlor/parlor-wsd.toml"
    text = path.read_text()
    path.write_text(text + "\n[nonsense]\n")
    with pytest.raises(AssertionError, match="nonsense"):
        parlor.units["parlor-wsd"].reload()
    path.write_text(text)
    parlor.units["parlor-wsd"].reload()
    parlor.wait_healthy()


def test_a_pool_that_is_not_configured_well_ends_and_stays_so(machine, parlor):
    path = machine.path / "etc/parlor/parlor-fcgi.toml"
    text = path.read_text()
    path.write_text(text + "\n[nonsense]\n")
    tried = Unit(machine, "parlor-fcgi")
    status = tried.start(parlor.log).process.wait(20)
    path.write_text(text)
    assert str(status) in tried.one("RestartPreventExitStatus").split()
    parlor.wait_healthy()


def test_setting_up_again_changes_no_configuration(machine, parlor, people):
    before = {name: machine.read(f"/etc/parlor/{name}") for name in (*TOMLS, "admin.cnf")}
    machine.run("parlor-setup")
    assert {name: machine.read(f"/etc/parlor/{name}") for name in (*TOMLS, "admin.cnf")} == before
    assert people["ada"].get("/users/profile").status_code == 200


# ---- parlor-setup, where it must not do the usual


def secrets(parlor):
    """What the server keeps of the accounts' passwords."""
    return parlor.sql_text("SELECT user, authentication_string FROM mysql.user WHERE user LIKE 'parlor%' ORDER BY user")


def set_up_again(machine, *options):
    done = subprocess.run(machine.command("parlor-setup", *options), capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_no_account_gets_a_password_that_its_program_does_not_know(machine, parlor, people):
    file, beside = machine.path / "etc/parlor/parlor-wsd.toml", machine.path / "etc/parlor/parlor-wsd.env"
    text, before = file.read_text(), secrets(parlor)
    line = re.search(r'^password = "(\w+)"$', text, re.M)
    known, password = line[0], line[1]
    here = ("--socket", "/run/mysqld/mysqld.sock", "--database", "parlor")
    for written, kept in (
        (f"password = '{password}'  # mine", False),
        (f'password = "\\u{ord(password[0]):04x}{password[1:]}"', True),
        (f'"password" = "{password}"', True),
        ("", True),
    ):
        file.write_text(text.replace(known, written))
        beside.write_text("" if written else f"PARLOR_DATABASE_PASSWORD={password}\n")
        status, said = set_up_again(machine, *here)
        assert status == 0, said
        assert ("parlor_daemon keeps its password" in said) == kept, f"{written}: {said}"
        assert secrets(parlor) == before, written
    file.write_text(text.replace(known, f'"password" = "{password}"'))
    status, said = set_up_again(machine)
    assert status == 1 and "can't be told for certain. Nothing was changed" in said
    file.write_text(text)
    beside.unlink()


def test_what_systemctl_edit_says_is_seen(machine, parlor):
    file, drop_in = machine.path / "etc/parlor/parlor-wsd.toml", machine.path / "etc/systemd/system/parlor-wsd.service.d"
    text, before = file.read_text(), secrets(parlor)
    file.write_text(re.sub('^password = .*$', 'password = "stale"', text, flags=re.M))
    drop_in.mkdir()
    here = ("--socket", "/run/mysqld/mysqld.sock", "--database", "parlor")
    for line in ("EnvironmentFile=/root/secret", "Environment=PARLOR_DATABASE_PASSWORD=x", "ExecStart=/usr/sbin/parlor-wsd --config /root/x.toml"):
        (drop_in / "override.conf").write_text(f"[Service]\n{line}\n")
        status, said = set_up_again(machine, *here)
        assert status == 0 and "parlor_daemon keeps its password" in said, f"{line}: {said}"
        assert secrets(parlor) == before, line
    (drop_in / "override.conf").unlink()
    drop_in.rmdir()
    file.write_text(text)


def test_the_server_is_the_one_that_the_programs_use(machine, parlor):
    """Whatever the option files of root's client name; and the command line contradicts no configuration."""
    mine = machine.path / "root/.my.cnf"
    mine.write_text("[client]\nhost = 127.0.0.9\nprotocol = tcp\n")
    status, said = set_up_again(machine, "--restart-if-current")
    mine.unlink()
    assert status == 0, said
    rights = "SELECT COUNT(*) FROM information_schema.table_privileges WHERE table_schema = 'parlor'"
    before = parlor.sql_text(rights)
    for options in (("--database", "trial"), ("--socket", "/run/other.sock"), ("--host", "127.0.0.9")):
        status, said = set_up_again(machine, *options)
        assert status == 1 and "Nothing was changed" in said, said
    status, said = set_up_again(machine, "--", "--host=127.0.0.9")
    assert status == 1 and "say --host, --port or --socket before it" in said
    assert parlor.sql_text(rights) == before
    assert parlor.sql_text("SHOW DATABASES LIKE 'trial'") == ""
    assert set_up_again(machine, "--database", "parlor", "--socket", "/run/mysqld/mysqld.sock")[0] == 0


def test_an_upgrade_leaves_a_database_elsewhere_alone(machine, parlor):
    files = {path: path.read_text() for path in (machine.path / "etc/parlor" / name for name in TOMLS)}
    for number, (path, text) in enumerate(files.items()):
        path.write_text(text.replace("[database]\n", "[database]\nhost = 'db.example.org'\n"))
        status, said = set_up_again(machine, "--restart-if-current")
        assert status == 1 and ("another machine (db.example.org)" if number else "differ in host") in said, said
    status, said = set_up_again(machine)
    assert status == 1 and "--tls-ca is needed" in said
    for path, text in files.items():
        path.write_text(text)


def test_a_database_elsewhere_is_prepared_by_the_book(machine, parlor):
    kept = {name: machine.path / "etc/parlor" / name for name in (*TOMLS, "admin.cnf")}
    texts = {name: path.read_text() for name, path in kept.items()}
    here, hosts = secrets(parlor), machine.read("/etc/hosts")
    for path in kept.values():
        path.rename(f"{path}.kept")
    with Elsewhere(machine, parlor.log).running() as other:
        way = ("--", f"--defaults-extra-file={other.OPTIONS_FILE}")
        first = ("--url", parlor.url, "--host", NAME, "--port", PORT)
        status, said = set_up_again(machine, *first, "--tls-ca", "/etc/ssl/certs/ca-certificates.crt", *way)
        assert status == 1 and "can't be reached" in said, said
        status, said = set_up_again(machine, *first, "--tls-ca", AUTHORITY, *way)
        assert status == 0, said
        assert f'\nsocket = ""\nhost = "{NAME}"\nport = {PORT}\ntls_ca = "{AUTHORITY}"\n' in kept["parlor-fcgi.toml"].read_text()
        # The daemon gets in, and people.
        tried = ["parlor-wsd", "--config", "/etc/parlor/parlor-wsd.toml", "--try-bot", "What time is it?"]
        machine.run(*tried)
        mine = ["--defaults-extra-file=/etc/parlor/admin.cnf", "parlor"]
        assert parlor.sql_text("SELECT CURRENT_USER(); CALL admin_help()", *mine).startswith("parlor_admin@127.0.0.1")
        assert parlor.sql_text("SELECT 1", *mine[:1], "--skip-ssl", "parlor") is None
        accounts = "SELECT user, host, ssl_type, authentication_string FROM mysql.user WHERE user LIKE 'parlor%' ORDER BY user"
        before = other.sql(accounts)
        assert before.count("\t127.0.0.1\tANY\t") == 3
        # An upgrade's step.
        other.sql("DROP PROCEDURE parlor.admin_help; ALTER USER parlor_admin@127.0.0.1 REQUIRE X509")
        status, said = set_up_again(machine, *way)
        assert status == 0, said
        assert "X509" in other.sql(accounts), "more than TLS is not made less"
        other.sql("ALTER USER parlor_admin@127.0.0.1 REQUIRE SSL")
        assert parlor.sql_text("CALL admin_help()", *mine)
        assert other.sql(accounts) == before
    for path in kept.values():
        type(path)(f"{path}.kept").rename(path)
    (machine.path / "etc/hosts").write_text(hosts)
    assert {name: path.read_text() for name, path in kept.items()} == texts
    assert secrets(parlor) == here


def test_an_upgrade_without_a_migration_renews_procedures_and_rights(machine, parlor):
    before = secrets(parlor)
    parlor.sql_text("DROP PROCEDURE parlor.admin_help; REVOKE EXECUTE ON parlor.* FROM parlor_admin@localhost")
    mine = ("--defaults-extra-file=/etc/parlor/admin.cnf", "parlor")
    assert parlor.sql_text("CALL admin_help()", *mine) is None
    status, said = set_up_again(machine, "--restart-if-current")
    assert status == 0, said
    assert parlor.sql_text("CALL admin_help()", *mine)
    assert secrets(parlor) == before


def test_no_daemon_is_restarted_into_a_configuration_that_it_refuses(machine, parlor):
    """systemd does not run here; what it is asked for is written down."""
    file, beside = machine.path / "etc/parlor/parlor-wsd.toml", machine.path / "etc/parlor/parlor-wsd.env"
    asked, systemctl, text = machine.path / "run/asked", machine.path / "usr/sbin/systemctl", file.read_text()
    (machine.path / "run/systemd/system").mkdir(parents=True)
    systemctl.write_text('#!/bin/sh\necho "$*" >>/run/asked\n[ "$1" != show ] || echo active\n[ "$1" != is-failed ]\n')
    systemctl.chmod(0o755)
    beside.write_text('# mine\nPARLOR_LOG_LEVEL="warning"\n')
    for bad in (True, False):
        file.write_text(text + ("\n[nonsense]\n" if bad else ""))
        status, said = set_up_again(machine, "--restart-if-current")
        assert status == 0 and ("nonsense" in said and "parlor-wsd goes on as it was" in said) == bad, said
        assert ("restart parlor-wsd.service" in asked.read_text().splitlines()) == (not bad), said
    for path in (systemctl, beside, asked):
        path.unlink()
    (machine.path / "run/systemd/system").rmdir()


def test_programs_that_do_not_fit_the_database_are_not_restarted(machine, parlor):
    last = parlor.sql_text("SELECT MAX(version) FROM parlor.schema_migrations")
    parlor.sql_text("INSERT INTO parlor.schema_migrations VALUES (99, 'later', 1)")
    status, said = set_up_again(machine, "--restart-if-current")
    assert status == 1 and "newer than this Parlor" in said and "Install the newer one" in said
    parlor.sql_text("DELETE FROM parlor.schema_migrations WHERE version = 99")
    parlor.sql_text(f"UPDATE parlor.schema_migrations SET applied_at_ms = 0 WHERE version = {last}")
    status, said = set_up_again(machine, "--restart-if-current")
    assert status == 1 and "then run: parlor-setup" in said
    parlor.sql_text(f"UPDATE parlor.schema_migrations SET applied_at_ms = 1 WHERE version = {last}")


def test_the_way_into_the_database_can_stand_in_a_file(machine, parlor):
    parlor.sql_text("CREATE USER boss@localhost IDENTIFIED BY 'for the boss'")
    parlor.sql_text("GRANT ALL ON *.* TO boss@localhost WITH GRANT OPTION")
    (machine.path / "root/db.cnf").write_text("[client]\nuser = boss\npassword = for the boss\n")
    status, said = set_up_again(machine, "--", "--defaults-extra-file=/root/db.cnf")
    assert status == 0, said


def test_removing_keeps_configuration_and_data(machine, parlor):
    listed = machine.run("dpkg-query", "-L", "parlor").split()
    parlor.stop_programs()
    machine.apt("remove", "parlor")
    left = [path for path in listed if (machine.path / path[1:]).is_file() and not path.startswith("/etc/parlor/")]
    assert left == []
    assert "# mine" in machine.read("/etc/parlor/parlor-fcgi.toml")
    assert "# mine" in machine.read("/etc/parlor/workers")
    tried = subprocess.run(machine.command("nginx", "-t"), capture_output=True, text=True, check=False)
    assert tried.returncode == 0, "nginx can still be reloaded"


def test_purging_leaves_nothing_but_the_database(machine, parlor, before):
    parlor.end_nginx()
    machine.apt("purge", "--auto-remove", "parlor")
    left = {path for path in machine.files(*BOOKS) - before if not path.startswith("/root/")} - {"/parlor.log"}
    # The accounts' files have backups now: the user stays, as Debian wants it, so that nobody else gets its number.
    assert left <= {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}, left
    assert not (machine.path / "run/parlor").exists()
    assert parlor.sql_text("SELECT COUNT(*) FROM parlor.users") == "2"
    said = parlor.log.name
    reports = re.findall(r"^.*(?:check failed|terminate called|Segmentation).*$", open(said, errors="replace").read(), re.M)
    assert reports == []
