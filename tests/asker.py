"""A client that sends and receives at once and judges its answer by other readers."""

import contextlib
import http.client
import io
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import h11

from tests.kit import CEILING

RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER: on, zero seconds


@dataclass
class Got:
    """What a client had of its answer in the end.

    ``end`` is whole, cut (the end of file before the answer's), reset, broken (not
    HTTP) or left (the client itself went away with a reset).
    """

    data: bytes = b""
    end: str = ""
    status: int = 0
    row: dict | None = None


@dataclass
class Asker:
    """A client: sends and receives at the same time and judges by h11."""

    port: int
    request: bytes
    stays: Callable[[bytes], bool]  # called with what came; false once it is time to go
    got: Got = field(default_factory=Got)

    def run(self) -> Got:
        self._judge = h11.Connection(h11.CLIENT)
        ask = h11.Request(method="POST", target="/", headers=[("Host", "x")])
        self._judge.send(ask)
        self._judge.send(h11.EndOfMessage())
        with socket.create_connection(("127.0.0.1", self.port)) as sock:
            sock.setblocking(False)
            rest = memoryview(self.request)
            deadline = time.monotonic() + CEILING
            while not self.got.end:
                assert time.monotonic() < deadline, self.got
                rest = self._turn(sock, rest)
        return self.got

    def _turn(self, sock: socket.socket, rest: memoryview) -> memoryview:
        if not self.stays(self.got.data):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.got.end = "left"
            return rest
        poll = select.poll()  # select() ends at descriptor 1024
        poll.register(sock, select.POLLIN | (select.POLLOUT if rest else 0))
        ready = dict(poll.poll(50)).get(sock.fileno(), 0)
        if ready & ~select.POLLOUT:
            self._hear(sock)
        elif ready:
            with contextlib.suppress(OSError):  # reading tells what it means
                rest = rest[sock.send(rest) :]
        return rest

    def _hear(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(65536)
        except ConnectionError:
            self.got.end = "reset"
            return
        self.got.data += data
        try:
            self._judge.receive_data(data)
            while (event := self._judge.next_event()) not in (
                h11.NEED_DATA,
                h11.PAUSED,
            ):
                if isinstance(event, h11.Response):
                    self.got.status = event.status_code
                if isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                    self.got.end = "whole"
                    break
        except h11.RemoteProtocolError:
            self.got.end = "broken" if data else "cut"


def http_client_raises(data: bytes) -> bool:
    """Whether the standard library's reader calls these bytes an incomplete answer."""

    class Bytes:
        def makefile(self, _mode: str) -> io.BytesIO:
            return io.BytesIO(data)

    response = http.client.HTTPResponse(Bytes())
    try:
        response.begin()
        response.read()
    except http.client.HTTPException:
        return True
    return False
