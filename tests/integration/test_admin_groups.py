"""sql/admin/groups.sql, run as an administrator does, and what open sockets hear of it."""

import pytest
from support.administration import Refused, call
from support.checks import assert_problem, marker
from support.waiting import wait_until


def said(stack, procedure, *arguments):
    """The sentence of the last result set."""
    return stack.admin(call(procedure, *arguments))[-1][0]["result"]


def audited(stack, target):
    """[action, …] of what the audit has of this target."""
    sql = f"SELECT action FROM admin_audit WHERE target = '{target}' ORDER BY id"
    return [row["action"] for rows in stack.admin(sql) for row in rows]


@pytest.fixture
def group(ada):
    return ada.new_group()


def test_a_new_name_is_announced_and_written_down(stack, ada, bob, group):
    socket = bob.socket()
    name = "Looms & 'Jacquard' 王"
    assert f'is now called "{name}"' in said(stack, "admin_rename_group", group, f"  {name} ")
    heard = socket.wait_type("group_chat_update", chat_group_id=group)
    assert (heard["name"], heard["owner_id"]) == ("Looms & 'Jacquard' 王", ada.user_id)
    assert ada.group_row(group)["name"] == "Looms & 'Jacquard' 王"
    row = stack.admin(f"SELECT * FROM admin_audit WHERE target = 'group {group}'")[0][0]
    assert row["actor"] == "parlor_admin@localhost" and row["action"] == "rename_group"
    assert "already" in said(stack, "admin_rename_group", group, "Looms & 'Jacquard' 王")
    assert audited(stack, f"group {group}") == ["rename_group"], "a repeat changes nothing"


def test_bad_names_and_unknown_groups_change_nothing(stack, ada, group):
    before = ada.group_row(group)
    for name in ("", " ", "a\nb", "x" * 101, None):
        with pytest.raises(Refused, match="The name must"):
            said(stack, "admin_rename_group", group, name)
    for unknown in (999999999, None):
        with pytest.raises(Refused, match="There is no group"):
            said(stack, "admin_rename_group", unknown, "x")
    assert ada.group_row(group) == before
    assert audited(stack, f"group {group}") == []


def test_a_group_is_handed_over_to_a_member(stack, ada, bob, eve, group):
    bob.enter(group)
    socket = eve.socket()
    assert f"now belongs to user {bob.user_id}" in said(stack, "admin_hand_over_group", group, bob.email.upper())
    assert socket.wait_type("group_chat_update", chat_group_id=group)["owner_id"] == bob.user_id
    assert ada.put(f"/chat_groups/{group}", {"name": "mine"}).status_code == 403
    with pytest.raises(Refused, match="not a member"):
        said(stack, "admin_hand_over_group", group, eve.user_id)
    stack.admin(call("admin_suspend_user", ada.user_id))
    with pytest.raises(Refused, match="suspended"):
        said(stack, "admin_hand_over_group", group, ada.user_id)
    assert ada.user_id != bob.user_id and bob.group_row(group)["owner_id"] == bob.user_id


def test_a_member_is_removed_with_his_presence(stack, ada, bob, eve, group):
    sockets = [person.socket() for person in (ada, bob)]
    ada.enter_seen(group, sockets[0])
    bob.enter_seen(group, sockets[1])
    assert "is no member" in said(stack, "admin_remove_member", group, bob.email)
    for socket in sockets:
        socket.wait_type("group_member_removed", chat_group_id=group, user_id=bob.user_id)
    sockets[0].wait_type("group_chat_activitity", chat_group_id=group, user_id=bob.user_id, is_enter=False)
    assert set(ada.group_members(group)) == {ada.user_id} == ada.present_ids(group)
    assert ada.group_row(group)["members"] == 1
    assert_problem(bob.post_in_group(group, "still there?"), 403, "forbidden")
    assert "nothing was changed" in said(stack, "admin_remove_member", group, bob.email)
    with pytest.raises(Refused, match="hand it over first"):
        said(stack, "admin_remove_member", group, ada.email)
    # The numbers of the changes have no gap: the next one is announced at once.
    eve_socket = eve.socket()
    eve.enter_seen(group, eve_socket)
    sockets[0].wait_type("group_chat_activitity", chat_group_id=group, user_id=eve.user_id, is_enter=True)


