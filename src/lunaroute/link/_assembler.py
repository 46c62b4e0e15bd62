"""The observer's end of one link: frames in, whole exchanges out.

Bookkeeping only, no sockets and no opinion about what the bytes mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lunaroute.errors import LinkError
from lunaroute.link._exchange import Ending, ExchangeId, RawExchange, Tapped, Times
from lunaroute.link._frame import (
    RESENT,
    Frame,
    FrameReader,
    Gauge,
    Hello,
    Kind,
    read_ending,
    read_gauge,
    read_hello,
    read_open,
    read_shed,
)
from lunaroute.model import Outcome


@dataclass(slots=True)
class _Progress:
    exchange: RawExchange
    last_ns: int


class Assembler:
    """Joins one link's frames to exchanges, in the order in which they end."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._open: dict[int, _Progress] = {}
        self.hello: Hello | None = None
        self.gauge: Gauge | None = None
        self.upgrades = 0  # answers that began a tunnel
        # What was opened and will not be told: emptied by whoever reads it.
        self.lost: list[ExchangeId] = []

    @property
    def open_count(self) -> int:
        """Exchanges under way."""
        return len(self._open)

    @property
    def stream_count(self) -> int:
        """Those of them whose answer is a stream of events."""
        heads = [progress.exchange.answer_head for progress in self._open.values()]
        return sum(b"text/event-stream" in head.lower() for head in heads)

    @property
    def opened(self) -> Iterator[RawExchange]:
        """Those under way, in the order in which they began, as far as they have come.
        They grow with what is fed.
        """
        return (progress.exchange for progress in self._open.values())

    @property
    def ids_begin(self) -> str:
        """How the ids of all exchanges of this link begin; empty before the hello."""
        hello = self.hello
        return "" if hello is None else f"{hello.boot}-{hello.worker}-"

    def feed(self, data: bytes) -> list[RawExchange]:
        """The exchanges that ``data`` completes. Raises LinkError on nonsense."""
        complete: list[RawExchange] = []
        for frame in self._reader.feed(data):
            if frame.kind is Kind.CLOSE:
                progress = self._open.pop(frame.counter, None)
                if progress is not None:
                    complete.append(_close(progress, read_ending(frame.payload)))
            else:
                self._take(frame)
        return complete

    def interrupt(self) -> list[RawExchange]:
        """The gateway is gone: what was under way ends here, with all that came."""
        interrupted = [
            _close(progress, _interrupted(progress)) for progress in self._open.values()
        ]
        self._open.clear()
        return interrupted

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.HELLO:
            self.hello = read_hello(frame.payload)
        elif frame.kind is Kind.GAUGE:
            self.gauge = read_gauge(frame.payload)
        elif frame.kind is Kind.OPEN:
            self._begin(frame)
        elif frame.kind is Kind.LOST:
            if (lost := self._open.pop(frame.counter, None)) is not None:
                self.lost.append(lost.exchange.id)
        else:
            progress = self._open.get(frame.counter)
            if progress is not None:
                progress.last_ns = frame.time_ns
                _put(progress.exchange, frame)
                if frame.kind is Kind.ANSWER_HEAD and _is_tunnel(progress.exchange):
                    self.upgrades += 1

    def _begin(self, frame: Frame) -> None:
        if self.hello is None:
            raise LinkError("an exchange before the hello")
        route, head = read_open(frame.payload)
        hello = self.hello
        self._open[frame.counter] = _Progress(
            RawExchange(
                id=ExchangeId(hello.boot, hello.worker, frame.counter),
                anchor=hello.anchor,
                route=route,
                opened=frame.time_ns,
                request_head=head,
                resent=bool(frame.flags & RESENT),
            ),
            frame.time_ns,
        )


def _put(exchange: RawExchange, frame: Frame) -> None:
    match frame.kind:
        case Kind.REQUEST:
            _append(exchange.request, frame)
        case Kind.ANSWER:
            _append(exchange.answer, frame)
        case Kind.TUNNEL_UP:
            _append(exchange.tunnel_up, frame)
        case Kind.TUNNEL_DOWN:
            _append(exchange.tunnel_down, frame)
        case Kind.ANSWER_HEAD:
            exchange.answer_head = frame.payload
        case Kind.TAIL:
            _direction(exchange, frame.flags).tail = frame.payload
        case Kind.SHED:
            exchange.shed, kept = read_shed(frame.payload)
            exchange.request.chunks.clear()
            exchange.tunnel_up.chunks.clear()
            for tapped in (exchange.answer, exchange.tunnel_down):
                _cut(tapped, kept)
        case _:
            raise LinkError(f"a {frame.kind.name} frame does not go this way")


def _append(tapped: Tapped, frame: Frame) -> None:
    tapped.chunks.append((frame.time_ns, frame.payload))


def _cut(tapped: Tapped, size: int) -> None:
    """Keeps the chunks of the first ``size`` bytes; frames are never cut."""
    for at, (_, chunk) in enumerate(tapped.chunks):
        if size < len(chunk):
            del tapped.chunks[at:]
            return
        size -= len(chunk)


def _is_tunnel(exchange: RawExchange) -> bool:
    return exchange.answer_head.startswith((b"HTTP/1.1 101", b"HTTP/1.0 101"))


def _direction(exchange: RawExchange, kind: int) -> Tapped:
    """Which body a tail belongs to; a tunnel's if bytes went through one."""
    tunnel = _is_tunnel(exchange)
    if kind == Kind.REQUEST:
        return exchange.tunnel_up if tunnel else exchange.request
    return exchange.tunnel_down if tunnel else exchange.answer


def _close(progress: _Progress, ending: Ending) -> RawExchange:
    exchange = progress.exchange
    exchange.ending = ending
    tunnel = _is_tunnel(exchange)
    up = exchange.tunnel_up if tunnel else exchange.request
    down = exchange.tunnel_down if tunnel else exchange.answer
    for tapped, size in ((up, ending.request_bytes), (down, ending.answer_bytes)):
        _measure(tapped, size)
    return exchange


def _measure(tapped: Tapped, size: int) -> None:
    """Sets the true size; a tail that follows without a gap is no gap at all."""
    tapped.size = size
    there = sum(len(chunk) for _, chunk in tapped.chunks) + len(tapped.tail)
    if there < size:
        tapped.truncated = True
    elif tapped.tail:
        last = tapped.chunks[-1][0] if tapped.chunks else 0
        tapped.chunks.append((last, tapped.tail))
        tapped.tail = b""


def _interrupted(progress: _Progress) -> Ending:
    exchange = progress.exchange
    up = exchange.tunnel_up.chunks or exchange.request.chunks
    down = exchange.tunnel_down.chunks or exchange.answer.chunks
    return Ending(
        outcome=Outcome.INTERRUPTED,
        status=_status(exchange.answer_head),
        error="the gateway ended before the exchange did",
        request_bytes=sum(len(chunk) for _, chunk in up),
        answer_bytes=sum(len(chunk) for _, chunk in down),
        times=Times(
            head_received=exchange.opened,
            first_body_down=down[0][0] if down else 0,
            ended=progress.last_ns,
        ),
    )


def _status(head: bytes) -> int:
    """The status of a raw response head, 0 without one."""
    code = head[9:12]
    return int(code) if code.isdigit() else 0
