"""Many connections at once, in one loop: streams that are checked, and saturation."""

import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from benchmarks._client import LENGTH, RECEIVE, connect
from benchmarks._traffic import LAST_CHUNK, NUMBERED, request

# All streams begin together: until then every request must have arrived.
LEAD_SECONDS = 0.15
LEAD_EACH = 0.0015
PATIENCE = 20.0

_DIGITS = {b"%019d": rb"(\d{19})", b"%04d": rb"(\d{4})", b"%06d": rb"(\d{6})"}
_WANTED = re.escape(NUMBERED % (0, 0, 0))
for _place, _pattern in _DIGITS.items():
    _WANTED = _WANTED.replace(_place % 0, _pattern, 1)
WANTED = re.compile(_WANTED)
# The events around the words; anything else is a torn one.
FRAME = re.compile(
    rb"event: (message_start|content_block_start|content_block_stop|message_delta|"
    rb'message_stop)\ndata: \{"type": "\1".*\}\n\n'
)

now = time.monotonic_ns


@dataclass(slots=True)
class Seen:
    """What came of some streams: nanoseconds, and every fault."""

    delays: list[int] = field(default_factory=list)  # provider to client
    gaps: list[int] = field(default_factory=list)  # between one stream's events
    late: list[int] = field(default_factory=list)  # the provider itself
    events: int = 0
    missing: int = 0
    torn: int = 0
    disordered: int = 0


@dataclass(slots=True)
class Stream:
    """One connection; what it received is looked at when all is over."""

    sock: socket.socket
    begins: int = 0
    received: list[tuple[int, bytes]] = field(default_factory=list)
    ended: bool = False

    def receive(self) -> None:
        try:
            data = self.sock.recv(RECEIVE)
        except ssl.SSLWantReadError:
            return  # TLS has spoken for itself
        except ConnectionError:
            data = b""
        self.received.append((now(), data))
        if data.endswith(LAST_CHUNK) or not data:
            self.ended = True
        elif len(data) < len(LAST_CHUNK):
            tail = b"".join(data for _, data in self.received[-5:])
            self.ended = tail.endswith(LAST_CHUNK)


def streams(
    port: int,
    count: int,
    events: int,
    gap_us: int,
    numbers: Iterator[int],
    tls: ssl.SSLContext | None = None,
) -> Seen:
    """``count`` streams at once, their events spread evenly; every byte is checked."""
    found = [Stream(connect(port, tls)) for _ in range(count)]
    poll = select.epoll()
    by_number = {}
    for stream in found:
        stream.sock.setblocking(False)
        poll.register(stream.sock, select.EPOLLIN)
        by_number[stream.sock.fileno()] = stream
    try:
        _ask(found, events, gap_us, numbers)
        _receive(poll, by_number, PATIENCE + events * gap_us / 1e6)
    finally:
        poll.close()
        for stream in found:
            stream.sock.close()
    seen = Seen()
    for number, stream in enumerate(found):
        check(stream, number, events, gap_us * 1000, seen)
    return seen


def _ask(found: list[Stream], events: int, gap_us: int, numbers: Iterator[int]) -> None:
    start = now() + int((LEAD_SECONDS + LEAD_EACH * len(found)) * 1e9)
    for number, stream in enumerate(found):
        stream.begins = start + number * gap_us * 1000 // len(found)
        wish = f"?events={events}&gap_us={gap_us}&at={stream.begins}&stream={number}"
        stream.sock.send(request(500, query=wish, stream=True) % next(numbers))


def _receive(poll: select.epoll, streams: dict[int, Stream], seconds: float) -> None:
    until = time.monotonic() + seconds
    left = len(streams)
    while left and time.monotonic() < until:
        for number, _ in poll.poll(1.0):
            stream = streams[number]
            stream.receive()
            if stream.ended:
                poll.unregister(number)
                left -= 1


def payload(received: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """When each event was complete, and the event: without head and chunks."""
    data = text = b""
    in_head = True
    for at, more in received:
        data += more
        if in_head:
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                continue
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(f"refused: {head[:200]!r}")
            data, in_head = rest, False
        while (line := data.find(b"\r\n")) > 0:
            size = int(data[:line], 16)
            if len(data) < line + 2 + size + 2:
                break
            text += data[line + 2 : line + 2 + size]
            data = data[line + 2 + size + 2 :]
        while (end := text.find(b"\n\n")) >= 0:
            yield at, text[: end + 2]
            text = text[end + 2 :]
    if text:
        yield 0, text


def check(stream: Stream, number: int, events: int, gap: int, seen: Seen) -> None:
    """Adds one stream's figures: each event whole, in order, none missing."""
    arrived = []
    due = 0
    for at, event in payload(stream.received):
        found = WANTED.fullmatch(event)
        if found is None or int(found[2]) != number:
            seen.torn += FRAME.fullmatch(event) is None
            continue
        left, which = int(found[1]), int(found[3])
        seen.disordered += which != due
        due = which + 1
        arrived.append(at)
        seen.delays.append(at - left)
        seen.late.append(left - stream.begins - which * gap)
    seen.gaps += [after - before for before, after in pairwise(arrived)]
    seen.events += len(arrived)
    seen.missing += events - len(arrived)


@dataclass(slots=True)
class Load:
    """A closed loop over some connections: each asks again as soon as it is answered."""

    port: int
    connections: int
    data: bytes
    numbers: Iterator[int]
    _socks: dict[int, socket.socket] = field(default_factory=dict)
    _poll: select.epoll = field(default_factory=select.epoll)
    _size: int = 0  # of an answer; they are all alike

    def __enter__(self) -> Self:
        for _ in range(self.connections):
            sock = connect(self.port)
            self._socks[sock.fileno()] = sock
            self._poll.register(sock, select.EPOLLIN)
        for sock in self._socks.values():
            sock.sendall(self.data % next(self.numbers))
        return self

    def __exit__(self, *exc: object) -> None:
        for sock in self._socks.values():
            sock.close()
        self._poll.close()

    def run(self, seconds: float) -> int:
        """The requests answered in that time, each followed by the next."""
        return self._loop(seconds, lambda sock: sock.sendall(self._next()))

    def finish(self) -> int:
        """Awaits what is under way: one answer a connection."""
        left = len(self._socks)
        return self._loop(PATIENCE, self._poll.unregister, left)

    def _next(self) -> bytes:
        return self.data % next(self.numbers)

    def _loop(
        self,
        seconds: float,
        then: Callable[[socket.socket], object],
        most: int = 1 << 62,
    ) -> int:
        count = 0
        until = time.monotonic() + seconds
        while count < most and time.monotonic() < until:
            for number, _ in self._poll.poll(1.0):
                sock = self._socks[number]
                data = sock.recv(RECEIVE)
                if len(data) != self._size:
                    self._whole(sock, data)
                count += 1
                then(sock)
        return count

    def _whole(self, sock: socket.socket, data: bytes) -> None:
        """The rest of an answer of which only a part, or the first, came."""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _some(sock)
        if not data.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"refused: {data[:200]!r}")
        found = LENGTH.search(data, 0, end + 2)
        self._size = end + 4 + (int(found[1]) if found else 0)
        while len(data) < self._size:
            data += _some(sock)


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(RECEIVE)
    if not data:
        raise ConnectionError("the connection ended within an answer")
    return data
