"""A real mail server for one test: listens on a free port of the loopback, says which on the first
line, then one JSON object a line for every mail it took. Ends when its standard input does.

--certificate/--key: offers STARTTLS with them and demands it. --user/--password: demands a login.
--answer: what it says to RCPT ("550 …", "451 …"), or "stall": says nothing any more after DATA;
"stall-quit": nothing after QUIT.
"""

import argparse
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, answer):
        self.answer = answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answer and not self.answer.startswith("stall"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say({
            "helo": session.host_name,
            "tls": session.ssl is not None,
            "login": (session.auth_data or b"").decode() if isinstance(session.auth_data, bytes) else session.auth_data,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "message": envelope.original_content.decode("utf-8", "surrogateescape"),
        })
        if self.answer == "stall":
            await asyncio.sleep(3600)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if self.answer == "stall-quit":
            say("QUIT")
            await asyncio.sleep(3600)
        return "221 Bye"


def say(thing):
    print(json.dumps(thing), flush=True)


async def serve(arguments):
    tls = None
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate, arguments.key)

    def authenticate(server, session, envelope, mechanism, data):
        right = (data.login.decode(), data.password.decode()) == (arguments.user, arguments.password)
        return AuthResult(success=right, handled=right, auth_data=data.login.decode())

    def make():
        return SMTP(
            Handler(arguments.answer),
            hostname="mail.test",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=bool(arguments.user),
            authenticator=authenticate if arguments.user else None,
            enable_SMTPUTF8=True,
            decode_data=False,
        )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # Sessions in the middle of something are dropped with the process.
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser()
    for name in ("certificate", "key", "user", "password", "answer"):
        parser.add_argument("--" + name, default="")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
