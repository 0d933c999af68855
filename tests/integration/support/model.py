"""A model behind the chat-completions protocol: tests/support/completions_server.py in this process, told by each question.

A question that begins with [MODE] gets the server's behaviour of that name; others are repeated to the one who asks.
"""

import re
import sys
import threading

from support.stack import ROOT

sys.path.insert(0, str(ROOT / "tests" / "support"))
import completions_server  # noqa: E402

KEY = "sk-test-9f3b1c7d5e"


class _Handler(completions_server.Handler):
    def behave(self, mode, words, request):
        told = re.match(r"\[(\S+)\]", words[-1])
        super().behave(told.group(1) if told else "ok", words, request)


class Model:
    def __init__(self):
        self.requests = []  # in the order in which they came
        completions_server.say = self.requests.append
        self._server = completions_server.Server(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def release(self):
        """Lets go who waits in the mode `gate`."""
        completions_server.GATE.release()

    def questions(self):
        """The last message of each request so far."""
        return [request["body"]["messages"][-1]["content"] for request in list(self.requests)]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
