"""What was committed, as those want it who only count: metrics, traces."""

from dataclasses import dataclass

from lunaroute.link import ExchangeId
from lunaroute.recording._record import Record
from lunaroute.store import ExchangeRow, TextRow, ToolCallRow, ToolResultRow


@dataclass(frozen=True, slots=True)
class News:
    """One exchange that was not on disk before, as it is now.

    ``texts`` and ``results`` are all that passed, also those of earlier turns;
    ``durations`` are what it told of tools, as in ``Prepared``.
    ``lines`` are its events, whole, each with its line feed.
    ``moments`` are monotonic nanoseconds at which the pieces of a streamed answer were
    forwarded, none for an answer that was no stream; ``ended`` is such a moment, too.
    """

    id: ExchangeId
    row: ExchangeRow
    calls: tuple[ToolCallRow, ...] = ()
    results: tuple[ToolResultRow, ...] = ()
    durations: tuple[tuple[str, int], ...] = ()
    moments: tuple[int, ...] = ()
    ended: int = 0
    texts: tuple[TextRow, ...] = ()
    lines: bytes = b""


def news_of(record: Record, row: ExchangeRow) -> News:
    """A record and the row that it became."""
    return News(
        id=record.id,
        row=row,
        texts=record.rows.texts,
        lines=record.lines,
        calls=record.rows.calls,
        results=record.rows.results,
        durations=record.rows.durations,
        moments=record.moments,
        ended=record.ended,
    )
