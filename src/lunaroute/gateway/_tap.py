"""The link's near end: copies leave after the client's bytes, and never hold them up.

The outbox keeps the books; here its buffers meet the socket. They are flushed just
before the event loop goes to sleep, so that one turn's copies leave in one system
call and wake the observer once.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial

import trio
from trio import lowlevel

from lunaroute.errors import LinkError
from lunaroute.link import FrameReader, Hello, Kind, Outbox, TapLimits, read_ack

log = logging.getLogger("lunaroute.tap")

# A loop that never sleeps still flushes every so many turns.
MAX_SKIPPED_TURNS = 32


class Tap(trio.abc.Instrument):
    """Feeds the outbox to the observer and takes its acknowledgements."""

    def __init__(self, hello: Hello, limits: TapLimits) -> None:
        self.outbox = Outbox(hello, limits)
        self.trouble = "the recorder has not connected yet"  # empty: all is well
        self._sock: socket.socket | None = None
        self._blocked = False
        self._skipped = 0
        self._linked = trio.Event()
        self._wake = trio.Event()
        self._room = trio.Event()
        self._settled = trio.Event()
        self._reading: trio.CancelScope | None = None
        self._token: lowlevel.TrioToken | None = None
        self._warned_shed = 0
        self._warned_lost = 0

    def before_io_wait(self, timeout: float) -> None:
        """Trio's hook: everything runnable has run, the clients have their bytes."""
        if self._sock is None or self._blocked or not self.outbox.waiting:
            return
        if timeout <= 0 and self._skipped < MAX_SKIPPED_TURNS:
            self._skipped += 1
            return
        self._skipped = 0
        self._flush()

    def connect(self, sock: socket.socket) -> None:
        """A new link end; what was not acknowledged is sent again on it."""
        self._disconnect()
        sock.setblocking(False)
        self._sock = sock
        self._blocked = False
        self.outbox.connect()
        self._linked.set()

    async def run(self) -> None:
        """Reads acknowledgements and waits for room in the socket, until cancelled."""
        self._token = lowlevel.current_trio_token()
        lowlevel.add_instrument(self)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write)
                while True:
                    sock = await self._next_link()
                    with trio.CancelScope() as self._reading:
                        await self._read(sock)
        finally:
            lowlevel.remove_instrument(self)
            self._disconnect()

    async def room(self) -> None:
        """With ``overflow: wait``: returns when the buffer has room again."""
        while self.outbox.is_full:
            if self._room.is_set():
                self._room = trio.Event()
            await self._room.wait()

    async def finish(self) -> None:
        """At the end: returns once everything is acknowledged. Goes on being told
        of new links meanwhile; the caller sets the deadline.
        """
        while self.outbox.unacknowledged:
            self._settled = trio.Event()
            await self._settled.wait()

    async def _next_link(self) -> socket.socket:
        while self._sock is None:
            await self._linked.wait()
        return self._sock

    async def _write(self) -> None:
        """Runs only while the socket's buffer is full."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            try:
                while self._sock is not None and self._blocked:
                    await lowlevel.wait_writable(self._sock)
                    self._blocked = False
                    self._flush()
            except trio.ClosedResourceError:
                continue  # replaced by another link meanwhile

    def _flush(self) -> None:
        outbox = self.outbox
        while self._sock is not None and outbox.waiting:
            buffers = outbox.gather()
            total = sum(map(len, buffers))
            try:
                count = self._sock.sendmsg(buffers) if total else 0
            except BlockingIOError:
                self._block()
                return
            except OSError as error:
                self._soon(partial(self._lost, self._sock, str(error)))
                return
            outbox.sent(count, buffers)
            if count < total:
                self._block()
                return

    def _block(self) -> None:
        self._soon(self._wake_up)

    def _soon(self, what: Callable[[], object]) -> None:
        """Stops flushing until ``what`` has run in the loop's next turn.

        The hook runs after the loop has computed how long to sleep: only the token
        wakes it at once.
        """
        self._blocked = True
        if self._token is not None:
            self._token.run_sync_soon(what)

    def _wake_up(self) -> None:
        self._wake.set()

    async def _read(self, sock: socket.socket) -> None:
        frames = FrameReader()
        while sock is self._sock:
            try:
                data = sock.recv(64 * 1024)
            except BlockingIOError:
                try:
                    await lowlevel.wait_readable(sock)
                except trio.ClosedResourceError:
                    return  # replaced by another link meanwhile
                continue
            except OSError as error:
                self._lost(sock, str(error))
                return
            if not data:
                self._lost(sock, "the recorder ended")
                return
            try:
                self._take(frames, data)
            except LinkError as error:
                log.error("the link speaks nonsense: %s", error)
                self._lost(sock, str(error))
                return

    def _take(self, frames: FrameReader, data: bytes) -> None:
        for frame in frames.feed(data):
            if frame.kind is Kind.ACK:
                self.outbox.acknowledge(read_ack(frame.payload))
                if not self.outbox.unacknowledged:
                    self._settled.set()
                if not self.outbox.is_full:
                    self._room.set()
            elif frame.kind is Kind.HEALTH:
                self.trouble = frame.payload.decode("utf-8", "replace")

    def report_shed(self) -> None:
        """One log line per round of shedding, not one per exchange."""
        shed = self.outbox.shed_exchanges
        if shed > self._warned_shed:
            log.warning(
                "the recorder is behind and the buffer is full: the bodies of %d more "
                "exchanges were not recorded (their facts and usage are); %d in all, "
                "%d bytes",
                shed - self._warned_shed,
                shed,
                self.outbox.shed_bytes,
            )
            self._warned_shed = shed
        lost = self.outbox.lost_exchanges
        if lost > self._warned_lost:
            log.error(
                "the buffer is full of facts alone: %d more exchanges were not "
                "recorded at all; %d in all",
                lost - self._warned_lost,
                lost,
            )
            self._warned_lost = lost

    def tick(self, *, live: int, clients: int, idle: Mapping[str, int]) -> None:
        """Once a second: the gauges, and what the log should know."""
        self.outbox.gauge(time.monotonic_ns(), live=live, clients=clients, idle=idle)
        self.report_shed()
        # The last one may have been shed whole: then no acknowledgement comes.
        if not self.outbox.unacknowledged:
            self._settled.set()
        if not self.outbox.is_full:
            self._room.set()

    def _lost(self, sock: socket.socket, why: str) -> None:
        if sock is not self._sock:
            return  # another link has taken its place already
        log.debug("link lost: %s", why)
        self._disconnect()
        self.trouble = "the recorder is not running; records wait in memory"

    def _disconnect(self) -> None:
        sock, self._sock = self._sock, None
        self._blocked = False
        if self._linked.is_set():
            self._linked = trio.Event()
        if sock is not None:
            lowlevel.notify_closing(sock)
            sock.close()
        if self._reading is not None:
            self._reading.cancel()
