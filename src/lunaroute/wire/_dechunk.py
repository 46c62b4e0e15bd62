"""Undoes chunked transfer coding (RFC 9112 section 7.1).

For the recorder, and for an HTTP/1.0 client's answer once the follower in ``_body``
has judged it: nothing here raises or refuses. What cannot be understood is named in
``problem``.
"""

import re
from collections.abc import Callable
from itertools import islice

# A chunk extension may be long; a size line beyond this is not a size line.
_MAX_SIZE_LINE = 16 * 1024

# As long as the size of a plain chunk and the end of its line may be.
_PLAIN_SIZE = 18
_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")
_CHUNK_START = re.compile(rb"\r\n(?=[0-9A-Fa-f]{1,16}(?:[ \t]*;[^\r\n]*)?\r\n)")

# Each candidate costs one walk over the tail; a real boundary is among the first.
_MAX_CANDIDATES = 64


class Dechunker:
    """Takes chunked bytes in any pieces, gives back the payload they carry.

    ``done`` turns True after the last chunk and its trailers, ``problem`` says why
    the rest could not be read; after either, further bytes yield nothing.
    """

    __slots__ = ("_due", "_is_between", "_line", "_step", "problem")

    def __init__(self) -> None:
        self.problem: str | None = None
        self._is_between = True  # no byte of the next chunk has come
        self._line = bytearray()
        self._due = 0
        self._step: Callable[[bytes, int, list[bytes]], int] | None = self._read_size

    @property
    def done(self) -> bool:
        """True once the end was reached without a problem."""
        return self._step is None and self.problem is None

    def feed(self, data: bytes) -> bytes:
        """The payload bytes that ``data`` completes."""
        if self._is_between and (whole := _whole_chunk(data)):
            return whole
        payload: list[bytes] = []
        at = 0
        while at < len(data) and self._step is not None:
            at = self._step(data, at, payload)
        return b"".join(payload)

    @classmethod
    def of_tail(cls, tail: bytes) -> bytes:
        """The payload in the last bytes of a body whose middle was not kept.

        The tail begins anywhere, so the first place is looked for from which the
        framing holds to the end. What stands before it belongs to the cut chunk.
        """
        whole: bytes | None = None
        starts = islice(_CHUNK_START.finditer(tail), _MAX_CANDIDATES)
        for start in starts:
            dechunker = cls()
            payload = tail[: start.start()] + dechunker.feed(tail[start.end() :])
            if dechunker.done:
                return payload
            if dechunker.problem is None and whole is None:
                whole = payload
        return tail if whole is None else whole

    def _read_size(self, data: bytes, at: int, _payload: list[bytes]) -> int:
        self._is_between = False
        line, at = self._take_line(data, at)
        if line is None:
            return at
        digits = _HEX.match(line)
        if digits is None or line[digits.end() :].strip()[:1] not in (b"", b";"):
            return self._fail("a chunk size is not a hexadecimal number", at)
        self._due = int(digits.group(), 16)
        self._step = self._read_data if self._due else self._read_trailer
        return at

    def _read_data(self, data: bytes, at: int, payload: list[bytes]) -> int:
        piece = data[at : at + self._due]
        payload.append(piece)
        self._due -= len(piece)
        if not self._due:
            self._step = self._read_data_end
        return at + len(piece)

    def _read_data_end(self, data: bytes, at: int, _payload: list[bytes]) -> int:
        line, at = self._take_line(data, at, limit=2)
        if line is None:
            return at
        if line:
            return self._fail("a chunk is longer than its size", at)
        self._step = self._read_size
        self._is_between = True
        return at

    def _read_trailer(self, data: bytes, at: int, _payload: list[bytes]) -> int:
        line, at = self._take_line(data, at)
        if line is not None and not line:
            self._step = None
        return at

    def _take_line(
        self, data: bytes, at: int, limit: int = _MAX_SIZE_LINE
    ) -> tuple[bytes | None, int]:
        # Keeps what was seen of an unfinished line, so that slow input stays linear.
        end = data.find(b"\n", at, at + limit + 1)
        stop = len(data) if end < 0 else end + 1
        self._line += data[at : min(stop, at + limit + 1)]
        if end >= 0 and len(self._line) <= limit:
            line = bytes(self._line).rstrip(b"\r\n")
            self._line.clear()
            return line, stop
        if len(self._line) >= limit:
            return None, self._fail("a line of the chunked framing does not end", stop)
        return None, stop

    def _fail(self, problem: str, at: int) -> int:
        self.problem = problem
        self._step = None
        self._line.clear()
        return at


def _whole_chunk(data: bytes) -> bytes:
    """The payload of one chunk, where ``data`` is just that in its plainest form, as
    nearly all of a stream are; empty where it is not.
    """
    end = data.find(b"\r\n", 0, _PLAIN_SIZE)
    if end <= 0 or not data.endswith(b"\r\n") or not _HEX.fullmatch(data, 0, end):
        return b""
    start = end + 2
    is_whole = start + int(data[:end], 16) + 2 == len(data)
    return data[start:-2] if is_whole else b""
