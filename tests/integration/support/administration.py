"""What an administrator does: SQL by the mariadb client, with the account parlor_admin."""

import os
import re
import subprocess
import xml.etree.ElementTree as ET

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_HEADER = re.compile(r"<\?xml[^>]*\?>")


class Refused(Exception):
    """What the client said on standard error."""


def quoted(value):
    """A literal of SQL: NULL, a number, TRUE or FALSE, a text."""
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(value).upper()
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def call(procedure, *arguments):
    """CALL procedure(arguments)"""
    return f"CALL {procedure}({', '.join(quoted(a) for a in arguments)})"


def _row(element):
    return {f.get("name"): None if f.get(_NIL) == "true" else f.text or "" for f in element}


def run(var, sql):
    """The result sets of the statements, for the stack in the folder `var`."""
    password = (var / "etc" / "password.ADMIN").read_text().strip()
    command = ["mariadb", "--no-defaults", f"--socket={var}/run/mariadb.sock", "--user=parlor_admin"]
    command += ["--batch", "--xml", "--default-character-set=utf8mb4", "parlor"]
    environment = {**os.environ, "MYSQL_PWD": password}
    done = subprocess.run(command, input=sql, capture_output=True, text=True, env=environment, timeout=120)
    if done.returncode != 0:
        raise Refused(done.stderr.strip())
    document = ET.fromstring(f"<all>{_HEADER.sub('', done.stdout)}</all>")
    return [[_row(row) for row in result] for result in document]
