"""docs/admin/backup.md: its commands, as they stand there, on a stack under load; then the promises of protocol.md."""

import contextlib
import threading

import pytest

from conftest import QUICK
from support.checks import assert_ordered, assert_problem
from support.database import PrivateDatabase, file_of
from support.page import Administrator, commands
from support.stack import Stack
from support.stream import HttpStream, SocketStream
from support.waiting import wait_until

BACKUP = commands("admin/backup.md")

# One row for everything in the database that contradicts itself.
CONTRADICTIONS = {
    "seq has a hole, or a message is stored twice": """
        SELECT conversation_id FROM messages GROUP BY conversation_id
        HAVING MIN(seq) <> 1 OR MAX(seq) <> COUNT(*) OR COUNT(DISTINCT seq) <> COUNT(*)""",
    "times do not increase with seq": """
        SELECT a.conversation_id FROM messages a JOIN messages b
          ON b.conversation_id = a.conversation_id AND b.seq = a.seq + 1 WHERE b.sent_at_ms <= a.sent_at_ms""",
    "a conversation does not end at its newest message": """
        SELECT c.id FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id
        GROUP BY c.id, c.last_seq, c.last_sent_at_ms
        HAVING c.last_seq <> COALESCE(MAX(m.seq), 0) OR c.last_sent_at_ms <> COALESCE(MAX(m.sent_at_ms), 0)""",
    "the last sender is somebody else": """
        SELECT c.id FROM conversations c JOIN messages m ON m.conversation_id = c.id AND m.seq = c.last_seq
        WHERE m.sender_id <> c.last_sender_id""",
    "a read mark is beyond the newest message": """
        SELECT m.user_id FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE m.read_seq > c.last_seq""",
    "a sender has not read what he sent": """
        SELECT m.user_id FROM members m JOIN messages s ON s.conversation_id = m.conversation_id AND s.sender_id = m.user_id
        WHERE s.seq > m.read_seq""",
    "a group's members are miscounted": """
        SELECT g.id FROM chat_groups g LEFT JOIN members m ON m.conversation_id = g.id
        GROUP BY g.id, g.member_count HAVING g.member_count <> COUNT(m.user_id)""",
    "an owner is no member": """
        SELECT g.id FROM chat_groups g WHERE NOT EXISTS (
          SELECT 1 FROM members m WHERE m.conversation_id = g.id AND m.user_id = g.owner_id)""",
    "somebody is present in a group without being its member": """
        SELECT p.user_id FROM present p WHERE NOT EXISTS (
          SELECT 1 FROM members m WHERE m.conversation_id = p.conversation_id AND m.user_id = p.user_id)""",
    "a room has not two members": """
        SELECT r.id FROM chat_rooms r LEFT JOIN members m ON m.conversation_id = r.id GROUP BY r.id HAVING COUNT(m.user_id) <> 2""",
    "a conversation is of no kind": """
        SELECT c.id FROM conversations c LEFT JOIN chat_rooms r ON r.id = c.id LEFT JOIN chat_groups g ON g.id = c.id
          LEFT JOIN bot_chats b ON b.id = c.id
        WHERE (r.id IS NOT NULL) + (g.id IS NOT NULL) + (b.id IS NOT NULL) <> 1""",
}


def assert_consistent(stack):
    found = {what: rows for what, query in CONTRADICTIONS.items() if (rows := stack.sql(query))}
    assert not found, found


class GroupStream(SocketStream):
    """Over the socket into a group; `receiver` is the group's id."""

    def _frame(self, key):
        return self.sender.group_frame(self.receiver, key, key)


class Reader:
    """Marks everything as read, again and again, while others write."""

    def __init__(self, person):
        self._person, self._stopping = person, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stopping.is_set():
            for room in self._person.get("/chat_rooms").json()["chat_rooms"]:
                self._person.put("/notifications", {"chat_room_id": room["chat_room_id"]})
            self._stopping.wait(0.02)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join(60)


def moved(person, stack):
    """The same person, with the same session, in front of another installation."""
    other = stack.stranger(person.first_name, person.last_name)
    for name in ("email", "password", "user_id", "token"):
        setattr(other, name, getattr(person, name))
    return other


def frames_of(stream):
    """What the stream got an acknowledgement for, as frames."""
    make = stream.sender.group_frame if isinstance(stream, GroupStream) else stream.sender.room_frame
    return [make(stream.receiver, key, key) for key in stream.acked]


