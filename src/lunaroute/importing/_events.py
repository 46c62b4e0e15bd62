"""JSONL events, our own and those of earlier releases: a few lines an exchange.

Ours stand together and end with ``completed``; the earlier ones came in any order,
often without an end, and are gathered over the whole file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lunaroute.dialects import (
    JsonObject,
    get_count,
    get_object,
    get_str,
)
from lunaroute.importing._lines import Lines
from lunaroute.importing._turn import (
    Turn,
    answer_facts,
    microseconds,
    request_facts,
    turn_id,
)
from lunaroute.model import (
    AnswerFacts,
    Endpoint,
    Outcome,
    RequestFacts,
    Text,
    TextKind,
    ToolCall,
    Usage,
)

_TURNS = {each.value: each for each in (Endpoint.MESSAGES, Endpoint.CHAT)}
_TURNS |= {Endpoint.RESPONSES.value: Endpoint.RESPONSES}
_COUNTS = (
    "input",
    "output",
    "thinking",
    "reasoning",
    "cache_read",
    "cache_creation",
    "audio_input",
    "audio_output",
)
_OUTCOMES = {each.value: each for each in Outcome}


@dataclass(slots=True)
class _Told:
    """The events of one exchange, the last of each type, and all of its tool calls."""

    events: dict[str, JsonObject] = field(default_factory=dict)
    calls: list[JsonObject] = field(default_factory=list)
    first_at: int = 0
    last_at: int = 0

    def add(self, kind: str, event: JsonObject, moment: int) -> None:
        if kind == "tool_call_recorded":
            self.calls.append(event)
        self.events[kind] = event
        self.first_at = min(self.first_at or moment, moment)
        self.last_at = max(self.last_at, moment)

    def of(self, kind: str) -> JsonObject:
        return self.events.get(kind, {})


def read_own_events(lines: Lines) -> Iterator[Turn]:
    """The turns of one of our files: conversations only, as the database has them."""
    told: dict[str, _Told] = {}
    for name, kind, one in _gathered(lines, told, "exchange_id"):
        endpoint = _TURNS.get(get_str(one.of("started"), "endpoint") or "")
        if kind == "completed":
            del told[name]
            if endpoint is not None:
                yield _turn(name, one, endpoint, is_ours=True)


def read_earlier_events(lines: Lines) -> Iterator[Turn]:
    """The turns of an earlier release's file."""
    told: dict[str, _Told] = {}
    for _ in _gathered(lines, told, "request_id"):
        pass
    for name, one in sorted(told.items(), key=lambda item: item[1].first_at):
        if (endpoint := _endpoint(one)) is not None:
            session = get_str(next(iter(one.events.values())), "session_id") or ""
            yield _turn(turn_id("events", session, name), one, endpoint, is_ours=False)


def _gathered(
    lines: Lines, told: dict[str, _Told], by: str
) -> Iterator[tuple[str, str, _Told]]:
    for number, line in lines:
        name, kind = get_str(line, by), get_str(line, "type")
        moment = microseconds(line.get("timestamp"))
        if not name or not kind or moment is None or not get_str(line, "session_id"):
            lines.complain(number, f"no event with type, {by}, session_id, timestamp")
            continue
        one = told.setdefault(name, _Told())
        one.add(kind, line, moment)
        yield name, kind, one


def _endpoint(told: _Told) -> Endpoint | None:
    """Earlier releases did not say; the body's shape does."""
    body = get_object(told.of("request_recorded"), "request_json")
    if get_str(told.of("started"), "provider") == "anthropic":
        return Endpoint.MESSAGES
    if "input" in body:
        return Endpoint.RESPONSES
    return Endpoint.CHAT if told.of("request_recorded") else None


def _turn(name: str, told: _Told, endpoint: Endpoint, *, is_ours: bool) -> Turn:
    started, ended = told.of("started"), told.of("completed")
    request = _request(told, endpoint)
    answer = _answer(told, endpoint, request, is_ours=is_ours)
    token_ms = get_count(told.of("stream_started"), "time_to_first_token_ms")
    first = next(iter(told.events.values()))
    return Turn(
        id=name,
        session=get_str(started, "client_session_id")
        or get_str(first, "session_id")
        or "",
        started_at=told.first_at,
        ended_us=told.last_at - told.first_at,
        first_token_us=None if token_ms is None else token_ms * 1_000,
        endpoint=endpoint,
        provider=get_str(started, "provider"),
        request=replace(request, streaming=started.get("is_streaming") is True),
        answer=answer,
        outcome=_outcome(told),
        agent=get_str(started, "agent"),
        parent_agent=get_str(started, "parent_agent"),
        user_agent=get_str(started, "user_agent"),
        status=get_count(ended, "status"),
        problem=get_str(ended, "problem"),
        request_bytes=_bytes(told, "request"),
        answer_bytes=_bytes(told, "response"),
    )


