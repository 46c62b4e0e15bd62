"""Non-blocking sockets, plain and TLS: try first, wait only when the kernel would.

The measured reason: ``trio.socket`` adds 11-15 µs to every chunk, a wait that was
not needed 5-8 (docs/architecture.md, section 1).
"""

import socket
import ssl
from typing import Protocol

from trio import lowlevel

# After so many bytes, or receives, that needed no waiting a task lets others run:
# looking through 64 kB of one-byte chunks takes 10 ms.
EAGER_BYTES = 128 * 1024
EAGER_COST = 8 * 1024  # what one receive counts, however small
RECEIVE_BYTES = 64 * 1024


class Wire(Protocol):
    """One end of a connection."""

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        """Bytes as soon as there are any; empty at the end of file."""
        ...

    async def send(self, data: bytes) -> None:
        """All of ``data``. Raises OSError when the peer is gone."""
        ...

    def is_stale(self) -> bool:
        """For an idle connection: True if it was closed or spoke out of turn."""
        ...

    def end_sending(self) -> None:
        """Says that nothing more will come; receiving goes on."""
        ...

    def close(self) -> None: ...

    def abort(self) -> None:
        """Closes with a reset, so that a cut answer cannot look like a whole one."""
        ...


def tune(sock: socket.socket, keepalive_secs: int, *, nodelay: bool = True) -> None:
    """Non-blocking, small writes at once, dead peers noticed by the kernel (with
    ``keepalive_secs`` 0 they are not).
    """
    sock.setblocking(False)
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(nodelay))
    if keepalive_secs:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
        if idle is not None:
            sock.setsockopt(socket.IPPROTO_TCP, idle, keepalive_secs)


class PlainSocket:
    """A stream socket as it is."""

    __slots__ = ("_eager", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._eager = 0

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        if self._eager >= EAGER_BYTES:
            self._eager = 0
            await lowlevel.checkpoint()
        while True:
            try:
                data = self.sock.recv(limit)
                self._eager += EAGER_COST + len(data)
                return data
            except BlockingIOError:
                self._eager = 0
                await lowlevel.wait_readable(self.sock)

    async def send(self, data: bytes) -> None:
        try:
            count = self.sock.send(data)
        except BlockingIOError:
            count = 0
        if count == len(data):
            return
        rest = memoryview(data)[count:]
        while rest:
            await lowlevel.wait_writable(self.sock)
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                continue

    def end_sending(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def is_stale(self) -> bool:
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True  # end of file, or bytes nobody asked for

    def close(self) -> None:
        lowlevel.notify_closing(self.sock)
        self.sock.close()

    def abort(self) -> None:
        _linger_zero(self.sock)
        self.close()


class TlsSocket:
    """A TLS client over a connected non-blocking socket."""

    __slots__ = ("_eager", "sock")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        # An end of file without close_notify must be told from a proper one: only
        # the latter may end an answer that has no length of its own.
        self.sock = context.wrap_socket(
            sock,
            server_hostname=host,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,
        )
        self._eager = 0

    async def handshake(self) -> None:
        while True:
            try:
                self.sock.do_handshake()
            except ssl.SSLWantReadError:
                await lowlevel.wait_readable(self.sock)
            except ssl.SSLWantWriteError:
                await lowlevel.wait_writable(self.sock)
            else:
                return

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        if self._eager >= EAGER_BYTES:
            self._eager = 0
            await lowlevel.checkpoint()
        while True:
            try:
                data = self.sock.recv(limit)
                self._eager += EAGER_COST + len(data)
                return data
            except ssl.SSLWantReadError:
                self._eager = 0
                await lowlevel.wait_readable(self.sock)
            except ssl.SSLWantWriteError:
                await lowlevel.wait_writable(self.sock)

    async def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except ssl.SSLWantWriteError:
                await lowlevel.wait_writable(self.sock)
            except ssl.SSLWantReadError:
                await lowlevel.wait_readable(self.sock)

    def end_sending(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def is_stale(self) -> bool:
        try:
            self.sock.recv(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        lowlevel.notify_closing(self.sock)
        self.sock.close()

    def abort(self) -> None:
        _linger_zero(self.sock)
        self.close()


def _linger_zero(sock: socket.socket) -> None:
    """Makes the close a reset; a socket whose peer is gone may refuse, and is fine."""
    try:
        sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + b"\x00" * 4
        )
    except OSError:
        return
