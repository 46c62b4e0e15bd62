"""Event streams (WHATWG HTML 9.2.6) decoded from bytes, without I/O.

Lines end in LF, CRLF or CR and in nothing else: ``str.splitlines`` knows more line ends
than the standard, and model output holds them.
"""

from typing import NamedTuple

from lunaroute._fast import event_ends

_BOM = b"\xef\xbb\xbf"
# Thirty years in milliseconds; int() refuses digits by the thousand.
_RETRY_DIGITS = 12


class SseEvent(NamedTuple):
    """One dispatched event. ``id`` is the last event id the stream has named so far."""

    event: str
    data: str
    id: str


class SseDecoder:
    """Bytes in, events out, in time linear in the stream however it is cut.

    ``retry`` is the reconnection time in milliseconds, once the stream has named one.
    """

    __slots__ = ("_beginning", "_last_id", "_pending", "_state", "retry")

    def __init__(self) -> None:
        self.retry: int | None = None
        self._last_id = ""
        self._pending: list[bytes] = []  # chunks of the event that has not ended
        self._state = 1
        # The beginning of the stream, while it could still be a byte order mark.
        self._beginning: bytes | None = b""

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that end in ``data``."""
        if self._beginning is not None:
            data = self._without_bom(self._beginning + data)
        events = []
        start = 0
        ends, self._state = event_ends(data, self._state)
        for end in ends:
            block = data[start:end]
            if self._pending:
                block = b"".join([*self._pending, block])
                self._pending.clear()
            start = end
            if (event := self._dispatch(block)) is not None:
                events.append(event)
        if start < len(data):
            self._pending.append(data[start:])
        return events

    def close(self) -> SseEvent | None:
        """The event that the stream's end left without its blank line, if there is one.

        The standard discards it, and so does whoever ignores this value. SDKs take it.
        Its last line may be cut short.
        """
        block = b"".join([*self._pending, self._beginning or b""])
        self._pending.clear()
        self._beginning = None
        return self._dispatch(block)

    def _without_bom(self, data: bytes) -> bytes:
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._beginning = data
            return b""
        self._beginning = None
        return data.removeprefix(_BOM)

    def _dispatch(self, block: bytes) -> SseEvent | None:
        kind = b""
        data: list[bytes] = []
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        for line in block.split(b"\n"):
            if line.startswith(b"data: "):  # nearly all of a stream's bytes
                data.append(line[6:])
                continue
            if not line:
                continue
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"data":
                data.append(value)
            elif name == b"event":
                kind = value
            elif name == b"id":
                # A NUL would end the id in a header, where it goes on reconnection.
                if b"\0" not in value:
                    self._last_id = _text(value)
            elif name == b"retry" and value.isdigit() and len(value) <= _RETRY_DIGITS:
                self.retry = int(value)
        if not data:
            return None
        return SseEvent(
            _text(kind) or "message", _text(b"\n".join(data)), self._last_id
        )


def _text(value: bytes) -> str:
    return value.decode(errors="replace")