def _bytes(told: _Told, what: str) -> int:
    return get_count(told.of(f"{what}_recorded"), f"{what}_size_bytes") or 0


def _outcome(told: _Told) -> Outcome:
    ended = told.of("completed")
    if (outcome := _OUTCOMES.get(get_str(ended, "outcome") or "")) is not None:
        return outcome
    if not ended:
        has_answer = told.of("response_recorded") or told.of("stats_updated")
        return Outcome.ANSWERED if has_answer else Outcome.INTERRUPTED
    if ended.get("success") is True:
        return Outcome.ANSWERED
    has_left = (get_str(ended, "error") or "").startswith("interrupted")
    return Outcome.CLIENT_LEFT if has_left else Outcome.UPSTREAM_CUT


def _request(told: _Told, endpoint: Endpoint) -> RequestFacts:
    event = told.of("request_recorded")
    if body := get_object(event, "request_json"):
        return request_facts(endpoint, body)
    prompt = get_str(event, "request_text")
    texts = (Text(TextKind.PROMPT, "user", prompt),) if prompt else ()
    model = get_str(told.of("started"), "model_requested")
    return RequestFacts(model=model, texts=texts)


def _answer(
    told: _Told, endpoint: Endpoint, request: RequestFacts, *, is_ours: bool
) -> AnswerFacts:
    event, ended = told.of("response_recorded"), told.of("completed")
    body = get_object(event, "response_json")
    facts = answer_facts(endpoint, body) if body else _spoken(told, request)
    counts = _counts(told)
    return replace(
        facts,
        model=facts.model
        or get_str(event, "model_used")
        or get_str(told.of("stats_updated"), "model_used"),
        stop_reason=facts.stop_reason or get_str(ended, "finish_reason"),
        error_kind=facts.error_kind or get_str(ended, "error_kind"),
        error_text=facts.error_text or get_str(ended, "error"),
        usage=facts.usage or _usage(counts, endpoint, is_ours=is_ours),
    )


def _spoken(told: _Told, request: RequestFacts) -> AnswerFacts:
    said = get_str(told.of("response_recorded"), "response_text")
    # Earlier releases told of a result as of a call.
    brought = {result.call_id for result in request.tool_results}
    calls: dict[str, ToolCall] = {}
    for event in told.calls:
        call_id = get_str(event, "tool_call_id") or ""
        if call_id not in brought:
            name = get_str(event, "tool_name") or ""
            given = get_str(event, "tool_arguments") or ""
            calls.setdefault(call_id, ToolCall(call_id, name, given))
    return AnswerFacts(
        texts=(Text(TextKind.ANSWER, "assistant", said),) if said else (),
        tool_calls=tuple(calls.values()),
        has_refusal=told.of("response_recorded").get("has_refusal") is True,
    )


def _counts(told: _Told) -> dict[str, int | None]:
    """By the names of one answer, wherever they were told."""
    event = told.of("response_recorded")
    if get_count(event, "total_tokens"):
        return {name: get_count(event, f"{name}_tokens") for name in _COUNTS}
    totals = get_object(told.of("stats_updated"), "token_updates")
    totals = totals or told.of("completed")
    return {name: get_count(totals, f"total_{name}") for name in _COUNTS}


def _usage(
    counts: dict[str, int | None], endpoint: Endpoint, *, is_ours: bool
) -> Usage | None:
    """Ours are disjoint; those of earlier releases are the vendor's own."""
    if not any(counts.values()):
        return None
    given, put = counts["input"], counts["output"]
    if not is_ours:
        if endpoint is not Endpoint.MESSAGES:
            given = _less(given, counts["cache_read"], counts["audio_input"])
        put = _less(
            put, counts["thinking"], counts["reasoning"], counts["audio_output"]
        )
    return Usage(
        input_uncached=given,
        cache_read=counts["cache_read"],
        cache_write_5m=counts["cache_creation"],
        output=put,
        thinking=counts["thinking"],
        reasoning=counts["reasoning"],
        audio_input=counts["audio_input"],
        audio_output=counts["audio_output"],
    )


def _less(total: int | None, *parts: int | None) -> int | None:
    return None if total is None else max(0, total - sum(part or 0 for part in parts))
