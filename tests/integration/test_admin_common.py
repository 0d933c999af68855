"""What all procedures for administrators share: who may call what, how users are named, which names are good."""

import pymysql
import pytest
from support.administration import Refused, call, quoted


def test_help_lists_what_there_is_and_only_that(stack):
    (rows,) = stack.admin("CALL admin_help()")
    assert {"procedure": "admin_help", "parameters": "", "purpose": "Lists these procedures."} in rows
    assert all(row["procedure"].startswith("admin_") and row["purpose"] for row in rows)


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
    connection = pymysql.connect(
        unix_socket=str(stack.var / "run" / "mariadb.sock"), user="parlor_admin", database="parlor", autocommit=True,
        password=(stack.var / "etc" / "password.ADMIN").read_text().strip(),
    )  # fmt: skip
    try:
        connection.begin()
        with connection.cursor() as cursor:
            with pytest.raises(pymysql.MySQLError, match="1568"):
                cursor.execute(statement)
            cursor.execute("SELECT @@in_transaction")
            assert cursor.fetchone() == (1,)
    finally:
        connection.close()
