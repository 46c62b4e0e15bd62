"""Reads sessions, exchanges, texts and tool calls back as rows."""

from dataclasses import fields
from typing import Any

import apsw

from lunaroute.store._rows import (
    ExchangeRow,
    JsonlFile,
    SessionRow,
    StoredCall,
    StoredText,
)

_EXCHANGE_COLUMNS = ", ".join(column.name for column in fields(ExchangeRow))
_EXCHANGE_FLAGS = [column.name for column in fields(ExchangeRow) if column.type is bool]
_SESSION_COLUMNS = ", ".join(column.name for column in fields(SessionRow))

# The newest sessions are found by the index before their sums are made.
_NEWEST_SESSIONS = f"""
SELECT {_SESSION_COLUMNS} FROM sessions WHERE session_id IN (
  SELECT session_id FROM exchanges
  WHERE ifnull(endpoint, '') NOT IN ('models', 'other')
  GROUP BY session_id ORDER BY max(started_at) DESC LIMIT ?
)
ORDER BY completed_at DESC, started_at DESC, session_id
"""  # noqa: S608 - column names of our own
_ONE_SESSION = f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE session_id = ?"  # noqa: S608
_EXCHANGES = (
    f"SELECT {_EXCHANGE_COLUMNS} FROM exchanges"  # noqa: S608 - as above
    " WHERE session_id = ? ORDER BY started_at, seq"
)
_TEXTS = """
SELECT exchange_id, ordinal, kind, role, text FROM texts
WHERE session_id = ? ORDER BY id
"""
# Of answers that are still coming.
_OPEN_TEXTS = """
SELECT o.exchange_id, min(o.piece), o.kind, 'assistant', group_concat(o.text, '')
FROM (SELECT * FROM open_answers WHERE exchange_id IN (
  SELECT id FROM exchanges WHERE outcome = 'open' AND session_id = ?
) ORDER BY exchange_id, piece) o
GROUP BY o.exchange_id, o.place, o.kind ORDER BY o.exchange_id, min(o.piece)
"""
_CALLS = """
SELECT c.exchange_id, c.ordinal, c.call_id, c.name, c.arguments,
  c.result_exchange_id, c.result_is_error, c.result_bytes,
  coalesce(c.client_us, max(0, r.started_at - (e.started_at + ifnull(e.ended_us, 0)))),
  c.mcp_server, c.mcp_tool
FROM tool_calls c JOIN exchanges e ON e.id = c.exchange_id
LEFT JOIN exchanges r ON r.id = c.result_exchange_id
WHERE c.session_id = ? ORDER BY e.seq, c.ordinal
"""
_NEWEST_FILES = """
SELECT path, day, offset FROM jsonl_files WHERE day IN (
  SELECT DISTINCT day FROM jsonl_files ORDER BY day DESC LIMIT ?
)
"""


def list_sessions(connection: apsw.Connection, limit: int) -> tuple[SessionRow, ...]:
    """The sessions that were active last, newest first."""
    rows = connection.execute(_NEWEST_SESSIONS, (max(0, limit),))
    return tuple(_session(row) for row in rows)


def session_ids(connection: apsw.Connection, prefix: str, limit: int) -> list[str]:
    """The ids of sessions that begin with ``prefix``."""
    rows = connection.execute(
        "SELECT DISTINCT session_id FROM exchanges"
        " WHERE substr(session_id, 1, ?) = ?"
        " AND ifnull(endpoint, '') NOT IN ('models', 'other')"
        " ORDER BY session_id LIMIT ?",
        (len(prefix), prefix, limit),
    )
    return [str(row[0]) for row in rows]


def one_session(connection: apsw.Connection, session_id: str) -> SessionRow | None:
    """The session of exactly this id."""
    for row in connection.execute(_ONE_SESSION, (session_id,)):
        return _session(row)
    return None


def exchanges(connection: apsw.Connection, session_id: str) -> tuple[ExchangeRow, ...]:
    """All exchanges of a session in the order they began."""
    return tuple(
        _exchange(row) for row in connection.execute(_EXCHANGES, (session_id,))
    )


