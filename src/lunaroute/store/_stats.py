"""Sums over exchanges in groups, and the single values that medians are made of.

What counts is what the view ``sessions`` counts: no lists of models, no unknown paths.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import apsw

from lunaroute.store._sessions import IS_OF_A_SESSION, OF_ONE, SUMS, TOTAL

_Value = str | int


class StatsBy(StrEnum):
    """What exchanges are put together by; days are those of the local clock."""

    DAY = "day"
    MODEL = "model"
    TOOL = "tool"
    AGENT = "agent"
    PROJECT = "project"
    CLIENT = "client"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsFilter:
    """Which exchanges count; None asks for nothing. ``since`` is in microseconds since
    the epoch, ``session`` a whole id or the beginning of one.
    """

    since: int | None = None
    session: str | None = None
    model: str | None = None
    agent: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSums:
    """One group's sums; ``key`` is None where the exchanges do not say."""

    key: str | None
    requests: int
    turns: int
    failures: int
    sessions: int
    first_at: int | None
    last_at: int | None
    input_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    output_tokens: int
    thinking_tokens: int
    reasoning_tokens: int
    audio_input_tokens: int
    audio_output_tokens: int
    total_tokens: int
    # How many brought output and do not say how much of it was thinking.
    thinking_unknown_count: int
    # US dollars of those whose price is known, and how many used tokens at another.
    cost_usd: float | None
    unpriced_count: int


@dataclass(frozen=True, slots=True)
class StoredTimes:
    """The times of one exchange in microseconds; ``overhead_us`` is ours alone."""

    key: str | None
    overhead_us: int | None
    provider_us: int
    first_token_us: int | None


@dataclass(frozen=True, slots=True)
class StoredToolTime:
    """One tool call, of the group of the exchange that asked for it.

    ``result_us`` as in ``StoredCall``; ``is_clients`` where the client measured it.
    """

    key: str | None
    name: str
    mcp_server: str | None
    mcp_tool: str | None
    has_result: bool
    is_error: bool | None
    result_us: int | None
    is_clients: bool


# The rest of a User-Agent is versions and systems.
_CLIENT = "nullif(substr(e.user_agent, 1, instr(e.user_agent || '/', '/') - 1), '')"
_KEYS = {
    StatsBy.DAY: "date(e.started_at / 1000000, 'unixepoch', 'localtime')",
    StatsBy.MODEL: "coalesce(e.model_used, e.model_requested)",
    StatsBy.AGENT: "e.agent",
    StatsBy.PROJECT: "e.project",
    StatsBy.CLIENT: _CLIENT,
    StatsBy.SESSION: "e.session_id",
}
_COLUMNS = {
    "requests": "count(*)",
    "turns": (
        "ifnull(sum(e.endpoint IN ('messages', 'chat_completions', 'responses')), 0)"
    ),
    "failures": "ifnull(sum(e.outcome NOT IN ('answered', 'open')), 0)",
    "sessions": "count(DISTINCT e.session_id)",
    "first_at": "min(e.started_at)",
    "last_at": "max(e.started_at)",
    **{name: f"ifnull(sum({count}), 0)" for name, count in SUMS.items()},
    "total_tokens": f"ifnull(sum({TOTAL}), 0)",
    "thinking_unknown_count": (
        "ifnull(sum(e.output > 0 AND e.thinking IS NULL AND e.reasoning IS NULL), 0)"
    ),
    "cost_usd": "sum(e.cost_usd)",
    "unpriced_count": f"ifnull(sum(e.cost_usd IS NULL AND {TOTAL} > 0), 0)",
}
# A WebSocket's own row lasts as long as its turns and the pauses between them.
_TIMED = (
    "e.first_byte_up_us IS NOT NULL AND e.ended_us IS NOT NULL"
    " AND ifnull(e.endpoint, '') <> 'websocket'"
)
_TIMES = f"""
SELECT %s, max(0, e.first_byte_up_us - e.head_received_us),
  max(0, e.ended_us - e.first_byte_up_us),
  max(0, e.first_token_us - e.first_byte_up_us)
FROM exchanges e WHERE {_TIMED} AND %s
"""  # noqa: S608 - column names of our own, as below
_TOOLS = """
SELECT %s, c.name, c.mcp_server, c.mcp_tool, c.result_exchange_id IS NOT NULL,
  c.result_is_error,
  coalesce(c.client_us, max(0, r.started_at - (e.started_at + ifnull(e.ended_us, 0)))),
  c.client_us IS NOT NULL
FROM tool_calls c JOIN exchanges e ON e.id = c.exchange_id
LEFT JOIN exchanges r ON r.id = c.result_exchange_id WHERE %s
"""

_FORGET = """
DELETE FROM exchanges WHERE seq NOT IN (
  SELECT seq FROM exchanges ORDER BY started_at DESC, seq DESC LIMIT ?
)
"""


def sums(
    connection: apsw.Connection, wanted: StatsFilter, by: StatsBy | None = None
) -> tuple[StoredSums, ...]:
    """One row for each key there is; without ``by`` one, also of nothing."""
    where, values = _where(wanted)
    columns = ", ".join(_COLUMNS[each.name] for each in fields(StoredSums)[1:])
    statement = f"SELECT {_key(by)}, {columns} FROM exchanges e WHERE {where}"  # noqa: S608
    if by in _KEYS:
        statement += " GROUP BY 1"
    return tuple(StoredSums(*row) for row in connection.execute(statement, values))


def times(
    connection: apsw.Connection, wanted: StatsFilter, by: StatsBy | None = None
) -> tuple[StoredTimes, ...]:
    """Of every exchange that went out and has ended."""
    where, values = _where(wanted)
    rows = connection.execute(_TIMES % (_key(by), where), values)
    return tuple(StoredTimes(*row) for row in rows)


def tool_times(
    connection: apsw.Connection, wanted: StatsFilter, by: StatsBy | None = None
) -> tuple[StoredToolTime, ...]:
    """All calls that the exchanges' answers asked for."""
    where, values = _where(wanted)
    rows = connection.execute(_TOOLS % (_key(by), where), values)
    return tuple(_tool_time(row) for row in rows)


def forget_oldest(connection: apsw.Connection, kept: int) -> int:
    """Deletes all exchanges but the newest ``kept``; returns how many."""
    connection.execute(_FORGET, (kept,))
    return connection.changes()


def _key(by: StatsBy | None) -> str:
    return "NULL" if by is None else _KEYS.get(by, "NULL")


def _where(wanted: StatsFilter) -> tuple[str, list[_Value]]:
    conditions = [IS_OF_A_SESSION]
    values: list[_Value] = []
    if wanted.since is not None:
        conditions.append("e.started_at >= ?")
        values.append(wanted.since)
    if wanted.session is not None:
        conditions.append("substr(e.session_id, 1, length(?)) = ?")
        values += [wanted.session] * 2
    for name in ("model", "agent", "project"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(f"({OF_ONE[name]})")
            values += [value] * OF_ONE[name].count("?")
    return " AND ".join(conditions), values


def _tool_time(row: tuple[Any, ...]) -> StoredToolTime:
    key, name, server, tool, has_result, is_error, result_us, is_clients = row
    return StoredToolTime(
        key=key,
        name=name,
        mcp_server=server,
        mcp_tool=tool,
        has_result=bool(has_result),
        is_error=None if is_error is None else bool(is_error),
        result_us=result_us,
        is_clients=bool(is_clients),
    )
