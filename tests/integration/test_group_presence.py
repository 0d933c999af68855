"""Who is "currently in the chat group", and who is told (protocol.md section 4). The grace is 1.5 s here.

Announcements of one group go out in the order in which the database decided them, so somebody's later entering is a
fence: what was not heard before it was not said.
"""

import json
import random
import signal
import threading
import time

from support.checks import announcements, let_the_grace_pass, marker, texts_in_group
from support.waiting import wait_until

GRACE_S = 1.5


def fence(stack, watcher, group):
    """Everything that happened to this group so far has been told to who is present."""
    last = stack.person("Fence")
    last.enter(group)
    watcher.wait_type("group_chat_activitity", chat_group_id=group, user_id=last.user_id, is_enter=True)
    last.leave(group)
    watcher.wait_type("group_chat_activitity", chat_group_id=group, user_id=last.user_id, is_enter=False)


def heard(socket, group, person):
    return [is_enter for _, is_enter in announcements(socket, group, person)]


def scene(stack, ada, bob):
    """(group, ada's socket, bob's socket): both are present and know it."""
    group = ada.new_group()
    watcher, socket = ada.socket(), bob.socket()
    ada.enter_seen(group, watcher)
    bob.enter_seen(group, socket)
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id)
    return group, watcher, socket


# ---- entering and leaving


def test_entering_twice_announces_once(stack, ada, bob):
    group = ada.new_group()
    watcher, tabs = ada.socket(), [bob.socket(), bob.socket()]
    ada.enter_seen(group, watcher)
    for _ in range(3):
        bob.enter(group)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True]
    for tab in tabs:
        tab.wait_type("group_chat_activitity", user_id=bob.user_id)
        assert heard(tab, group, bob) == [True]
    for _ in range(3):
        bob.leave(group)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]
    assert ada.present_ids(group) == {ada.user_id}


def test_leaving_without_having_entered_is_no_news(stack, ada, bob):
    group = ada.new_group()
    watcher = ada.socket()
    ada.enter_seen(group, watcher)
    bob.leave(group)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == []
    assert bob.user_id not in ada.group_members(group)


def test_the_first_in_hears_of_his_own_entering_alone(stack, ada, bob):
    group, other = ada.new_group(), bob.new_group()
    own, outside = ada.socket(), bob.socket()
    ada.enter_seen(group, own)
    bob.enter_seen(other, outside)
    assert announcements(outside, group) == []
    marker(bob, own, ada, "nothing of the other group")
    assert announcements(own, other) == []


def test_one_tab_enters_and_all_tabs_get_the_messages(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    second = bob.socket()
    ada.say_in_group(watcher, group, "to all tabs")
    for tab in (socket, second):
        tab.wait_type("group_chat_message", message="to all tabs")
        assert texts_in_group(tab, group) == ["to all tabs"]


def test_who_is_not_present_gets_no_messages(stack, ada, bob, eve):
    group, watcher, socket = scene(stack, ada, bob)
    member = eve.socket()
    eve.enter_seen(group, member)
    eve.leave(group)
    watcher.wait_type("group_chat_activitity", user_id=eve.user_id, is_enter=False)
    ada.say_in_group(watcher, group, "one")
    eve.say_in_group(member, group, "from outside")
    socket.wait_type("group_chat_message", message="from outside")
    marker(bob, member, eve, "after both")
    assert texts_in_group(member, group) == []
    assert texts_in_group(socket, group) == ["one", "from outside"]


# ---- sockets come and go


def test_a_reload_is_no_news(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    for _ in range(3):
        socket.vanish()
        socket = bob.socket()
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True]
    ada.say_in_group(watcher, group, "still there")
    socket.wait_type("group_chat_message", message="still there")


def test_one_of_two_sockets_keeps_him_present(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    second = bob.socket()
    socket.vanish()
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True]
    second.vanish()
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False], "once, after the last socket"


