"""Connections to providers: opened with a verified certificate, kept for reuse."""

import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field

import trio

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._options import (
    CONNECT_SECONDS,
    POOL_IDLE_SECONDS,
    POOL_MAX_IDLE,
    TCP_KEEPALIVE_SECONDS,
)
from lunaroute.gateway._socket import PlainSocket, TlsSocket, Wire, tune
from lunaroute.routing import Origin
from lunaroute.wire import END

# A provider's head is a few kB; this bounds what a broken one can make us hold.
MAX_ANSWER_HEAD = 256 * 1024


class NoAnswerError(UpstreamFault):
    """The connection ended before the first byte of an answer."""


@dataclass(slots=True, eq=False)
class Upstream:
    """One connection to a provider, and the bytes read beyond what was asked."""

    wire: Wire
    origin: Origin
    reused: bool = False
    idle_since: float = 0.0
    buffer: bytes = b""
    answered: bool = False  # a byte of an answer came since the lease began

    async def send(self, data: bytes) -> None:
        """Raises NoAnswerError: what the provider says decides, if it says anything."""
        try:
            await self.wire.send(data)
        except OSError as error:
            raise NoAnswerError(_broken("while sending", error)) from error

    async def receive(self) -> bytes:
        """What comes next; empty at a proper end of file. Raises UpstreamFault."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        try:
            data = await self.wire.receive()
        except OSError as error:
            kind = UpstreamFault if self.answered else NoAnswerError
            raise kind(_broken("while answering", error)) from error
        if data:
            self.answered = True
        return data

    async def read_head(self) -> bytes:
        """The next head block. Raises NoAnswerError if not one byte comes."""
        data = await self.receive()
        searched = 0
        while (at := data.find(END, searched)) < 0:
            if len(data) > MAX_ANSWER_HEAD:
                raise UpstreamFault("the provider's answer head is too large")
            searched = max(0, len(data) - len(END) + 1)
            more = await self.receive()
            if not more and not self.answered:
                raise NoAnswerError("the provider closed the connection unanswered")
            if not more:
                raise UpstreamFault("the provider broke off within its answer's head")
            data += more
        self.buffer = data[at + len(END) :]
        return data[: at + len(END)]


@dataclass(slots=True)
class Health:
    """What was seen of one provider; never probed."""

    last_success: float | None = None  # wall clock
    last_error: str | None = None


@dataclass(slots=True)
class Pool:
    """Idle connections by origin, the last used first."""

    connected: int = 0
    _idle: dict[Origin, deque[Upstream]] = field(default_factory=dict)
    _context: ssl.SSLContext | None = None

    @property
    def idle_count(self) -> int:
        return sum(map(len, self._idle.values()))

    async def acquire(self, origin: Origin, *, fresh: bool = False) -> Upstream:
        """A connection to ``origin``; ``fresh`` never takes a used one.

        Raises UpstreamFault, 504 when the connection took too long.
        """
        waiting = self._idle.get(origin)
        while waiting and not fresh:
            upstream = waiting.pop()
            if not upstream.wire.is_stale():
                upstream.reused = True
                upstream.answered = False
                return upstream
            upstream.wire.close()
        return Upstream(await self._connect(origin), origin)

    def release(self, upstream: Upstream) -> None:
        """Back for reuse; the caller has seen the answer's proper end."""
        waiting = self._idle.setdefault(upstream.origin, deque())
        upstream.idle_since = time.monotonic()
        waiting.append(upstream)
        if len(waiting) > POOL_MAX_IDLE:
            waiting.popleft().wire.close()

    def expire(self, now: float) -> None:
        """Closes what has been idle too long."""
        for waiting in self._idle.values():
            while waiting and now - waiting[0].idle_since > POOL_IDLE_SECONDS:
                waiting.popleft().wire.close()

    def close(self) -> None:
        for waiting in self._idle.values():
            while waiting:
                waiting.pop().wire.close()

    async def _connect(self, origin: Origin) -> Wire:
        with trio.move_on_after(CONNECT_SECONDS):
            sock = await _open(origin)
            self.connected += 1
            if not origin.tls:
                return PlainSocket(sock)
            return await self._secure(sock, origin)
        raise UpstreamFault(
            f"no connection to {origin.host} within {CONNECT_SECONDS:g} s", status=504
        )

    async def _secure(self, sock: socket.socket, origin: Origin) -> TlsSocket:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols(["http/1.1"])
        try:
            secured = TlsSocket(sock, self._context, origin.host)
        except (OSError, ValueError) as error:
            sock.close()
            raise UpstreamFault(f"TLS with {origin.host}: {error}") from error
        try:
            await secured.handshake()
        except OSError as error:
            secured.close()
            reason = getattr(error, "verify_message", "") or str(error)
            raise UpstreamFault(f"TLS with {origin.host} failed: {reason}") from error
        except BaseException:
            secured.close()
            raise
        return secured


async def _open(origin: Origin) -> socket.socket:
    """A connected, tuned, non-blocking socket."""
    try:
        if origin.unix:
            stream = await trio.open_unix_socket(origin.unix)
        else:
            # Happy eyeballs (RFC 8305); names are resolved in a thread.
            stream = await trio.open_tcp_stream(origin.host, origin.port)
    except OSError as error:
        where = origin.unix or f"{origin.host}:{origin.port}"
        raise UpstreamFault(f"cannot connect to {where}: {_plain(error)}") from error
    sock = socket.socket(fileno=stream.socket.detach())
    tune(sock, TCP_KEEPALIVE_SECONDS)
    return sock


def _broken(when: str, error: OSError) -> str:
    return f"the provider's connection broke {when}: {_plain(error)}"


def _plain(error: BaseException) -> str:
    """The innermost reason, without the wrapping that open_tcp_stream adds."""
    while isinstance(error.__cause__, (OSError, ExceptionGroup)):
        error = error.__cause__
    if isinstance(error, ExceptionGroup):
        return _plain(error.exceptions[0])
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
