"""The frames of the link: 24 bytes of header, then the payload.

Pure codec, no sockets. A frame's payload is the very buffer that was forwarded, so
packing a frame never copies it. ``VERSION`` changes with any change of layout: both
ends are always of one installation, a mismatch is an error and never negotiated.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from lunaroute.errors import LinkError
from lunaroute.link._exchange import Anchor, Ending, Route, Times
from lunaroute.model import Outcome

VERSION = 2
MAGIC = b"LUNA"

# No frame is longer: the gateway never receives more than this at once, and a
# length beyond it means that the reader has lost its place.
MAX_PAYLOAD = 64 * 1024 * 1024

_HEADER = struct.Struct("<BBxxIQQ")
HEADER_SIZE = _HEADER.size
_HELLO = struct.Struct("<4sHH16sQQ")
_ENDING = struct.Struct("<BBHHxxQQ7Q")
_GAUGE = struct.Struct("<7Q")
_POOL = struct.Struct("<IQ")
_SHED = struct.Struct("<QQ")
_LENGTH = struct.Struct("<I")

_OUTCOMES = tuple(Outcome)
_OUTCOME_NUMBER = {outcome: number for number, outcome in enumerate(_OUTCOMES)}


class Kind(IntEnum):
    """What a frame carries. Those below 16 go to the observer, the rest back."""

    HELLO = 1  # once per link end: version, boot, clock anchor
    OPEN = 2  # route facts and the raw request head
    REQUEST = 3  # request body bytes as framed on the wire
    ANSWER_HEAD = 4  # the final response head, raw
    ANSWER = 5
    TUNNEL_UP = 6  # bytes after a 101, client to provider
    TUNNEL_DOWN = 7
    TAIL = 8  # after a gap: the last bytes of a body; flags name the direction
    SHED = 9  # for want of room: bytes missing, bytes of the answer that stand
    CLOSE = 10
    GAUGE = 11  # once a second
    LOST = 12  # an exchange that was opened will not be told: forget it
    ACK = 16  # counters whose exchanges are committed
    HEALTH = 17  # once a second: how the recorder fares


_KINDS = {int(kind): kind for kind in Kind}

RESENT = 1  # flag of OPEN: this exchange went over an earlier link already


class Frame(NamedTuple):
    """One frame as it was read."""

    kind: Kind
    flags: int
    counter: int
    time_ns: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks: one life of one gateway worker, and its clocks."""

    boot: str
    worker: int
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Gauge:
    """The gateway's state, once a second. Counts are since its start."""

    live: int  # exchanges under way
    clients: int  # connections of clients
    held_bytes: int  # unacknowledged, in the gateway's memory
    held_exchanges: int
    shed_exchanges: int  # recorded without their bodies: the buffer was full
    shed_bytes: int
    lost_exchanges: int  # not recorded at all: not even their facts found room
    # Pooled connections, by the provider's name.
    idle: Mapping[str, int] = field(default_factory=dict)


def pack_header(
    kind: int, flags: int, length: int, counter: int, time_ns: int
) -> bytes:
    """The 24 bytes before a payload of ``length`` bytes."""
    return _HEADER.pack(kind, flags, length, counter, time_ns)


def unpack_header(header: bytes) -> tuple[int, int, int, int, int]:
    """Kind, flags, payload length, counter and time of a packed header."""
    return _HEADER.unpack(header)


def pack_hello(hello: Hello) -> bytes:
    payload = _HELLO.pack(
        MAGIC,
        VERSION,
        hello.worker,
        bytes.fromhex(hello.boot),
        hello.anchor.wall_ns,
        hello.anchor.monotonic_ns,
    )
    return pack_header(Kind.HELLO, 0, len(payload), 0, 0) + payload


def read_hello(payload: bytes) -> Hello:
    if len(payload) != _HELLO.size:
        raise LinkError(f"a hello of {len(payload)} bytes, expected {_HELLO.size}")
    magic, version, worker, boot, wall_ns, monotonic_ns = _HELLO.unpack(payload)
    if magic != MAGIC or version != VERSION:
        raise LinkError(f"link version {version} met, this side speaks {VERSION}")
    return Hello(boot.hex(), worker, Anchor(wall_ns, monotonic_ns))


def pack_open(route: Route, head: bytes) -> bytes:
    """The payload of OPEN: five short strings, then the raw head."""
    return _pack_route(route) + head


@lru_cache(maxsize=1024)  # a connection has one, and many requests
def _pack_route(route: Route) -> bytes:
    texts = [
        part.encode()
        for part in (
            route.provider,
            route.dialect,
            route.upstream,
            route.client,
            route.listener,
        )
    ]
    return b"".join([_LENGTH.pack(len(text)) + text for text in texts])


