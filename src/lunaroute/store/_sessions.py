"""Pages of sessions, filtered and sorted, and one session's turns.

A page's ids come from one index that holds all a filter may ask; the sums that the
view makes are made for these ids alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import apsw

from lunaroute.store._fields import FIELDS
from lunaroute.store._plan import make_plan
from lunaroute.store._query import Query

# Counting goes no further: nobody pages through more.
MAX_COUNT = 10_000

Key = int | float
_Value = str | int | float


class SessionSort(StrEnum):
    """In which order sessions come."""

    NEWEST = "newest"  # active last
    OLDEST = "oldest"
    TOKENS = "tokens"  # most first, as the two below
    DURATION = "duration"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """What a session must be; None asks for nothing. Times are in microseconds since
    the epoch, ``duration`` is in milliseconds.
    """

    text: Query | None = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    project: str | None = None
    tool: str | None = None
    since: int | None = None
    until: int | None = None
    success: bool | None = None
    streaming: bool | None = None
    min_total_tokens: int | None = None
    max_total_tokens: int | None = None
    min_input_tokens: int | None = None
    max_input_tokens: int | None = None
    min_output_tokens: int | None = None
    max_output_tokens: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last session's key in the order, and its id."""

    key: Key
    session_id: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """The view's rows with ``metadata`` beside its columns; ``total`` is of all pages
    and no more than one above MAX_COUNT; ``end`` is None on the last page.
    """

    rows: tuple[dict[str, Any], ...]
    total: int
    end: Place | None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """An exchange of a session in numbers; tokens that are not known count 0."""

    id: str
    started_at: int
    endpoint: str | None
    provider: str | None
    agent: str | None
    model_requested: str | None
    model_used: str | None
    streaming: bool
    outcome: str
    status: int | None
    stop_reason: str | None
    error_text: str | None
    retry: int
    ended_us: int | None
    head_received_us: int | None
    first_byte_up_us: int | None
    first_token_us: int | None
    input_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    output_tokens: int
    thinking_tokens: int
    reasoning_tokens: int
    audio_input_tokens: int
    audio_output_tokens: int
    cost_usd: float | None


def _count(*columns: str) -> str:
    return " + ".join(f"ifnull(e.{column}, 0)" for column in columns)


TOTAL = _count(
    *("input_uncached", "output", "thinking", "reasoning", "cache_read"),
    *("cache_write_5m", "cache_write_1h", "audio_input", "audio_output"),
)
IS_OF_A_SESSION = "ifnull(e.endpoint, '') NOT IN ('models', 'other')"
_LASTED = "max(e.started_at + ifnull(e.ended_us, 0)) - min(e.started_at)"
_MEASURES = {
    "total_tokens": f"sum({TOTAL})",
    "input_tokens": f"sum({_count('input_uncached')})",
    "output_tokens": f"sum({_count('output')})",
    "duration": f"({_LASTED}) / 1000",
}
# A cost that is not known is less than one of nothing.
_KEYS = {
    SessionSort.NEWEST: ("max(e.started_at)", "DESC"),
    SessionSort.OLDEST: ("max(e.started_at)", "ASC"),
    SessionSort.TOKENS: (_MEASURES["total_tokens"], "DESC"),
    SessionSort.DURATION: (_MEASURES["duration"], "DESC"),
    SessionSort.COST: ("ifnull(sum(e.cost_usd), -1.0)", "DESC"),
}
# What one exchange of the session must be, each with so many values as it has marks.
OF_ONE = {
    "model": (
        "? IN (e.model_used, e.model_requested)"
        " OR substr(ifnull(e.model_used, ''), 1, length(?) + 1) = ? || '-'"
        " OR substr(ifnull(e.model_requested, ''), 1, length(?) + 1) = ? || '-'"
    ),
    "provider": "e.provider = ?",
    "agent": "substr(e.agent, 1, length(?)) = ?",
    "project": "e.project = ?",
}
_WHOLE = {
    "success": "min(e.outcome IN ('answered', 'open')) = ?",
    "streaming": "max(e.streaming) = ?",
    "since": "max(e.started_at) >= ?",
    "until": "min(e.started_at) < ?",
    **{f"min_{name}": f"{measure} >= ?" for name, measure in _MEASURES.items()},
    **{f"max_{name}": f"{measure} <= ?" for name, measure in _MEASURES.items()},
}
_OF_TOOL = "e.session_id IN (SELECT c.session_id FROM tool_calls c WHERE c.name = ?)"
# The first page of exchanges alone would not do: one index is read from end to end,
# and the wide rows are left alone.
_FOUND = """
WITH found AS MATERIALIZED (
  SELECT e.session_id AS id, %s AS key
  FROM exchanges e INDEXED BY exchanges_for_sessions
  WHERE %s GROUP BY e.session_id HAVING %s
)
SELECT (SELECT count(*) FROM (SELECT 1 FROM found LIMIT ?)), p.id, p.key
FROM (SELECT 1) LEFT JOIN (
  SELECT id, key FROM found WHERE %s ORDER BY key %s, id %s LIMIT ?
) p ORDER BY p.key %s, p.id %s
"""
_ROWS = """
SELECT s.*,
  (SELECT f.metadata FROM exchanges f
    WHERE f.session_id = s.session_id AND f.metadata IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS metadata,
  (SELECT f.project FROM exchanges f
    WHERE f.session_id = s.session_id AND f.project IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS project
FROM sessions s WHERE s.session_id IN (%s)
"""
_WITH_WORDS = """e.session_id IN (
  SELECT t.session_id FROM texts_index CROSS JOIN texts t ON t.id = +texts_index.rowid
  CROSS JOIN exchanges e ON e.id = t.exchange_id
  WHERE texts_index MATCH ? AND %s
)"""
_WITH_FACTS = """e.session_id IN (
  SELECT t.session_id FROM texts t JOIN exchanges e ON e.id = t.exchange_id WHERE %s
)"""
SUMS = {
    "input_tokens": _count("input_uncached"),
    "cache_read_tokens": _count("cache_read"),
    "cache_creation_tokens": _count("cache_write_5m", "cache_write_1h"),
    "output_tokens": _count("output"),
    "thinking_tokens": _count("thinking"),
    "reasoning_tokens": _count("reasoning"),
    "audio_input_tokens": _count("audio_input"),
    "audio_output_tokens": _count("audio_output"),
}
_TURN = ", ".join(SUMS.get(each.name, f"e.{each.name}") for each in fields(StoredTurn))
_TURNS = f"""
SELECT {_TURN} FROM exchanges e
WHERE e.session_id = ? AND {IS_OF_A_SESSION} ORDER BY e.started_at, e.seq
"""  # noqa: S608 - column names of our own


