"""Our files in an nginx that others set up: Debian's own, with other locations, TLS and HTTP/2 at the front."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
import websockets

from support.stack import ROOT, free_port
from support.waiting import wait_until

HSTS = "max-age=31536000"
# As in /etc/nginx of the package nginx: nothing of ours but the three includes. A server of others answers /shop/.
CONFIG = """
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    access_log {folder}/access.log;
    gzip on;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;

    include {folder}/parlor-http.conf;

    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name chat.example.org;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;

        location /shop/ {{
            alias {folder}/shop/;
        }}
        location ~ \\.php$ {{
            return 418 "php";
        }}
        location = /httpd {{
            return 200 "not Parlor's";
        }}
        error_page 404 /shop/missing.html;
        add_header Strict-Transport-Security "{hsts}" always;

        include {folder}/parlor-locations.conf;
        {web}
    }}
    server {{
        listen 127.0.0.1:{plain_port};
        server_name chat.example.org;
        return 301 https://chat.example.org$request_uri;
    }}
}}
"""


class Existing:
    """nginx as its administrator has it. `web`: our page at / too."""

    def __init__(self, stack, folder, web=True):
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        self.url = f"https://chat.example.org:{self.port}"
        (folder / "shop").mkdir(parents=True)
        (folder / "shop" / "index.html").write_text("the shop\n")
        (folder / "shop" / "missing.html").write_text("the shop's own page for what is missing\n")
        self._certificate()
        for name in ("parlor-http.conf", "parlor-locations.conf", "parlor-web.conf"):
            self._render(stack, name)
        line = f"include {folder}/parlor-web.conf;" if web else ""
        text = CONFIG.format(folder=folder, port=self.port, plain_port=self.plain_port, web=line, hsts=HSTS)
        (folder / "nginx.conf").write_text(text)
        self.command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]

    def _certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=chat.example.org"]
        names = ["-addext", "subjectAltName=DNS:chat.example.org"]
        files = ["-keyout", str(self.folder / "key.pem"), "-out", str(self.folder / "certificate.pem")]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)

    def _render(self, stack, name):
        environment = {
            "PATH": os.environ["PATH"],
            "RUN_DIR": str((stack.var / "run").resolve()),
            "WEB_DIR": str(ROOT / "web"),
            "ACCESS_LOG": str(self.folder / "parlor.log"),
        }
        rendered = subprocess.run(
            [ROOT / "scripts" / "render.sh", ROOT / "nginx" / name], env=environment, check=True, capture_output=True
        )
        # As docs/admin/tls.md says.
        text, commented = rendered.stdout.decode(), f'# on       "{HSTS}";'
        assert (commented in text) == (name == "parlor-http.conf")
        (self.folder / name).write_text(text.replace(commented, commented[2:]))

    def check(self):
        return subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)

    def __enter__(self):
        self.process = subprocess.Popen([*self.command, "-g", "daemon off;"])
        wait_until((self.folder / "nginx.pid").exists, what="nginx")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def curl(self, path, *options, port=None, scheme="https"):
        """(status, version of HTTP, headers and body)"""
        port = port or self.port
        answer = subprocess.run(
            ["curl", "-sS", "-i", "--max-time", "20", "--noproxy", "*", "--cacert", str(self.folder / "certificate.pem"),
             "--resolve", f"chat.example.org:{port}:127.0.0.1", "-w", "\n%{http_code} %{http_version}",
             *options, f"{scheme}://chat.example.org:{port}{path}"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        text, _, last = answer.rpartition("\n")
        status, version = last.split()
        return int(status), version, text

    def open_socket(self, **options):
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        return websockets.connect(
            f"wss://chat.example.org:{self.port}/socket",
            sock=socket.create_connection(("127.0.0.1", self.port)),
            ssl=context,
            server_hostname="chat.example.org",
            **options,
        )


@pytest.fixture(scope="module")
def existing(stack, tmp_path_factory):
    with Existing(stack, tmp_path_factory.mktemp("nginx")) as running:
        yield running


def test_nginx_accepts_our_files(existing, stack, tmp_path):
    for nginx in (existing, Existing(stack, tmp_path / "without", web=False)):
        answer = nginx.check()
        assert answer.returncode == 0, answer.stderr
        assert "warn" not in answer.stderr, answer.stderr


def test_http_2_and_1_carry_the_same_conversation(existing, ada, bob):
    json_body = ["-H", "Content-Type: application/json"]
    for option, version in (("--http2", "2"), ("--http1.1", "1.1")):
        body = json.dumps({"other_user_id": bob.user_id, "message": f"over {version}"})
        token = ["-H", f"authentication: {ada.token}"]
        status, spoken, text = existing.curl("/http/chat_rooms", option, *token, *json_body, "-d", body)
        assert (status, spoken) == (201, version), text
        status, spoken, text = existing.curl("/http/users/profile", option, *token)
        assert (status, spoken) == (200, version), text
        assert ada.email in text


def test_a_socket_over_tls(existing, ada, bob):
    """A browser speaks HTTP/2 for pages and opens a connection of HTTP/1.1 for wss; its Origin names the port."""

    async def talk():
        async def wait_frame(key, value):
            while json.loads(await asyncio.wait_for(line.recv(), 20)).get(key) != value:
                pass

        async with existing.open_socket(origin=existing.url) as line:
            await line.send(json.dumps({"token": bob.token}))
            await wait_frame("type", "ready")
            answer = ada.post("/chat_rooms", {"other_user_id": bob.user_id, "message": "through TLS"})
            assert answer.status_code == 201
            await wait_frame("message", "through TLS")

    asyncio.run(talk())


def test_pages_of_others_open_no_socket(existing):
    headers = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"]
    key = ["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H", "Origin: https://elsewhere.example.org"]
    assert existing.curl("/socket", "--http1.1", *headers, *key)[0] == 403


def test_every_answer_over_tls_demands_tls_once(existing):
    """Strict-Transport-Security, which nginx does not take over from a server into locations with headers of their own."""
    everywhere = (
        ("/", 200), ("/nothing", 404), ("/http/health", 200), ("/http/users", 401), ("/http", 404), ("/http/register/x", 404),
        ("/socket", 426), ("/shop/", 200), ("/shop/nothing", 404),
    )  # fmt: skip
    for path, status in everywhere:
        got, _, text = existing.curl(path, "--http2")
        found = [line.partition(": ")[2].strip() for line in text.splitlines() if line.lower().startswith("strict-transport-")]
        assert (got, found) == (status, [HSTS]), path
    got, _, text = existing.curl("/http/users", "-X", "TRACE")
    assert got == 405 and text.lower().count("strict-transport-security: ") == 1

    async def shake():
        async with existing.open_socket(origin=existing.url) as line:
            return line.response_headers.get_all("Strict-Transport-Security")

    assert asyncio.run(shake()) == [HSTS]


def test_errors_are_problem_documents_over_http_2(existing):
    for path, status, code in (("/socket", 426, "upgrade_required"), ("/http", 404, "not_found")):
        got, version, text = existing.curl(path, "--http2")
        assert (got, version) == (status, "2")
        assert "application/problem+json" in text and f'"code":"{code}"' in text
    status, _, text = existing.curl("/http/users", "--http2")
    assert status == 401 and "application/problem+json" in text
    status, _, text = existing.curl("/http/users", "--http2", "-X", "TRACE")
    assert status == 405 and "application/problem+json" in text


def test_the_server_answers_for_the_others_as_before(existing):
    assert "the shop\n" in existing.curl("/shop/", "--http2")[2]
    status, _, text = existing.curl("/shop/nothing", "--http2")
    assert (status, "the shop's own page" in text) == (404, True)
    assert existing.curl("/x.php")[0] == 418
    assert existing.curl("/http/x.php")[0] == 401, "theirs is a pattern, and ours goes first"
    assert "not Parlor's" in existing.curl("/httpd")[2]
    status, _, text = existing.curl("/http/login", port=existing.plain_port, scheme="http")
    assert status == 301 and "https://chat.example.org/http/login" in text


def test_the_page_is_at_the_root(existing):
    status, version, text = existing.curl("/", "--http2")
    assert (status, version) == (200, "2")
    assert "Content-Security-Policy".lower() in text.lower()


def test_the_limits_count_at_this_front_too(existing):
    """20 logins at once and one every three seconds, as docs/protocol.md says."""
    body = ["-H", "Content-Type: application/json", "-d", "{}", "--interface", "127.0.7.7"]
    statuses = [existing.curl("/http/login", "--http2", *body)[0] for _ in range(40)]
    assert set(statuses) == {422, 429}


def test_no_token_of_a_link_comes_into_a_log(existing):
    secret = "Zm9yYmlkZGVuLXRva2VuLWZvcmJpZGRlbg"
    existing.curl(f"/http/register/{secret}", "--http2")
    existing.curl(f"/http/register/{secret}", "--http1.1")
    for path in Path(existing.folder).glob("*.log"):
        assert secret not in path.read_text()
    assert "/http/register/-" in (existing.folder / "parlor.log").read_text()
