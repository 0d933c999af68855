"""sql/admin/mail_queue.sql: mail that is owed is shown, tried again, dropped; what a mailer has in hand is left alone."""

import itertools
import secrets
import time

import pytest

from support.administration import Refused, call
from support.people import link_token
from support.waiting import wait_until

HOUR = 3600 * 1000
_numbers = itertools.count()


def now_ms():
    return int(time.time() * 1000)


@pytest.fixture
def owed(stack):
    """Puts a mail into the queue: (id, recipient). What is left of them goes after the test."""
    added = []

    def add(kind="password_changed", recipient=None, due=100 * HOUR, claimed=0, failed=None, registration=None):
        recipient = recipient or f"owed.{next(_numbers)}.{secrets.token_hex(3)}@example.org"
        connection = stack.database()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO mail_outbox (kind, recipient, recipient_name, registration_id, created_at_ms,"
                    " next_attempt_at_ms, claimed_until_ms, attempts, last_error, failed_at_ms)"
                    " VALUES (%s, %s, 'Ada', %s, %s, %s, %s, 99, '550 no', %s)",
                    (kind, recipient, registration, now_ms() - HOUR, now_ms() + due, claimed and now_ms() + claimed, failed),
                )
                added.append(cursor.lastrowid)
        finally:
            connection.close()
        return added[-1], recipient

    yield add
    for mail in added:
        stack.sql("DELETE FROM mail_outbox WHERE id = %s", mail)


def listed(stack, state=None):
    counts, mails = stack.admin(call("admin_list_mail", state, None))
    return {row["state"]: int(row["mails"]) for row in counts}, {int(row["id"]): row for row in mails}


def audit(stack, target):
    rows = stack.sql("SELECT actor, action FROM audit WHERE target = %s ORDER BY id", target)
    assert all(row["actor"].startswith("parlor_admin@") for row in rows)
    return [row["action"] for row in rows]


def test_the_list_says_what_each_mail_waits_for(stack, owed):
    waiting, sending, failed = owed(), owed(claimed=HOUR), owed(failed=1)
    counts, mails = listed(stack)
    assert [mails[mail]["state"] for mail, _ in (waiting, sending, failed)] == ["waiting", "sending", "failed"]
    assert all(counts[state] >= 1 for state in ("waiting", "sending", "failed"))
    row = mails[failed[0]]
    assert (row["recipient"], row["kind"], row["attempts"], row["last_error"]) == (failed[1], "password_changed", "99", "550 no")
    _, only = listed(stack, "failed")
    assert failed[0] in only and waiting[0] not in only and sending[0] not in only
    with pytest.raises(Refused, match="waiting, sending or failed"):
        listed(stack, "lost")


def test_one_mail_is_tried_again_at_once(stack, owed):
    for options in ({}, {"failed": 1}):
        mail, recipient = owed(**options)
        assert stack.admin(call("admin_retry_mail", mail))[-1][0]["result"] == "1 mails are due now."
        stack.wait_mail(recipient)
        wait_until(lambda: not stack.sql("SELECT 1 FROM mail_outbox WHERE id = %s", mail), what="the row is gone")
        assert audit(stack, f"mail {mail}") == ["retry_mail"]
        with pytest.raises(Refused, match="it was sent, or dropped"):
            stack.admin(call("admin_retry_mail", mail))


def test_all_that_were_given_up_are_tried_again(stack, owed):
    failed = [owed(failed=1) for _ in range(3)]
    waiting, held = owed()
    stack.admin(call("admin_retry_mail", None))
    for _, recipient in failed:
        stack.wait_mail(recipient)
    assert stack.sql("SELECT attempts FROM mail_outbox WHERE id = %s", waiting) == [{"attempts": 99}]
    assert not stack.mails(held)
    assert "retry_mail" in audit(stack, "mail")


def test_a_link_that_is_tried_again_works_and_is_another_message(stack, owed):
    stranger = stack.stranger()
    assert stranger.register().status_code == 202
    first = stack.wait_mail(stranger.email)
    (row,) = stack.sql("SELECT id FROM pending_registrations WHERE email = %s", stranger.email)
    mail, _ = owed("registration_link", stranger.email, failed=1, registration=row["id"])
    stack.admin(call("admin_retry_mail", mail))
    second = stack.wait_mail(stranger.email, 2)
    assert second["Message-ID"] != first["Message-ID"]
    assert stranger.get(f"/register/{link_token(second)}", token=None).status_code == 201


def test_a_link_whose_registration_has_expired_is_not_sent(stack, owed):
    stranger = stack.stranger()
    assert stranger.register().status_code == 202
    stack.wait_mail(stranger.email)
    (row,) = stack.sql("SELECT id FROM pending_registrations WHERE email = %s", stranger.email)
    mail, _ = owed("registration_link", stranger.email, failed=1, registration=row["id"])
    stack.sql("UPDATE pending_registrations SET expires_at_ms = %s WHERE id = %s", now_ms() - 1, row["id"])
    with pytest.raises(Refused, match="has expired"):
        stack.admin(call("admin_retry_mail", mail))
    assert "the registration has expired: 1." in stack.admin(call("admin_retry_mail", None))[-1][0]["result"]
    assert stack.sql("SELECT 1 FROM mail_outbox WHERE id = %s AND failed_at_ms IS NOT NULL", mail)


def test_what_a_mailer_has_in_hand_is_left_alone(stack, owed):
    mail, _ = owed(claimed=HOUR)
    for statement in (call("admin_retry_mail", mail), call("admin_drop_mail", mail, False)):
        with pytest.raises(Refused, match="is being sent now"):
            stack.admin(statement)
    assert stack.sql("SELECT attempts FROM mail_outbox WHERE id = %s", mail) == [{"attempts": 99}]
    stack.sql("UPDATE mail_outbox SET claimed_until_ms = %s WHERE id = %s", now_ms() - 1, mail)  # its daemon died
    stack.admin(call("admin_drop_mail", mail, False))


def test_a_dropped_mail_is_never_sent(stack, owed):
    mail, recipient = owed(failed=1)
    for dry_run in (True, None):
        assert "would be dropped" in stack.admin(call("admin_drop_mail", mail, dry_run))[-1][0]["result"]
    assert stack.sql("SELECT 1 FROM mail_outbox WHERE id = %s", mail) and audit(stack, f"mail {mail}") == []
    stack.admin(call("admin_drop_mail", mail, False))
    assert audit(stack, f"mail {mail}") == ["drop_mail"]
    later = owed(failed=1)
    stack.admin(call("admin_retry_mail", None))
    stack.wait_mail(later[1])
    assert not stack.mails(recipient)
    with pytest.raises(Refused, match="denied"):
        stack.admin(f"DELETE FROM mail_outbox WHERE id = {mail}")
