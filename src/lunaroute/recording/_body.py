"""One direction's body: from tapped wire bytes to the bytes the sender meant."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lunaroute.link import Tapped
from lunaroute.recording._decode import Decoder
from lunaroute.recording._head import Head
from lunaroute.wire import Dechunker

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


@dataclass(frozen=True, slots=True)
class Body:
    """The decoded pieces with the time each was forwarded.

    ``hash`` is an HMAC-SHA256 of the de-chunked bytes, None for an empty or incomplete
    body. ``problem`` says what is missing from the pieces and why.
    """

    pieces: tuple[tuple[int, bytes], ...]
    hash: str | None
    problem: str | None

    def joined(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)


def read_body(tapped: Tapped, head: Head, key: bytes) -> Body:
    """Undoes chunked framing and content-encoding; keeps what can be had of a body."""
    dechunker, decoder = framing(head)
    digest = hmac.new(key, digestmod="sha256")
    pieces: list[tuple[int, bytes]] = []
    for when, chunk in tapped.chunks:
        payload = chunk if dechunker is None else dechunker.feed(chunk)
        digest.update(payload)
        if piece := decoder.feed(payload):
            pieces.append((when, piece))
    if decoder.is_bomb:
        pieces.clear()
    elif tapped.truncated and decoder.is_plain:
        pieces = _with_tail(pieces, tapped, head, is_chunked=dechunker is not None)
    problem = _problem(tapped, dechunker, decoder)
    is_whole = bool(tapped.chunks) and not tapped.truncated
    return Body(tuple(pieces), digest.hexdigest() if is_whole else None, problem)


class Unframed:
    """The same while it arrives: what each tapped chunk adds."""

    __slots__ = ("_dechunker", "_decoder")

    def __init__(self, head: Head) -> None:
        self._dechunker, self._decoder = framing(head)

    def feed(self, chunk: bytes) -> bytes:
        """Nothing more once the framing or the coding is damaged."""
        if self._dechunker is not None:
            chunk = self._dechunker.feed(chunk)
        return self._decoder.feed(chunk)


def keyed_hash(key: bytes, data: bytes) -> str:
    """The hash that ``Body`` has, of a body that was never framed."""
    return hmac.digest(key, data, "sha256").hex()


def framing(head: Head) -> tuple[Dechunker | None, Decoder]:
    """What undoes the chunks of a body with this head, and what its encodings."""
    transfer = head.words("transfer-encoding")
    layers = [*head.words("content-encoding"), *(t for t in transfer if t != "chunked")]
    return (Dechunker() if "chunked" in transfer else None), Decoder(layers)


def _problem(
    tapped: Tapped, dechunker: Dechunker | None, decoder: Decoder
) -> str | None:
    if tapped.truncated:
        kept = sum(len(chunk) for _, chunk in tapped.chunks) + len(tapped.tail)
        return f"{kept} of {tapped.size} bytes kept"
    if dechunker is not None and dechunker.problem:
        return dechunker.problem
    if decoder.problem:
        return f"{decoder.problem} ({tapped.size} bytes)"
    return "content-encoding ends early" if decoder.unfinished else None


def _with_tail(
    pieces: list[tuple[int, bytes]], tapped: Tapped, head: Head, *, is_chunked: bool
) -> list[tuple[int, bytes]]:
    """Events before the gap, whole, and those after it; of other bodies no tail."""
    if not (head.get("content-type") or "").lower().startswith("text/event-stream"):
        return pieces
    last = tapped.chunks[-1][0] if tapped.chunks else 0
    tail = Dechunker.of_tail(tapped.tail) if is_chunked else tapped.tail
    start = _EVENT_END.search(tail)
    kept = _up_to_last_event(pieces)
    return kept if start is None else [*kept, (last, tail[start.end() :])]


def _up_to_last_event(pieces: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    pieces = list(pieces)
    whole = b"".join(piece for _, piece in pieces)
    left = max((whole.rfind(end) + len(end) for end in (b"\n\n", b"\r\n\r\n", b"\r\r")
                if end in whole), default=0)  # fmt: skip
    kept = []
    for when, piece in pieces:
        if left <= 0:
            break
        kept.append((when, piece[:left]))
        left -= len(piece)
    return kept
