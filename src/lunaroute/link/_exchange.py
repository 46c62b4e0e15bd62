"""One exchange as the link delivers it: the bytes of the wire and the gateway's facts.

Nothing is decoded here: heads are raw head blocks, bodies are the bytes as they were
framed on the wire (chunked framing and content-encoding included).
"""

from dataclasses import dataclass, field

from lunaroute.model import Outcome


@dataclass(frozen=True, slots=True)
class ExchangeId:
    """``boot`` names one life of one gateway process, ``counter`` counts within it.

    ``turn`` counts the turns within a WebSocket, from 1; 0 is the exchange itself, and
    the link knows no other.
    """

    boot: str
    worker: int
    counter: int
    turn: int = 0

    def __str__(self) -> str:
        whole = f"{self.boot}-{self.worker}-{self.counter}"
        return f"{whole}.{self.turn}" if self.turn else whole


@dataclass(frozen=True, slots=True)
class Anchor:
    """The same instant on both clocks, in nanoseconds, read at the gateway's start."""

    wall_ns: int
    monotonic_ns: int

    def wall(self, monotonic_ns: int) -> int:
        """Wall-clock nanoseconds since the epoch for a monotonic reading."""
        return self.wall_ns + (monotonic_ns - self.monotonic_ns)


@dataclass(slots=True)
class Tapped:
    """One direction's body: what was tapped of it and how much there was.

    ``chunks`` are (monotonic ns, bytes) as they were forwarded. If ``truncated``, a
    gap follows them and then ``tail``, the last bytes; ``size`` counts all the bytes
    that were forwarded, tapped or not.
    """

    chunks: list[tuple[int, bytes]] = field(default_factory=list)
    tail: bytes = b""
    size: int = 0
    truncated: bool = False

    def head_bytes(self) -> bytes:
        """The bytes before the gap, all of them when nothing is missing."""
        return b"".join(chunk for _, chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Route:
    """What the gateway decided before the first byte went out."""

    provider: str  # the provider's name in the settings
    dialect: str  # "anthropic" or "openai"
    upstream: str  # scheme://host[:port]/path the request went to, without query
    client: str  # the client's address, "127.0.0.1:54321"
    listener: str  # the address it came in by


@dataclass(frozen=True, slots=True)
class Times:
    """Monotonic nanoseconds of what happened when; 0 where it never happened."""

    accepted: int = 0  # first byte of the request head
    head_received: int = 0
    first_byte_up: int = 0  # the request head went out to the provider
    last_byte_up: int = 0
    first_byte_down: int = 0  # the final response head was complete
    first_body_down: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """The gateway's last word on an exchange."""

    outcome: Outcome
    status: int  # as the client saw it; 0 when it saw none
    error: str  # empty unless the exchange ended badly; never holds a credential
    request_bytes: int  # body bytes forwarded to the provider, as framed
    answer_bytes: int  # body bytes forwarded to the client, as framed
    times: Times
    reused: bool = False  # the provider's connection had served before
    attempts: int = 1


@dataclass(slots=True)
class RawExchange:
    """Everything the link brought of one exchange.

    ``ending`` is None while it runs; the observer makes one up (interrupted) when
    the gateway dies. ``resent`` says that it came over the link before and may be
    on disk already. ``tunnel_up`` and ``tunnel_down`` are used after a 101.
    ``shed`` counts body bytes dropped because the buffer was full.
    """

    id: ExchangeId
    anchor: Anchor
    route: Route
    opened: int  # monotonic ns
    request_head: bytes
    request: Tapped = field(default_factory=Tapped)
    answer_head: bytes = b""
    answer: Tapped = field(default_factory=Tapped)
    tunnel_up: Tapped = field(default_factory=Tapped)
    tunnel_down: Tapped = field(default_factory=Tapped)
    ending: Ending | None = None
    resent: bool = False
    shed: int = 0