def test_a_deleted_group_is_gone_for_everybody(stack, ada, bob, eve, group):
    watching, absent = ada.socket(), eve.socket()
    ada.enter_seen(group, watching)
    bob.enter(group)
    for number in range(3):
        assert bob.post_in_group(group, f"message {number}", f"m{number}").status_code == 201
    watching.wait_type("group_chat_message", chat_group_id=group, seq=3)
    dry = said(stack, "admin_delete_group", group, True)
    assert "Would delete" in dry and "2 members and up to 3 messages" in dry
    assert ada.group_row(group)["last_seq"] == 3 and audited(stack, f"group {group}") == []

    assert "2 members and 3 messages are gone" in said(stack, "admin_delete_group", group, False)
    for socket in (watching, absent):
        socket.wait_type("group_removed", chat_group_id=group)
    assert audited(stack, f"group {group}") == ["delete_group"]
    parts = [(table, "conversation_id") for table in ("members", "messages", "present")]
    for table, column in [("conversations", "id"), ("chat_groups", "id"), *parts]:
        assert stack.sql(f"SELECT COUNT(*) AS n FROM {table} WHERE {column} = %s", group)[0]["n"] == 0, table
    for answer in (
        bob.post_in_group(group, "hello?", "m9"),
        bob.get(f"/chat_groups/{group}"),
        bob.post(f"/chat_groups/{group}", {"is_enter": True}),
        bob.get(f"/users/group/{group}"),
        bob.put("/notifications", {"chat_group_id": group}),
        bob.put(f"/chat_groups/{group}", {"name": "x"}),
    ):
        assert_problem(answer, 404, "not_found")
    assert bob.group_notification(group) is None and bob.group_row(group) is None
    watching.send(ada.group_frame(group, "hello?", "mine"))
    assert watching.wait_type("error", client_msg_id="mine")["code"] == "not_found"
    with pytest.raises(Refused, match="There is no group"):
        said(stack, "admin_delete_group", group, False)


def test_a_deletion_that_was_broken_off_is_finished_by_the_next_call(stack, ada, bob, group):
    assert ada.post_in_group(group, "one").status_code == 201
    connection = stack.database()
    with connection.cursor() as cursor:  # its first step, and then the line breaks
        cursor.execute("CALL internal_take_group_away(%s, @messages)", (group,))
    connection.close()
    assert bob.group_row(group) is None
    assert bob.group_notification(group) is None and ada.group_notification(group) is None
    assert_problem(ada.post_in_group(group, "two"), 404, "not_found")
    assert "broken off" in said(stack, "admin_delete_group", group, True)
    assert "1 members and 1 messages are gone" in said(stack, "admin_delete_group", group, False)
    assert stack.sql("SELECT COUNT(*) AS n FROM conversations WHERE id = %s", group)[0]["n"] == 0


def test_a_large_group_goes_in_batches_while_others_write(stack, ada, bob):
    group, other = ada.new_group(), ada.new_group()
    stack.sql(
        "INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body) "
        "SELECT %s, 1000 + seq, seq, %s, 'x' FROM seq_1_to_12000",
        group,
        ada.user_id,
    )
    stack.sql("UPDATE conversations SET last_seq = 12000, last_sent_at_ms = 13000 WHERE id = %s", group)
    socket = bob.socket()
    assert "12000 messages are gone" in said(stack, "admin_delete_group", group, False)
    socket.wait_type("group_removed", chat_group_id=group)
    assert ada.post_in_group(other, "business as usual").status_code == 201
    marker(ada, socket, bob, "and live")
    wait_until(lambda: not stack.sql("SELECT 1 FROM events"), what="no event left over")


def test_only_a_group_can_be_deleted(stack, ada, bob):
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "hi"}).json()["chat_room_id"]
    for dry in (True, False):
        with pytest.raises(Refused, match="There is no group"):
            said(stack, "admin_delete_group", room, dry)
    assert len(ada.whole_room(room)) == 1
