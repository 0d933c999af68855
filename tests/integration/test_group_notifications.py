"""Read marks and notification_update of groups (protocol.md section 4). At most one a second and group, the last one final."""

from itertools import pairwise

from support.checks import assert_not_arrived, assert_problem, marker

INTERVAL_S = 1.0
SLACK_S = 0.3  # a frame may be late, so the next one may seem to come early


def scene(stack, ada, bob):
    """(group, ada's socket: present, bob's socket: a member who is not)."""
    group = ada.new_group()
    watcher, member = ada.socket(), bob.socket()
    ada.enter_seen(group, watcher)
    bob.enter_seen(group, member)
    bob.leave(group)
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    return group, watcher, member


def updates(socket, group):
    return socket.of_type("notification_update", chat_group_id=group)


def test_members_who_are_not_present_are_told_the_count(stack, ada, bob):
    group, watcher, member = scene(stack, ada, bob)
    second_tab = bob.socket()
    ack = ada.say_in_group(watcher, group, "one")
    expected = {
        "type": "notification_update",
        "chat_group_id": group,
        "unread": 1,
        "timestamp": ack["timestamp"],
    }
    assert member.wait_type("notification_update", chat_group_id=group) == expected
    assert second_tab.wait_type("notification_update", chat_group_id=group) == expected
    row = bob.group_notification(group)
    assert row == {
        "chat_group_id": group,
        "user_id": ada.user_id,
        "is_read": False,
        "unread": 1,
        "timestamp": ack["timestamp"],
    }


def test_at_most_one_a_second_and_the_last_has_the_final_count(stack, ada, bob):
    group, watcher, member = scene(stack, ada, bob)
    sent = 0
    while len(updates(member, group)) < 4:
        sent += 1
        last = ada.say_in_group(watcher, group, f"m{sent}")
        assert sent < 200_000, "no more updates"
    final = member.wait_type("notification_update", chat_group_id=group, unread=sent)
    assert final["timestamp"] == last["timestamp"]
    times = [at for at, f in zip(member.arrivals, member.frames) if f in updates(member, group)]
    assert all(b - a > INTERVAL_S - SLACK_S for a, b in pairwise(times)), times
    counts = [f["unread"] for f in updates(member, group)]
    assert counts == sorted(counts) and counts[-1] == sent
    assert bob.group_notification(group)["unread"] == sent


def test_a_lone_message_is_told_at_once_and_the_next_one_waits(quiet_stack):
    """The interval is a minute here: what comes did not wait for it, and what waits does not come."""
    ada, bob = quiet_stack.person("Ada"), quiet_stack.person("Bob")
    group, watcher, member = scene(quiet_stack, ada, bob)
    ada.say_in_group(watcher, group, "first")
    member.wait_type("notification_update", chat_group_id=group, unread=1)
    ada.say_in_group(watcher, group, "second")
    marker(ada, member, bob, "after the second")
    assert len(updates(member, group)) == 1
    other = ada.new_group()
    bob.enter_seen(other, member)
    bob.leave(other)
    ada.say_in_group(watcher, other, "another group has an interval of its own")
    member.wait_type("notification_update", chat_group_id=other, unread=1)


def test_those_present_and_those_who_are_no_members_are_not_told(stack, ada, bob, eve):
    carol = stack.person("Carol")
    group, watcher, member = scene(stack, ada, bob)
    present, outside = eve.socket(), carol.socket()
    eve.enter_seen(group, present)
    assert carol.whole_group(group) == [], "reading makes no member"
    ada.say_in_group(watcher, group, "one")
    present.wait_type("group_chat_message", message="one")
    member.wait_type("notification_update", chat_group_id=group, unread=1)
    # One count makes all its frames at once: what the member has, the others would have.
    for person, socket in ((ada, watcher), (eve, present), (carol, outside)):
        marker(bob, socket, person, "after the count")
        assert_not_arrived(socket, "notification_update", chat_group_id=group)


def test_a_former_member_is_not_told(stack, ada, bob, eve):
    group, watcher, member = scene(stack, ada, bob)
    former = eve.socket()
    eve.enter_seen(group, former)
    assert eve.delete(f"/chat_groups/{group}/members/{eve.user_id}").status_code == 204
    former.wait_type("group_member_removed")
    ada.say_in_group(watcher, group, "one")
    member.wait_type("notification_update", chat_group_id=group, unread=1)
    marker(bob, former, eve, "after the count")
    assert_not_arrived(former, "notification_update", chat_group_id=group)
    assert_not_arrived(former, "group_chat_message", chat_group_id=group)