def send_all_again(person, frames):
    """{client_msg_id: ack} of what was sent, window by window."""
    socket, acks = person.socket(), {}
    for at in range(0, len(frames), 100):
        part = frames[at : at + 100]
        socket.send_all(part)
        for frame in part:
            acks[frame["client_msg_id"]] = socket.wait_type("ack", client_msg_id=frame["client_msg_id"])
    socket.close()
    return acks


class Town:
    """People who write to each other, in every way there is."""

    def __init__(self, stack):
        self.ada, self.bob, self.carol, self.dave = (stack.person(n) for n in ("Ada", "Bob", "Carol", "Dave"))
        self.group = self.ada.new_group()
        self.present = self.bob.socket()
        self.bob.enter_seen(self.group, self.present)
        self.carol.enter(self.group)
        self.carol.leave(self.group)
        self.ada.ask_bot(self.ada.socket(), "What time is it?")
        self.rooms = SocketStream(self.ada, self.bob, "socket")
        self.http = HttpStream(self.carol, self.dave, "http")
        self.groups = GroupStream(self.ada.twin(), self.group, "group")

    @contextlib.contextmanager
    def writing(self):
        with Reader(self.bob.twin()), Reader(self.dave.twin()), self.rooms, self.http, self.groups:
            self.wait_more(30)
            yield
            self.wait_more(30)

    def wait_more(self, count):
        for stream in (self.rooms, self.http, self.groups):
            stream.wait_more(count)


def test_a_dump_under_load_restores_to_a_state_that_keeps_every_promise(tmp_path):
    with Stack(QUICK) as source, Stack(QUICK) as target:
        town = Town(source)
        erin = source.person("Erin")
        with town.writing():
            Administrator(source, tmp_path).run(BACKUP["back up"])
        assert erin.post("/logout").status_code == 204
        late = source.person("Late")
        assert len(list(tmp_path.glob("*.gz*"))) == 1, "the unfinished name is gone"

        administrator = Administrator(target, tmp_path)
        administrator.run(BACKUP["restore"])
        target.wait_healthy()
        assert_consistent(target)
        ada, bob, carol, dave = (moved(p, target) for p in (town.ada, town.bob, town.carol, town.dave))

        # Nobody is online or present who is not; a session of that moment is valid, a later one is not.
        assert moved(erin, target).online_ids() == set(), "also a session that was ended after the dump"
        assert_problem(moved(late, target).get("/users"), 401, "invalid_token")
        ada.wait_present(town.group)
        assert target.sql("SELECT COUNT(*) AS n FROM daemons") == [{"n": 1}]
        for person, room in ((bob, town.rooms), (dave, town.http)):
            check_unread(person, moved(room.sender, target))

        # All that was acknowledged, sent again, is there once; what the dump had is where it was.
        for sender, stream in ((ada, town.rooms), (carol, town.http), (ada, town.groups)):
            before = len(stream.acked)
            acks = send_all_again(sender, frames_of(stream))
            known = {key for key, ack in acks.items() if ack["duplicate"]}
            assert 20 <= len(known) < before, f"{stream.name}: the dump was not taken while it wrote"
            assert all(acks[key]["seq"] == stream.acked[key] for key in known)
        for messages, stream in (
            (ada.whole_room(room_of(ada, bob)), town.rooms),
            (carol.whole_room(room_of(carol, dave)), town.http),
            (ada.whole_group(town.group), town.groups),
        ):
            assert_ordered(messages)
            assert sorted(m["message"] for m in messages) == sorted(stream.acked)
        assert_consistent(target)

        # And it goes on live.
        listening = bob.socket()
        ack = ada.send_acked(ada.socket(), bob, "after the restore")
        assert listening.wait_type("room_chat_message", message="after the restore")["seq"] == ack["seq"]
        assert [m["message"] for m in ada.whole_bot_chat()][0] == "What time is it?"

        administrator.run(BACKUP["sign everybody out"])
        assert_problem(ada.get("/users"), 401, "invalid_token")
        assert "broken_conversations\n0\n" in administrator.run(BACKUP["rehearse"])
        assert target.sql("SHOW DATABASES LIKE 'parlor_%'") == []


def room_of(person, other):
    rooms = person.get("/chat_rooms").json()["chat_rooms"]
    return next(r["chat_room_id"] for r in rooms if r["other_user_id"] == other.user_id)


def check_unread(person, sender):
    """What is told as unread are the messages above the mark by others."""
    room = room_of(person, sender)
    [row] = person.stack.sql(
        "SELECT read_seq FROM members WHERE conversation_id = %s AND user_id = %s", room, person.user_id
    )
    above = [m for m in person.whole_room(room) if m["seq"] > row["read_seq"] and m["user_id"] != person.user_id]
    told = person.notification(room)
    assert told["unread"] == len(above)
    assert told["is_read"] == (not above)