def moment(text: str) -> int:
    """Microseconds since the epoch of a day, a time or an age; else a ValueError."""
    return int(FIELDS["after"](text, datetime.now(UTC)))


def session_page(
    connection: apsw.Connection,
    wanted: SessionFilter,
    sort: SessionSort,
    limit: int,
    after: Place | None = None,
) -> SessionPage:
    """The first ``limit`` sessions of those that are wanted, or those ``after``."""
    if wanted.text is not None and wanted.text.root is None:
        return SessionPage((), 0, None)
    statement, values = _statement(wanted, sort, limit, after)
    found: list[tuple[Any, ...]] = connection.execute(statement, values).fetchall()
    total = int(found[0][0])
    places = [Place(key, name) for _, name, key in found if name is not None]
    end = places[limit - 1] if len(places) > limit else None
    rows = session_rows(connection, [place.session_id for place in places[:limit]])
    return SessionPage(rows, total, end)


def session_rows(
    connection: apsw.Connection, ids: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    """The sessions of these ids in this order, less those that there are not."""
    if not ids:
        return ()
    cursor = connection.execute(_ROWS % ", ".join("?" * len(ids)), tuple(ids))
    found = {}
    for values in cursor:
        names = [column[0] for column in cursor.description]
        row = _row(dict(zip(names, values, strict=True)))
        found[row["session_id"]] = row
    return tuple(found[name] for name in ids if name in found)


def turns(connection: apsw.Connection, session_id: str) -> tuple[StoredTurn, ...]:
    """The session's exchanges in the order they began."""
    rows = connection.execute(_TURNS, (session_id,))
    return tuple(_turn(row) for row in rows)


def _statement(
    wanted: SessionFilter, sort: SessionSort, limit: int, after: Place | None
) -> tuple[str, list[_Value]]:
    key, direction = _KEYS[sort]
    where, values = _where(wanted)
    having, more = _having(wanted)
    beyond, place = "1", []
    if after is not None:
        beyond = f"(key, id) {'<' if direction == 'DESC' else '>'} (?, ?)"
        place = [after.key, after.session_id]
    orders = (direction,) * 4
    statement = _FOUND % (key, where, having, beyond, *orders)
    return statement, [*values, *more, MAX_COUNT + 1, *place, limit + 1]


def _where(wanted: SessionFilter) -> tuple[str, list[_Value]]:
    conditions = [IS_OF_A_SESSION]
    values: list[_Value] = []
    if wanted.tool is not None:
        conditions.append(_OF_TOOL)
        values.append(wanted.tool)
    if wanted.text is not None and wanted.text.root is not None:
        plan = make_plan(wanted.text.root)
        if plan.match is None:
            conditions.append(_WITH_FACTS % plan.condition)
        else:
            conditions.append(_WITH_WORDS % plan.condition)
            values.append(plan.match)
        values.extend(plan.values)
    return " AND ".join(conditions), values


def _having(wanted: SessionFilter) -> tuple[str, list[_Value]]:
    conditions: list[str] = []
    values: list[_Value] = []
    for name, condition in (OF_ONE | _WHOLE).items():
        value = getattr(wanted, name)
        if value is not None:
            whole = f"max({condition})" if name in OF_ONE else condition
            conditions.append(whole)
            values += [value] * condition.count("?")
    return " AND ".join(conditions) or "1", values


def _row(row: dict[str, Any]) -> dict[str, Any]:
    project = row.pop("project")
    row["metadata"] = _metadata(row["metadata"])
    if project is not None:
        row["metadata"]["project"] = project
    for flag in ("success", "is_streaming"):
        row[flag] = bool(row[flag])
    return row


def _metadata(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _turn(row: tuple[Any, ...]) -> StoredTurn:
    values = dict(zip((each.name for each in fields(StoredTurn)), row, strict=True))
    return StoredTurn(**{**values, "streaming": bool(values["streaming"])})