def test_reading_is_told_to_the_other_tabs_and_to_nobody_else(stack, ada, bob):
    group, watcher, member = scene(stack, ada, bob)
    second_tab = bob.socket()
    sent = [ada.say_in_group(watcher, group, f"m{n}") for n in range(3)]
    member.wait_type("notification_update", chat_group_id=group, unread=3)
    mark = {"chat_group_id": group, "timestamp": sent[1]["timestamp"]}
    assert bob.put("/notifications", mark).status_code == 204
    expected = {
        "type": "notification_update",
        "chat_group_id": group,
        "unread": 1,
        "timestamp": sent[2]["timestamp"],
    }
    for tab in (member, second_tab):
        assert tab.wait_type("notification_update", unread=1, timestamp=sent[2]["timestamp"]) == expected
    marker(bob, watcher, ada, "after the mark")
    assert_not_arrived(watcher, "notification_update", chat_group_id=group)
    assert bob.group_notification(group)["unread"] == 1

    assert bob.put("/notifications", {"chat_group_id": group}).status_code == 204
    second_tab.wait_type("notification_update", chat_group_id=group, unread=0)
    row = bob.group_notification(group)
    assert row["is_read"] is True and row["unread"] == 0
    assert bob.put("/notifications", mark).status_code == 204
    assert bob.group_notification(group)["unread"] == 0, "marks never move back"


def test_entering_for_the_first_time_has_nothing_unread(stack, ada, bob):
    group = ada.new_group()
    for n in range(3):
        assert ada.post_in_group(group, f"before {n}").status_code == 201
    bob.enter(group)
    assert bob.group_notification(group)["unread"] == 0
    ada.post_in_group(group, "after")
    assert bob.group_notification(group)["unread"] == 1
    assert bob.group_row(group)["unread"] == 1
    assert bob.post_in_group(group, "sending moves the own mark").status_code == 201
    assert bob.group_notification(group)["unread"] == 0
    assert ada.group_notification(group)["unread"] == 1
    assert ada.group_notification(group)["user_id"] == bob.user_id, "who wrote last"


def test_who_is_offline_finds_the_count_when_he_comes(stack, ada, bob):
    group = ada.new_group()
    bob.enter(group), bob.leave(group)
    for n in range(5):
        assert ada.post_in_group(group, f"m{n}").status_code == 201
    socket = bob.socket()
    assert bob.group_notification(group)["unread"] == 5
    assert ada.post_in_group(group, "m5").status_code == 201
    socket.wait_type("notification_update", chat_group_id=group, unread=6)


def test_rooms_and_groups_come_newest_first(stack, ada, bob):
    group = ada.new_group()
    room = bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "1"}).json()["chat_room_id"]
    bob.enter(group)
    bob.post_in_group(group, "2")
    rows = ada.get("/notifications").json()["notifications"]
    assert [r.get("chat_group_id") or r.get("chat_room_id") for r in rows] == [group, room]
    bob.post("/chat_rooms", {"other_user_id": ada.user_id, "message": "3"})
    rows = ada.get("/notifications").json()["notifications"]
    assert [r.get("chat_group_id") or r.get("chat_room_id") for r in rows] == [room, group]
    assert [r["unread"] for r in rows] == [2, 1]


def test_a_group_without_messages_is_no_notification(stack, ada):
    group = ada.new_group()
    assert ada.group_notification(group) is None
    assert ada.put("/notifications", {"chat_group_id": group}).status_code == 204


def test_one_conversation_at_a_time(stack, ada, bob):
    group = ada.new_group()
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "1"}).json()["chat_room_id"]
    both = {"chat_group_id": group, "chat_room_id": room}
    assert_problem(ada.put("/notifications", both), 422, "invalid_field", "chat_group_id")
    assert_problem(ada.put("/notifications", {"chat_group_id": room}), 404, "not_found")
    assert_problem(ada.put("/notifications", {"chat_room_id": group}), 404, "not_found")
