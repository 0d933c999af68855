"""People create groups, enter, leave and write all at once, each from several devices; then everything is compared.

An auditor enters each group before anybody else and stays. The daemon's loop applies and announces one thing after the
other, so the auditor's socket has the truth: which messages and announcements fell into whose presence. What every
other socket heard of a group must be exactly that.

STORM_SECONDS (60) and STORM_SEED set how long, and which; with killed workers it is a quarter of that.
"""

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict

import requests

from support.checks import assert_ordered
from support.waiting import wait_until

SECONDS = float(os.environ.get("STORM_SECONDS", "60"))
SEED = int(os.environ.get("STORM_SEED", "20261122"))
PEOPLE, DEVICES, SOCKETS = 3, 2, 2
FIRST_GROUPS, MOST_GROUPS = 2, 6
GROUP_FRAMES = ("group_chat_message", "group_chat_activitity")


class Storm:
    """`kill_every`: seconds between the deaths of workers; 0: they live."""

    def __init__(self, stack, seconds, kill_every=0):
        self.stack, self.seconds, self.kill_every = stack, seconds, kill_every
        self.auditor = stack.person("Auditor", "Truth")
        self.audit = self.auditor.socket()
        self.people = [stack.person(f"Person{n}", "Storm") for n in range(PEOPLE)]
        self.sockets = {p.user_id: [p.socket() for _ in range(SOCKETS)] for p in self.people}
        self.groups = []
        self.acked = {}  # client_msg_id → (group, seq)
        self.failures = []
        self.counts = Counter()
        self._lock = threading.Lock()
        for person in self.people[:FIRST_GROUPS]:
            self.open_group(person)

    def open_group(self, person):
        group = person.new_group()
        with self._lock:
            self.auditor.enter_seen(group, self.audit)
            self.groups.append(group)

    def run(self):
        actors = [
            threading.Thread(target=self._act, args=(person.twin(), n * DEVICES + device, device))
            for n, person in enumerate(self.people)
            for device in range(DEVICES)
        ]
        self._end = time.monotonic() + self.seconds
        for actor in actors:
            actor.start()
        if self.kill_every:
            self._kill_workers()
        for actor in actors:
            actor.join()
        assert self.failures == []

    def _kill_workers(self):
        """One after the other, between a commit and its push if it so happens."""
        pacer = threading.Event()
        while time.monotonic() < self._end:
            pacer.wait(self.kill_every)
            for worker in self.stack.worker_pids()[:1]:
                os.kill(worker, signal.SIGKILL)
                self.counts["killed"] += 1

    # ---- one device of one person

    def _act(self, person, number, device):
        chance = random.Random(SEED * 1000 + number)
        socket = self.sockets[person.user_id][device]
        written = 0
        try:
            while time.monotonic() < self._end:
                group = chance.choice(list(self.groups))
                what = chance.choices(("enter", "leave", "socket", "http", "repeat", "flood", "create"), (20, 14, 30, 20, 5, 5, 1))[0]
                self.counts[what] += 1
                if what in ("socket", "flood", "repeat", "http"):
                    written += 1
                self._do(person, socket, group, what, f"{number}-{written}", chance)
        except Exception as error:  # whatever it was, the test has failed
            self.failures.append(f"device {number}: {error!r}")

    def _do(self, person, socket, group, what, key, chance):
        if what in ("enter", "leave"):
            answer = self._ask(person.post, f"/chat_groups/{group}", {"is_enter": what == "enter"})
            assert answer.status_code == 204, answer.text
        elif what == "create":
            if len(self.groups) < MOST_GROUPS and not self.kill_every:
                self.open_group(person)
        elif what == "http":
            answer = self._ask(person.post_in_group, group, key, key)
            if answer.status_code != 403:
                assert answer.status_code in (200, 201), answer.text
                self._note(group, key, answer.json())
        else:
            self._write(person, socket, group, what, key, chance)

    def _ask(self, request, *arguments):
        """Where workers die: the same again, until somebody answers."""
        while True:
            try:
                answer = request(*arguments)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code not in (502, 503):
                return answer
            assert self.kill_every, answer and answer.text

    def _write(self, person, socket, group, what, key, chance):
        if what == "flood":
            keys = [f"{key}-{n}" for n in range(chance.randint(2, 30))]
            before = len(socket.frames)
            socket.send_all(person.group_frame(group, k, k) for k in keys)
            for k in keys:
                self._note(group, k, socket.wait(lambda f, k=k: f.get("client_msg_id") == k, 30, k, before))
        else:
            for _ in range(2 if what == "repeat" else 1):
                before = len(socket.frames)
                socket.send(person.group_frame(group, key, key))
                self._note(group, key, socket.wait(lambda f: f.get("client_msg_id") == key, 30, key, before))

    def _note(self, group, key, answer):
        """An ack, or that one is no member yet."""
        if answer.get("type") == "error":
            assert answer["code"] == "forbidden", answer
        else:
            assert self.acked.setdefault(key, (group, answer["seq"])) == (group, answer["seq"])

    # ---- afterwards

    def settle(self):
        """Everybody does one last thing in each group, which decides; returns {group: ids of those then present}."""
        chance = random.Random(SEED)
        truth = defaultdict(lambda: {self.auditor.user_id})
        for group in self.groups:
            for person in self.people:
                is_enter = chance.random() < 0.5
                person.enter(group, is_enter)
                if is_enter:
                    truth[group].add(person.user_id)
            wait_until(lambda g=group: self._present_by_audit(g) == truth[g], what="the last announcements")
            # A last message: what is not there before it will not come.
            last = self.auditor.say_in_group(self.audit, group, "the end")
            present = [p for p in self.people if p.user_id in truth[group]]
            for socket in [self.audit, *(s for p in present for s in self.sockets[p.user_id])]:
                socket.wait_type("group_chat_message", chat_group_id=group, seq=last["seq"])
        for person in self.people:  # and for those who are not present anywhere: a fence of their own
            for socket in self.sockets[person.user_id]:
                text = f"fence {id(socket)}"
                assert self.auditor.post("/chat_rooms", {"other_user_id": person.user_id, "message": text}).status_code == 201
                socket.wait_type("room_chat_message", message=text)
        return truth

    def stream(self, socket, group):
        return [f for f in socket.frames if f["type"] in GROUP_FRAMES and f["chat_group_id"] == group]

    def _present_by_audit(self, group):
        present = set()
        for frame in self.stream(self.audit, group):
            if frame["type"] == "group_chat_activitity":
                (present.add if frame["is_enter"] else present.discard)(frame["user_id"])
        return present

    def due(self, group, user):
        """What this user's sockets have to have heard of the group, by the auditor's."""
        heard, is_present = [], False
        for frame in self.stream(self.audit, group):
            if frame["type"] == "group_chat_activitity" and frame["user_id"] == user:
                assert frame["is_enter"] != is_present, f"entered or left twice: {frame}"
                is_present = frame["is_enter"]
            if is_present:
                heard.append(frame)
        return heard


