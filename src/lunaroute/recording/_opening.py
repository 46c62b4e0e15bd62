"""An exchange that is still under way, as far as its request: when that is whole, and
its record until the end is known.
"""

from dataclasses import replace

from lunaroute.link import Ending, RawExchange, Tapped, Times
from lunaroute.model import Outcome
from lunaroute.pii import Redactor
from lunaroute.recording._head import read_head
from lunaroute.recording._metadata import Labels
from lunaroute.recording._record import Record, make_records
from lunaroute.recording._requests import Asking, read_anew
from lunaroute.store import OPEN
from lunaroute.wire import Dechunker

_NO_LABELS = Labels()


class Asked:
    """Whether the request of an exchange has come to its end."""

    __slots__ = ("_dechunker", "_due", "_is_upgrade", "_looked", "_size")

    def __init__(self, request_head: bytes) -> None:
        head = read_head(request_head)
        is_chunked = "chunked" in head.words("transfer-encoding")
        self._dechunker = Dechunker() if is_chunked else None
        length = head.get("content-length") or ""
        self._due = int(length) if length.isascii() and length.isdigit() else 0
        self._is_upgrade = head.get("upgrade") is not None
        self._looked = self._size = 0

    def is_whole(self, raw: RawExchange) -> bool:
        """Looks at what came since the last time. An answer is an end, too: who
        answers has read what he wanted. What asks for another protocol is not known
        for what it is before.
        """
        if raw.answer_head:
            return True
        for _, chunk in raw.request.chunks[self._looked :]:
            self._size += len(chunk)
            if self._dechunker is not None:
                self._dechunker.feed(chunk)
        self._looked = len(raw.request.chunks)
        if self._is_upgrade:
            return False
        if self._dechunker is not None:
            return self._dechunker.done
        return self._size >= self._due


def snapshot(raw: RawExchange) -> RawExchange:
    """The request of a running exchange, to be read by another thread."""
    chunks = list(raw.request.chunks)
    size = sum(len(chunk) for _, chunk in chunks)
    moments = [when for when, _ in chunks]
    ending = Ending(
        outcome=Outcome.INTERRUPTED,  # so it would be, if nothing more came
        status=0,
        error="",
        request_bytes=size,
        answer_bytes=0,
        times=Times(
            head_received=raw.opened,
            # The head goes out with the body's first bytes, or just before them.
            first_byte_up=moments[0] if moments else 0,
            last_byte_up=moments[-1] if moments else 0,
        ),
    )
    return replace(
        raw,
        request=Tapped(chunks=chunks, size=size),
        answer_head=b"",
        answer=Tapped(),
        tunnel_up=Tapped(),
        tunnel_down=Tapped(),
        ending=ending,
    )


def open_record(
    raw: RawExchange,
    key: bytes,
    redactor: Redactor | None = None,
    labels: Labels = _NO_LABELS,
    asking: Asking = read_anew,
) -> Record:
    """The record of a :func:`snapshot`: an open row, and the lines until its answer."""
    (record,) = make_records(raw, key, redactor, labels, asking)
    return as_open(record)


def as_open(record: Record) -> Record:
    """The same while it is under way: without what can only be said at its end."""
    row = replace(record.rows.exchange, outcome=OPEN, error_text=None)
    return replace(
        record,
        lines=record.lines[: record.opening],
        rows=replace(record.rows, exchange=row),
    )
