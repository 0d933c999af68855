"""Pages of history: directions, limits, has_more, every form of cursor."""

import pytest

from support.checks import assert_ordered, assert_problem, assert_timestamp, to_ms

COUNT = 1150


@pytest.fixture(scope="module")
def talk(stack):
    """(ada, bob, room id, all messages): a room of 1,150 messages."""
    ada, bob = stack.person("Ada"), stack.person("Bob")
    socket = ada.socket()
    socket.send_all(ada.room_frame(bob, f"m{n}", f"h-{n}") for n in range(1, COUNT + 1))
    ack = socket.wait_type("ack", client_msg_id=f"h-{COUNT}", deadline=60)
    socket.close()
    room = ack["chat_room_id"]
    messages = ada.whole_room(room)
    assert [m["message"] for m in messages] == [f"m{n}" for n in range(1, COUNT + 1)]
    assert_ordered(messages)
    return ada, bob, room, messages


def test_without_timestamp_the_newest_hundred(talk):
    ada, _, room, messages = talk
    page = ada.history(room)
    assert page == {"messages": messages[-100:], "has_more": True}


def test_forward_pages_hold_a_thousand(talk):
    ada, _, room, messages = talk
    page = ada.history(room, timestamp=messages[0]["timestamp"])
    assert page == {"messages": messages[1:1001], "has_more": True}
    rest = ada.history(room, timestamp=messages[1000]["timestamp"])
    assert rest == {"messages": messages[1001:], "has_more": False}
    assert ada.history(room, timestamp=messages[-1]["timestamp"]) == {"messages": [], "has_more": False}


def test_backward_pages_hold_a_hundred_and_join(talk):
    ada, _, room, messages = talk
    found = ada.history(room)["messages"]
    while True:
        page = ada.history(room, timestamp=found[0]["timestamp"], before="true")
        assert len(page["messages"]) <= 100
        found = page["messages"] + found
        if not page["has_more"]:
            break
    assert found == messages
    assert ada.history(room, timestamp=messages[0]["timestamp"], before="true") == {"messages": [], "has_more": False}


def test_limit_lowers_but_does_not_raise(talk):
    ada, _, room, messages = talk
    assert ada.history(room, limit=3) == {"messages": messages[-3:], "has_more": True}
    assert len(ada.history(room, limit=5000)["messages"]) == 100
    assert len(ada.history(room, limit=5000, timestamp="1970-01-01T00:00:00Z")["messages"]) == 1000
    page = ada.history(room, limit=7, timestamp=messages[50]["timestamp"], before="true")
    assert page == {"messages": messages[43:50], "has_more": True}


def test_has_more_is_exact_at_the_edge(talk):
    ada, _, room, messages = talk
    at = messages[100]["timestamp"]
    assert ada.history(room, timestamp=at, before="true")["has_more"] is False
    assert ada.history(room, timestamp=messages[101]["timestamp"], before="true")["has_more"] is True
    assert ada.history(room, timestamp=messages[-101]["timestamp"], limit=100)["has_more"] is False
    assert ada.history(room, timestamp=messages[-102]["timestamp"], limit=100)["has_more"] is True


def test_every_form_of_a_cursor_means_the_same(talk):
    ada, _, room, messages = talk
    at = messages[-4]["timestamp"]
    milliseconds = to_ms(at)
    expected = messages[-3:]
    seconds, fraction = at[:-5], at[-5:-1]
    offset = to_offset(milliseconds)
    for form in (at, f"{seconds}{fraction}000Z", f"{seconds}{fraction}000000Z", offset, str(milliseconds)):
        assert ada.history(room, timestamp=form)["messages"] == expected, form
    for body in ({"timestamp": at}, {"timestamp": milliseconds}, {"timestamp": offset, "before": False}):
        assert ada.get(f"/chat_rooms/{room}", body).json()["messages"] == expected, body
    lower = ada.history(room, timestamp=f"{seconds.lower()}{fraction}z")["messages"]
    assert lower == expected


def to_offset(milliseconds):
    """The same moment on a clock that is 5 h 30 min ahead."""
    from datetime import datetime, timedelta, timezone

    zone = timezone(timedelta(hours=5, minutes=30))
    moment = datetime.fromtimestamp(milliseconds // 1000, zone)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03d}+05:30"


def test_a_cursor_without_decimals(talk):
    ada, _, room, messages = talk
    at = messages[500]["timestamp"][:19] + "Z"
    page = ada.history(room, timestamp=at)["messages"]
    assert page == [m for m in messages if m["timestamp"] > at[:19] + ".000Z"][:1000]


def test_the_query_wins_over_the_body_and_before_is_a_boolean(talk):
    ada, _, room, messages = talk
    body = {"timestamp": messages[10]["timestamp"], "before": True}
    assert ada.get(f"/chat_rooms/{room}", body).json()["messages"] == messages[:10]
    page = ada.get(f"/chat_rooms/{room}", body, query={"before": "false", "limit": 1})
    assert page.json()["messages"] == [messages[11]]


@pytest.mark.parametrize(
    "body, field",
    [
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-02-30T00:00:00Z"}, "timestamp"),
        ({"timestamp": "2026-11-22T17:04:12.1234567890Z"}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"timestamp": []}, "timestamp"),
        ({"timestamp": 1.5}, "timestamp"),
        ({"before": "maybe"}, "before"),
        ({"before": 1}, "before"),
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": "many"}, "limit"),
    ],
)
def test_a_bad_value_is_named(talk, body, field):
    ada, _, room, _ = talk
    assert_problem(ada.get(f"/chat_rooms/{room}", body), 422, "invalid_field", field)


def test_anothers_room_and_no_room_are_not_found(stack, talk, eve):
    _, _, room, _ = talk
    foreign, nothing = eve.get(f"/chat_rooms/{room}"), eve.get("/chat_rooms/999999999")
    assert_problem(foreign, 404, "not_found")
    assert foreign.json() == nothing.json()
    for odd in ("0", "-1", "abc", "9007199254740993", "1e3", str(room) + "/x"):
        assert_problem(eve.get(f"/chat_rooms/{odd}"), 404, "not_found")


def test_text_is_kept_to_the_byte(stack, ada, bob):
    texts = [" leading and trailing \n", "ä\u0301👩‍👩‍👧‍👦\u202e", "\\\"\u2028</script>", "x" * 16000, "ü" * 8000]
    room = None
    for text in texts:
        room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": text}).json()["chat_room_id"]
    assert [m["message"] for m in bob.history(room)["messages"]] == texts
    assert_timestamp(bob.history(room)["messages"][0]["timestamp"])
