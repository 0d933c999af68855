"""Groups over HTTP: who may do what, membership, history, sending. Who is present: test_group_presence.py."""

import threading

import pytest

from support.checks import (
    assert_not_arrived,
    assert_ordered,
    assert_problem,
    marker,
    texts_in_group,
)

NOBODYS = 999_999_999


@pytest.fixture
def group(ada):
    return ada.new_group()


# ---- names


@pytest.mark.parametrize(
    "name, stored",
    [("  Engines ", "Engines"), ("g" * 100, "g" * 100), ("ü😀", "ü😀"), (7, "7"), (-12, "-12"), ("7", "7")],
)
def test_names_are_trimmed_and_numbers_are_their_text(stack, ada, name, stored):
    answer = ada.post("/chat_groups", {"name": name})
    assert answer.status_code == 201 and answer.json()["name"] == stored
    assert ada.group_row(answer.json()["chat_group_id"])["name"] == stored


@pytest.mark.parametrize("name", [None, "", "  ", "g" * 101, "a\nb", "a\u0000b", "\u202eevil", True, [], {}, 1.5])
def test_a_bad_name_is_refused(stack, ada, group, name):
    before = ada.group_row(group)
    assert_problem(ada.post("/chat_groups", {"name": name}), 422, "invalid_field", "name")
    assert_problem(ada.put(f"/chat_groups/{group}", {"name": name}), 422, "invalid_field", "name")
    assert ada.group_row(group) == before


def test_two_groups_may_have_one_name(stack, ada, bob):
    assert ada.new_group("Twins") != bob.new_group("Twins")


# ---- the list


def test_the_list_can_be_narrowed(stack, ada, bob):
    first, second, third = ada.new_group("Ünique engines"), bob.new_group("ünique looms"), ada.new_group("Others")

    def ids(person=ada, **query):
        rows = person.get("/chat_groups", query={"after": first - 1, **query}).json()["chat_groups"]
        return [row["chat_group_id"] for row in rows]

    assert ids() == [first, second, third]
    assert ids(limit=2) == [first, second]
    assert ids(after=first) == [second, third]
    assert ids(is_member="true") == [first, third]
    assert ids(bob, is_member="true") == [second]
    assert ids(q="engines") == [first]
    assert ids(q="ENGINES") == [first]
    assert ids(q="looms", is_member="true") == []


# ---- the owner's rights


def test_only_the_owner_changes_a_group(stack, ada, bob, eve, group):
    bob.enter(group)
    before = ada.group_row(group)
    for person in (bob, eve):
        assert_problem(person.put(f"/chat_groups/{group}", {"name": "mine"}), 403, "forbidden")
        assert_problem(person.put("/chat_groups", {"chat_group_id": group, "name": "mine"}), 403, "forbidden")
        body = {"chat_group_id": group, "owner_id": person.user_id}
        assert_problem(person.put("/chat_groups", body), 403, "forbidden")
    assert ada.group_row(group) == before


def test_a_change_names_its_group_in_the_body_or_the_path_or_not_at_all(stack, ada, bob):
    assert_problem(ada.put("/chat_groups", {"name": "which?"}), 409, "group_id_required")
    first = ada.new_group("one")
    assert ada.put("/chat_groups", {"name": "only"}).json()["chat_group_id"] == first
    second = ada.new_group("two")
    assert_problem(ada.put("/chat_groups", {"name": "which?"}), 409, "group_id_required")
    assert ada.put("/chat_groups", {"chat_group_id": second, "name": "by body"}).status_code == 200
    assert ada.put(f"/chat_groups/{first}", {"name": "by path"}).status_code == 200
    assert ada.put(f"/chat_groups/{first}", {"chat_group_id": first, "name": "by both"}).status_code == 200
    contradiction = ada.put(f"/chat_groups/{first}", {"chat_group_id": second, "name": "which?"})
    assert_problem(contradiction, 422, "invalid_field", "chat_group_id")
    assert ada.group_row(first)["name"] == "by both"
    assert ada.group_row(second)["name"] == "by body"


@pytest.mark.parametrize(
    "body, field",
    [({}, "name"), ({"owner_id": "7"}, "owner_id"), ({"owner_id": 0}, "owner_id"), ({"chat_group_id": "x", "name": "n"}, "chat_group_id")],
)
def test_a_bad_change_is_refused(stack, ada, group, body, field):
    assert_problem(ada.put("/chat_groups", body), 422, "invalid_field", field)