def test_the_loss_of_the_last_socket_ends_presence_everywhere_after_the_grace(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    second = ada.new_group()
    ada.enter_seen(second, watcher)
    bob.enter_seen(second, socket)
    socket.vanish()
    marker(stack.person("Friend"), watcher, ada, "right after the loss")
    assert heard(watcher, group, bob) == [True], "not before the grace is over"
    for number in (group, second):
        left = watcher.wait_type("group_chat_activitity", chat_group_id=number, user_id=bob.user_id, is_enter=False)
        assert left["message"] == "Bob Byron left the group"
        ada.wait_present(number, ada)
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)

    back = bob.socket()
    ada.say_in_group(watcher, group, "he is online, but has not entered")
    back.wait_type("notification_update", chat_group_id=group, unread=1)
    assert texts_in_group(back, group) == []
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]


# ---- logout


def test_logout_leaves_at_once(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    assert bob.get("/logout").status_code == 204
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False, deadline=GRACE_S - 0.3)
    assert socket.wait_closed() == 4403
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]
    assert ada.present_ids(group) == {ada.user_id}


def test_logout_of_one_session_keeps_him_present_by_the_other(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    first = bob.token
    bob.login()
    staying = bob.socket()
    assert bob.get("/logout", token=first).status_code == 204
    assert socket.wait_closed(1.0) == 4403
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True]
    ada.say_in_group(watcher, group, "on the other device")
    staying.wait_type("group_chat_message", message="on the other device")


def test_logout_in_the_grace_leaves_at_once_and_once(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    socket.vanish()
    assert bob.get("/logout").status_code == 204
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]


def test_logout_without_a_socket_clears_presence(stack, ada, bob):
    group = ada.new_group()
    watcher = ada.socket()
    ada.enter_seen(group, watcher)
    bob.enter(group)
    assert bob.get("/logout").status_code == 204
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False, deadline=GRACE_S - 0.3)
    assert ada.present_ids(group) == {ada.user_id}
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]


def test_a_suspended_user_is_no_longer_present(stack, ada, bob):
    group, watcher, socket = scene(stack, ada, bob)
    stack.sql("UPDATE users SET suspended_at_ms = 1 WHERE id = %s", bob.user_id)
    event = {"v": 1, "type": "user_suspended", "user_id": bob.user_id}
    now_ms = int(time.time() * 1000)
    stack.sql("INSERT INTO events (created_at_ms, payload) VALUES (%s, %s)", now_ms, json.dumps(event))
    assert socket.wait_closed(1.0) == 4403
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    ada.wait_present(group, ada)


# ---- entering without a socket


def test_entering_without_a_socket_gives_one_grace(stack, ada, bob, eve):
    group = ada.new_group()
    watcher = ada.socket()
    ada.enter_seen(group, watcher)
    bob.enter(group)
    eve.enter(group)
    in_time = eve.socket()
    watcher.wait_type("group_chat_activitity", user_id=eve.user_id, is_enter=True)
    assert heard(watcher, group, bob) == [True]
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    let_the_grace_pass(stack, watcher)
    fence(stack, watcher, group)
    assert heard(watcher, group, bob) == [True, False]
    assert heard(watcher, group, eve) == [True]
    assert ada.present_ids(group) == {ada.user_id, eve.user_id}
    ada.say_in_group(watcher, group, "she came in time")
    in_time.wait_type("group_chat_message", message="she came in time")
    assert watcher.of_type("user_activity", user_id=bob.user_id) == [], "he was never online"


# ---- the daemon dies


def new_daemon(stack, old):
    """Waits until it answers; does not sign anybody in."""
    wait_until(lambda: stack.pid("wsd") not in (None, old), 15, "a new daemon", pause=0.01)


def back_at_once(person):
    """Signs in as soon as somebody takes it, as a good client does."""

    def attempt():
        try:
            return person.socket()
        except Exception:  # 502, a refused connection, 1012
            return None

    return wait_until(attempt, 15, "a socket", pause=0.01)


def crash(stack, signal_number, *people):
    """The daemon ends, and these people come back at once."""
    old = stack.kill_part("wsd", signal_number)
    new_daemon(stack, old)
    return [back_at_once(person) for person in people]


def test_a_crash_of_the_daemon_clears_who_does_not_come_back(broken):
    ada, bob, eve = broken.person("Ada"), broken.person("Bob"), broken.person("Eve")
    group = ada.new_group()
    sockets = [person.socket() for person in (ada, bob, eve)]
    for person, socket in zip((ada, bob, eve), sockets):
        person.enter_seen(group, socket)
    watcher, staying = crash(broken, signal.SIGKILL, ada, eve)
    watcher.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False, deadline=20)
    assert ada.present_ids(group) == {ada.user_id, eve.user_id}
    fence(broken, watcher, group)
    assert heard(watcher, group, bob) == [False], "once"
    assert heard(watcher, group, ada) == heard(watcher, group, eve) == [], "who came back is no news"
    ada.say_in_group(watcher, group, "we are still here")
    staying.wait_type("group_chat_message", message="we are still here")


