"""What a message to a group costs the database does not depend on how many members it has."""

from support.waiting import wait_until

SMALL, LARGE = 10, 10_000
MESSAGES = 100
# What the server counts; none of them may grow with the members.
COUNTERS = (
    "Questions",
    "Com_select",
    "Com_insert",
    "Com_update",
    "Com_delete",
    "Com_commit",
    "Com_stmt_execute",
    "Handler_write",  # rows: MariaDB 10.11 has no Innodb_rows_… any more
    "Handler_update",
    "Handler_delete",
)
# The daemon's own clockwork (heartbeat, sweep, mail) runs on; one statement more a message would be 1.
NOISE = 0.5


def make_group(stack, owner, members):
    """A group of that many members: the owner, and people by SQL."""
    group = owner.new_group(f"of {members}")
    stack.sql(
        "INSERT IGNORE INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms)"
        " SELECT CONCAT('size', seq, '@example.org'), CONCAT('size', seq, '@example.org'), 'Size', seq, '-', 1"
        f" FROM seq_1_to_{LARGE}"
    )
    stack.sql(
        "INSERT INTO members (conversation_id, user_id, joined_at_ms)"
        f" SELECT %s, id, 1 FROM users WHERE email LIKE 'size%%' ORDER BY id LIMIT {members - 1}",
        group,
    )
    stack.sql("UPDATE chat_groups SET member_count = %s WHERE id = %s", members, group)
    assert owner.group_row(group)["members"] == members
    return group


def counters(stack):
    names = ", ".join(f"'{name}'" for name in COUNTERS)
    rows = stack.sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    found = {row["Variable_name"]: int(row["Value"]) for row in rows}
    assert set(found) == set(COUNTERS)
    return found


def counters_at_rest(stack):
    """When the daemon has deleted the last event: that work belongs to the messages before."""
    wait_until(lambda: not stack.sql("SELECT id FROM events LIMIT 1"), what="an empty outbox", pause=0.25)
    return counters(stack)


def cost_of(stack, send):
    """{counter: a message}, of messages one after the other, so each is a transaction of its own."""
    for n in range(5):
        send(f"warm {n}")
    before = counters_at_rest(stack)
    for n in range(MESSAGES):
        send(f"m{n}")
    after = counters_at_rest(stack)
    return {name: (after[name] - before[name]) / MESSAGES for name in COUNTERS}


def test_ten_thousand_members_cost_what_ten_do(quiet_stack):
    stack = quiet_stack
    owner, member = stack.person("Owner"), stack.person("Member")
    socket, watcher = owner.socket(), member.socket()
    found = {}
    for size in (SMALL, LARGE):
        group = make_group(stack, owner, size - 1)
        owner.enter_seen(group, socket)
        member.enter_seen(group, watcher)
        found["socket", size] = cost_of(stack, lambda text, g=group: owner.say_in_group(socket, g, text))
        found["http", size] = cost_of(stack, lambda text, g=group: post(owner, watcher, g, text))
        assert len(owner.group_members(group)) == size
        assert len(owner.whole_group(group)) == 2 * (MESSAGES + 5)
    for way in ("socket", "http"):
        small, large = found[way, SMALL], found[way, LARGE]
        print(f"{way}, a message to {SMALL} and to {LARGE}:", {name: (small[name], large[name]) for name in COUNTERS})
        for name in COUNTERS:
            assert large[name] <= small[name] + NOISE, f"{way}, {name}: {large[name]} a message in place of {small[name]}"
        assert large["Handler_write"] < 3, "the message, and for HTTP its event and rate"


def post(owner, watcher, group, text):
    """Sends by HTTP, and waits until the daemon has told it: its work belongs to the message."""
    answer = owner.post_in_group(group, text)
    assert answer.status_code == 201, answer.text
    watcher.wait_type("group_chat_message", chat_group_id=group, seq=answer.json()["seq"])
