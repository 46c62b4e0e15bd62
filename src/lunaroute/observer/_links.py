"""The link's far end: reads what the gateways forwarded, acknowledges what is kept."""

import logging
import socket
import time
from collections.abc import Callable, Iterable

import trio
from trio import lowlevel

from lunaroute.link import Assembler, RawExchange, pack_ack, pack_health

log = logging.getLogger("lunaroute.observer")

# The gateway pays for waking us, not for the copy: after each read we nap, so that
# the next wake-up finds more than one frame. A read that brought little, as of streams,
# is followed by a longer nap: an event each 5 ms costs us a third less so. Where much
# comes the gateway would meet a full socket meanwhile.
NAP_SECONDS = 0.005
LONG_NAP_SECONDS = 0.02
LITTLE_BYTES = 16 * 1024
RECEIVE_BYTES = 256 * 1024


class LinkEnd:
    """One gateway's link. ``on_open`` is called when something begins
    where nothing was under way.
    """

    def __init__(
        self, sock: socket.socket, on_open: Callable[[], object] = lambda: None
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._assembler = Assembler()
        self._on_open = on_open
        self.is_open = True
        self._sending = trio.Lock()

    @property
    def assembler(self) -> Assembler:
        return self._assembler

    async def receive(self) -> list[RawExchange] | None:
        """Exchanges that have ended; None once the gateway is gone.

        LinkError (the bytes are no frames) is a bug: it ends this process, and the
        next one is told everything again.
        """
        while True:
            try:
                data = self._sock.recv(RECEIVE_BYTES)
            except BlockingIOError:
                await lowlevel.wait_readable(self._sock)
                continue
            except OSError as error:
                log.debug("link broke: %s", error)
                return None
            if not data:
                return None
            was_idle = not self._assembler.open_count
            complete = self._assembler.feed(data)
            if was_idle and self._assembler.open_count:
                self._on_open()
            if len(data) < RECEIVE_BYTES:
                is_little = len(data) < LITTLE_BYTES
                await trio.sleep(LONG_NAP_SECONDS if is_little else NAP_SECONDS)
            if complete:
                return complete

    def interrupt(self) -> list[RawExchange]:
        """What was under way when the gateway went."""
        return self._assembler.interrupt()

    async def acknowledge(self, counters: Iterable[int]) -> None:
        """Tells the gateway that these are committed."""
        await self._send(pack_ack(list(counters), time.monotonic_ns()))

    async def report(self, trouble: str) -> None:
        """Tells the gateway how recording fares; empty is well."""
        await self._send(pack_health(trouble, time.monotonic_ns()))

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            lowlevel.notify_closing(self._sock)
            self._sock.close()

    async def _send(self, frame: bytes) -> None:
        """A gateway that is gone needs no answer: it keeps nothing any more."""
        async with self._sending:
            rest = memoryview(frame)
            while rest and self.is_open:
                try:
                    rest = rest[self._sock.send(rest) :]
                except BlockingIOError:
                    try:
                        await lowlevel.wait_writable(self._sock)
                    except trio.ClosedResourceError:
                        return
                except OSError as error:
                    log.debug("not delivered, the gateway is gone: %s", error)
                    return
