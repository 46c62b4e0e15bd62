"""Exchanges under way: rows that say ``open``, and what of their answers has come.

An answer's text is kept in pieces until its exchange has ended: writing it whole every
two seconds would cost the square of its length.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import fields

import apsw

from lunaroute.store._read import open_exchanges
from lunaroute.store._rows import Abandoned, ExchangeRow, Heard, OpenRow, Piece

_OPENED = """
SELECT id, session_id, jsonl_file, jsonl_offset, jsonl_length FROM exchanges
WHERE outcome = 'open' AND id IN (SELECT value FROM json_each(?))
"""
_HEARD = [
    column.name
    for column in fields(Heard)
    if column.name not in ("id", "anew", "first_piece", "pieces")
]
_UPDATE_HEARD = (
    f"UPDATE exchanges SET {', '.join(f'{name} = ?' for name in _HEARD)}"  # noqa: S608 - our own names
    " WHERE id = ? AND outcome = 'open'"
)
_INSERT_PIECE = "INSERT INTO open_answers VALUES (?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM open_answers WHERE exchange_id = ?"
_PIECES = """
SELECT place, kind, text FROM open_answers WHERE exchange_id = ? ORDER BY piece
"""

# What a finished exchange keeps of its open row where the request was shed meanwhile,
# for want of room: then the row knows more than the exchange does.
REQUEST_COLUMNS = frozenset(
    {
        *("client_session_id", "agent", "parent_agent", "request_class"),
        *("model_requested", "request_hash", "message_count", "tool_count"),
        "has_system",
    }
)
_COLUMNS = [column.name for column in fields(ExchangeRow) if column.name != "id"]


def opened(connection: apsw.Connection, ids: Iterable[str]) -> dict[str, OpenRow]:
    """Those of ``ids`` that are under way."""
    rows = connection.execute(_OPENED, (json.dumps(list(ids)),))
    return {str(row[0]): OpenRow(*row[1:]) for row in rows}


def finish(
    connection: apsw.Connection, row: ExchangeRow, *, keeps_request: bool
) -> None:
    """The open row becomes ``row``; what had come of the answer is its text now."""
    names = [
        name for name in _COLUMNS if not (keeps_request and name in REQUEST_COLUMNS)
    ]
    connection.execute(
        f"UPDATE exchanges SET {', '.join(f'{name} = ?' for name in names)}"  # noqa: S608 - our own names
        " WHERE id = ? AND outcome = 'open'",
        (*(getattr(row, name) for name in names), row.id),
    )
    connection.execute(_FORGET, (row.id,))


def finish_barely(
    connection: apsw.Connection, exchange_id: str, outcome: str, problem: str
) -> None:
    """As :func:`finish`, of a row that the database refused."""
    connection.execute(
        "UPDATE exchanges SET outcome = ?, problem = ? WHERE id = ?",
        (outcome, problem, exchange_id),
    )
    connection.execute(_FORGET, (exchange_id,))


def hear(connection: apsw.Connection, heard: Heard) -> None:
    """What has come of an answer; nothing where its exchange is not under way."""
    values = (*(getattr(heard, name) for name in _HEARD), heard.id)
    connection.execute(_UPDATE_HEARD, values)
    if not connection.changes():
        return
    if heard.anew:
        connection.execute(_FORGET, (heard.id,))
    for number, piece in enumerate(heard.pieces, start=heard.first_piece):
        values = (heard.id, number, piece.place, piece.kind, piece.text)
        connection.execute(_INSERT_PIECE, values)


def abandoned(
    connection: apsw.Connection, living: Collection[str] | None, lost: Collection[str]
) -> tuple[Abandoned, ...]:
    """Open rows of which nothing more will be told: the ``lost`` ones and, unless
    ``living`` is None, those whose ids are not in it and begin with none of its names
    that end with a hyphen.
    """
    found = []
    begins = tuple(name for name in living or () if name.endswith("-"))
    for row in open_exchanges(connection):
        is_told = living is None or row.id in living or row.id.startswith(begins)
        if row.id in lost or not is_told:
            pieces = (Piece(*piece) for piece in connection.execute(_PIECES, (row.id,)))
            found.append(Abandoned(row, joined(pieces)))
    return tuple(found)


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """One piece for each place, in the order in which they began."""
    parts: dict[tuple[str, str], list[str]] = {}
    for piece in pieces:
        parts.setdefault((piece.place, piece.kind), []).append(piece.text)
    return tuple(Piece(*key, "".join(texts)) for key, texts in parts.items())
