"""Who is online, and who is told (protocol.md section 4, promise 8). The grace is 1.5 s here."""

from support.checks import assert_not_arrived, let_the_grace_pass, marker
from support.waiting import wait_until

GRACE_S = 1.5


def activities(watcher, person):
    return [f["login"] for f in watcher.of_type("user_activity", user_id=person.user_id)]


def test_a_reload_does_not_flap(stack, ada, bob):
    watcher = ada.socket()
    for _ in range(3):
        bob.socket().vanish()
    staying = bob.socket()
    let_the_grace_pass(stack, watcher)
    assert activities(watcher, bob) == [True]
    assert bob.user_id in ada.online_ids()
    staying.close()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)


def test_never_offline_while_a_tab_is_left_and_then_once(stack, ada, bob):
    watcher = ada.socket()
    tabs = [bob.socket() for _ in range(3)]
    tabs[0].vanish()
    tabs[1].close()
    let_the_grace_pass(stack, watcher)
    assert activities(watcher, bob) == [True]
    tabs[2].vanish()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)
    let_the_grace_pass(stack, watcher)
    assert activities(watcher, bob) == [True, False]
    ada.wait_online(bob, False)


def test_a_vanished_socket_is_offline_after_the_grace_not_before(stack, ada, bob):
    watcher, friend = ada.socket(), stack.person("Friend")
    bob.socket().vanish()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    marker(friend, watcher, ada, "right after the loss")
    assert activities(watcher, bob) == [True]
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False, deadline=GRACE_S + 4)


def test_logout_is_offline_at_once(stack, ada, bob):
    watcher, _ = ada.socket(), bob.socket()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    assert bob.get("/logout").status_code == 204
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False, deadline=GRACE_S - 0.3)
    ada.wait_online(bob, False, 1.0)


def test_logout_of_one_device_keeps_the_other_online(stack, ada, bob):
    watcher = ada.socket()
    first = bob.token
    second = bob.login()
    leaving, staying = bob.socket(first), bob.socket(second)
    bob.get("/logout", token=first)
    assert leaving.wait_closed(1.0) == 4403
    let_the_grace_pass(stack, watcher)
    assert activities(watcher, bob) == [True]
    staying.ping()


def test_logout_in_the_grace_after_the_last_socket_is_offline_at_once_and_once(stack, ada, bob):
    watcher = ada.socket()
    bob.socket().vanish()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    bob.get("/logout")
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)
    let_the_grace_pass(stack, watcher)
    assert activities(watcher, bob) == [True, False]


def test_everybody_online_hears_it_own_sockets_included(stack, ada, bob, eve):
    watchers = [ada.socket(), eve.socket()]
    own = bob.socket()
    for socket in [*watchers, own]:
        socket.wait_type("user_activity", user_id=bob.user_id, login=True)
    unsigned = eve.unsigned_socket()
    other_device = bob.token
    bob.login()
    keeps = bob.socket()
    bob.get("/logout", token=other_device)
    assert own.wait_closed(1.0) == 4403
    marker(ada, watchers[1], eve, "mark")
    assert_not_arrived(watchers[1], "user_activity", user_id=bob.user_id, login=False)
    assert unsigned.frames == []
    keeps.close()


def test_the_list_of_users_agrees_with_what_is_told(stack, ada, bob):
    watcher = ada.socket()
    assert bob.user_id not in ada.online_ids()
    socket = bob.socket()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    assert bob.user_id in ada.online_ids()
    socket.vanish()
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False)
    assert bob.user_id not in ada.online_ids()


def test_a_vanished_network_is_noticed(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    watcher = ada.socket()
    silent = bob.raw_socket()  # reads nothing from here on, so answers no ping
    watcher.wait_type("user_activity", user_id=bob.user_id, login=True)
    watcher.wait_type("user_activity", user_id=bob.user_id, login=False, deadline=10)
    assert watcher.close_code is None, "who answers stays"
    assert activities(watcher, bob) == [True, False]
    silent.drop()


def test_who_answers_pings_stays_for_many_intervals(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    watcher, quiet = ada.socket(), bob.socket()
    for _ in range(2):
        let_the_grace_pass(strict_stack, watcher)
    quiet.ping()
    assert activities(watcher, bob) == [True]
    wait_until(lambda: bob.user_id in ada.online_ids(), what="bob online")
