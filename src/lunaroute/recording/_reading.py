"""Reads a raw exchange: heads, bodies, session, facts of both directions.

The one place where the wire's bytes become values; rows and events are made from these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import orjson

from lunaroute.dialects import (
    AnswerReader,
    answer_reader,
    endpoint_of,
    facts_of_request,
    read_json,
    session_of,
)
from lunaroute.link import Ending, RawExchange, Route
from lunaroute.model import (
    AnswerFacts,
    Dialect,
    Endpoint,
    Outcome,
    RequestFacts,
    SessionFacts,
    TextKind,
    Usage,
)
from lunaroute.pii import Mark, Redactor
from lunaroute.pricing import Cost
from lunaroute.recording._allowed import split_target
from lunaroute.recording._body import Body, read_body
from lunaroute.recording._head import Head, read_head
from lunaroute.recording._outcome import ending_of, outcome_of
from lunaroute.recording._redaction import Redaction
from lunaroute.recording._requests import Asked, Asking, read_anew
from lunaroute.recording._session import SessionName, name_session
from lunaroute.recording._stream import Stream
from lunaroute.recording._timeline import Timeline, timeline

# The endpoints whose exchanges belong to a conversation and have texts. What a turn
# builds upon may have been said by its warm-up only.
TURNS = frozenset(
    {Endpoint.MESSAGES, Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.WARM_UP}
)

_SWITCHING = 101

_DIALECTS = {dialect.value: dialect for dialect in Dialect}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one exchange says, ready to be written in either form."""

    raw: RawExchange
    route: Route
    ending: Ending
    timeline: Timeline
    request_head: Head
    answer_head: Head
    path: str
    query: str
    endpoint: Endpoint
    session: SessionName
    who: SessionFacts
    request: RequestFacts
    answer: AnswerFacts
    sent: bytes  # the request's body, decoded
    request_json: object
    answer_json: object
    request_hash: str | None
    answer_hash: str | None
    is_streamed: bool
    status: int
    outcome: Outcome
    problem: str | None
    cost: Cost | None = None
    # What was replaced before anything was read: how often of each kind, and where in
    # ``sent``.
    redacted: Mapping[str, int] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)  # whose work it is
    marks: tuple[Mark, ...] = ()
    stream: Stream | None = None  # the answer's body, as far as it may be kept

    @property
    def id(self) -> str:
        return str(self.raw.id)

    @property
    def is_turn(self) -> bool:
        return self.endpoint in TURNS

    @property
    def content_blocks(self) -> int:
        """The answer's texts and tool calls, each counted once."""
        texts = [t for t in self.answer.texts if t.kind is not TextKind.TOOL_INPUT]
        return len(texts) + len(self.answer.tool_calls)

    @property
    def is_socket(self) -> bool:
        """A WebSocket that came about, and may have turns within it."""
        return self.endpoint is Endpoint.WEBSOCKET and self.status == _SWITCHING


def read_exchange(
    raw: RawExchange,
    key: bytes,
    redactor: Redactor | None = None,
    asking: Asking = read_anew,
) -> Reading:
    """Reads everything that can be read; ``key`` keys the hashes of the bodies.

    Nothing of what ``redactor`` replaces is in it, but for ``raw``. ``asking`` may know
    from before what the request says.
    """
    redaction = Redaction(redactor)
    head, answer_head = read_head(raw.request_head), read_head(raw.answer_head)
    ending = ending_of(raw)
    method, target, _ = head.first
    path, query = split_target(target)
    endpoint = endpoint_named(raw.route.dialect, method, path)
    status = ending.status or status_of(answer_head)
    kept_head, kept_answer_head = redaction.head(head), redaction.head(answer_head)
    path, query = redaction.target(path), redaction.target(query)
    asked = asking(raw, lambda: _asked(raw, endpoint, head, redactor, key))
    redaction.counts.update(asked.redacted)
    answered = _answered(raw, endpoint, answer_head, status, redaction, key)
    outcome = outcome_of(ending, status, answered.facts)
    if status == _SWITCHING and outcome is Outcome.CLIENT_LEFT:
        # Either side's end is a tunnel's ordinary end.
        outcome = Outcome.ANSWERED
    answer = answered.facts
    if endpoint not in TURNS:
        answer = _without_texts(answer, endpoint)
    shed = f"shed: {raw.shed} bytes, the buffer was full" if raw.shed else None
    return Reading(
        raw=raw,
        route=_kept_route(_clean_route(raw.route), redaction),
        ending=_kept_ending(ending, redaction),
        timeline=timeline(raw, ending.times, answered.first_token),
        request_head=kept_head,
        answer_head=kept_answer_head,
        path=path,
        query=query,
        endpoint=endpoint,
        session=asked.session,
        who=asked.who,
        request=asked.facts,
        answer=answer,
        sent=asked.sent,
        request_json=asked.as_json,
        answer_json=answered.as_json,
        request_hash=asked.hash,
        answer_hash=answered.hash,
        is_streamed=is_event_stream(answer_head),
        status=status,
        outcome=outcome,
        problem=_kept_problem((*asked.problems, *answered.problems, shed), redaction),
        marks=asked.marks,
        stream=answered.stream,
        redacted=dict(redaction.counts),
    )


