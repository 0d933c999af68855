"""A real SMTP server (aiosmtpd) as a process: writes each mail with its envelope to FOLDER.

smtp_server.py PORT FOLDER [CERTIFICATE KEY]: with a certificate it takes mail only after STARTTLS.
"""

import json
import os
import signal
import ssl
import sys
from pathlib import Path

from aiosmtpd.controller import Controller


class Keeper:
    def __init__(self, folder):
        self._folder = Path(folder)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        record = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "helo": session.host_name,
            "tls": session.ssl is not None,
            "data": envelope.content.decode(),
        }
        number = len(list(self._folder.iterdir()))
        part = self._folder / f".{number}"
        part.write_text(json.dumps(record))
        os.rename(part, self._folder / f"{number}.json")
        return "250 kept"


def main(port, folder, certificate=None, key=None):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    controller = Controller(
        Keeper(folder),
        hostname="127.0.0.1",
        port=int(port),
        server_kwargs={"tls_context": context, "require_starttls": bool(context)},
    )
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    controller.start()
    print("listening", flush=True)
    signal.sigwait({signal.SIGTERM})
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
