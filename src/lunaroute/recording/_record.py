"""One exchange made ready for both forms, whatever its bytes were.

A WebSocket becomes several records: its own, and one for each turn on it.
"""

import logging
from dataclasses import dataclass, replace
from traceback import format_tb

from lunaroute.errors import StoreError
from lunaroute.link import ExchangeId, RawExchange
from lunaroute.pii import Redactor
from lunaroute.recording._cost import cost_of
from lunaroute.recording._events import event_lines
from lunaroute.recording._metadata import Labels
from lunaroute.recording._reading import (
    Reading,
    bare_reading,
    is_one_line,
    read_exchange,
)
from lunaroute.recording._redaction import origin_of
from lunaroute.recording._requests import Asking, read_anew
from lunaroute.recording._rows import exchange_row, prepare_rows
from lunaroute.recording._turns import with_turns
from lunaroute.store import Prepared

_log = logging.getLogger(__name__)

_NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class Record:
    """``lines`` go to the file named by ``stem``, ``rows`` to the store.

    ``sent`` is the request's body as it stands in the lines, empty where it does not.
    ``moments`` (of a stream's pieces) and ``ended`` are monotonic nanoseconds.
    """

    id: ExchangeId
    stem: str
    lines: bytes
    sent: bytes
    rows: Prepared
    resent: bool
    moments: tuple[int, ...] = ()
    ended: int = 0

    @property
    def opening(self) -> int:
        """How many bytes of ``lines`` are said before an answer comes: of ``started``
        and ``request_recorded``.
        """
        return self.lines.index(b"\n", self.lines.index(b"\n") + 1) + 1


def make_records(
    raw: RawExchange,
    key: bytes,
    redactor: Redactor | None = None,
    labels: Labels = _NO_LABELS,
    asking: Asking = read_anew,
) -> list[Record]:
    """What cannot be read is recorded by the gateway's facts alone. ``asking`` may know
    from before what the request says.

    Raises StoreError or OSError where the redactor's own files cannot be used, and
    nothing else.
    """
    try:
        readings = _readings(raw, key, redactor, asking)
        return [write_down(each, key, labels) for each in readings]
    except (StoreError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - our fault must not stop the batch
        # Its message may quote what was to be redacted. Where it was raised does not.
        where = "".join(format_tb(error.__traceback__))
        kind = type(error).__name__
        _log.error("exchange %s could not be read: %s\n%s", raw.id, kind, where)
        bare = bare_reading(raw, f"could not be read: {kind}")
        ending = replace(bare.ending, error="")
        origin = origin_of(bare.route.upstream)
        route = replace(bare.route, client="", upstream=origin)
        return [write_down(replace(bare, ending=ending, route=route), key, labels)]


def _readings(
    raw: RawExchange, key: bytes, redactor: Redactor | None, asking: Asking
) -> tuple[Reading, ...]:
    reading = read_exchange(raw, key, redactor, asking)
    return with_turns(reading, key, redactor) if reading.is_socket else (reading,)


def write_down(reading: Reading, key: bytes, labels: Labels) -> Record:
    about = labels.of(reading.request_head)
    reading = replace(reading, cost=cost_of(reading), about=about)
    row = exchange_row(reading)
    return Record(
        id=reading.raw.id,
        stem=reading.session.stem,
        lines=event_lines(reading, row),
        sent=reading.sent if is_one_line(reading.sent) else b"",
        rows=prepare_rows(reading, key, row),
        resent=reading.raw.resent,
        moments=_moments(reading),
        ended=reading.ending.times.ended,
    )


def _moments(reading: Reading) -> tuple[int, ...]:
    if not reading.is_streamed:
        return ()
    return tuple(when for when, _ in reading.raw.answer.chunks)
