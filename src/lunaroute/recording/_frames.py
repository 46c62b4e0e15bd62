"""One direction of a WebSocket: from tapped chunks to messages and their moments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lunaroute.link import Tapped
from lunaroute.recording._head import Head
from lunaroute.wire import WebSocketDecoder


@dataclass(frozen=True, slots=True)
class Message:
    """A text message: when its first and its last byte were forwarded, in monotonic
    nanoseconds, and how many bytes its frames took on the wire.
    """

    begun: int
    ended: int
    data: bytes
    size: int


class Direction:
    """The messages of one direction, once, while they are iterated over. Then
    ``problem`` says why no more could be read of it, None if all was; ``is_cut``, that
    it ended within a message; ``closed``, when a Close frame passed, 0 if none did.

    Reading ends at the first gap: nobody knows where the frames behind it begin.
    """

    __slots__ = ("_begun", "_decoder", "_tapped", "closed", "is_cut", "problem")

    def __init__(self, tapped: Tapped, *, deflate: bool) -> None:
        self._tapped = tapped
        self._decoder = WebSocketDecoder(deflate=deflate)
        self._begun = 0
        self.problem: str | None = None
        self.is_cut = False
        self.closed = 0

    def __iter__(self) -> Iterator[Message]:
        yield from self.feed(self._tapped.chunks)
        self.is_cut = self._decoder.is_within
        self.problem = self.problem or self._gap()

    def feed(self, chunks: Iterable[tuple[int, bytes]]) -> Iterator[Message]:
        """The messages that further chunks complete, while they still come."""
        decoder = self._decoder
        for when, chunk in chunks:
            if not decoder.is_within:
                self._begun = when
            for message in decoder.feed(chunk):
                if message.is_text:
                    yield Message(self._begun, when, message.data, message.size)
                self._begun = when
            if decoder.closed and not self.closed:
                self.closed = when
        self.problem = decoder.problem

    def _gap(self) -> str | None:
        tapped = self._tapped
        if not tapped.truncated or self._decoder.closed:
            return None
        kept = sum(len(chunk) for _, chunk in tapped.chunks)
        return f"read up to {kept} of {tapped.size} bytes"


def is_deflated(answer_head: Head) -> bool:
    """Whether a 101 agrees on permessage-deflate (RFC 7692 section 5)."""
    agreed = answer_head.words("sec-websocket-extensions")
    return any(
        extension.partition(";")[0].strip() == "permessage-deflate"
        for extension in agreed
    )