def test_a_restart_of_the_daemon_keeps_who_comes_back(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    group = ada.new_group()
    first = ada.socket()
    ada.enter_seen(group, first)
    bob.enter_seen(group, bob.socket())
    watcher, staying = crash(broken, signal.SIGTERM, ada, bob)
    assert first.wait_closed() == 1012
    let_the_grace_pass(broken, watcher)
    fence(broken, watcher, group)
    assert heard(watcher, group, ada) == heard(watcher, group, bob) == []
    assert ada.present_ids(group) == {ada.user_id, bob.user_id}
    ada.say_in_group(watcher, group, "after the restart")
    staying.wait_type("group_chat_message", message="after the restart")


def test_what_happens_while_the_daemon_is_away_is_true_afterwards(broken):
    ada, bob, eve = broken.person("Ada"), broken.person("Bob"), broken.person("Eve")
    group = ada.new_group()
    ada.enter_seen(group, ada.socket())
    bob.enter_seen(group, bob.socket())
    old = broken.kill_part("wsd")
    bob.leave(group)
    eve.enter(group)
    sent = ada.post_in_group(group, "nobody hears this live")
    assert sent.status_code == 201
    new_daemon(broken, old)
    watcher, left, entered = back_at_once(ada), back_at_once(bob), back_at_once(eve)
    let_the_grace_pass(broken, watcher)
    fence(broken, watcher, group)
    assert ada.present_ids(group) == {ada.user_id, eve.user_id}
    ada.say_in_group(watcher, group, "now")
    for socket in (watcher, entered):
        socket.wait_type("group_chat_message", message="now")
    left.wait_type("notification_update", chat_group_id=group)
    assert texts_in_group(left, group) == []
    assert [m["message"] for m in ada.whole_group(group)] == ["nobody hears this live", "now"]


def test_nobody_is_present_after_a_crash_that_nobody_survives(broken):
    ada, bob = broken.person("Ada"), broken.person("Bob")
    group = ada.new_group()
    ada.enter_seen(group, ada.socket())
    bob.enter_seen(group, bob.socket())
    old = broken.kill_part("wsd")
    new_daemon(broken, old)
    ada.wait_present(group, deadline=20)
    assert broken.sql("SELECT * FROM present WHERE conversation_id = %s", group) == []


def test_presence_is_true_after_crashes_amid_changes(broken):
    auditor, people = broken.person("Auditor"), [broken.person(f"Person{n}") for n in range(3)]
    group = auditor.new_group()
    everybody = [auditor, *people]
    sockets = [person.socket() for person in everybody]
    auditor.enter_seen(group, sockets[0])
    stopping, failures = threading.Event(), []

    def come_and_go(person, chance):
        while not stopping.wait(0.02):  # an address may ask 100 times a second
            answer = person.post(f"/chat_groups/{group}", {"is_enter": chance.random() < 0.6})
            if answer.status_code != 204:
                failures.append(answer.text)

    threads = [threading.Thread(target=come_and_go, args=(p.twin(), random.Random(n))) for n, p in enumerate(people)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        sockets = crash(broken, signal.SIGKILL, *everybody)
    stopping.set()
    for thread in threads:
        thread.join()
    assert failures == []

    people[0].enter(group), people[1].leave(group), people[2].enter(group)
    let_the_grace_pass(broken, sockets[0])
    auditor.wait_present(group, auditor, people[0], people[2])
    fence(broken, sockets[0], group)
    last = auditor.say_in_group(sockets[0], group, "the end")
    for n in (0, 1, 3):
        sockets[n].wait_type("group_chat_message", chat_group_id=group, seq=last["seq"])
    marker(auditor, sockets[2], people[1], "to the one who left")
    assert texts_in_group(sockets[2], group) == []
    for person in people:  # each said entered and left in turns
        said = heard(sockets[0], group, person)
        assert all(a != b for a, b in zip(said, said[1:])), said
