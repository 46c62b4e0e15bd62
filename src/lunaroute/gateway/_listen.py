"""The accept loop: takes connections, turns away what would be too many."""

import errno
import logging
import resource
import socket
from collections.abc import Awaitable, Callable

import trio
from trio import lowlevel

from lunaroute.errors import ClientFault
from lunaroute.gateway._client import Client, ClientGone
from lunaroute.gateway._exchange import refusal
from lunaroute.gateway._options import ServerLimits
from lunaroute.gateway._siblings import Siblings
from lunaroute.gateway._socket import PlainSocket, tune

log = logging.getLogger("lunaroute.gateway")

# As trio's own accept loop has it: descriptors come back when connections end.
ACCEPT_PAUSE = 0.1
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
# New connections taken per turn, so that a burst does not starve running streams.
ACCEPT_BURST = 16
# Of several workers at one socket each takes one and looks at the others again: who
# holds more than the idlest by this part of it, or is full, lets that one be first.
SHARED_BURST = 1
UNEVEN_PART = 8
GIVE_WAY_SECONDS = 0.001
# Descriptors that are no connections: the link, logs, the loop's own.
RESERVED_DESCRIPTORS = 64
# So many at once hear that we are full; further ones wait in the kernel's queue.
MAX_TURNED_AWAY = 64
RETRY_AFTER_SECONDS = 1


class Doorman:
    """Accepts for one gateway; ``serve`` is called with each client in a task."""

    def __init__(
        self,
        limits: ServerLimits,
        serve: Callable[[Client, socket.socket], Awaitable[object]],
        siblings: Siblings | None = None,
    ) -> None:
        self._limits = limits
        self._serve = serve
        self._siblings = siblings
        self._burst = ACCEPT_BURST if siblings is None else SHARED_BURST
        self._held = 0
        self._most = limits.max_connections or most_connections()
        self._turned_away = 0
        self._full = False  # said already; until there is room again
        self._starved = False

    async def accept(self, listener: socket.socket, handlers: trio.Nursery) -> None:
        """Takes connections of one listening socket until cancelled."""
        while True:
            await lowlevel.wait_readable(listener)
            if self._siblings is not None and not await self._is_next(self._siblings):
                continue
            for _ in range(self._burst):
                if self._turned_away >= MAX_TURNED_AWAY:
                    await trio.sleep(ACCEPT_PAUSE)
                    break
                try:
                    sock, peer = listener.accept()
                except BlockingIOError:
                    break
                except OSError as error:
                    if error.errno in _NO_DESCRIPTORS:
                        self._say_starved(error)
                        await trio.sleep(ACCEPT_PAUSE)
                    break  # or the client has left before we took it
                self._starved = False
                self._take(sock, peer, handlers)

    def tell(self) -> None:
        """Lets the other workers know what this one holds; once a second at least."""
        if self._siblings is not None:
            self._siblings.tell(self._held)

    def leave(self) -> None:
        """Takes no more; the worker's place is another's from now on."""
        self._siblings = None

    async def _is_next(self, siblings: Siblings) -> bool:
        """Gives way to a worker that holds less. False if the next connection must be
        another's, because this one is full and that one is not.
        """
        least = siblings.least()
        if least is None:
            return True
        if self._held >= self._most > least:
            await trio.sleep(ACCEPT_PAUSE)
            return False
        if self._held > least + least // UNEVEN_PART:
            await trio.sleep(GIVE_WAY_SECONDS)  # no longer: it may be busy
        return True

    async def _hold(self, client: Client, sock: socket.socket) -> None:
        try:
            await self._serve(client, sock)
        finally:
            self._held -= 1
            self.tell()

    def _take(self, sock: socket.socket, peer: object, handlers: trio.Nursery) -> None:
        try:
            self._tune(sock)
            here = sock.getsockname()
        except OSError:  # the peer has reset it already
            sock.close()
            return
        client = Client(
            PlainSocket(sock), _address(peer), _address(here), _host(here), _host(peer)
        )
        if self._held < self._most:
            self._full = False
            self._held += 1
            self.tell()
            handlers.start_soon(self._hold, client, sock)
        else:
            handlers.start_soon(self._turn_away, client)

    def _tune(self, sock: socket.socket) -> None:
        limits = self._limits
        tune(sock, limits.tcp_keepalive_secs, nodelay=limits.tcp_nodelay)
        for option, size in (
            (socket.SO_SNDBUF, limits.send_buffer_bytes),
            (socket.SO_RCVBUF, limits.receive_buffer_bytes),
        ):
            if size is not None:
                sock.setsockopt(socket.SOL_SOCKET, option, size)

    async def _turn_away(self, client: Client) -> None:
        """503 (RFC 9110 15.6.4), sent before a head is read: it holds nothing."""
        if not self._full:
            self._full = True
            log.warning("%d connections: further ones are refused", self._most)
        fault = ClientFault("LunaRoute has too many connections", status=503)
        extra = (("retry-after", str(RETRY_AFTER_SECONDS)),)
        self._turned_away += 1
        try:
            await client.send(refusal(None, fault, head_only=False, extra=extra))
            await client.linger()
        except ClientGone as gone:
            log.debug("%s left: %s", client.peer, gone)
        finally:
            self._turned_away -= 1
            client.wire.close()

    def _say_starved(self, error: OSError) -> None:
        if not self._starved:
            self._starved = True
            log.warning("cannot accept: %s; trying again", error.strerror)


def most_connections() -> int:
    """By the limit of open files: a client's connection and one to its provider."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (soft - RESERVED_DESCRIPTORS) // 2)


def _host(name: object) -> str:
    return str(name[0]) if isinstance(name, tuple) else ""


def _address(name: object) -> str:
    """``host:port`` of a socket name, brackets around IPv6."""
    if isinstance(name, tuple) and len(name) >= 2:
        host, port = str(name[0]), name[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return str(name)
