"""What was added last: for readers that follow the record while it grows."""

from collections.abc import Collection

import apsw

from lunaroute.store._read import exchange_of, select_exchanges
from lunaroute.store._rows import ExchangeRow, StoredCall, StoredText

_NEWEST = "SELECT ifnull(max(seq), 0) FROM exchanges"
# What was imported happened some time ago and elsewhere.
_AFTER = select_exchanges(
    "seq", "seq > ? AND ifnull(listener, '') NOT LIKE 'import:%' ORDER BY seq LIMIT ?"
)
_PIECES = """
SELECT piece, kind, text FROM open_answers
WHERE exchange_id = ? AND piece >= ? ORDER BY piece
"""
_TEXTS = """
SELECT exchange_id, ordinal, kind, role, text FROM texts
WHERE exchange_id = ? ORDER BY id
"""
_CALLS = """
SELECT exchange_id, ordinal, call_id, name, arguments, NULL, NULL, NULL, NULL,
  mcp_server, mcp_tool
FROM tool_calls WHERE exchange_id = ? ORDER BY ordinal
"""


def newest(connection: apsw.Connection) -> int:
    """The number of the exchange that was added last; 0 where there is none."""
    return int(connection.execute(_NEWEST).get)


def begun_after(
    connection: apsw.Connection, number: int, limit: int
) -> tuple[tuple[int, ExchangeRow], ...]:
    """The exchanges with higher numbers, in order."""
    rows = connection.execute(_AFTER, (number, limit))
    return tuple((int(row[0]), exchange_of(row[1:])) for row in rows)


def over(
    connection: apsw.Connection, ids: Collection[str]
) -> tuple[ExchangeRow | str, ...]:
    """Those of ``ids`` that are not under way any more; the id of one that is gone."""
    found: list[ExchangeRow | str] = []
    statement = select_exchanges("seq", "id = ?")
    for wanted in ids:
        row = connection.execute(statement, (wanted,)).fetchone()
        if row is None:
            found.append(wanted)
            continue
        exchange = exchange_of(row[1:])
        if exchange.outcome != "open":
            found.append(exchange)
    return tuple(found)


def pieces(
    connection: apsw.Connection, exchange_id: str, first: int
) -> tuple[tuple[int, str, str], ...]:
    """Number, kind and text of what has come of an answer, from the piece ``first``."""
    rows = connection.execute(_PIECES, (exchange_id, first))
    return tuple((int(number), str(kind), str(text)) for number, kind, text in rows)


def brought(
    connection: apsw.Connection, exchange_id: str
) -> tuple[tuple[StoredText, ...], tuple[StoredCall, ...]]:
    """The texts and calls of one exchange; of calls not what came back."""
    return (
        tuple(StoredText(*row) for row in connection.execute(_TEXTS, (exchange_id,))),
        tuple(StoredCall(*row) for row in connection.execute(_CALLS, (exchange_id,))),
    )
