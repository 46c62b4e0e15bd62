"""Where a body ends, without re-framing it: followers for each kind of framing.

``feed`` says how many of the given bytes belong to the body; the caller forwards
just those, as they are. Same verdict however the bytes are cut.
"""

from typing import Protocol

from lunaroute._fast import ChunkedBody
from lunaroute.wire._message import Framing


class Follower(Protocol):
    """Finds the end of one body."""

    @property
    def done(self) -> bool:
        """The end has been seen."""
        ...

    def feed(self, data: bytes) -> int:
        """How many bytes of ``data`` belong to the body. Raises FramingError."""
        ...


class NoBody:
    """There is none."""

    __slots__ = ()
    done = True

    def feed(self, data: bytes) -> int:  # noqa: ARG002 - the protocol's signature
        return 0


class LengthBody:
    """Content-Length: counted down."""

    __slots__ = ("done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        size = len(data)
        if size < self.left:
            self.left -= size
            return size
        size = self.left
        self.left = 0
        self.done = True
        return size


class CloseBody:
    """An answer without length: ends with the connection."""

    __slots__ = ()
    done = False

    def feed(self, data: bytes) -> int:
        return len(data)


def follower(framing: Framing, length: int) -> Follower:
    """The follower for a head's framing."""
    if framing is Framing.NONE:
        return NoBody()
    if framing is Framing.LENGTH:
        return LengthBody(length)
    if framing is Framing.CHUNKED:
        return ChunkedBody()
    return CloseBody()
