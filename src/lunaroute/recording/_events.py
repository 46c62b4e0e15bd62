"""A reading as JSONL: one event a line, the same few events for every exchange.

``completed`` is always there, once and last; a file that ends with it is whole.
"""

import re
from collections import Counter
from collections.abc import Iterator

import orjson

from lunaroute.model import Outcome, TextKind, ToolCall
from lunaroute.recording._allowed import request_headers
from lunaroute.recording._cost import estimated_cost
from lunaroute.recording._reading import Reading, clean, is_one_line
from lunaroute.recording._rows import exchange_row
from lunaroute.recording._stream import Stream
from lunaroute.recording._timeline import between_ms, whole_ms
from lunaroute.recording._tokens import final_tokens, token_stats, token_totals
from lunaroute.recording._told import left_to_say
from lunaroute.store import ExchangeRow

SCHEMA = 1

# JSON that stands in a line as it came, and can be told from what is around it.
_VALUE = re.compile(rb'\{[^\r\n]*\}|\[[^\r\n]*\]|"[^\r\n]*"')

Event = dict[str, object]


def event_lines(reading: Reading, row: ExchangeRow | None = None) -> bytes:
    """All lines of one exchange, in the order in which things happened.

    ``row`` is its row of the store, where that is not just what the reading says.
    """
    row = row or exchange_row(reading)
    events = list(_events(reading, row))
    by_type = {str(event["type"]): event for event in events}
    events[-1]["row"] = left_to_say(row, by_type)
    return b"".join(
        orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in events
    )


def completed_prefix(exchange_id: str = "") -> bytes:
    """How the last line of an exchange begins; no other line can begin so."""
    start = _named("completed", exchange_id)
    text = orjson.dumps(start)[:-1]
    return text + b"," if exchange_id else text.partition(b'"exchange_id"')[0]


def started_prefix(exchange_id: str) -> bytes:
    """How the first line of an exchange begins."""
    return orjson.dumps(_named("started", exchange_id))[:-1] + b","


def _named(kind: str, exchange_id: str) -> Event:
    return {"type": kind, "schema": SCHEMA, "exchange_id": exchange_id}


def _events(reading: Reading, row: ExchangeRow) -> Iterator[Event]:
    times = reading.ending.times
    yield _event(reading, "started", 0, _started(reading))
    sent = times.last_byte_up or times.head_received
    yield _event(reading, "request_recorded", sent, _request(reading, row))
    if reading.is_streamed:
        first = reading.timeline.first_token
        known: Event = {"time_to_first_token_ms": _first_token_ms(reading)}
        yield _event(reading, "stream_started", first or times.first_body_down, known)
    if reading.raw.answer_head:
        yield _event(reading, "response_recorded", times.ended, _response(reading))
    for call in reading.answer.tool_calls:
        asked = {**_call(call), "tool_arguments": clean(call.arguments)}
        if call.server is not None:
            asked["tool_server"] = clean(call.server)
        yield _event(reading, "tool_call_recorded", times.ended, asked)
    yield _event(reading, "completed", times.ended, _completed(reading, row))


def _event(reading: Reading, kind: str, moment: int, more: Event) -> Event:
    return {
        **_named(kind, reading.id),
        "session_id": reading.session.id,
        "request_id": reading.id,
        "timestamp": reading.timeline.stamp(moment),
        **more,
    }


def _started(reading: Reading) -> Event:
    head, route = reading.request_head, reading.route
    return {
        "model_requested": reading.request.model,
        "provider": route.provider,
        "listener": route.listener,
        "is_streaming": reading.request.streaming or reading.is_streamed,
        "client_ip": route.client.rpartition(":")[0] or route.client or None,
        "user_agent": head.get("user-agent"),
        "api_version": head.get("anthropic-version"),
        "request_headers": request_headers(head),
        "session_tags": [],
        "metadata": {name: clean(value) for name, value in reading.about.items()},
        "client_session_id": reading.session.client_id,
        "agent": reading.who.agent,
        "parent_agent": reading.who.parent_agent,
        "dialect": route.dialect,
        "endpoint": reading.endpoint.value,
        "method": head.first[0],
        "path": reading.path,
        "query": reading.query or None,
        "upstream": route.upstream,
    }


