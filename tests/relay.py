"""A relay on loopback that does to each connection what its fault says.

It stands before the gateway or before the provider and reads one thing of what passes:
the ``User-Agent: case/NAME`` of the first request, which chooses the fault. So one
relay, and one proxy, serve a whole matrix of faults at the same time.
"""

import contextlib
import random
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import trio

from tests.asker import RESET
from tests.kit import CEILING

CASE = re.compile(rb"\bcase/([a-z0-9_-]+)")
# Of a long message only the beginning is slowed down or sliced.
SLOWED = 3000
CUTS = ("limit", "reset", "stall")


@dataclass(frozen=True)
class Fault:
    """What happens to one connection, and in which direction.

    latency: each read waits 200 ms, 50 more or less. bandwidth: 10 kB/s. slice: one
    byte a send. limit: after ``at`` bytes both sides see a clean end. reset: after
    ``at`` bytes a reset. stall: after ``at`` bytes nothing more. corrupt: the byte
    at ``at`` is inverted. slow_close: the end of file comes 2 s late. refuse: a
    reset before any byte.
    """

    kind: str
    way: str = "down"  # or "up", towards the provider
    at: int = 0


NONE = Fault("none")
REFUSE = Fault("refuse")


class Relay:
    """Listens as soon as it is made; ``close`` ends it and every connection."""

    def __init__(
        self, target: int, faults: Mapping[str, Fault], default: Fault = NONE
    ) -> None:
        self.struck: dict[str, threading.Event] = defaultdict(threading.Event)
        self.left: dict[str, threading.Event] = defaultdict(threading.Event)
        self.connections: dict[str, int] = defaultdict(int)
        self._target = target
        self._faults = faults
        self._default = default
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._started = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._run,), daemon=True)
        self._thread.start()
        assert self._started.wait(CEILING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._token.run_sync_soon(self._scope.cancel)
        self._thread.join(CEILING)

    async def _run(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._listener.setblocking(False)
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(self._listener))
        with trio.CancelScope() as self._scope:
            self._started.set()
            await trio.serve_listeners(self._connection, [listener])

    async def _connection(self, near: trio.SocketStream) -> None:
        if self._default.kind == "refuse":
            await _reset(near)
            return
        with contextlib.suppress(trio.BrokenResourceError):
            head = await _head(near)
            found = CASE.search(head)
            if not head or found is None:
                await near.aclose()
                return
            case = found[1].decode()
            self.connections[case] += 1
            far = await trio.open_tcp_stream("127.0.0.1", self._target)
            fault = self._faults.get(case, self._default)
            await _Pair(self, case, fault, near, far).run(head)

    def fault_of(self, case: str) -> Fault:
        return self._faults.get(case, self._default)


class _Pair:
    """The two ends of one relayed connection."""

    def __init__(
        self,
        relay: Relay,
        case: str,
        fault: Fault,
        near: trio.SocketStream,
        far: trio.SocketStream,
    ) -> None:
        self._struck, self._left = relay.struck[case], relay.left[case]
        self._fault = fault
        self._near, self._far = near, far
        self._limited = False

    async def run(self, head: bytes) -> None:
        try:
            if self._fault.kind == "refuse":
                await self._reset()
                return
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, "up", head)
                nursery.start_soon(self._pump, "down", b"")
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self._near)
                await trio.aclose_forcefully(self._far)
            self._left.set()

    async def _reset(self) -> None:
        await _reset(self._near)
        await _reset(self._far)
        self._struck.set()

    async def _pump(self, way: str, data: bytes) -> None:
        source, sink = self._near, self._far
        if way == "down":
            source, sink = sink, source
        passed = 0
        try:
            while data := data or await source.receive_some(65536):
                if not self._limited:
                    await self._pass(way, sink, data, passed)
                passed += len(data)
                data = b""
            if way == "up":
                self._left.set()
            if self._fault.kind == "slow_close":
                await trio.sleep(2)
            if not self._limited:
                await sink.send_eof()
        except trio.BrokenResourceError:  # one side is gone: so is the other
            await self._reset()
        except trio.ClosedResourceError:
            return

    async def _pass(
        self, way: str, sink: trio.SocketStream, data: bytes, passed: int
    ) -> None:
        fault = self._fault
        if fault.way != way:
            await sink.send_all(data)
        elif fault.kind in CUTS:
            left = fault.at - passed
            if left > 0:
                await sink.send_all(data[:left])
            if 0 <= left <= len(data):
                await self._strike()
        elif fault.kind == "corrupt":
            await sink.send_all(inverted(data, fault.at - passed))
        elif fault.kind == "latency":
            await trio.sleep(random.uniform(0.15, 0.25))
            await sink.send_all(data)
        else:
            step, pause = STEPS.get(fault.kind, (SLOWED, 0.0))
            await _dribble(sink, data, max(0, SLOWED - passed), step, pause)

    async def _strike(self) -> None:
        if self._fault.kind == "reset":
            await self._reset()
        elif self._fault.kind == "limit":
            self._limited = True
            await self._near.send_eof()
            await self._far.send_eof()
        self._struck.set()


# Bytes a send and seconds after it.
STEPS = {"bandwidth": (100, 0.01), "slice": (1, 0.0)}


async def _dribble(
    sink: trio.SocketStream, data: bytes, slowed: int, step: int, pause: float
) -> None:
    slow, rest = data[:slowed], data[slowed:]
    for at in range(0, len(slow), step):
        await sink.send_all(slow[at : at + step])
        await trio.sleep(pause)
    if rest:
        await sink.send_all(rest)


async def _head(stream: trio.SocketStream) -> bytes:
    """Everything that comes up to and with the first request's empty line."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = await stream.receive_some(65536)
        if not more:
            return b""
        data += more
    return data


async def _reset(stream: trio.SocketStream) -> None:
    with contextlib.suppress(OSError, trio.ClosedResourceError):
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    await trio.aclose_forcefully(stream)


def inverted(data: bytes, at: int) -> bytes:
    """``data`` with all bits of the byte at ``at`` turned, if it is in it."""
    if not 0 <= at < len(data):
        return data
    return data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]
