"""Non-blocking sockets, plain and TLS: try first, wait only when the kernel would.

The measured reason: ``trio.socket`` adds 11-15 µs to every chunk, a wait that was
not needed 5-8 (measured in a relay of its own; benchmarks/README.md has the whole).
"""

import fcntl
import socket
import ssl
import struct
import sys
import termios
from typing import Protocol

from trio import lowlevel

# After so many bytes that needed no waiting a task lets others run.
EAGER_BYTES = 256 * 1024
RECEIVE_BYTES = 64 * 1024
# Where more than that is sure to come: a body of that length.
BULK_BYTES = 256 * 1024
# What one record of TLS holds at most, and one read of OpenSSL returns (RFC 8446 5.1).
RECORD_BYTES = 16 * 1024


# Linux alone tells it so (tcp(7): SIOCOUTQ, which is TIOCOUTQ).
_UNSENT = termios.TIOCOUTQ if sys.platform == "linux" else None
_INT = struct.Struct("i")
_ZERO = _INT.pack(0)
# What Linux takes at most.
MAX_KEEPALIVE_SECONDS = 32767
# The first of them has another name on macOS.
_KEEPALIVE = tuple(
    getattr(socket, name)
    for name in ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL")
    if hasattr(socket, name)
)


class Wire(Protocol):
    """One end of a connection."""

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        """Bytes as soon as there are any; empty at the end of file."""
        ...

    async def send(self, data: bytes) -> None:
        """All of ``data``. Raises OSError when the peer is gone."""
        ...

    def send_now(self, data: bytes) -> bytes:
        """What of ``data`` the kernel does not take at once. Over TLS that must be what
        is sent next. Raises OSError when the peer is gone.
        """
        ...

    def unsent(self) -> int:
        """Bytes that were sent and that the peer has not taken yet."""
        ...

    def is_stale(self) -> bool:
        """For an idle connection: True if it was closed or spoke out of turn."""
        ...

    def close(self) -> None: ...

    def abort(self) -> None:
        """Closes with a reset, so that a cut answer cannot look like a whole one."""
        ...


def tune(sock: socket.socket, keepalive_secs: int, *, nodelay: bool = True) -> None:
    """Non-blocking, small writes at once, dead peers noticed by the kernel: after
    ``keepalive_secs`` of silence it asks, and again each time; 0 switches that off.
    """
    sock.setblocking(False)
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(nodelay))
    if keepalive_secs:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        keepalive_secs = min(keepalive_secs, MAX_KEEPALIVE_SECONDS)
        for option in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, keepalive_secs)


class _Socket:
    """What both kinds do alike."""

    __slots__ = ("_drained", "_eager", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._eager = 0
        # The kernel has nothing more, as far as we know: the last receive took all
        # there was, or we have just sent what must be answered first. Asking it again
        # would cost a system call and an exception (3 us) before the same wait.
        self._drained = False

    def unsent(self) -> int:
        if _UNSENT is None or self.sock.fileno() < 0:
            return 0
        (count,) = _INT.unpack(fcntl.ioctl(self.sock.fileno(), _UNSENT, _ZERO))
        return int(count)

    def close(self) -> None:
        lowlevel.notify_closing(self.sock)
        self.sock.close()

    def abort(self) -> None:
        _linger_zero(self.sock)
        self.close()


class PlainSocket(_Socket):
    """A stream socket as it is."""

    __slots__ = ()

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        if self._drained:
            self._eager = 0
            await lowlevel.wait_readable(self.sock)
        elif self._eager >= EAGER_BYTES:
            self._eager = 0
            await lowlevel.checkpoint()
        while True:
            try:
                data = self.sock.recv(limit)
            except BlockingIOError:
                self._eager = 0
                await lowlevel.wait_readable(self.sock)
            else:
                self._eager += len(data)
                self._drained = len(data) < limit
                return data

    def receive_now(self, limit: int) -> bytes | None:
        """As above, but None instead of waiting."""
        try:
            data = self.sock.recv(limit)
        except BlockingIOError:
            self._drained = True
            return None
        self._drained = len(data) < limit
        return data

    def send_now(self, data: bytes) -> bytes:
        try:
            count = self.sock.send(data)
        except BlockingIOError:
            return data
        if count == len(data):
            self._drained = True
            return b""
        return data[count:]

    async def send(self, data: bytes) -> None:
        left = self.send_now(data)
        if not left:
            return
        rest = memoryview(left)
        while rest:
            await lowlevel.wait_writable(self.sock)
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                continue

    def end_sending(self) -> None:
        """Says that nothing more will come; receiving goes on.

        Not to be had over TLS: OpenSSL sends a close_notify and discards, as an error,
        what had come until then.
        """
        self.sock.shutdown(socket.SHUT_WR)

    def is_stale(self) -> bool:
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True  # end of file, or bytes nobody asked for


class TlsSocket(_Socket):
    """A TLS client over a connected non-blocking socket.

    A send that was interrupted cannot be followed by another one: OpenSSL keeps what
    it has encrypted of it.
    """

    __slots__ = ()

    sock: ssl.SSLSocket

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        host: str,
        session: ssl.SSLSession | None = None,
    ) -> None:
        # An end of file without close_notify must be told from a proper one: only
        # the latter may end an answer that has no length of its own.
        secured = context.wrap_socket(
            sock,
            server_hostname=host,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,
            session=session,
        )
        super().__init__(secured)

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
                if len(data) == RECORD_BYTES:
                    data = self._more(data, limit)
                self._eager += len(data)
                return data
            except ssl.SSLWantReadError:
                self._eager = 0
                await lowlevel.wait_readable(self.sock)
            except ssl.SSLWantWriteError:
                await lowlevel.wait_writable(self.sock)

    def _more(self, data: bytes, limit: int) -> bytes:
        """With what is there behind a full record: whoever sends fast fills them."""
        parts = [data]
        room = limit - len(data)
        while room > 0 and len(parts[-1]) == RECORD_BYTES:
            try:
                parts.append(self.sock.recv(room))
            except OSError:
                break  # nothing yet, or a failure that the next receive meets again
            room -= len(parts[-1])
        return b"".join(parts)

    def send_now(self, data: bytes) -> bytes:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return bytes(rest)
        return b""

    async def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except ssl.SSLWantWriteError:
                await lowlevel.wait_writable(self.sock)
            except ssl.SSLWantReadError:
                await lowlevel.wait_readable(self.sock)

    def is_stale(self) -> bool:
        try:
            self.sock.recv(1)  # looks at what is no data, too: tickets, key updates
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        return True


def _linger_zero(sock: socket.socket) -> None:
    """Makes the close a reset; a socket whose peer is gone may refuse, and is fine."""
    try:
        sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + b"\x00" * 4
        )
    except OSError:
        return
