"""The flows of the protocol's founding text, the seed, about groups, literally as it writes them."""

from support.checks import announcements, assert_not_arrived, assert_timestamp, marker
from support.seed import seed


def test_flow_10_enter_group_chat_mode(stack, ada, bob):
    mine, theirs = ada.new_group("Engines"), bob.new_group("Looms")
    bob.enter(mine)
    sent = bob.post_in_group(mine, "hello").json()

    answer = seed(ada, "GET", "/chat_groups")
    assert answer.status_code == 200
    assert list(answer.json()) == ["chat_groups"]
    rows = {row["chat_group_id"]: row for row in answer.json()["chat_groups"]}
    assert rows[mine] == {
        "chat_group_id": mine,
        "name": "Engines",
        "owner_id": ada.user_id,
        "members": 2,
        "is_member": True,
        "last_timestamp": sent["timestamp"],
        "last_seq": 1,
        "unread": 1,
    }
    assert rows[theirs] == {
        "chat_group_id": theirs,
        "name": "Looms",
        "owner_id": bob.user_id,
        "members": 1,
        "is_member": False,
        "last_timestamp": None,
        "last_seq": 0,
        "unread": 0,
    }


def test_flow_11_enter_chat_group(stack, ada, bob, eve):
    group = ada.new_group()
    path = f"/chat_groups/{group}"
    sent = [ada.post_in_group(group, f"line {n}").json() for n in range(1, 106)]
    present, entering, second_tab, outside = ada.socket(), bob.socket(), bob.socket(), eve.socket()
    ada.enter_seen(group, present)

    # Nothing in sessionStorage yet: `null`. The newest 100, oldest first.
    page = seed(bob, "GET", path, {"timestamp": None})
    assert page.status_code == 200 and page.json()["has_more"] is True
    messages = page.json()["messages"]
    assert [m["message"] for m in messages] == [f"line {n}" for n in range(6, 106)]
    assert messages[0] == {
        "seq": 6,
        "user_id": ada.user_id,
        "message": "line 6",
        "timestamp": sent[5]["timestamp"],
    }
    assert_timestamp(messages[0]["timestamp"])
    # With the time of the last visit: what is strictly newer.
    page = seed(bob, "GET", path, {"timestamp": sent[102]["timestamp"]})
    assert [m["seq"] for m in page.json()["messages"]] == [104, 105] and page.json()["has_more"] is False

    entered = seed(bob, "POST", path, {"is_enter": True})
    assert entered.status_code == 204 and entered.content == b""
    expected = {
        "type": "group_chat_activitity",
        "message": "Bob Byron entered the group",
        "chat_group_id": group,
        "user_id": bob.user_id,
        "is_enter": True,
    }
    for socket in (present, entering, second_tab):
        assert socket.wait_type("group_chat_activitity", user_id=bob.user_id) == expected
    marker(ada, outside, eve, "after the announcement")
    assert announcements(outside, group) == []

    members = seed(bob, "GET", f"/users/group/{group}")
    assert members.status_code == 200
    assert members.json() == {
        "users": [
            {
                "user_id": person.user_id,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "online": True,
                "present": True,
            }
            for person in (ada, bob)
        ]
    }

    older = seed(bob, "GET", path, {"timestamp": messages[0]["timestamp"], "before": True})
    assert [m["message"] for m in older.json()["messages"]] == [f"line {n}" for n in range(1, 6)]
    assert older.json()["has_more"] is False


def test_flow_12_leave_chat_group(stack, ada, bob, eve):
    group = ada.new_group()
    staying, leaving, outside = ada.socket(), bob.socket(), eve.socket()
    ada.enter_seen(group, staying)
    bob.enter_seen(group, leaving)

    left = seed(bob, "POST", f"/chat_groups/{group}", {"is_enter": False})
    assert left.status_code == 204 and left.content == b""
    assert staying.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False) == {
        "type": "group_chat_activitity",
        "message": "Bob Byron left the group",
        "chat_group_id": group,
        "user_id": bob.user_id,
        "is_enter": False,
    }
    # Not to the one who has left, nor to anybody outside.
    marker(ada, leaving, bob, "to the one who left")
    marker(ada, outside, eve, "to somebody outside")
    assert announcements(leaving, group, bob) == [(bob.user_id, True)]
    assert announcements(outside, group) == []
    assert bob.present_ids(group) == {ada.user_id}
    assert bob.user_id in ada.group_members(group), "still a member"


