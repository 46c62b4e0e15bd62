"""WebSocket frames (RFC 6455 section 5) read from the bytes of one direction, without
I/O; permessage-deflate (RFC 7692) is undone within bounds.
"""

import zlib
from dataclasses import dataclass

from lunaroute._fast import FramingError

# As for content codings: a few bytes may unfold into gigabytes, and a ratio says little
# about a small message.
MAX_OUTPUT = 64 * 1024 * 1024
MAX_RATIO = 200
_RATIO_FROM = 1024 * 1024

_FIN = 0x80
_RSV1 = 0x40  # this message is compressed
_OPCODE = 0x0F
_MASKED = 0x80
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_OPCODES = frozenset((_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG))
_BEGINNINGS = (_TEXT, _BINARY)
_MAX_CONTROL = 125

# What a sender takes off the end of a compressed message (RFC 7692 section 7.2.1).
_SYNC_END = b"\x00\x00\xff\xff"
_WINDOW = 32 * 1024


@dataclass(frozen=True, slots=True)
class WebSocketMessage:
    """A whole message, decompressed. ``size`` is what its frames took on the wire."""

    data: bytes
    is_text: bool
    size: int


class WebSocketDecoder:
    """Bytes in, messages out, however they are cut. Never raises: ``problem`` says why
    nothing more comes. ``closed`` is set by a Close frame; what follows one is ignored.

    ``deflate`` says that permessage-deflate was agreed on.
    """

    __slots__ = (
        "_buffer",
        "_inflater",
        "_is_packed",
        "_is_text",
        "_parts",
        "_size",
        "closed",
        "problem",
    )

    def __init__(self, *, deflate: bool) -> None:
        self.problem: str | None = None
        self.closed = False
        self._inflater = _Inflater() if deflate else None
        self._buffer = bytearray()
        self._parts: list[bytes] = []  # of the message under way
        self._is_text = self._is_packed = False
        self._size = 0

    @property
    def is_within(self) -> bool:
        """True while a frame or a message has begun and not ended."""
        return bool(self._buffer or self._parts)

    def feed(self, data: bytes) -> list[WebSocketMessage]:
        """The messages that end in ``data``."""
        messages: list[WebSocketMessage] = []
        if self.problem is None and not self.closed:
            self._buffer += data
            try:
                self._read(messages)
            except FramingError as error:
                self.problem = str(error)
        if self.problem is not None or self.closed:
            self._buffer.clear()
            self._parts.clear()
        return messages

    def _read(self, messages: list[WebSocketMessage]) -> None:
        at = 0
        buffer = self._buffer
        while not self.closed and (sizes := _sizes(buffer, at)) is not None:
            head, length = sizes
            self._check(buffer[at], length)
            start = at + head
            end = start + length
            if end > len(buffer):
                break
            payload = bytes(buffer[start:end])
            if buffer[at + 1] & _MASKED:
                payload = _unmasked(payload, bytes(buffer[start - 4 : start]))
            if (message := self._take(buffer[at], payload, end - at)) is not None:
                messages.append(message)
            at = end
        del buffer[:at]

    def _check(self, first: int, length: int) -> None:
        """Raises FramingError for a frame that cannot stand here."""
        opcode = first & _OPCODE
        if opcode not in _OPCODES:
            raise FramingError(f"a frame of unknown opcode {opcode}")
        may_be_packed = self._inflater is not None and opcode in _BEGINNINGS
        if first & ~(_FIN | _OPCODE | (_RSV1 if may_be_packed else 0)):
            raise FramingError("a frame with a reserved bit")
        if length >> 63:
            raise FramingError("a frame whose length is none")
        if opcode >= _CLOSE:
            if length > _MAX_CONTROL or not first & _FIN:
                raise FramingError("a control frame that is too long or in parts")
        elif (opcode == _CONTINUATION) != bool(self._parts):
            raise FramingError("fragments out of order")

    def _take(self, first: int, payload: bytes, size: int) -> WebSocketMessage | None:
        """The message that this frame ends."""
        opcode = first & _OPCODE
        if opcode >= _CLOSE:
            self.closed = opcode == _CLOSE
            return None
        if opcode != _CONTINUATION:
            self._is_text = opcode == _TEXT
            self._is_packed = bool(first & _RSV1)
            self._size = 0
        self._parts.append(payload)
        self._size += size
        if not first & _FIN:
            return None
        data = b"".join(self._parts)
        self._parts.clear()
        if self._is_packed and self._inflater is not None:
            data = self._inflater.feed(data)
        return WebSocketMessage(data, self._is_text, self._size)


class _Inflater:
    """The messages of one direction, decompressed.

    The largest window is kept from one message to the next whatever was agreed: it
    reads smaller ones, and whoever agreed to keep none does not refer to it.
    """

    __slots__ = ("_put_in", "_put_out", "_stream")

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._put_in = self._put_out = 0

    def feed(self, data: bytes) -> bytes:
        """Raises FramingError for damaged data and for a bomb."""
        self._put_in += len(data)
        allowed = min(max(_RATIO_FROM, self._put_in * MAX_RATIO), MAX_OUTPUT)
        room = allowed - self._put_out
        try:
            # One byte more than allowed: its coming out is what tells a bomb.
            text = self._stream.decompress(data + _SYNC_END, room + 1)
        except zlib.error as error:
            raise FramingError(f"compression is damaged: {error}") from error
        if len(text) > room:
            raise FramingError(
                f"{self._put_in} compressed bytes unfold to more than {allowed}"
            )
        self._put_out += len(text)
        if self._stream.eof:
            self._begin_again(text)
        return text

    def _begin_again(self, text: bytes) -> None:
        """After a final block, which a sender may use (RFC 7692 section 7.2.3.4)."""
        if self._stream.unused_data.lstrip(b"\0") != _SYNC_END.lstrip(b"\0"):
            raise FramingError("compression goes on behind its final block")
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS, zdict=text[-_WINDOW:])


def _sizes(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """Of the frame at ``at``: its header's size and its payload's; None while the
    header has not come whole.
    """
    if len(buffer) - at < 2:
        return None
    length = buffer[at + 1] & ~_MASKED
    extended = {126: 2, 127: 8}.get(length, 0)
    head = 2 + extended + (4 if buffer[at + 1] & _MASKED else 0)
    if len(buffer) - at < head:
        return None
    if extended:
        length = int.from_bytes(buffer[at + 2 : at + 2 + extended])
    return head, length


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    """Section 5.3, as one operation on large numbers."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)