def _request(reading: Reading, row: ExchangeRow) -> Event:
    request, times = reading.request, reading.ending.times
    prompts = [t.text for t in request.texts if t.kind is TextKind.PROMPT]
    return {
        "request_text": clean(prompts[-1]) if prompts else None,
        "request_json": reading.request_json,
        **_raw(reading),
        **_marks(reading),
        "estimated_tokens": None,
        "pre_processing_ms": between_ms(times.head_received, times.first_byte_up),
        "request_size_bytes": reading.ending.request_bytes,
        "message_count": request.message_count,
        "has_system_prompt": request.has_system,
        "has_tools": request.tool_count > 0,
        "tool_count": request.tool_count,
        "truncated": reading.raw.request.truncated,
        "request_class": row.request_class,
        "request_hash": reading.request_hash,
    }


def _raw(reading: Reading) -> Event:
    """A body that `request_json` does not hold to the byte, where it is text."""
    if not reading.sent or (
        reading.request_json is not None and is_one_line(reading.sent)
    ):
        return {}
    try:
        return {"request_raw": reading.sent.decode("utf-8")}
    except UnicodeDecodeError:
        return {}


def _marks(reading: Reading) -> Event:
    """Where the request's body is not as it was sent, where it was redacted at all."""
    if not reading.marks:
        return {}
    marks = [(each.start, each.end, each.kind) for each in reading.marks]
    return {"request_redacted": marks}


def _response(reading: Reading) -> Event:
    answer, times, token = reading.answer, reading.ending.times, reading.timeline
    spoken = [t.text for t in answer.texts if t.kind is TextKind.ANSWER]
    streaming_ms = whole_ms(token.first_token or times.first_body_down, times.ended)
    speed = None
    if answer.usage and reading.is_streamed and streaming_ms:
        speed = 1_000 * answer.usage.output_total / streaming_ms
    words = clean("\n".join(spoken)) if spoken else None
    stream = reading.stream
    return {
        "response_text": words,
        "response_json": reading.answer_json,
        "model_used": answer.model,
        "provider_latency_ms": whole_ms(times.first_byte_up, times.ended),
        "post_processing_ms": None,
        "total_proxy_overhead_ms": between_ms(times.head_received, times.first_byte_up),
        **token_stats(answer.usage),
        "tokens_per_second": speed,
        "tool_calls": [_call(call) for call in answer.tool_calls],
        "response_size_bytes": reading.ending.answer_bytes,
        "content_blocks": reading.content_blocks,
        "has_refusal": answer.has_refusal,
        "is_streaming": reading.is_streamed,
        "chunk_count": len(reading.raw.answer.chunks),
        "streaming_duration_ms": streaming_ms if reading.is_streamed else None,
        "status": reading.status or None,
        "truncated": reading.raw.answer.truncated,
        **(_body(reading, stream, words) if stream else {}),
    }


def _body(reading: Reading, stream: Stream, words: str | None) -> Event:
    """The answer's body where `response_json` does not hold it to the byte, and where
    it is not as it was sent.
    """
    told: Event = {}
    if reading.answer_json is None and not reading.is_streamed:
        try:
            told["response_raw"] = stream.body.decode("utf-8")
        except UnicodeDecodeError:
            return {}  # no text
    elif reading.is_streamed or not _VALUE.fullmatch(stream.body):
        told["response_body"] = stream.packed(words)
    if stream.marks:
        told["response_redacted"] = [(m.start, m.end, m.kind) for m in stream.marks]
    return told


def _call(call: ToolCall) -> Event:
    return {
        "tool_name": clean(call.name),
        "tool_call_id": clean(call.id),
        "execution_time_ms": None,
        "input_size_bytes": len(call.arguments.encode("utf-8", "replace")),
        "output_size_bytes": None,
        "success": None,
    }


