"""What all procedures for administrators share: who may call what, how users are named, which names are good."""

import pymysql
import pytest
from support.administration import Refused, call, quoted


def test_help_lists_what_there_is_and_only_that(stack):
    (rows,) = stack.admin("CALL admin_help()")
    assert {"procedure": "admin_help", "parameters": "", "purpose": "Lists these procedures."} in rows
    assert all(row["procedure"].startswith("admin_") and row["purpose"] for row in rows)


def test_the_procedures_are_not_the_servers_root(stack):
    """Their owner may do nothing beyond the schema, and nobody signs in with it."""
    definers = stack.sql("SELECT DISTINCT definer, COUNT(*) AS n FROM information_schema.routines WHERE routine_schema = 'parlor'")
    assert [row["definer"] for row in definers] == ["parlor_owner@localhost"] and definers[0]["n"] > 20
    grants = [next(iter(row.values())) for row in stack.sql("SHOW GRANTS FOR parlor_owner@localhost")]
    assert len(grants) == 2 and grants[0].startswith("GRANT USAGE ON *.*"), grants
    assert " ON `parlor`.* " in grants[1] and not {"DROP", "ALTER", "GRANT OPTION"} & set(grants[1].split(", ")), grants
    assert "ACCOUNT LOCK" in str(stack.sql("SHOW CREATE USER parlor_owner@localhost"))
    (rows,) = stack.admin("CALL admin_help()")
    assert {"p_user", "p_group, p_name"} <= {row["parameters"] for row in rows}, "it sees all that there is to list"


@pytest.mark.parametrize(
    "statement",
    [
        "CALL internal_write_audit('suspend_user', 'user 1', '{}')",
        "UPDATE users SET suspended_at_ms = NULL",
        "DELETE FROM audit",
    ],
)
def test_nothing_is_changed_beside_the_procedures(stack, statement):
    with pytest.raises(Refused, match="denied"):
        stack.admin(statement)


def found(stack, user):
    return stack.admin(f"{call('internal_find_user', user).replace(')', ', @id)')}; SELECT @id AS id")[-1][0]["id"]


def test_users_are_named_by_address_or_id(stack, ada):
    assert found(stack, ada.email) == str(ada.user_id)
    assert found(stack, f"  {ada.email.upper()} ") == str(ada.user_id)
    assert found(stack, ada.user_id) == str(ada.user_id)
    for nobody in ("nobody@example.org", 999999999, "", None, "1 OR 1=1", "%"):
        with pytest.raises(Refused, match="There is no user"):
            found(stack, nobody)


def checked(stack, name, most=100):
    sql = f"SET @name = {quoted(name)}; CALL internal_check_name(@name, {most}, 'The name'); SELECT @name AS name"
    return stack.admin(sql)[-1][0]["name"]


@pytest.mark.parametrize(
    "name", ["Ada", "O'Brien \\ x", "李 雷", "A\u200dB", "🙂" * 100, "x", "a  b", "Ada\u00a0\u3000", " \ufeff\tAda\x85"]
)
def test_good_names_are_those_of_the_program(stack, ada, name):
    group = ada.post("/chat_groups", {"name": name})
    assert group.status_code == 201
    assert checked(stack, name) == group.json()["name"]


@pytest.mark.parametrize(
    "name", ["", "  \u2003", "\u200b\u00ad\u200f", "a\nb", "a\tb", "a\x7fb", "a\u2028b", "a\u202eb", "a\u2066b", "a\x85b", "🙂" * 101]
)
def test_bad_names_are_those_of_the_program(stack, ada, name):
    assert ada.post("/chat_groups", {"name": name}).status_code == 422
    with pytest.raises(Refused, match="The name must"):
        checked(stack, name)


def test_a_transaction_of_the_caller_is_not_committed_unasked(stack):
    with pytest.raises(Refused, match="1568"):
        stack.admin("START TRANSACTION; CALL internal_begin()")


