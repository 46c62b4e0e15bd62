"""The costs of exchanges that are recorded, to be worked out again."""

from collections.abc import Iterable
from dataclasses import dataclass

import apsw

from lunaroute.store._read import exchange_of, select_exchanges
from lunaroute.store._rebuilding import COSTS
from lunaroute.store._rows import OPEN, ExchangeRow

_USED = (
    *("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "output"),
    *("thinking", "reasoning", "audio_input", "audio_output"),
)
_HAS_TOKENS = f"({' + '.join(f'ifnull({name}, 0)' for name in _USED)}) > 0"
_SET = f"""
UPDATE exchanges SET {", ".join(f"{name} = ?" for name in COSTS)} WHERE id = ?
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Range:
    """Which exchanges; None is no limit. Moments are microseconds since the epoch,
    ``until`` not included; a ``model`` may end with ``*``.
    """

    since: int | None = None
    until: int | None = None
    session_id: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Repriced:
    """An exchange and its place in the table."""

    seq: int
    exchange: ExchangeRow


class Costs:
    """Get one from ``Store.costs``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def some(self, wanted: Range, after: int, most: int) -> tuple[Repriced, ...]:
        """The next exchanges that used tokens and have ended, behind row ``after``."""
        where, given = _where(wanted)
        chosen = f"seq > ? AND {_HAS_TOKENS} AND outcome <> ?{where}"
        rows = self._connection.execute(
            select_exchanges("seq", f"{chosen} ORDER BY seq LIMIT ?"),
            (after, OPEN, *given, most),
        )
        return tuple(Repriced(row[0], exchange_of(row[1:])) for row in rows)

    def set(self, rows: Iterable[ExchangeRow]) -> None:
        """Writes the costs alone; for use in ``writing``."""
        values = [(*(getattr(row, n) for n in COSTS), row.id) for row in rows]
        self._connection.executemany(_SET, values)


def _where(wanted: Range) -> tuple[str, list[int | str]]:
    where, given = "", list[int | str]()
    if wanted.since is not None:
        where, given = f"{where} AND started_at >= ?", [*given, wanted.since]
    if wanted.until is not None:
        where, given = f"{where} AND started_at < ?", [*given, wanted.until]
    if wanted.session_id is not None:
        where, given = f"{where} AND session_id = ?", [*given, wanted.session_id]
    if wanted.model is not None:
        begin = wanted.model.removesuffix("*")
        name = "ifnull(model_used, model_requested)"
        if begin != wanted.model:
            where = f"{where} AND substr({name}, 1, ?) = ?"
            given = [*given, len(begin), begin]
        else:
            where, given = f"{where} AND {name} = ?", [*given, begin]
    return where, given