def _completed(reading: Reading, row: ExchangeRow) -> Event:
    answer, ending, times = reading.answer, reading.ending, reading.ending.times
    provider_ms = whole_ms(times.first_byte_up, times.ended) or 0
    overhead_ms = between_ms(times.head_received, times.first_byte_up) or 0.0
    model = answer.model or reading.request.model
    error = answer.error_text or answer.error_kind or clean(ending.error)
    return {
        "success": reading.outcome is Outcome.ANSWERED,
        "error": error or None,
        "finish_reason": answer.stop_reason,
        "total_duration_ms": whole_ms(reading.timeline.start, times.ended) or 0,
        "provider_time_ms": provider_ms,
        "proxy_overhead_ms": overhead_ms,
        **token_totals(answer.usage, model),
        **_tool_summary(reading.answer.tool_calls),
        **_performance(provider_ms, overhead_ms),
        "streaming_stats": _streaming(reading, row),
        "estimated_cost": estimated_cost(reading.cost, answer.usage),
        "outcome": reading.outcome.value,
        "status": reading.status or None,
        "error_kind": answer.error_kind,
        "problem": reading.problem,
        "shed_bytes": reading.raw.shed,
        "redacted": dict(reading.redacted),
        "final_stats": {
            "tokens": final_tokens(answer.usage),
            "tools": {"total_calls": len(answer.tool_calls)},
        },
        "spoken": _spoken(reading) if reading.is_turn else [],
    }


def _spoken(reading: Reading) -> list[list[object]]:
    """The answer's texts as kind, role and text, each for itself. Of what stands in
    ``response_text`` only the length is said, in characters, and of a call's arguments
    which call it is.
    """
    answer = reading.answer
    calls: dict[str, int] = {}
    for number, call in enumerate(answer.tool_calls):
        calls.setdefault(call.arguments, number)
    spoken: list[list[object]] = []
    for text in answer.texts:
        words = clean(text.text)
        told: object = words
        if text.kind is TextKind.ANSWER and reading.raw.answer_head:
            told = len(words)
        elif text.kind is TextKind.TOOL_INPUT and text.text in calls:
            told = {"call": calls[text.text]}
        spoken.append([text.kind.value, clean(text.role), told])
    if answer.error_text:
        spoken.append([TextKind.ERROR.value, "provider", clean(answer.error_text)])
    return spoken


def _tool_summary(calls: tuple[ToolCall, ...]) -> Event:
    counts = Counter(clean(call.name) for call in calls)
    no_time = {
        "total_execution_time_ms": None,
        "avg_execution_time_ms": None,
        "error_count": 0,
    }
    by_tool = {name: {"call_count": n, **no_time} for name, n in counts.items()}
    return {
        "total_tool_calls": len(calls),
        "unique_tool_count": len(counts),
        "by_tool": by_tool,
        "total_tool_time_ms": None,
        "tool_error_count": 0,
    }


def _performance(provider_ms: int, overhead_ms: float) -> Event:
    together = provider_ms + overhead_ms
    return {
        "avg_provider_latency_ms": provider_ms,
        "p50_latency_ms": None,
        "p95_latency_ms": None,
        "p99_latency_ms": None,
        "max_latency_ms": provider_ms,
        "min_latency_ms": provider_ms,
        "avg_pre_processing_ms": overhead_ms,
        "avg_post_processing_ms": None,
        "proxy_overhead_percentage": 100 * overhead_ms / together if together else 0.0,
    }


def _first_token_ms(reading: Reading) -> int | None:
    times = reading.ending.times
    sent = times.first_byte_up or reading.timeline.start
    return whole_ms(sent, reading.timeline.first_token)


def _streaming(reading: Reading, row: ExchangeRow) -> Event | None:
    if not reading.is_streamed:
        return None
    first = reading.timeline.first_token or reading.ending.times.first_body_down
    return {
        "time_to_first_token_ms": _first_token_ms(reading),
        "total_chunks": len(reading.raw.answer.chunks),
        "streaming_duration_ms": whole_ms(first, reading.ending.times.ended),
        "avg_chunk_latency_ms": row.chunk_avg_ms,
        "p50_chunk_latency_ms": row.chunk_p50_ms,
        "p95_chunk_latency_ms": row.chunk_p95_ms,
        "p99_chunk_latency_ms": row.chunk_p99_ms,
        "max_chunk_latency_ms": row.chunk_max_ms,
        "min_chunk_latency_ms": row.chunk_min_ms,
    }
