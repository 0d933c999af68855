"""Many requests on one connection without waiting for answers in between."""

import re
import socket

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def statuses_of(port, address, path, count):
    """The statuses of `count` pipelined GETs from this source address."""
    with socket.socket() as connection:
        connection.settimeout(30)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", port))
        one = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        last = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        connection.sendall(one * (count - 1) + last)
        received = b""
        while data := connection.recv(1 << 16):
            received += data
    return [int(status) for status in STATUS.findall(received)]
