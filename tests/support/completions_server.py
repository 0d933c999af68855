"""A server with OpenAI's chat-completions protocol for tests, which behaves as badly as it is told: listens on
the loopback, says its port on the first line, then one JSON object a line for every request that it
took: {"mode", "path", "connection" (1, 2, … in the order of their making), "authorization", "body"}. Ends when
its standard input does.

    completions_server.py [--port PORT] [--certificate PEM --key PEM]

POST /v1/chat/completions behaves as the request's `model` says, POST /MODE/v1/chat/completions as the path says:

    ok, anything else   "You said: " and the last message
    count               "N messages", N without the system's
    stream              the same as ok as a stream of events, unasked     stream-open     … and keeps the connection open
    stream-reason       … without [DONE]                                   stream-cut      … breaks off, with a clean end
    stream-reason-open  … without [DONE], and keeps the connection open
    parts, thoughts     the content is a list; begins with <think>
    empty, blank, null, no-choices, error-200, not-json, not-utf8, deep   JSON (or not) that has no answer
    html, no-type       the right body as another type, or none
    status-N            HTTP status N with an error in JSON that repeats the key and the question
    redirect            302 to /stolen
    huge, huge-stream, huge-headers    too much: in one piece, without end, in headers
    slow-N              the answer after N seconds
    gate                the answer when POST /release came (which lets all go that wait)
    hold                no answer, as long as the client waits
    drip                a byte every 50 ms, without end
    half                closes in the middle of the body
    reset               closes without a word
"""

import argparse
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEFAULT = "ok"
LINE = threading.Lock()


def say(thing):
    with LINE:
        print(json.dumps(thing), flush=True)


class Gate:
    """Who waits is let go by the next release."""

    def __init__(self):
        self._condition = threading.Condition()
        self._releases = 0

    def wait(self, seconds):
        with self._condition:
            before = self._releases
            return self._condition.wait_for(lambda: self._releases > before, seconds)

    def release(self):
        with self._condition:
            self._releases += 1
            self._condition.notify_all()


GATE = Gate()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def setup(self):
        super().setup()
        with LINE:
            self.server.connections += 1
            self.number = self.server.connections

    # ---- Sending

    def head(self, status, content_type="application/json", length=None, more=()):
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def reply(self, body, status=200, content_type="application/json", more=()):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.head(status, content_type, len(body), more)
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def say(self, text):
        self.reply(answer(text))

    def wait_for_client(self):
        self.connection.settimeout(3600)
        self.connection.recv(1)
        self.close_connection = True

    # ---- Requests

    def do_GET(self):
        self.reply(answer("stolen"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/release":
            GATE.release()
            self.reply({})
            return
        if not self.path.endswith("/v1/chat/completions"):
            self.reply({"error": {"code": "not_found"}}, 404)
            return
        request = json.loads(body)
        in_path = self.path.removesuffix("/v1/chat/completions").strip("/")
        mode = in_path or request.get("model", "")
        say({
            "mode": mode,
            "path": self.path,
            "connection": self.number,
            "authorization": self.headers.get("Authorization"),
            "expect": self.headers.get("Expect"),
            "body": request,
        })
        words = [message["content"] for message in request["messages"]]
        try:
            self.behave(mode, words, request)
        except OSError:  # the client has gone, as it should
            self.close_connection = True

    def behave(self, mode, words, request):
        text = "You said: " + words[-1]
        name, _, number = mode.rpartition("-")
        if name == "status":
            key = self.headers.get("Authorization")
            word = {"401": "invalid_api_key", "429": "rate_limit_exceeded"}.get(number, key)
            self.reply({"error": {"message": f"{key} {text}", "type": key, "code": word}}, int(number))
        elif name == "slow":
            time.sleep(float(number))
            self.say(text)
        elif mode == "count":
            self.say(f"{sum(message['role'] != 'system' for message in request['messages'])} messages")
        elif mode in FIXED:
            self.reply(*FIXED[mode](text))
        elif hasattr(self, "mode_" + mode.replace("-", "_")):
            getattr(self, "mode_" + mode.replace("-", "_"))(text)
        else:
            self.say(text)

    def events(self, text):
        self.head(200, "text/event-stream; charset=utf-8")
        self.chunk(b": waking up\n\n")
        self.chunk(event({"delta": {"role": "assistant"}}))
        half = len(text) // 2
        for piece in (text[:half], text[half:]):
            data = event({"delta": {"content": piece}})
            self.chunk(data[:20])  # the network cuts where it likes
            self.chunk(data[20:])

    def mode_stream(self, text):
        self.events(text)
        self.chunk(b"data: [DO")
        self.chunk(b"NE]\n\n")
        self.chunk(b"")

    def mode_stream_open(self, text):
        self.events(text)
        self.chunk(b"data: [DONE]\n\n")
        self.wait_for_client()

    def mode_stream_reason(self, text):
        self.events(text)
        self.chunk(event({"delta": {}, "finish_reason": "stop"}))
        self.chunk(b"")

    def mode_stream_reason_open(self, text):
        self.events(text)
        self.chunk(event({"delta": {}, "finish_reason": "stop"}))
        self.wait_for_client()

    def mode_stream_cut(self, text):
        self.events(text)
        self.chunk(b"")

    def mode_redirect(self, text):
        self.reply({}, 302, more=[("Location", "/stolen")])

    def mode_huge(self, text):
        self.reply(answer("x" * 5_000_000))

    def mode_huge_stream(self, text):
        self.head(200, "text/event-stream")
        while True:
            self.chunk(event({"delta": {"content": "x" * 10_000}}))

    def mode_huge_headers(self, text):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")

    def mode_gate(self, text):
        if GATE.wait(3600):
            self.say(text)

    def mode_hold(self, text):
        self.wait_for_client()

    def mode_drip(self, text):
        self.head(200)
        while True:
            self.chunk(b" ")
            time.sleep(0.05)

    def mode_half(self, text):
        body = json.dumps(answer(text)).encode()
        self.head(200, length=len(body))
        self.wfile.write(body[:-5])
        self.close_connection = True

    def mode_reset(self, text):
        self.close_connection = True


def answer(content):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"total_tokens": 1},
    }


def event(choice):
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


# Mode -> what it replies: body, status, type.
FIXED = {
    "parts": lambda text: (answer([{"type": "text", "text": text}]),),
    "thoughts": lambda text: (answer("<think>Hm.</think>\n\n" + text),),
    "empty": lambda text: (b"",),
    "blank": lambda text: (answer(" \n"),),
    "null": lambda text: (answer(None),),
    "no-choices": lambda text: ({"choices": []},),
    "error-200": lambda text: ({"error": {"message": text}},),
    "not-json": lambda text: (text.encode(),),
    "not-utf8": lambda text: (b'{"choices":[{"message":{"content":"\xff"}}]}',),
    "deep": lambda text: (b"[" * 50_000,),
    "html": lambda text: (answer(text), 200, "text/html"),
    "no-type": lambda text: (answer(text), 200, None),
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    connections = 0

    def handle_error(self, request, client_address):
        pass  # handshakes that fail on purpose, clients that go


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", default="")
    parser.add_argument("--key", default="")
    arguments = parser.parse_args()
    server = Server(("127.0.0.1", arguments.port), Handler)
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate, arguments.key)
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    say(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