def open_exchanges(connection: apsw.Connection) -> tuple[ExchangeRow, ...]:
    """The exchanges that are under way, as they were recorded."""
    statement = (
        f"SELECT {_EXCHANGE_COLUMNS} FROM exchanges INDEXED BY exchanges_open"  # noqa: S608 - as above
        " WHERE outcome = 'open' ORDER BY seq"
    )
    return tuple(_exchange(row) for row in connection.execute(statement))


def exchange_ids(
    connection: apsw.Connection, prefix: str, ending: str, limit: int
) -> list[str]:
    """The ids of exchanges that begin with ``prefix`` and end with ``ending``, those
    that began last first.
    """
    rows = connection.execute(
        "SELECT id FROM exchanges WHERE substr(id, 1, ?1) = ?2"
        " AND (?3 = '' OR substr(id, -length(?3)) = ?3)"
        " ORDER BY started_at DESC, seq DESC LIMIT ?4",
        (len(prefix), prefix, ending, limit),
    )
    return [str(row[0]) for row in rows]


def one_exchange(connection: apsw.Connection, exchange_id: str) -> ExchangeRow | None:
    """The exchange of exactly this id."""
    statement = f"SELECT {_EXCHANGE_COLUMNS} FROM exchanges WHERE id = ?"  # noqa: S608
    for row in connection.execute(statement, (exchange_id,)):
        return _exchange(row)
    return None


def jsonl_paths(connection: apsw.Connection, name: str) -> list[str]:
    """Where the file of this name, ``DAY/session_ID.jsonl``, was written."""
    rows = connection.execute(
        "SELECT path FROM jsonl_files WHERE substr(path, -length(?1)) = ?1", (name,)
    )
    return [str(row[0]) for row in rows]


def texts(connection: apsw.Connection, session_id: str) -> tuple[StoredText, ...]:
    """All texts of a session, each once, in the order they were recorded; behind them
    what has come of answers that are under way.
    """
    return tuple(
        StoredText(*row)
        for statement in (_TEXTS, _OPEN_TEXTS)
        for row in connection.execute(statement, (session_id,))
    )


def tool_calls(connection: apsw.Connection, session_id: str) -> tuple[StoredCall, ...]:
    """All tool calls of a session with what came back for them."""
    return tuple(_call(row) for row in connection.execute(_CALLS, (session_id,)))


def newest_files(connection: apsw.Connection, days: int) -> tuple[JsonlFile, ...]:
    """The JSONL files of the last ``days`` days on which anything was recorded."""
    return tuple(JsonlFile(*row) for row in connection.execute(_NEWEST_FILES, (days,)))


def install_key(connection: apsw.Connection) -> bytes:
    """The secret of this installation that keys its hashes."""
    key = connection.execute("SELECT value FROM meta WHERE key = 'install_key'").get
    return bytes.fromhex(str(key))


def _session(row: tuple[Any, ...]) -> SessionRow:
    values = dict(zip(_SESSION_COLUMNS.split(", "), row, strict=True))
    for flag in ("success", "is_streaming"):
        values[flag] = bool(values[flag])
    return SessionRow(**values)


def select_exchanges(more: str, where: str) -> str:
    """A statement for ``more`` columns of our own and then those of ``exchange_of``."""
    return f"SELECT {more}, {_EXCHANGE_COLUMNS} FROM exchanges WHERE {where}"  # noqa: S608


def exchange_of(row: tuple[Any, ...]) -> ExchangeRow:
    """The columns as a value."""
    return _exchange(row)


def _exchange(row: tuple[Any, ...]) -> ExchangeRow:
    values = dict(zip(_EXCHANGE_COLUMNS.split(", "), row, strict=True))
    for flag in _EXCHANGE_FLAGS:
        values[flag] = bool(values[flag])
    return ExchangeRow(**values)


def _call(row: tuple[Any, ...]) -> StoredCall:
    values = list(row)
    values[6] = None if row[6] is None else bool(row[6])
    return StoredCall(*values)
