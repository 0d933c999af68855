"""sql/admin/statistics.sql: the figures are those of what people did."""

import pytest

from support.administration import Refused, call

DAY_MS = 86400 * 1000


def figures(stack, days=14):
    people, messages, largest, busiest, unread, bot = stack.admin(call("admin_statistics", days))
    return {"people": people, "messages": messages, "largest": largest, "busiest": busiest, "unread": unread, "bot": bot}


@pytest.fixture(scope="module")
def own_stack():
    """Figures are of a whole server, so this one has no other guests."""
    from conftest import QUICK
    from support.stack import Stack

    with Stack(QUICK) as running:
        yield running


def test_an_empty_server_has_figures_too(own_stack):
    if own_stack.sql("SELECT 1 FROM users LIMIT 1"):
        pytest.skip("somebody is there already")
    people, *rest = own_stack.admin(call("admin_statistics", None))
    assert {value for value in people[0].values()} == {"0"}
    assert rest[:4] == [[], [], [], []] or rest[:-1] == []


def test_the_figures_are_right(own_stack):
    stack = own_stack
    ada, bob, eve = stack.person("Ada"), stack.person("Bob"), stack.person("Eve", login=False)
    socket = ada.socket()
    room = [ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": f"m{i}"}).json() for i in range(5)][0]
    room = room["chat_room_id"]
    group = ada.new_group("Largest")
    ada.enter_seen(group, socket)
    bob.enter(group)
    for i in range(30):
        ada.say_in_group(socket, group, f"g{i}")
    ada.ask_bot(socket, "Hello")
    # As if three of the group's messages had been sent within a second, a day and a half ago, and the rest just now.
    old = stack.sql("SELECT seq, sent_at_ms FROM messages WHERE conversation_id = %s AND seq <= 3", group)
    base = min(row["sent_at_ms"] for row in old) // 1000 * 1000 - DAY_MS * 3 // 2
    for row in old:
        stack.sql(
            "UPDATE messages SET sent_at_ms = %s WHERE conversation_id = %s AND seq = %s", base + row["seq"], group, row["seq"]
        )
    stack.sql("UPDATE users SET suspended_at_ms = 1, created_at_ms = 1 WHERE id = %s", eve.user_id)

    found = figures(stack)
    people = {name: int(value) for name, value in found["people"][0].items()}
    assert people == {
        "accounts": 3, "suspended": 1, "erased": 0, "new_accounts": 2, "unconfirmed": 0, "sessions": 2, "online": 1,
    }
    total = {kind: sum(int(day[kind]) for day in found["messages"]) for kind in ("messages", "in_rooms", "in_groups", "with_bot")}
    assert total == {"messages": 37, "in_rooms": 5, "in_groups": 30, "with_bot": 2}
    assert len(found["messages"]) >= 2 and found["messages"][0]["messages"] == "3", "the old ones have a day of their own"
    assert [int(row["conversation"]) for row in found["largest"]][:2] == [group, room]
    assert (found["largest"][0]["name"], found["largest"][0]["messages_ever"], found["largest"][0]["members"]) == ("Largest", "30", "2")
    assert found["largest"][0]["messages_now"] == "30"
    busiest = {int(row["conversation"]): row for row in found["busiest"]}
    assert busiest[group]["messages_of_day"] == "27" and 1 <= int(busiest[group]["most_in_a_second"]) <= 27
    unread = {int(row["conversation"]): row for row in found["unread"]}
    assert (unread[group]["unread"], unread[group]["members_behind"], unread[group]["most_of_one"]) == ("30", "1", "30")
    assert unread[room]["unread"] == "5"
    bot = found["bot"][0]
    assert (bot["questions"], bot["answered"], bot["apologies"]) == ("1", "1", "0") and int(bot["longest_ms"]) > 0

    one_day = figures(stack, 1)
    assert sum(int(day["messages"]) for day in one_day["messages"]) <= 34, "the older ones are out of the window"
    assert one_day["people"][0]["new_accounts"] in ("0", "2")


def test_a_conversation_that_runs_ahead_of_the_clock_is_seen(own_stack):
    ada, bob = own_stack.person("Ada"), own_stack.person("Bob")
    room = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "x"}).json()["chat_room_id"]
    own_stack.sql("UPDATE conversations SET last_sent_at_ms = last_sent_at_ms + 600000 WHERE id = %s", room)
    ahead = {int(row["conversation"]): int(row["ahead_ms"]) for row in figures(own_stack)["busiest"]}
    assert ahead[room] > 0


def test_nothing_is_changed_and_nonsense_is_refused(own_stack):
    before = own_stack.sql("SELECT COUNT(*) AS n FROM audit")
    for days in (0, -1, 367):
        with pytest.raises(Refused, match="Days are 1 to 366"):
            figures(own_stack, days)
    figures(own_stack)
    assert own_stack.sql("SELECT COUNT(*) AS n FROM audit") == before