def library(stack, autocommit):
    """As a script of an administrator's own connects."""
    return pymysql.connect(
        unix_socket=str(stack.var / "run" / "mariadb.sock"), user="parlor_admin", database="parlor", autocommit=autocommit,
        password=(stack.var / "etc" / "password.ADMIN").read_text().strip(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        call("admin_switch_bot_rule", 1, True),
        call("admin_retry_mail", None),
        call("admin_delete_old_messages", 9999, None, None, False),
        call("admin_export_user", "nobody@example.org"),
    ],
)
def test_a_transaction_of_the_caller_is_not_rolled_back_either(stack, statement):
    connection = library(stack, autocommit=True)
    try:
        connection.begin()
        with connection.cursor() as cursor:
            with pytest.raises(pymysql.MySQLError, match="1568"):
                cursor.execute(statement)
            cursor.execute("SELECT @@in_transaction")
            assert cursor.fetchone() == (1,)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        call("admin_suspend_user", "nobody@example.org"),
        call("admin_remove_message", 1, 1, True),
        call("admin_delete_group", 1, True),
        call("admin_erase_user", "nobody@example.org", False, True),
        call("admin_delete_old_messages", 9999, None, None, False),
    ],
)
def test_without_autocommit_all_say_so(stack, statement):
    connection = library(stack, autocommit=False)
    try:
        with connection.cursor() as cursor, pytest.raises(pymysql.MySQLError, match="Switch autocommit on first"):
            cursor.execute(statement)
    finally:
        connection.close()


# Without a name: a connection's own clock, no cascades, UPDATE and DELETE by key alone, transactions that go on.
SESSION = "SET timestamp = 86400 * 365, foreign_key_checks = 0, unique_checks = 0, sql_safe_updates = 1, completion_type = 1"


def test_settings_of_the_session_change_nothing(stack, ada, bob):
    group = ada.new_group()
    bob.enter(group)
    stack.admin(f"{SESSION}; {call('admin_rename_group', group, 'Renamed')}; {SESSION}; {call('admin_delete_group', group, False)}")
    rows = stack.sql("SELECT action, at_ms, UNIX_TIMESTAMP() * 1000 - at_ms AS age FROM audit WHERE target = %s", f"group {group}")
    assert {row["action"] for row in rows} == {"rename_group", "delete_group"}
    assert all(row["age"] < 3600 * 1000 for row in rows), "nobody chooses the time under which he stands there"
    assert stack.sql("SELECT 1 FROM present WHERE conversation_id = %s", group) == []
    assert bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "new"}).status_code == 201
    said = stack.admin(f"SET timestamp = UNIX_TIMESTAMP() + 86400 * 30; {call('admin_delete_old_messages', 29, None, None, True)}")
    assert said[-1][0]["messages"] == "0", "retention has the clock of the server"
    email = stack.admin(f"{SESSION}; {call('admin_invite_user', 'clock@example.org', 'A', 'B')}; SELECT expires_at_ms"
                        " FROM pending_registrations WHERE email = 'clock@example.org'")  # fmt: skip
    assert int(email[-1][0]["expires_at_ms"]) > rows[0]["at_ms"]
    erased = stack.admin(f"{SESSION}; {call('admin_erase_user', bob.user_id, False, False)}; {SESSION}; {call('admin_retry_mail', None)}")
    assert "was erased" in erased[1][0]["result"]


@pytest.mark.parametrize("chosen", [4000000000, 2**64 - 1])
def test_ids_are_not_chosen(stack, ada, chosen):
    group = ada.new_group()
    with pytest.raises(Refused, match="ids are not chosen"):
        stack.admin(f"SET insert_id = {chosen}; {call('admin_rename_group', group, 'Chosen')}")
    assert stack.sql("SELECT 1 FROM audit WHERE id >= 4000000000") == []


def test_a_line_end_is_no_part_of_an_id(stack, ada):
    with pytest.raises(Refused, match="There is no user"):
        found(stack, f"{ada.user_id}\n")