def without(text, *commands):
    """Somebody leaves lines out."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(commands))


def heartbeat(stack):
    return stack.sql("SELECT MAX(heartbeat_at_ms) AS at FROM daemons")[0]["at"]


def restore_under_running_programs(administrator, *left_out):
    """The mistake; on return another daemon runs, and all is well."""
    stack = administrator.stack
    daemon = stack.pid("wsd")
    administrator.run(without(BACKUP["restore"], "systemctl", *left_out))
    wait_until(lambda: stack.pid("wsd") not in (None, daemon), 30, "another daemon")
    stack.wait_healthy()
    assert "the database went back to an earlier state" in (stack.var / "log/wsd.log").read_text()


ROW = {"gone": (), "older": ("mariadb parlor -e",)}


@pytest.mark.parametrize("left_out", ROW.values(), ids=ROW.keys())
def test_a_restore_under_running_programs_is_noticed_and_harms_nothing(tmp_path, left_out):
    """The daemon finds its row gone or, if somebody only loads the dump, older than it was."""
    with Stack(QUICK) as stack:
        administrator = Administrator(stack, tmp_path)
        ada, bob = stack.person("Ada"), stack.person("Bob")
        at_ada, at_bob = ada.socket(), bob.socket()
        for number in range(5):
            ada.send_acked(at_ada, bob, f"before {number}")
        administrator.run(BACKUP["back up"])
        dumped_at = heartbeat(stack)
        wait_until(lambda: heartbeat(stack) > dumped_at)
        for number in range(20):
            ada.send_acked(at_ada, bob, f"lost {number}")

        restore_under_running_programs(administrator, *left_out)
        assert at_bob.wait_closed(30) == 1012
        assert at_ada.wait_closed(30) == 1012
        assert_consistent(stack)
        room = room_of(ada, bob)
        assert [m["message"] for m in ada.whole_room(room)] == [f"before {n}" for n in range(5)]
        # Numbers that the old daemon had delivered already are new messages now.
        at_ada, at_bob = ada.socket(), bob.socket()
        for number in range(8):
            ada.send_acked(at_ada, bob, f"after {number}")
        for number in range(8):
            assert at_bob.wait_type("room_chat_message", message=f"after {number}")["seq"] == 6 + number
        assert_ordered(bob.whole_room(room))
        assert_consistent(stack)


def test_people_who_write_during_such_a_restore_leave_no_half_message(tmp_path):
    with Stack(QUICK) as stack:
        administrator = Administrator(stack, tmp_path)
        ada, bob = stack.person("Ada"), stack.person("Bob")
        with SocketStream(ada, bob, "socket") as socket, HttpStream(bob.twin(), ada, "http") as http:
            for stream in (socket, http):
                stream.wait_more(30)
            administrator.run(BACKUP["back up"])
            restore_under_running_programs(administrator)
            for stream in (socket, http):
                stream.wait_more(30)
        assert_consistent(stack)
        assert_ordered(ada.whole_room(room_of(ada, bob)))


# ---- to any moment

def test_the_binary_log_leads_to_any_moment_after_the_dump(tmp_path):
    log = tmp_path / "log"
    log.mkdir()
    database = PrivateDatabase(tmp_path, file_of("admin/backup.md", "binary log").replace("/var/log/mysql", str(log)))
    administrator = Administrator(database, tmp_path)

    def add(number):
        database.root(f"INSERT INTO login_failures VALUES (REPEAT('x', 32), {number}, {number})", "parlor")

    with database.running():
        database.prepare(administrator)
        add(1)
        administrator.run(BACKUP["back up with the place in the log"])
        add(2)
        database.root("FLUSH BINARY LOGS")
        add(3)
        [(accident,)] = database.root("SELECT DATE_FORMAT(NOW() + INTERVAL 1 SECOND, '%Y-%m-%d %H:%i:%s')")
        wait_until(lambda: database.root(f"SELECT NOW() > '{accident}'") == [(1,)])
        database.root("DELETE FROM login_failures", "parlor")

        replay = BACKUP["restore to a moment"].replace("2026-11-22 17:04:00", accident)
        administrator.run(replay, {"/var/log/mysql": log}.items())
        assert database.root("SELECT slot FROM login_failures ORDER BY slot", "parlor") == [(1,), (2,), (3,)]
