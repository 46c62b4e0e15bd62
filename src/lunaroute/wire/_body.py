"""Where a body ends, without re-framing it: followers for each kind of framing.

``feed`` says how many of the given bytes belong to the body; the caller forwards
just those, as they are. Same verdict however the bytes are cut.
"""

import re
from typing import Protocol

from lunaroute.wire._head import Framing

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
# RFC 9112 7.1 and 7.1.1. Fifteen hex digits stay below 2^63, which no body reaches.
_SIZE_LINE = re.compile(
    rb"(0*[0-9A-Fa-f]{1,15})"
    rb"(?:[ \t]*;[ \t]*"
    + _TOKEN
    + rb"(?:[ \t]*=[ \t]*(?:"
    + _TOKEN
    + rb"|"
    + _QUOTED
    + rb"))?)*[ \t]*"
)
_TRAILER_LINE = re.compile(_TOKEN + rb":[\t \x21-\x7e\x80-\xff]*")
MAX_SIZE_LINE = 4096
MAX_TRAILERS = 16 * 1024


class FramingError(ValueError):
    """The bytes break the rules of their framing; the message says how."""


class Follower(Protocol):
    """Finds the end of one body."""

    done: bool

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


class ChunkedBody:
    """Transfer-Encoding: chunked (RFC 9112 7.1), trailers included."""

    __slots__ = ("_left", "_line", "_state", "_trailers", "done")

    _SIZE, _DATA, _AFTER, _TRAILER = range(4)

    def __init__(self) -> None:
        self.done = False
        self._state = self._SIZE
        self._left = 0
        self._line = b""  # a line whose end has not come yet
        self._trailers = 0

    def feed(self, data: bytes) -> int:
        at = 0
        size = len(data)
        while at < size and not self.done:
            if self._state == self._DATA:
                step = min(self._left, size - at)
                self._left -= step
                at += step
                if not self._left:
                    self._state = self._AFTER
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._hold(data[at:])
                return size
            line = self._line + data[at : end + 1]
            self._line = b""
            at = end + 1
            self._take_line(line)
        return at

    def _hold(self, part: bytes) -> None:
        self._line += part
        limit = {self._AFTER: 1, self._SIZE: MAX_SIZE_LINE}.get(
            self._state, MAX_TRAILERS
        )
        if len(self._line) > limit:
            raise FramingError("a line of the chunked framing is too long")

    def _take_line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            raise FramingError("a line of the chunked framing ends in a bare LF")
        line = line[:-2]
        if self._state == self._SIZE:
            self._take_size(line)
        elif self._state == self._AFTER:
            if line:
                raise FramingError("a chunk is longer than its size says")
            self._state = self._SIZE
        elif not line:
            self.done = True
        else:
            self._trailers += len(line)
            if self._trailers > MAX_TRAILERS or not _TRAILER_LINE.fullmatch(line):
                raise FramingError("bad trailer fields")

    def _take_size(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None or len(line) > MAX_SIZE_LINE:
            raise FramingError("bad chunk size line")
        self._left = int(match[1], 16)
        self._state = self._DATA if self._left else self._TRAILER


def follower(framing: Framing, length: int) -> Follower:
    """The follower for a head's framing."""
    if framing is Framing.NONE:
        return NoBody()
    if framing is Framing.LENGTH:
        return LengthBody(length)
    if framing is Framing.CHUNKED:
        return ChunkedBody()
    return CloseBody()