def test_handing_over(stack, ada, bob, eve, group):
    watcher = eve.socket()
    assert_problem(ada.put(f"/chat_groups/{group}", {"owner_id": bob.user_id}), 422, "invalid_field", "owner_id")
    assert_problem(ada.put(f"/chat_groups/{group}", {"owner_id": NOBODYS}), 422, "invalid_field", "owner_id")
    bob.enter(group)
    answer = ada.put(f"/chat_groups/{group}", {"owner_id": bob.user_id})
    assert answer.status_code == 200 and answer.json()["owner_id"] == bob.user_id
    watcher.wait_type("group_chat_update", chat_group_id=group, owner_id=bob.user_id)
    assert_problem(ada.put(f"/chat_groups/{group}", {"name": "still mine?"}), 403, "forbidden")
    assert bob.put(f"/chat_groups/{group}", {"name": "mine now"}).status_code == 200
    assert ada.group_row(group)["is_member"] is True


def test_a_change_that_changes_nothing_is_told_to_nobody(stack, ada, bob, eve):
    group = ada.new_group("Same")
    watcher = bob.socket()
    for body in ({"name": "Same"}, {"name": " Same "}, {"owner_id": ada.user_id}):
        assert ada.put(f"/chat_groups/{group}", body).status_code == 200
    assert ada.put(f"/chat_groups/{group}", {"name": "Other"}).status_code == 200
    watcher.wait_type("group_chat_update", chat_group_id=group, name="Other")
    assert len(watcher.of_type("group_chat_update", chat_group_id=group)) <= 2, "the creation may be one"
    assert watcher.of_type("group_chat_update", chat_group_id=group)[-1]["name"] == "Other"


# ---- membership


def test_membership_lasts(stack, ada, bob, group):
    bob.enter(group)
    bob.leave(group)
    socket = bob.socket()
    assert bob.get("/logout").status_code == 204
    socket.wait_closed()
    bob.login()
    row = bob.group_row(group)
    assert row["is_member"] is True and row["members"] == 2
    assert bob.group_members(group)[bob.user_id]["present"] is False
    assert bob.post_in_group(group, "a member need not be present").status_code == 201


def test_groups_are_open_to_read_and_to_members_to_write(stack, ada, eve, group):
    ada.post_in_group(group, "for everybody")
    assert [m["message"] for m in eve.whole_group(group)] == ["for everybody"]
    assert list(eve.group_members(group)) == [ada.user_id]

    assert_problem(eve.post_in_group(group, "let me in"), 403, "forbidden")
    socket = eve.socket()
    socket.send(eve.group_frame(group, "let me in", "no"))
    error = socket.wait_type("error", client_msg_id="no")
    assert error["code"] == "forbidden"
    assert_problem(eve.put("/notifications", {"chat_group_id": group}), 404, "not_found")
    assert eve.group_notification(group) is None
    row = eve.group_row(group)
    assert row["is_member"] is False and row["unread"] == 0 and row["members"] == 1, "reading makes no member"
    assert len(ada.whole_group(group)) == 1


def test_what_does_not_exist_is_not_found(stack, ada, bob):
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "a room is no group"}).json()["chat_room_id"]
    socket = ada.socket()
    for number in (NOBODYS, room):
        for answer in (
            ada.get(f"/chat_groups/{number}"),
            ada.get(f"/users/group/{number}"),
            ada.post(f"/chat_groups/{number}", {"is_enter": True}),
            ada.post(f"/chat_groups/{number}", {"is_enter": False}),
            ada.post_in_group(number, "x"),
            ada.put(f"/chat_groups/{number}", {"name": "x"}),
            ada.put("/chat_groups", {"chat_group_id": number, "name": "x"}),
            ada.delete(f"/chat_groups/{number}/members/{ada.user_id}"),
            ada.put("/notifications", {"chat_group_id": number}),
        ):
            assert_problem(answer, 404, "not_found")
        socket.send(ada.group_frame(number, "x", f"n{number}"))
        assert socket.wait_type("error", client_msg_id=f"n{number}")["code"] == "not_found"
    group = ada.new_group()
    assert_problem(ada.get(f"/chat_rooms/{group}"), 404, "not_found")


