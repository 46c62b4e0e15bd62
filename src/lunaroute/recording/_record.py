"""One exchange made ready for both forms, whatever its bytes were.

A WebSocket becomes several records: its own, and one for each turn on it.
"""

import logging
from dataclasses import dataclass, replace

from lunaroute.link import ExchangeId, RawExchange
from lunaroute.recording._cost import cost_of
from lunaroute.recording._events import event_lines
from lunaroute.recording._reading import (
    Reading,
    bare_reading,
    is_one_line,
    read_exchange,
)
from lunaroute.recording._rows import prepare_rows
from lunaroute.recording._turns import with_turns
from lunaroute.store import Prepared

_log = logging.getLogger(__name__)


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


def make_records(raw: RawExchange, key: bytes) -> list[Record]:
    """Never raises: what cannot be read is recorded by the gateway's facts alone."""
    try:
        return [_write_down(reading, key) for reading in _readings(raw, key)]
    except Exception as error:  # noqa: BLE001 - our fault must not stop the batch
        _log.exception("exchange %s could not be read", raw.id)
        problem = f"could not be read: {type(error).__name__}: {error}"
        return [_write_down(bare_reading(raw, problem), key)]


def _readings(raw: RawExchange, key: bytes) -> tuple[Reading, ...]:
    reading = read_exchange(raw, key)
    return with_turns(reading, key) if reading.is_socket else (reading,)


def _write_down(reading: Reading, key: bytes) -> Record:
    reading = replace(reading, cost=cost_of(reading))
    return Record(
        id=reading.raw.id,
        stem=reading.session.stem,
        lines=event_lines(reading),
        sent=reading.sent if is_one_line(reading.sent) else b"",
        rows=prepare_rows(reading, key),
        resent=reading.raw.resent,
        moments=_moments(reading),
        ended=reading.ending.times.ended,
    )


def _moments(reading: Reading) -> tuple[int, ...]:
    if not reading.is_streamed:
        return ()
    return tuple(when for when, _ in reading.raw.answer.chunks)
