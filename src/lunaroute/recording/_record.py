"""One exchange made ready for both forms, whatever its bytes were."""

import logging
from dataclasses import dataclass

from lunaroute.link import ExchangeId, RawExchange
from lunaroute.recording._events import event_lines
from lunaroute.recording._reading import Reading, bare_reading, read_exchange
from lunaroute.recording._rows import prepare_rows
from lunaroute.store import Prepared

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Record:
    """``lines`` go to the file named by ``stem``, ``rows`` to the store."""

    id: ExchangeId
    stem: str
    lines: bytes
    rows: Prepared
    resent: bool


def make_record(raw: RawExchange, key: bytes) -> Record:
    """Never raises: what cannot be read is recorded by the gateway's facts alone."""
    try:
        return _write_down(read_exchange(raw, key), key)
    except Exception as error:  # noqa: BLE001 - our fault must not stop the batch
        _log.exception("exchange %s could not be read", raw.id)
        problem = f"could not be read: {type(error).__name__}: {error}"
        return _write_down(bare_reading(raw, problem), key)


def _write_down(reading: Reading, key: bytes) -> Record:
    return Record(
        id=reading.raw.id,
        stem=reading.session.stem,
        lines=event_lines(reading),
        rows=prepare_rows(reading, key),
        resent=reading.raw.resent,
    )
