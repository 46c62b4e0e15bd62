"""The client that measures: one blocking connection, times in nanoseconds."""

import contextlib
import re
import socket
import ssl
import time
from typing import Self

from benchmarks._traffic import LAST_CHUNK, STAMP

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIVE = 64 * 1024
STAMP_DIGITS = 19
TIMEOUT = 60.0


class Client:
    """One keep-alive connection, under TLS if there is a context."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._sock = connect(port, tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._sock.close()

    def whole(self, request: bytes) -> int:
        """From the first byte sent to the last of the answer received."""
        receive = self._sock.recv
        began = time.monotonic_ns()
        self._sock.sendall(request)
        data = receive(RECEIVE)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _some(receive(RECEIVE))
        _check(data)
        found = LENGTH.search(data, 0, end + 2)
        due = end + 4 + (int(found[1]) if found else 0)
        while len(data) < due:
            data += _some(receive(RECEIVE))
        return time.monotonic_ns() - began

    def first_byte(self, request: bytes) -> int:
        """From the first byte sent to the first of a stream's body received."""
        began = time.monotonic_ns()
        self._sock.sendall(request)
        data = self._sock.recv(RECEIVE)
        while b"event:" not in data:
            data += _some(self._sock.recv(RECEIVE))
        took = time.monotonic_ns() - began
        _check(data)
        while not data.endswith(LAST_CHUNK):
            data += _some(self._sock.recv(RECEIVE))
        return took

    def events(self, request: bytes) -> list[int]:
        """For each event of a stream: from leaving the provider to our hands."""
        self._sock.sendall(request)
        taken: list[tuple[int, bytes]] = []
        while not taken or not taken[-1][1].endswith(LAST_CHUNK):
            data = _some(self._sock.recv(RECEIVE))
            taken.append((time.monotonic_ns(), data))
        _check(taken[0][1])
        return [at - sent for at, data in taken for sent in _stamps(data)]


def connect(port: int, tls: ssl.SSLContext | None = None) -> socket.socket:
    """A blocking connection to this machine."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    # A timeout makes Python poll before each call; the kernel's costs nothing.
    sock.settimeout(None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock if tls is None else tls.wrap_socket(sock, server_hostname="127.0.0.1")


def _stamps(data: bytes) -> list[int]:
    """When the events in ``data`` left; an event arrives with its end."""
    found = []
    at = data.find(STAMP)
    while at >= 0:
        digits = data[at + len(STAMP) :][:STAMP_DIGITS]
        if len(digits) == STAMP_DIGITS and digits.isdigit():
            found.append(int(digits))
        at = data.find(STAMP, at + 1)
    return found


def _some(data: bytes) -> bytes:
    if not data:
        raise ConnectionError("the connection ended within an answer")
    return data


def _check(data: bytes) -> None:
    if not data.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(f"refused: {data[:200]!r}")