def first_difference(seen, due):
    at = next((n for n, (a, b) in enumerate(zip(seen, due)) if a != b), min(len(seen), len(due)))
    return f"at {at} of {len(seen)} and {len(due)}: {seen[at:at + 2]} in place of {due[at:at + 2]}"


def test_whatever_happens_at_once_everybody_saw_what_is_true(busy_stack):
    storm = Storm(busy_stack, SECONDS)
    storm.run()
    check(busy_stack, storm)


def test_whatever_happens_at_once_while_workers_are_killed(broken):
    storm = Storm(broken, SECONDS / 4, kill_every=0.5)
    storm.run()
    check(broken, storm)
    assert storm.counts["killed"] >= storm.seconds / 2


def check(stack, storm):
    truth = storm.settle()
    about = f"seed {SEED}, {dict(storm.counts)}"

    for group in storm.groups:
        history = storm.auditor.whole_group(group)
        assert_ordered(history)
        live = [
            {"seq": f["seq"], "user_id": f["user_id"], "message": f["message"], "timestamp": f["timestamp"]}
            for f in storm.stream(storm.audit, group)
            if f["type"] == "group_chat_message"
        ]
        assert live == history, f"{first_difference(live, history)}; {about}"
        stored = {m["message"]: m["seq"] for m in history if m["message"] != "the end"}
        assert stored == {key: seq for key, (g, seq) in storm.acked.items() if g == group}, about

        for person in storm.people:
            due = storm.due(group, person.user_id)
            for socket in storm.sockets[person.user_id]:
                seen = storm.stream(socket, group)
                assert seen == due, f"{first_difference(seen, due)}; {about}"

        rows = stack.sql("SELECT user_id FROM present WHERE conversation_id = %s", group)
        assert {row["user_id"] for row in rows} == truth[group] == storm._present_by_audit(group), about
        counted = stack.sql(
            "SELECT g.member_count, (SELECT COUNT(*) FROM members m WHERE m.conversation_id = g.id) AS members,"
            " g.presence_seq FROM chat_groups g WHERE g.id = %s",
            group,
        )[0]
        assert counted["member_count"] == counted["members"] == len(storm.auditor.group_members(group)), about
        announced = sum(f["type"] == "group_chat_activitity" for f in storm.stream(storm.audit, group))
        assert counted["presence_seq"] == announced, "one announcement for each change"
    print(about, f"{len(storm.audit.frames)} frames at the auditor, {len(storm.acked)} messages")
    assert storm.counts["enter"] > 10 and len(storm.acked) > 50, about