@pytest.mark.parametrize("odd", ["0", "-1", "abc", "9007199254740993", "1e3", "1.0"])
def test_odd_numbers_in_the_address_are_not_found(stack, ada, odd):
    for answer in (ada.get(f"/chat_groups/{odd}"), ada.get(f"/users/group/{odd}"), ada.put(f"/chat_groups/{odd}", {"name": "x"})):
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"is_enter": None}, {"is_enter": 1}, {"is_enter": "true"}, {"is_enter": []}])
def test_is_enter_is_a_boolean(stack, ada, group, body):
    assert_problem(ada.post(f"/chat_groups/{group}", body), 422, "invalid_field", "is_enter")
    assert ada.present_ids(group) == set()


# ---- the end of a membership


def test_who_may_end_a_membership(stack, ada, bob, eve, group):
    carol = stack.person("Carol")
    bob.enter(group), eve.enter(group)

    def end(caller, member):
        return caller.delete(f"/chat_groups/{group}/members/{member.user_id}")

    assert_problem(end(bob, eve), 403, "forbidden")
    assert_problem(end(bob, ada), 403, "forbidden")
    assert_problem(end(carol, bob), 403, "forbidden")
    assert_problem(end(ada, carol), 404, "not_found")
    assert_problem(end(carol, carol), 404, "not_found")
    assert_problem(end(ada, ada), 409, "conflict")
    assert set(ada.group_members(group)) == {ada.user_id, bob.user_id, eve.user_id}

    assert end(bob, bob).status_code == 204
    assert end(ada, eve).status_code == 204
    assert_problem(end(ada, eve), 404, "not_found")
    row = ada.group_row(group)
    assert row["members"] == 1 and list(ada.group_members(group)) == [ada.user_id]
    for person in (bob, eve):
        assert_problem(person.post_in_group(group, "still here?"), 403, "forbidden")
        assert person.group_row(group)["is_member"] is False
    bob.enter(group)
    assert set(ada.group_members(group)) == {ada.user_id, bob.user_id}, "groups are open: he may come back"

    assert ada.put(f"/chat_groups/{group}", {"owner_id": bob.user_id}).status_code == 200
    assert end(ada, ada).status_code == 204
    assert list(bob.group_members(group)) == [bob.user_id]


def test_an_ended_membership_is_told_to_its_user_and_to_who_is_present(stack, ada, bob, eve, group):
    owner, removed, second_tab, outside = ada.socket(), bob.socket(), bob.socket(), eve.socket()
    eve.enter(group), eve.leave(group)
    ada.enter_seen(group, owner)
    bob.enter_seen(group, removed)
    assert ada.delete(f"/chat_groups/{group}/members/{bob.user_id}").status_code == 204
    expected = {"type": "group_member_removed", "chat_group_id": group, "user_id": bob.user_id}
    for socket in (owner, removed, second_tab):
        assert socket.wait_type("group_member_removed") == expected
    left = owner.wait_type("group_chat_activitity", user_id=bob.user_id, is_enter=False)
    assert left["message"] == "Bob Byron left the group"
    ada.say_in_group(owner, group, "without him")
    owner.wait_type("group_chat_message", message="without him")
    marker(ada, removed, bob, "to the removed")
    marker(ada, outside, eve, "to a member who is not present")
    assert texts_in_group(removed, group) == []
    assert_not_arrived(removed, "group_chat_activitity", is_enter=False)
    assert_not_arrived(outside, "group_member_removed")
    assert len(removed.of_type("group_member_removed")) == 1
    assert ada.present_ids(group) == {ada.user_id}


# ---- history


def test_pages_joined_are_the_conversation_while_others_write(stack, ada, bob, group):
    bob.enter(group)
    sending = bob.socket()
    total = 600
    writer = threading.Thread(
        target=lambda: sending.send_all(bob.group_frame(group, f"m{n}", f"k{n}") for n in range(total))
    )
    writer.start()
    found = []
    while len(found) < total:  # every page is read while the rest is written
        cursor = found[-1]["timestamp"] if found else "1970-01-01T00:00:00Z"
        found += ada.get(f"/chat_groups/{group}", query={"timestamp": cursor, "limit": 37}).json()["messages"]
    writer.join()
    assert_ordered(found)
    assert [m["message"] for m in found] == [f"m{n}" for n in range(total)]

    backwards = ada.get(f"/chat_groups/{group}").json()["messages"]
    while len(backwards) < total:
        query = {"timestamp": backwards[0]["timestamp"], "before": "true", "limit": 91}
        backwards = ada.get(f"/chat_groups/{group}", query=query).json()["messages"] + backwards
    assert backwards == found


