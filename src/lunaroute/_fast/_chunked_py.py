"""The end of a chunked body: the twin of the compiled ``_chunked``."""

from lunaroute._fast._framing import (
    MAX_DIGITS,
    MAX_SIZE_LINE,
    MAX_TRAILERS,
    STATES,
    TABLE,
    failure,
)

_FAILED, _SIZE, _DIGITS = map(STATES.index, ("FAILED", "SIZE", "DIGITS"))
_AFTER, _TRAILER = map(STATES.index, ("AFTER", "TRAILER"))
_DATA, _DONE = map(STATES.index, ("DATA", "DONE"))
_LINE_END = b"\r\n"
_FULL_SIZE = 16 ** (MAX_DIGITS - 1)  # takes no further digit


class ChunkedBody:
    """Transfer-Encoding: chunked (RFC 9112 7.1), trailers included."""

    __slots__ = ("_left", "_line", "_state")

    def __init__(self) -> None:
        self._state = _SIZE
        self._left = 0  # of the chunk, or its size as far as it has been read
        self._line = 0  # bytes of the size line, or of all trailers

    @property
    def done(self) -> bool:
        """The end has been seen."""
        return self._state == _DONE

    def feed(self, data: bytes) -> int:
        """How many bytes of ``data`` belong to the body. Raises FramingError."""
        at = 0
        size = len(data)
        while at < size and self._state != _DONE:
            if self._state == _DATA:
                step = min(self._left, size - at)
                self._left -= step
                at += step
                if not self._left:
                    self._state = _AFTER
            else:
                self._step(data[at])
                at += 1
        return at

    def _step(self, byte: int) -> None:
        state = self._state
        following = TABLE[256 * state + byte]
        if following == _DIGITS:
            if self._left >= _FULL_SIZE:
                following = _FAILED
            self._left = 16 * self._left + int(chr(byte), 16)
        self._line += byte not in _LINE_END
        limit = MAX_SIZE_LINE if state < _AFTER else MAX_TRAILERS
        if self._line > limit:
            following = _FAILED
        if following == _DATA:
            self._line = 0
            following = _DATA if self._left else _TRAILER
        self._state = following
        if following == _FAILED:
            raise failure(state)