def test_flow_13_message_in_chat_group(stack, ada, bob, eve):
    carol = stack.person("Carol")
    group = ada.new_group()
    sending, own_tab, receiving = ada.socket(), ada.socket(), bob.socket()
    absent_member, outside = eve.socket(), carol.socket()
    ada.enter_seen(group, sending)
    bob.enter_seen(group, receiving)
    eve.enter_seen(group, absent_member)
    eve.leave(group)
    sending.wait_type("group_chat_activitity", user_id=eve.user_id, is_enter=False)

    sending.send({"token": ada.token, "chat_type": "group", "chat_group_id": group, "message": "Hi all ✓"})
    frame = receiving.wait_type("group_chat_message")
    assert frame == {
        "type": "group_chat_message",
        "user_id": ada.user_id,
        "chat_group_id": group,
        "message": "Hi all ✓",
        "timestamp": frame["timestamp"],
        "seq": 1,
    }
    assert_timestamp(frame["timestamp"])
    assert sending.wait_type("group_chat_message") == frame, "the sender is present too"
    assert own_tab.wait_type("group_chat_message") == frame
    assert ada.whole_group(group) == [
        {"seq": 1, "user_id": ada.user_id, "message": "Hi all ✓", "timestamp": frame["timestamp"]}
    ]

    # Not to a member who is not present, not to anybody else; and no ack that was not asked for.
    absent_member.wait_type("notification_update", chat_group_id=group, unread=1)
    marker(bob, absent_member, eve, "to the absent member")
    marker(bob, outside, carol, "to somebody outside")
    marker(bob, sending, ada, "to the sender")
    assert_not_arrived(absent_member, "group_chat_message")
    assert_not_arrived(outside, "group_chat_message")
    assert_not_arrived(outside, "notification_update")
    assert_not_arrived(sending, "ack")
    assert len(sending.of_type("group_chat_message")) == 1, "once"


def test_flow_14_create_a_chat_group(stack, ada, bob, eve):
    own, other, undecided = ada.socket(), bob.socket(), eve.unsigned_socket()
    answer = seed(ada, "POST", "/chat_groups", {"name": "Analytical engines"})
    assert answer.status_code == 201
    group = answer.json()["chat_group_id"]
    assert answer.json() == {
        "chat_group_id": group,
        "name": "Analytical engines",
        "owner_id": ada.user_id,
        "members": 1,
        "is_member": True,
        "last_timestamp": None,
        "last_seq": 0,
        "unread": 0,
    }
    expected = {
        "type": "group_chat_update",
        "chat_group_id": group,
        "name": "Analytical engines",
        "owner_id": ada.user_id,
    }
    assert own.wait_type("group_chat_update", chat_group_id=group) == expected
    assert other.wait_type("group_chat_update", chat_group_id=group) == expected
    undecided.send({"token": eve.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready", "who is not signed in is told nothing"
    members = ada.group_members(group)
    assert list(members) == [ada.user_id] and members[ada.user_id]["present"] is False
    marker(bob, own, ada, "no announcement of a creator, who has not entered")
    assert announcements(own, group) == []
    assert len(own.of_type("group_chat_update", chat_group_id=group)) == 1


def test_flow_15_update_a_chat_group(stack, ada, bob, eve):
    group = ada.new_group("Before")
    own, other, undecided = ada.socket(), bob.socket(), eve.unsigned_socket()

    # Without any id, as the seed has it: the one group that the caller owns.
    answer = seed(ada, "PUT", "/chat_groups", {"name": "After"})
    assert answer.status_code == 200
    assert (answer.json()["chat_group_id"], answer.json()["name"]) == (group, "After")
    expected = {"type": "group_chat_update", "chat_group_id": group, "name": "After", "owner_id": ada.user_id}
    for socket in (own, other):
        assert socket.wait_type("group_chat_update", chat_group_id=group) == expected
    undecided.send({"token": eve.token})
    undecided.wait_type("ready")
    assert undecided.frames[0]["type"] == "ready", "who is not signed in is told nothing"

    # "name": int, as the seed has it: its decimal text.
    assert seed(ada, "PUT", "/chat_groups", {"name": 1843}).json()["name"] == "1843"
    assert other.wait_type("group_chat_update", chat_group_id=group, name="1843")["owner_id"] == ada.user_id
    assert bob.group_row(group)["name"] == "1843"
    assert seed(bob, "PUT", "/chat_groups", {"name": "mine"}).status_code == 409, "who owns none"
    marker(bob, own, ada, "nothing more is told")
    assert len(own.of_type("group_chat_update", chat_group_id=group)) == 2
