"""Exchanges as spans, by OpenTelemetry's semantic conventions for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ names the attributes
``gen_ai.*``; ``lunaroute.*`` are ours.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

import orjson

from lunaroute.model import Endpoint, Outcome
from lunaroute.observer._mask import mask_start
from lunaroute.observer._tally import error_type
from lunaroute.pii import Detector
from lunaroute.recording import News
from lunaroute.store import ExchangeRow, TextRow, ToolCallRow

Value = str | int | float | bool | tuple[str, ...]

# Calls whose result has not come: their spans have no end yet.
MAX_OPEN_CALLS = 10_000
# Characters of what was asked and of what was answered, where they are wanted.
MAX_CONTENT = 64 * 1024

# https://www.w3.org/TR/trace-context/#traceparent-header; version ff is invalid.
_TRACEPARENT = re.compile(
    "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
    "(?:-.*)?"
)
_OPERATIONS = {
    Endpoint.MESSAGES.value: "chat",
    Endpoint.CHAT.value: "chat",
    Endpoint.RESPONSES.value: "chat",
    Endpoint.EMBEDDINGS.value: "embeddings",
}
_ASKED = frozenset({"prompt", "tool_output"})
_SAID = frozenset({"answer", "thinking"})


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` and ``end`` are nanoseconds since the epoch. ``parent`` is empty for a
    trace's first. ``error`` is why it failed, empty if it did not.
    """

    trace: bytes
    id: bytes
    parent: bytes
    name: str
    start: int
    end: int
    is_client: bool = True
    error: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    state: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    trace: bytes
    id: bytes
    parent: bytes
    state: str


@dataclass(frozen=True, slots=True)
class _Call:
    context: _Context
    call: ToolCallRow
    start: int


class Tracer:
    """Makes spans of news. ``detector`` masks the contents; None for spans without."""

    def __init__(self, detector: Detector | None = None) -> None:
        self._detector = detector
        self._open: OrderedDict[tuple[str, str], _Call] = OrderedDict()

    def spans(self, news: News) -> list[Span]:
        """Those of the tools whose results came, then that of the exchange; none where
        the client's own trace is not sampled.
        """
        row = news.row
        made = [
            self._tool(call, row, is_error=bool(result.is_error))
            for result in news.results
            if (call := self._open.pop((row.session_id, result.call_id), None))
        ]
        operation = _OPERATIONS.get(row.endpoint or "")
        context = _context(row)
        if operation is None or context is None:
            return made
        end = row.started_at + (row.ended_us or 0)
        for each in news.calls:
            call = _Call(context, each, end * 1_000)
            self._open[row.session_id, each.call_id] = call
        while len(self._open) > MAX_OPEN_CALLS:
            self._open.popitem(last=False)
        model = row.model_requested or row.model_used
        made.append(
            Span(
                trace=context.trace,
                id=context.id,
                parent=context.parent,
                state=context.state,
                name=f"{operation} {model}" if model else operation,
                start=row.started_at * 1_000,
                end=end * 1_000,
                error="" if row.outcome == Outcome.ANSWERED else error_type(row),
                attributes=_attributes(row, operation) | self._content(news),
            )
        )
        return made

    def _tool(self, call: _Call, row: ExchangeRow, *, is_error: bool) -> Span:
        attributes: dict[str, Value] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.call.name,
            "gen_ai.tool.call.id": call.call.call_id,
            "gen_ai.tool.type": "function",
        }
        if self._detector is not None:
            attributes["gen_ai.tool.call.arguments"] = mask_start(
                self._detector, call.call.arguments, MAX_CONTENT
            )
        if is_error:
            attributes["error.type"] = "tool_error"
        key = f"{call.context.id.hex()} {call.call.ordinal} {call.call.call_id}"
        return Span(
            trace=call.context.trace,
            id=sha256(key.encode("utf-8", "replace")).digest()[:8],
            parent=call.context.id,
            state=call.context.state,
            name=f"execute_tool {call.call.name}",
            start=call.start,
            end=max(call.start, row.started_at * 1_000),
            is_client=False,
            error="tool_error" if is_error else "",
            attributes=attributes,
        )

    def _content(self, news: News) -> dict[str, Value]:
        detector = self._detector
        if detector is None:
            return {}
        found: dict[str, Value] = {}
        for name, kinds in (("input", _ASKED), ("output", _SAID)):
            texts = _newest(text for text in news.texts if text.kind in kinds)
            messages = [_said(text, detector) for text in texts]
            if messages:
                found[f"gen_ai.{name}.messages"] = orjson.dumps(messages).decode()
        return found


