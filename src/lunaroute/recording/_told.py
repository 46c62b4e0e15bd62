"""What an exchange's events tell of its row, and what is left to be said of it.

``completed`` has a member ``row``: the columns that the other members do not tell, or
tell otherwise. With it the row can be made again from the events alone, as it was.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import orjson

from lunaroute.store import ExchangeRow

Event = Mapping[str, object]

# Where the lines stand and when they were taken in is not theirs to tell; how often a
# body failed before is counted as the row is written.
_NOT_TOLD = frozenset(
    {
        *("id", "session_id", "retry", "imported_at"),
        *("jsonl_file", "jsonl_offset", "jsonl_length"),
    }
)
_COLUMNS = {
    column.name: column
    for column in fields(ExchangeRow)
    if column.name not in _NOT_TOLD
}
_DEFAULTS = {
    name: None if name in ("started_at", "outcome") else column.default
    for name, column in _COLUMNS.items()
}
# The lines that an exchange began with may be of another moment than its end: what
# these say is never taken for granted.
_ALWAYS = ("started_at", "ended_us")

# Text columns that hold JSON, and stand as JSON in the event.
_JSON = ("request_headers", "answer_headers", "vendor_usage", "metadata", "redacted")

_FROM_STARTED = (
    *("client_session_id", "agent", "parent_agent", "model_requested", "user_agent"),
    *("dialect", "provider", "endpoint", "method", "path", "query", "upstream"),
    "listener",
)
_FROM_REQUEST = {
    "request_class": "request_class",
    "request_hash": "request_hash",
    "message_count": "message_count",
    "tool_count": "tool_count",
    "has_system": "has_system_prompt",
}
_FROM_ANSWER = {
    "model_used": "model_used",
    "answer_bytes": "response_size_bytes",
    "answer_truncated": "truncated",
    "answer_chunks": "chunk_count",
    "has_refusal": "has_refusal",
    "content_blocks": "content_blocks",
    "input_uncached": "input_tokens",
    "output": "output_tokens",
    "thinking": "thinking_tokens",
    "reasoning": "reasoning_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_creation_tokens",
    "audio_input": "audio_input_tokens",
    "audio_output": "audio_output_tokens",
}
_FROM_END = {
    "outcome": "outcome",
    "status": "status",
    "stop_reason": "finish_reason",
    "error_kind": "error_kind",
    "error_text": "error",
    "problem": "problem",
    "shed_bytes": "shed_bytes",
}
_FROM_PACE = {
    "chunk_avg_ms": "avg_chunk_latency_ms",
    "chunk_p50_ms": "p50_chunk_latency_ms",
    "chunk_p95_ms": "p95_chunk_latency_ms",
    "chunk_p99_ms": "p99_chunk_latency_ms",
    "chunk_max_ms": "max_chunk_latency_ms",
    "chunk_min_ms": "min_chunk_latency_ms",
}


def left_to_say(row: ExchangeRow, events: Mapping[str, Event]) -> dict[str, Any]:
    """The member ``row`` of ``completed``; ``events`` by their type."""
    told = _told(events)
    left = {}
    for name in _COLUMNS:
        value = getattr(row, name)
        if name in _ALWAYS or value != told[name]:
            left[name] = _as_json(value) if name in _JSON else value
    return left


def row_columns(events: Mapping[str, Event]) -> dict[str, Any]:
    """The row's columns as the events tell them, those left out that are no events'."""
    columns = _told(events)
    left = events["completed"].get("row")
    if isinstance(left, dict):
        for name, value in left.items():
            if name in _COLUMNS:
                columns[name] = _as_text(value) if name in _JSON else value
    return columns


def _told(events: Mapping[str, Event]) -> dict[str, Any]:
    nothing: Event = {}
    started = events.get("started", nothing)
    ended = events.get("completed", nothing)
    pace, cost = ended.get("streaming_stats"), ended.get("estimated_cost")
    about = started.get("metadata")
    told = {
        **_DEFAULTS,
        **{name: started.get(name) for name in _FROM_STARTED},
        **_renamed(events.get("request_recorded", nothing), _FROM_REQUEST),
        **_renamed(events.get("response_recorded", nothing), _FROM_ANSWER),
        **_renamed(ended, _FROM_END),
        **_renamed(pace if isinstance(pace, dict) else nothing, _FROM_PACE),
        "request_headers": _as_text(started.get("request_headers") or None),
        "metadata": _as_text(about or None),
        "project": about.get("project") if isinstance(about, dict) else None,
        "streaming": "stream_started" in events,
    }
    if isinstance(cost, dict):
        told["cost_usd"] = cost.get("total_cost_usd")
    return told


def _renamed(event: Event, names: Mapping[str, str]) -> dict[str, object]:
    return {name: event[theirs] for name, theirs in names.items() if theirs in event}


def _as_json(text: str | None) -> object:
    """The value of a JSON text, if it would be written the same way again."""
    if text is None:
        return None
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    same = isinstance(value, dict) and orjson.dumps(value).decode() == text
    return value if same else text


def _as_text(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