def read_open(payload: bytes) -> tuple[Route, bytes]:
    parts: list[str] = []
    at = 0
    try:
        for _ in range(5):
            (length,) = _LENGTH.unpack_from(payload, at)
            at += _LENGTH.size
            parts.append(payload[at : at + length].decode())
            at += length
    except (struct.error, UnicodeDecodeError) as error:
        raise LinkError(f"unreadable open frame: {error}") from error
    return Route(*parts), payload[at:]


def pack_ending(ending: Ending) -> bytes:
    times = ending.times
    return (
        _ENDING.pack(
            _OUTCOME_NUMBER[ending.outcome],
            ending.reused,
            ending.status,
            ending.attempts,
            ending.request_bytes,
            ending.answer_bytes,
            times.accepted,
            times.head_received,
            times.first_byte_up,
            times.last_byte_up,
            times.first_byte_down,
            times.first_body_down,
            times.ended,
        )
        + ending.error.encode()
    )


def read_ending(payload: bytes) -> Ending:
    if len(payload) < _ENDING.size:
        raise LinkError(f"a close of {len(payload)} bytes, expected {_ENDING.size}")
    outcome, reused, status, attempts, up, down, *times = _ENDING.unpack_from(payload)
    if outcome >= len(_OUTCOMES):
        raise LinkError(f"unknown outcome number {outcome}")
    return Ending(
        outcome=_OUTCOMES[outcome],
        status=status,
        error=payload[_ENDING.size :].decode("utf-8", "replace"),
        request_bytes=up,
        answer_bytes=down,
        times=Times(*times),
        reused=bool(reused),
        attempts=attempts,
    )


def pack_shed(missing: int, answer: int) -> bytes:
    """Body bytes missing in all; how many of the answer's first bytes stand."""
    return _SHED.pack(missing, answer)


def read_shed(payload: bytes) -> tuple[int, int]:
    if len(payload) != _SHED.size:
        raise LinkError(f"a shed frame of {len(payload)} bytes, expected {_SHED.size}")
    missing, answer = _SHED.unpack(payload)
    return missing, answer


def pack_gauge(gauge: Gauge, time_ns: int) -> bytes:
    payload = _GAUGE.pack(
        gauge.live,
        gauge.clients,
        gauge.held_bytes,
        gauge.held_exchanges,
        gauge.shed_exchanges,
        gauge.shed_bytes,
        gauge.lost_exchanges,
    )
    for provider, idle in gauge.idle.items():
        name = provider.encode()
        payload += _POOL.pack(len(name), idle) + name
    return pack_header(Kind.GAUGE, 0, len(payload), 0, time_ns) + payload


def read_gauge(payload: bytes) -> Gauge:
    idle: dict[str, int] = {}
    try:
        counts = _GAUGE.unpack_from(payload)
        at = _GAUGE.size
        while at < len(payload):
            length, count = _POOL.unpack_from(payload, at)
            at += _POOL.size + length
            idle[payload[at - length : at].decode()] = count
    except (struct.error, UnicodeDecodeError) as error:
        raise LinkError(f"unreadable gauge of {len(payload)} bytes: {error}") from error
    return replace(Gauge(*counts), idle=idle)


def pack_ack(counters: Sequence[int], time_ns: int) -> bytes:
    payload = struct.pack(f"<{len(counters)}Q", *counters)
    return pack_header(Kind.ACK, 0, len(payload), 0, time_ns) + payload


def read_ack(payload: bytes) -> tuple[int, ...]:
    if len(payload) % 8:
        raise LinkError(f"an acknowledgement of {len(payload)} bytes")
    return struct.unpack(f"<{len(payload) // 8}Q", payload)


def pack_health(trouble: str, time_ns: int) -> bytes:
    """``trouble`` is empty while records are being written."""
    payload = trouble.encode()
    return pack_header(Kind.HEALTH, 0, len(payload), 0, time_ns) + payload


class FrameReader:
    """Cuts a byte stream into frames, however it arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Every frame that ``data`` completes, in order.

        Raises LinkError when the bytes cannot be frames; the link is lost then.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= HEADER_SIZE:
                kind, flags, length, counter, time_ns = _HEADER.unpack_from(buffer, at)
                if length > MAX_PAYLOAD:
                    raise LinkError(f"a frame of {length} bytes")
                end = at + HEADER_SIZE + length
                if len(buffer) < end:
                    break
                payload = bytes(memoryview(buffer)[at + HEADER_SIZE : end])
                at = end
                yield Frame(_kind(kind), flags, counter, time_ns, payload)
        finally:
            del buffer[:at]


def _kind(number: int) -> Kind:
    kind = _KINDS.get(number)
    if kind is None:
        raise LinkError(f"unknown frame kind {number}")
    return kind