# ---- sending


def test_a_message_by_http_reaches_those_present(stack, ada, bob, eve, group):
    own, receiving, outside = ada.socket(), bob.socket(), eve.socket()
    ada.enter_seen(group, own)
    bob.enter_seen(group, receiving)
    answer = ada.post_in_group(group, "by HTTP ✓", "h1")
    assert answer.status_code == 201
    body = answer.json()
    assert body == {
        "chat_group_id": group,
        "user_id": ada.user_id,
        "seq": 1,
        "message": "by HTTP ✓",
        "timestamp": body["timestamp"],
        "client_msg_id": "h1",
        "duplicate": False,
    }
    expected = {
        "type": "group_chat_message",
        "user_id": ada.user_id,
        "chat_group_id": group,
        "seq": 1,
        "message": "by HTTP ✓",
        "timestamp": body["timestamp"],
    }
    assert receiving.wait_type("group_chat_message") == expected
    assert own.wait_type("group_chat_message") == expected
    marker(bob, outside, eve, "after it")
    assert_not_arrived(outside, "group_chat_message")


def test_one_client_msg_id_is_one_message_over_http_and_socket(stack, ada, bob, group):
    other_group = ada.new_group()
    socket, watcher = ada.socket(), bob.socket()
    ada.enter_seen(group, socket)
    bob.enter_seen(group, watcher)
    ack = ada.say_in_group(socket, group, "once", "same")
    assert ack["chat_group_id"] == group and ack["duplicate"] is False
    assert ada.say_in_group(socket, group, "once", "same") == {**ack, "duplicate": True}
    repeat = ada.post_in_group(group, "other words", "same")
    assert repeat.status_code == 200
    assert repeat.json() == {
        "chat_group_id": group,
        "user_id": ada.user_id,
        "seq": ack["seq"],
        "message": "once",
        "timestamp": ack["timestamp"],
        "client_msg_id": "same",
        "duplicate": True,
    }
    socket.vanish()
    socket = ada.socket()
    assert ada.say_in_group(socket, group, "once", "same") == {**ack, "duplicate": True}

    posted = ada.post_in_group(group, "by HTTP first", "second").json()
    assert ada.say_in_group(socket, group, "x", "second")["seq"] == posted["seq"] == 2
    assert bob.post_in_group(group, "mine", "same").json()["duplicate"] is False, "each sender has their own"
    assert ada.say_in_group(socket, other_group, "there", "same")["duplicate"] is False, "each group its own"
    watcher.wait_type("group_chat_message", message="mine")
    assert texts_in_group(watcher, group) == ["once", "by HTTP first", "mine"]
    assert [m["message"] for m in ada.whole_group(group)] == ["once", "by HTTP first", "mine"]


@pytest.mark.parametrize("change, field", [({"message": None}, "message"), ({"message": ""}, "message"), ({"message": "x" * 16001}, "message"), ({"client_msg_id": ""}, "client_msg_id")])
def test_a_bad_message_is_refused(stack, ada, group, change, field):
    body = {"message": "x", **change}
    assert_problem(ada.post(f"/chat_groups/{group}/messages", body), 422, "invalid_field", field)
    assert ada.whole_group(group) == []


def test_text_is_kept_to_the_byte(stack, ada, group):
    texts = [" leading and trailing \n", "ä\u0301👩‍👩‍👧‍👦\u202e", "\\\"\u2028</script>", "x" * 16000, "ü" * 8000]
    socket = ada.socket()
    ada.enter_seen(group, socket)
    for n, text in enumerate(texts):
        if n % 2:
            assert ada.post_in_group(group, text).status_code == 201
        else:
            ada.say_in_group(socket, group, text)
        assert socket.wait_type("group_chat_message", seq=n + 1)["message"] == text
    assert [m["message"] for m in ada.whole_group(group)] == texts