def _newest(texts: Iterable[TextRow]) -> list[TextRow]:
    """As many of the last ones as there is room for, in their order."""
    kept: deque[TextRow] = deque()
    room = MAX_CONTENT
    for text in reversed(list(texts)):
        room -= len(text.text)
        if room < 0 and kept:
            break
        kept.appendleft(text)
    return list(kept)


def _said(text: TextRow, detector: Detector) -> dict[str, object]:
    kind = "reasoning" if text.kind == "thinking" else "text"
    content = mask_start(detector, text.text, MAX_CONTENT)
    return {"role": text.role, "parts": [{"type": kind, "content": content}]}


def _context(row: ExchangeRow) -> _Context | None:
    """The same for the same exchange, however often it is told. None if the client's
    trace is not sampled.
    """
    digest = sha256(row.id.encode()).digest()
    fields = orjson.loads(row.request_headers) if row.request_headers else {}
    given = _TRACEPARENT.fullmatch(str(fields.get("traceparent", "")))
    if given is None:
        return _Context(digest[8:24], digest[:8], b"", "")
    if not int(given[3], 16) & 1:
        return None
    state = str(fields.get("tracestate", ""))[:512]
    trace, parent = bytes.fromhex(given[1]), bytes.fromhex(given[2])
    return _Context(trace, digest[:8], parent, state)


def _attributes(row: ExchangeRow, operation: str) -> dict[str, Value]:
    where = urlsplit(row.upstream or "")
    cached = row.cache_read or 0
    written = (row.cache_write_5m or 0) + (row.cache_write_1h or 0)
    taken = (row.input_uncached or 0) + cached + written + (row.audio_input or 0)
    thought = (row.thinking or 0) + (row.reasoning or 0)
    given = (row.output or 0) + thought + (row.audio_output or 0)
    first = None
    if row.first_token_us is not None:
        first = max(0, row.first_token_us - (row.first_byte_up_us or 0)) / 1_000
    told: dict[str, Value | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": row.provider,
        "gen_ai.conversation.id": row.session_id,
        "gen_ai.request.model": row.model_requested,
        "gen_ai.response.model": row.model_used,
        "gen_ai.response.id": row.response_id,
        "gen_ai.response.finish_reasons": (row.stop_reason,)
        if row.stop_reason
        else None,
        "gen_ai.usage.input_tokens": taken if taken or given else None,
        "gen_ai.usage.output_tokens": given if taken or given else None,
        "gen_ai.usage.cache_read.input_tokens": row.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": written or None,
        "gen_ai.usage.reasoning.output_tokens": thought or None,
        "server.address": where.hostname,
        "server.port": where.port,
        "http.response.status_code": row.status,
        "error.type": None if row.outcome == Outcome.ANSWERED else error_type(row),
        "lunaroute.exchange.id": row.id,
        "lunaroute.outcome": row.outcome,
        "lunaroute.streaming": row.streaming,
        "lunaroute.agent": row.agent,
        "lunaroute.project": row.project,
        "lunaroute.cost_usd": row.cost_usd,
        "lunaroute.time_to_first_token_ms": first,
    }
    return {name: value for name, value in told.items() if value is not None}
