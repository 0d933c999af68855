"""What a person does with groups and the bot. A part of Person."""

import itertools
import secrets

from support.waiting import wait_until

_names = itertools.count(1)
LONG_AGO = "1970-01-01T00:00:00.000Z"


class GroupCalls:
    def new_group(self, name=None):
        """The id of a group that this person owns and is a member of, but not present in."""
        answer = self.post("/chat_groups", {"name": name or f"Group {next(_names)} {secrets.token_hex(3)}"})
        assert answer.status_code == 201, answer.text
        return answer.json()["chat_group_id"]

    def enter(self, group, is_enter=True):
        answer = self.post(f"/chat_groups/{group}", {"is_enter": is_enter})
        assert answer.status_code == 204, answer.text

    def leave(self, group):
        self.enter(group, False)

    def enter_seen(self, group, socket):
        """Enters for the first time; on return this person's socket has heard of it, so the daemon knows."""
        self.enter(group)
        return socket.wait_type("group_chat_activitity", chat_group_id=group, user_id=self.user_id, is_enter=True)

    def group_frame(self, group, message, client_msg_id=None):
        frame = {"token": self.token, "chat_type": "group", "chat_group_id": group, "message": message}
        return frame if client_msg_id is None else {**frame, "client_msg_id": client_msg_id}

    def say_in_group(self, socket, group, message, client_msg_id=None):
        """Sends over this socket; the ack."""
        key = client_msg_id or secrets.token_hex(8)
        before = len(socket.frames)
        socket.send(self.group_frame(group, message, key))
        return socket.wait_type("ack", after=before, client_msg_id=key)

    def post_in_group(self, group, message, client_msg_id=None):
        """The same by HTTP; the answer."""
        body = {"message": message}
        if client_msg_id is not None:
            body["client_msg_id"] = client_msg_id
        return self.post(f"/chat_groups/{group}/messages", body)

    def bot_frame(self, message, client_msg_id=None):
        frame = {"token": self.token, "chat_type": "bot", "message": message}
        return frame if client_msg_id is None else {**frame, "client_msg_id": client_msg_id}

    def ask_bot(self, socket, message, deadline=15):
        """(question, answer) as the frame has them."""
        before = len(socket.frames)
        socket.send(self.bot_frame(message))
        found = socket.wait(
            lambda f: f["type"] == "bot_chat_message" and f["messages"][0]["message"] == message,
            deadline,
            f"the bot's answer to {message!r}",
            before,
        )
        return tuple(found["messages"])

    def wait_for_answer(self, socket, question, expected):
        """Asks until this is the answer: the rules in memory may be some seconds old."""
        wait_until(lambda: self.ask_bot(socket, question)[1]["message"] == expected, 15, f"the answer {expected!r}", 0.1)

    # ---- what this person can read

    def whole_conversation(self, path, limit=None):
        """All messages, from pages joined end to end."""
        messages, cursor = [], LONG_AGO
        while True:
            query = {"timestamp": cursor, **({"limit": limit} if limit else {})}
            answer = self.get(path, query=query)
            assert answer.status_code == 200, answer.text
            messages += answer.json()["messages"]
            if not answer.json()["has_more"]:
                return messages
            cursor = messages[-1]["timestamp"]

    def whole_group(self, group, limit=None):
        return self.whole_conversation(f"/chat_groups/{group}", limit)

    def whole_bot_chat(self):
        return self.whole_conversation("/chat_bot")

    def group_row(self, group):
        """As the list of groups shows it."""
        rows = self.get("/chat_groups", query={"after": group - 1, "limit": 1}).json()["chat_groups"]
        return next((row for row in rows if row["chat_group_id"] == group), None)

    def group_members(self, group):
        """{user_id: row}"""
        answer = self.get(f"/users/group/{group}")
        assert answer.status_code == 200, answer.text
        return {row["user_id"]: row for row in answer.json()["users"]}

    def present_ids(self, group):
        return {user for user, row in self.group_members(group).items() if row["present"]}

    def group_notification(self, group):
        rows = self.get("/notifications").json()["notifications"]
        return next((row for row in rows if row.get("chat_group_id") == group), None)

    def wait_present(self, group, *people, deadline=15):
        """Until exactly these are present, as the database has it."""
        wanted = {person.user_id for person in people}
        wait_until(lambda: self.present_ids(group) == wanted, deadline, f"present in {group}: {wanted}")