def redacted_reading(reading: Reading, redaction: Redaction) -> Reading:
    """The reading with the gateway's own words redacted, and what was in all."""
    return replace(
        reading,
        route=_kept_route(reading.route, redaction),
        ending=_kept_ending(reading.ending, redaction),
        problem=_kept_problem((reading.problem,), redaction),
        marks=redaction.marks,
        redacted=dict(redaction.counts),
    )


def bare_reading(raw: RawExchange, problem: str | None = None) -> Reading:
    """The gateway's facts alone, for an exchange whose bytes are not read (yet)."""
    ending = ending_of(raw)
    nothing = read_head(b"")
    return Reading(
        raw=raw,
        route=_clean_route(raw.route),
        ending=ending,
        timeline=timeline(raw, ending.times, 0),
        request_head=nothing,
        answer_head=nothing,
        path="",
        query="",
        endpoint=Endpoint.OTHER,
        session=name_session(None, str(raw.id)),
        who=SessionFacts(),
        request=RequestFacts(),
        answer=AnswerFacts(),
        sent=b"",
        request_json=None,
        answer_json=None,
        request_hash=None,
        answer_hash=None,
        is_streamed=False,
        status=ending.status,
        outcome=outcome_of(ending, ending.status, AnswerFacts()),
        problem=None if problem is None else clean(problem),
    )


def _asked(
    raw: RawExchange,
    endpoint: Endpoint,
    head: Head,
    redactor: Redactor | None,
    key: bytes,
) -> Asked:
    redaction = Redaction(redactor)
    body = read_body(raw.request, head, key)
    whole = body.joined()
    who = session_of(endpoint, head.fields, whole)
    sent = redaction.sent(whole, is_form=_is_form(head))
    found = read_json(sent)
    request = facts_of_request(endpoint, found)
    if raw.request.truncated or request.problem == "cut short":
        sent = redaction.cut(sent)
        found = read_json(sent)
        request = facts_of_request(endpoint, found)
    # What is not there has no fault: the answer's status says what came of it.
    problem = request.problem if raw.request.size else None
    return Asked(
        session=session_name(who.id, str(raw.id), redaction),
        who=redaction.who(who),
        facts=request if endpoint in TURNS else replace(request, texts=()),
        sent=sent,
        as_json=_as_written(sent, found.value) if found.is_plain else None,
        hash=body.hash,
        problems=(said("request body", body.problem), said("request", problem)),
        redacted=dict(redaction.counts),
        marks=redaction.marks,
    )


@dataclass(frozen=True, slots=True)
class _Answered:
    """What the answer says, as attributes of :class:`Reading`; ``first_token`` is when
    it was forwarded.
    """

    facts: AnswerFacts
    first_token: int
    as_json: object
    stream: Stream | None
    hash: str | None
    problems: tuple[str | None, ...]


