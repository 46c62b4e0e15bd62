"""A reading as the rows of the store."""

from collections.abc import Mapping
from typing import Any

import orjson

from lunaroute.model import ToolCall, Usage
from lunaroute.recording._allowed import answer_headers, request_headers
from lunaroute.recording._class import class_of
from lunaroute.recording._cost import cost_columns
from lunaroute.recording._durations import told_durations
from lunaroute.recording._files import named_files
from lunaroute.recording._pace import Pace, pace
from lunaroute.recording._reading import Reading, clean
from lunaroute.recording._texts import result_rows, text_rows
from lunaroute.store import ExchangeRow, Prepared, ToolCallRow


def prepare_rows(
    reading: Reading, key: bytes, row: ExchangeRow | None = None
) -> Prepared:
    """Everything that the exchange adds to the store; ``row`` is its row, if made."""
    calls = tuple(
        call_row(ordinal, c) for ordinal, c in enumerate(reading.answer.tool_calls)
    )
    return Prepared(
        exchange=row or exchange_row(reading),
        texts=text_rows(reading, key),
        calls=calls if reading.is_turn else (),
        results=result_rows(reading, key) if reading.is_turn else (),
        durations=told_durations(reading.request_head) if reading.is_turn else (),
    )


def call_row(ordinal: int, call: ToolCall) -> ToolCallRow:
    """A call with the files that its arguments name."""
    arguments = clean(call.arguments)
    files = tuple(clean(path) for path in named_files(arguments))
    name = clean(call.name)
    server, tool = _mcp(name, None if call.server is None else clean(call.server))
    call_id = clean(call.id)
    return ToolCallRow(ordinal, call_id, name, arguments, files, server, tool)


def _mcp(name: str, server: str | None) -> tuple[str | None, str | None]:
    """Server and tool, where the wire keeps them apart or the name holds both, as
    clients write it: ``mcp__SERVER__TOOL``.
    """
    if name.startswith("mcp__"):
        told, apart, tool = name.removeprefix("mcp__").partition("__")
        if told and apart and tool:
            return server or told, tool
    return (server, name) if server else (None, None)


def exchange_row(reading: Reading) -> ExchangeRow:
    """What the table ``exchanges`` says of it. In one call: a changed copy of a row
    with so many columns takes longer than all that is put into it.
    """
    route, ending, who, raw = reading.route, reading.ending, reading.who, reading.raw
    return ExchangeRow(
        id=reading.id,
        session_id=reading.session.id,
        client_session_id=_text(reading.session.client_id),
        started_at=reading.timeline.started_at,
        outcome=reading.outcome.value,
        agent=_text(who.agent),
        parent_agent=_text(who.parent_agent),
        request_class=class_of(reading),
        dialect=route.dialect,
        provider=route.provider,
        endpoint=reading.endpoint.value,
        upstream=route.upstream,
        client=route.client,
        listener=route.listener,
        attempts=ending.attempts,
        reused=ending.reused,
        tunnel_up_bytes=raw.tunnel_up.size,
        tunnel_down_bytes=raw.tunnel_down.size,
        shed_bytes=raw.shed,
        problem=reading.problem,
        redacted=_json(reading.redacted),
        **_request_columns(reading),
        **_answer_columns(reading),
        **_moment_columns(reading),
        **_token_columns(reading.answer.usage or Usage()),
        **cost_columns(reading.cost),
    )


def _request_columns(reading: Reading) -> dict[str, Any]:
    request, head = reading.request, reading.request_head
    return {
        "method": head.first[0],
        "path": reading.path,
        "query": reading.query or None,
        "user_agent": head.get("user-agent"),
        "request_headers": _json(request_headers(head)),
        "request_bytes": reading.ending.request_bytes,
        "request_truncated": reading.raw.request.truncated,
        "request_hash": reading.request_hash,
        "model_requested": _text(request.model),
        "streaming": request.streaming or reading.is_streamed,
        "message_count": request.message_count,
        "tool_count": request.tool_count,
        "has_system": request.has_system,
        "project": _text(reading.about.get("project")),
        "metadata": _json({name: clean(text) for name, text in reading.about.items()}),
    }


def _answer_columns(reading: Reading) -> dict[str, Any]:
    answer, ending = reading.answer, reading.ending
    return {
        "status": reading.status or None,
        "answer_headers": _json(answer_headers(reading.answer_head)),
        "answer_bytes": ending.answer_bytes,
        "answer_truncated": reading.raw.answer.truncated,
        "answer_hash": reading.answer_hash,
        "answer_chunks": len(reading.raw.answer.chunks),
        "model_used": _text(answer.model),
        "response_id": _text(answer.response_id),
        "service_tier": _text(answer.service_tier),
        "stop_reason": _text(answer.stop_reason),
        "error_kind": _text(answer.error_kind),
        "error_text": _text(answer.error_text or ending.error or None),
        "has_refusal": answer.has_refusal,
        "content_blocks": reading.content_blocks,
    }


def _moment_columns(reading: Reading) -> dict[str, Any]:
    moments, since = reading.ending.times, reading.timeline.since_start_us
    chunks = [when for when, _ in reading.raw.answer.chunks]
    gaps = pace(chunks) if reading.is_streamed else Pace()
    return {
        "head_received_us": since(moments.head_received),
        "first_byte_up_us": since(moments.first_byte_up),
        "last_byte_up_us": since(moments.last_byte_up),
        "first_byte_down_us": since(moments.first_byte_down),
        "first_body_down_us": since(moments.first_body_down),
        "last_byte_down_us": since(_last_byte_down(reading)),
        "first_token_us": since(reading.timeline.first_token),
        "ended_us": since(moments.ended),
        "chunk_avg_ms": gaps.average,
        "chunk_p50_ms": gaps.p50,
        "chunk_p95_ms": gaps.p95,
        "chunk_p99_ms": gaps.p99,
        "chunk_max_ms": gaps.longest,
        "chunk_min_ms": gaps.shortest,
    }


def _last_byte_down(reading: Reading) -> int:
    """When the provider's last byte came, 0 if not all of the answer was tapped."""
    answer = reading.raw.answer
    if answer.truncated or reading.raw.shed:
        return 0
    return (
        answer.chunks[-1][0] if answer.chunks else reading.ending.times.first_byte_down
    )


def _token_columns(usage: Usage) -> dict[str, Any]:
    return {
        "input_uncached": usage.input_uncached,
        "cache_read": usage.cache_read,
        "cache_write_5m": usage.cache_write_5m,
        "cache_write_1h": usage.cache_write_1h,
        "output": usage.output,
        "thinking": usage.thinking,
        "reasoning": usage.reasoning,
        "audio_input": usage.audio_input,
        "audio_output": usage.audio_output,
        "vendor_usage": _json(usage.vendor),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _json(values: Mapping[str, str] | Mapping[str, int]) -> str | None:
    return orjson.dumps(dict(values)).decode() if values else None
