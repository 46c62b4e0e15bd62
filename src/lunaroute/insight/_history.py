"""One session as its history: the whole row with turns, the timeline, its tools."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any

from lunaroute.store import Store, StoredCall, StoredTurn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """The view's row, and the session's exchanges in the order they began."""

    row: dict[str, Any]
    turns: tuple[StoredTurn, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A request, or a tool call; ``at`` is when it began. What is not known is None."""

    at: str
    type: str
    exchange_id: str
    duration_ms: float | None
    outcome: str | None = None
    model: str | None = None
    endpoint: str | None = None
    tool: str | None = None
    call_id: str | None = None
    is_error: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """All calls of one tool; the times are of those whose result came back. Of
    ``unknown`` results nobody says whether they are errors.
    """

    tool: str
    mcp_server: str | None
    mcp_tool: str | None
    calls: int
    results: int
    errors: int
    unknown: int
    result_ms_mean: float | None
    result_ms_median: float | None


def session_record(store: Store, session_id: str) -> SessionRecord | None:
    """The session of exactly this id; None if there is none."""
    row = store.session_values(session_id)
    return None if row is None else SessionRecord(row, store.turns(session_id))


def session_timeline(store: Store, session_id: str) -> tuple[Event, ...]:
    """The session's events in order; none where there is no such session."""
    turns = {turn.id: turn for turn in store.turns(session_id)}
    events = [(turn.started_at, _request(turn)) for turn in turns.values()]
    for call in store.tool_calls(session_id):
        asked = turns.get(call.exchange_id)
        if asked is not None:
            at = asked.started_at + (asked.ended_us or 0)
            events.append((at, _call(call, at)))
    return tuple(event for _, event in sorted(events, key=lambda pair: pair[0]))


def session_tools(store: Store, session_id: str) -> tuple[ToolUse, ...] | None:
    """Its tools, most called first; None where there is no such session."""
    if not store.turns(session_id):
        return None
    by_name: dict[tuple[str, str], list[StoredCall]] = {}
    for call in store.tool_calls(session_id):
        by_name.setdefault((call.name, call.mcp_server or ""), []).append(call)
    uses = [_use(calls) for calls in by_name.values()]
    return tuple(sorted(uses, key=lambda use: (-use.calls, use.tool)))


def iso(microseconds: int) -> str:
    """A time of the record as ISO 8601, UTC."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(turn: StoredTurn) -> Event:
    return Event(
        at=iso(turn.started_at),
        type="request",
        exchange_id=turn.id,
        duration_ms=_ms(turn.ended_us),
        outcome=turn.outcome,
        model=turn.model_used or turn.model_requested,
        endpoint=turn.endpoint,
    )


def _call(call: StoredCall, at: int) -> Event:
    return Event(
        at=iso(at),
        type="tool_call",
        exchange_id=call.exchange_id,
        duration_ms=_ms(call.result_us),
        tool=call.name,
        call_id=call.call_id,
        is_error=call.result_is_error,
    )


def _use(calls: list[StoredCall]) -> ToolUse:
    results = [call for call in calls if call.result_exchange_id is not None]
    times = [call.result_us / 1000 for call in calls if call.result_us is not None]
    return ToolUse(
        tool=calls[0].name,
        mcp_server=calls[0].mcp_server,
        mcp_tool=calls[0].mcp_tool,
        calls=len(calls),
        results=len(results),
        errors=sum(bool(call.result_is_error) for call in calls),
        unknown=sum(call.result_is_error is None for call in results),
        result_ms_mean=fmean(times) if times else None,
        result_ms_median=median(times) if times else None,
    )


def _ms(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1000