def _answered(
    raw: RawExchange,
    endpoint: Endpoint,
    head: Head,
    status: int,
    redaction: Redaction,
    key: bytes,
) -> _Answered:
    body = read_body(raw.answer, head, key)
    told, first_token, stream = AnswerFacts(), 0, None
    # After a 101 there are frames, not an answer.
    is_answer = bool(head.fields) and status != _SWITCHING
    content_type = head.get("content-type") or ""

    def heard(body: Body) -> tuple[AnswerFacts, int]:
        reader = answer_reader(endpoint, content_type=content_type, status=status)
        return _heard(reader, body)

    if is_answer:
        told, first_token = heard(body)
    facts = redaction.answer(told)
    # Of a damaged or shortened body the problem says what is missing.
    if is_answer and is_event_stream(head) and body.pieces and not body.problem:
        stream = redaction.stream(
            body.joined(),
            told,
            facts,
            lambda other: heard(replace(body, pieces=((0, other),)))[0],
        )
    as_json: object = None
    if raw.answer_head and not is_event_stream(head):
        kept = redaction.body(body.joined())
        as_json = parsed(kept.body)
        stream = None if body.problem or not kept.body else kept
    problem = facts.problem if raw.answer.size else None
    return _Answered(
        facts=facts,
        first_token=first_token,
        as_json=as_json,
        stream=stream,
        hash=body.hash,
        problems=(said("answer body", body.problem), said("answer", problem)),
    )


def _heard(reader: AnswerReader, body: Body) -> tuple[AnswerFacts, int]:
    """The facts of the answer, and when its first token was forwarded."""
    first_token = 0
    for when, piece in body.pieces:
        reader.feed(piece)
        if not first_token and reader.saw_token:
            first_token = when
    return reader.close(), first_token


def session_name(
    client_id: str | None, exchange_id: str, redaction: Redaction
) -> SessionName:
    """As :func:`name_session`, of an id that may have to be hidden."""
    hidden = redaction.alias(client_id)
    if hidden is None:
        return name_session(client_id, exchange_id)
    alias, shown = hidden
    return replace(name_session(alias, exchange_id), client_id=shown)


def said(where: str, problem: str | None) -> str | None:
    """A problem with its place, None for none."""
    return f"{where}: {problem}" if problem else None


def troubled(reading: Reading, *problems: str | None) -> Reading:
    """The reading with these problems besides those that it has."""
    if not any(problems):
        return reading
    return replace(reading, problem=_together((reading.problem, *problems)))


def _together(problems: Iterable[str | None]) -> str | None:
    return clean("; ".join(problem for problem in problems if problem)) or None


def _kept_problem(problems: Iterable[str | None], redaction: Redaction) -> str | None:
    problem = _together(problems)
    return redaction.text(problem) if problem else None


def clean(text: str) -> str:
    """The text without what neither UTF-8 nor a database can hold."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def parsed(body: bytes) -> object:
    """A body as a value to be written as JSON; None if it is none.

    Where it fits on one line it is written as it came: no number is rounded, no
    repeated name lost.
    """
    if not body:
        return None
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _as_written(body, value)


def _as_written(body: bytes, value: object) -> object:
    return orjson.Fragment(body) if is_one_line(body) else value


def is_one_line(body: bytes) -> bool:
    """Whether JSON can stand in a line as it came."""
    return b"\n" not in body and b"\r" not in body


def endpoint_named(dialect: str, method: str, path: str) -> Endpoint:
    """What a request asks for, by the word for its dialect."""
    known = _DIALECTS.get(dialect)
    return Endpoint.OTHER if known is None else endpoint_of(known, method, path)


def status_of(head: Head) -> int:
    """The status of a response's head, 0 where it has none."""
    code = head.first[1]
    return int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0


def _is_form(head: Head) -> bool:
    """Whether a body is of fields coded by ``%`` and ``+``."""
    kind = (head.get("content-type") or "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def is_event_stream(head: Head) -> bool:
    """Whether a response's body is a stream of events."""
    return (head.get("content-type") or "").lower().startswith("text/event-stream")


def _without_texts(answer: AnswerFacts, endpoint: Endpoint) -> AnswerFacts:
    usage = answer.usage
    if endpoint is Endpoint.COUNT_TOKENS and usage is not None:
        # Tokens that were counted, not used: kept as the vendor's number only.
        usage = Usage(vendor=usage.vendor)
    return replace(answer, texts=(), usage=usage)


def _clean_route(route: Route) -> Route:
    return Route(
        provider=clean(route.provider),
        dialect=clean(route.dialect),
        upstream=clean(route.upstream),
        client=clean(route.client),
        listener=clean(route.listener),
    )


def _kept_route(route: Route, redaction: Redaction) -> Route:
    client = redaction.text(route.client)
    upstream = redaction.upstream(route.upstream)
    if client == route.client and upstream == route.upstream:
        return route
    return replace(route, client=client, upstream=upstream)


def _kept_ending(ending: Ending, redaction: Redaction) -> Ending:
    if not ending.error:
        return ending
    return replace(ending, error=redaction.text(ending.error))
