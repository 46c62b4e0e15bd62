"""One request and its answer as a source tells them, and its rows of the store."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from lunaroute.dialects import JsonObject, answer_reader, read_request
from lunaroute.model import (
    AnswerFacts,
    Dialect,
    Endpoint,
    Outcome,
    RequestFacts,
    Usage,
)
from lunaroute.pii import Redactor
from lunaroute.recording import (
    Redaction,
    brought_rows,
    call_row,
    clean,
    cost_of_answer,
    name_session,
    spoken_rows,
    with_cost,
)
from lunaroute.store import ExchangeRow, Prepared

_NAMESPACE = uuid.UUID("2f0b9f5e-55c4-4f0c-9d0e-8a6f6d1f2c11")
_COUNTS = [field.name for field in fields(Usage) if field.name != "vendor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``session`` is the source's own word; ``ended_us`` counts from ``started_at``."""

    id: str
    session: str
    started_at: int
    endpoint: Endpoint
    request: RequestFacts
    answer: AnswerFacts
    outcome: Outcome = Outcome.ANSWERED
    ended_us: int | None = None
    first_token_us: int | None = None
    provider: str | None = None
    agent: str | None = None
    parent_agent: str | None = None
    user_agent: str | None = None
    project: str | None = None
    status: int | None = None
    problem: str | None = None
    request_bytes: int = 0
    answer_bytes: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        """What the record calls the session."""
        return name_session(self.session, self.id).id


def turn_id(*names: str) -> str:
    """The same id for the same names, whenever and wherever they are read."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(names)))


def microseconds(stamp: object) -> int | None:
    """Since the epoch, of a time as ISO 8601 has it; without a zone it is UTC."""
    if not isinstance(stamp, str):
        return None
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000)


def request_facts(endpoint: Endpoint, body: JsonObject) -> RequestFacts:
    """What a request says that was told as a JSON object."""
    return read_request(endpoint, orjson.dumps(body))


def answer_facts(endpoint: Endpoint, body: JsonObject) -> AnswerFacts:
    """What an answer says that was told as a JSON object."""
    reader = answer_reader(endpoint, content_type="application/json", status=200)
    reader.feed(orjson.dumps(body))
    return reader.close()


def redacted_turn(turn: Turn, redactor: Redactor | None) -> Turn:
    """The turn without anything that ``redactor`` replaces."""
    if redactor is None:
        return turn
    redaction = Redaction(redactor)
    hidden = redaction.alias(turn.session)
    found: dict[str, Any] = {
        name: redaction.text(value)
        for name in ("provider", "agent", "parent_agent", "user_agent", "project")
        if (value := getattr(turn, name)) is not None
    }
    return replace(
        turn,
        session=turn.session if hidden is None else hidden[0],
        request=redaction.request(turn.request),
        answer=redaction.answer(turn.answer),
        problem=redaction.text(turn.problem) if turn.problem else None,
        redacted=dict(redaction.counts),
        **found,
    )


def prepare_turn(turn: Turn, kind: str, key: bytes) -> Prepared:
    """Everything that the turn adds to the store."""
    calls = tuple(
        call_row(ordinal, call) for ordinal, call in enumerate(turn.answer.tool_calls)
    )
    row = _row(turn, kind)
    cost = cost_of_answer(
        turn.answer,
        model=row.model_used or row.model_requested,
        provider=row.provider or "",
        dialect=row.dialect or "",
        upstream="",
        started_at=row.started_at,
    )
    return Prepared(
        exchange=with_cost(row, cost),
        texts=spoken_rows(turn.request, turn.answer, key),
        calls=calls,
        results=brought_rows(turn.request, key),
    )


def _row(turn: Turn, kind: str) -> ExchangeRow:
    request, answer = turn.request, turn.answer
    usage = answer.usage or Usage()
    is_anthropic = turn.endpoint is Endpoint.MESSAGES
    return ExchangeRow(
        id=turn.id,
        session_id=turn.session_id,
        client_session_id=_text(name_session(turn.session, turn.id).client_id),
        started_at=turn.started_at,
        outcome=turn.outcome.value,
        agent=_text(turn.agent),
        parent_agent=_text(turn.parent_agent),
        request_class="subagent" if turn.agent else "main",
        dialect=(Dialect.ANTHROPIC if is_anthropic else Dialect.OPENAI).value,
        provider=_text(turn.provider),
        endpoint=turn.endpoint.value,
        listener=f"import:{kind}",
        user_agent=_text(turn.user_agent),
        project=_text(turn.project),
        model_requested=_text(request.model),
        model_used=_text(answer.model),
        response_id=_text(answer.response_id),
        service_tier=_text(answer.service_tier),
        stop_reason=_text(answer.stop_reason),
        error_kind=_text(answer.error_kind),
        error_text=_text(answer.error_text),
        has_refusal=answer.has_refusal,
        streaming=request.streaming,
        status=turn.status,
        message_count=request.message_count,
        tool_count=request.tool_count,
        has_system=request.has_system,
        request_bytes=turn.request_bytes,
        answer_bytes=turn.answer_bytes,
        ended_us=turn.ended_us,
        first_token_us=turn.first_token_us,
        vendor_usage=_json(usage.vendor),
        problem=_text(turn.problem),
        redacted=_json(turn.redacted),
        # Ours are as old as they say: they only come back.
        imported_at=None if kind == "lunaroute" else time.time_ns() // 1_000,
        **{name: getattr(usage, name) for name in _COUNTS},
    )


def _json(values: Mapping[str, int]) -> str | None:
    return orjson.dumps(dict(values)).decode() if values else None


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)
