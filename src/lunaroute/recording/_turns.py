"""The turns on a WebSocket: each request with its answer, as an exchange of its own."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lunaroute.dialects import (
    MessageReader,
    SocketRequest,
    begins_response,
    message_reader,
    read_request,
    session_of,
    socket_request,
)
from lunaroute.link import Ending, RawExchange, Tapped, Times
from lunaroute.model import AnswerFacts, Endpoint, Outcome, RequestFacts, Usage
from lunaroute.pii import Redactor
from lunaroute.recording._body import keyed_hash
from lunaroute.recording._frames import Direction, Message, is_deflated
from lunaroute.recording._head import read_head
from lunaroute.recording._outcome import outcome_of
from lunaroute.recording._reading import (
    Reading,
    parsed,
    redacted_reading,
    said,
    session_name,
    troubled,
)
from lunaroute.recording._redaction import Redaction
from lunaroute.recording._stream import Stream
from lunaroute.recording._timeline import timeline

# Each becomes a row and several lines, however short it was: thirty bytes suffice.
MAX_TURNS = 4_096

# A request that was not read, because its direction could not be.
_UNREAD = Message(0, 0, b"", 0)


@dataclass(slots=True)
class Turn:
    """``begun`` is when the request's first byte was forwarded; of one that was not
    read, when its answer's was. Of the answer's messages the moments are kept, what
    they were, and how many bytes they took on the wire.
    """

    begun: int
    request: Message
    asked: SocketRequest
    reader: MessageReader = field(
        default_factory=lambda: message_reader(Endpoint.RESPONSES)
    )
    first_heard: int = 0
    heard: list[int] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    heard_bytes: int = 0
    first_token: int = 0

    @property
    def is_over(self) -> bool:
        return self.reader.is_over

    def hear(self, message: Message) -> None:
        self.first_heard = self.first_heard or message.begun
        self.heard.append(message.ended)
        self.heard_bytes += message.size
        self.messages.append(message.data)
        self.reader.feed(message.data)
        if not self.first_token and self.reader.saw_token:
            self.first_token = message.ended


@dataclass(frozen=True, slots=True)
class _Cut:
    """What became of a turn that was not over when its WebSocket was, and why no more
    of it could be read, if that was the reason.
    """

    outcome: Outcome
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Means:
    """``key`` keys the hashes of what was sent, ``redactor`` hides what is not kept."""

    key: bytes
    redactor: Redactor | None


class Conversation:
    """The turns of one WebSocket: first what was asked, then what was heard.

    Answers come in the order of their requests, one after the other; what belongs to
    none goes to ``strays``.
    """

    __slots__ = ("_waiting", "strays", "turns")

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.strays = message_reader(Endpoint.WEBSOCKET)
        self._waiting: deque[Turn] = deque()

    def ask(self, message: Message) -> None:
        """A message of the client's."""
        asked = socket_request(message.data)
        if asked is not None and len(self.turns) < MAX_TURNS:
            self.turns.append(Turn(message.begun, message, asked))
            self._waiting.append(self.turns[-1])

    def hear(self, message: Message, *, may_begin: bool = False) -> None:
        """A message of the provider's. Where requests could not be read an answer
        ``may_begin`` that is a turn without one.
        """
        waiting = self._waiting
        is_asked = bool(waiting) and waiting[0].begun <= message.ended
        may_begin = may_begin and len(self.turns) < MAX_TURNS
        if not is_asked and may_begin and begins_response(message.data):
            turn = Turn(message.begun, _UNREAD, SocketRequest())
            self.turns.append(turn)
            waiting.appendleft(turn)
        elif not is_asked:
            self.strays.feed(message.data)
            return
        waiting[0].hear(message)
        if waiting[0].is_over:
            waiting.popleft()


def with_turns(
    socket: Reading, key: bytes, redactor: Redactor | None = None
) -> tuple[Reading, ...]:
    """The WebSocket's own reading with what is to be said of its frames, and behind it
    one for each turn, in their order, each redacted for itself.

    Turns without a session of their own belong to the WebSocket's.
    """
    deflate = is_deflated(socket.answer_head)
    up = Direction(socket.raw.tunnel_up, deflate=deflate)
    down = Direction(socket.raw.tunnel_down, deflate=deflate)
    conversation = Conversation()
    for message in up:
        conversation.ask(message)
    for message in down:
        conversation.hear(message, may_begin=up.problem is not None)
    turns, strays = conversation.turns, conversation.strays
    cut = _Cut(_ended_by(socket.ending.outcome, up, down), down.problem)
    readings = [
        _reading(socket, number, turn, cut, _Means(key, redactor))
        for number, turn in enumerate(turns, start=1)
    ]
    if socket.who.id is None and readings:
        first = readings[0]
        socket = replace(socket, session=first.session, who=first.who)
    redaction = Redaction(redactor)
    facts = redaction.answer(strays.close())
    whole = _with_frames(socket, len(turns), up, down, facts)
    return (_and_redacted(whole, socket.redacted, redaction), *readings)


def _and_redacted(
    whole: Reading, earlier: Mapping[str, int], redaction: Redaction
) -> Reading:
    """The WebSocket's reading with what was replaced in its frames, besides."""
    whole = redacted_reading(whole, redaction)
    return replace(whole, redacted=dict(Counter(earlier) + Counter(whole.redacted)))


def told_turn() -> Turn:
    """In the place of a turn of which nothing more is asked: its number counts."""
    return Turn(0, _UNREAD, SocketRequest())


def turn_reading(
    socket: Reading, number: int, turn: Turn, key: bytes, redactor: Redactor | None
) -> Reading:
    """The reading of one turn that is over; of one that is not, only what was asked."""
    if not turn.is_over:
        turn = Turn(turn.begun, turn.request, turn.asked)
    cut = _Cut(Outcome.INTERRUPTED, None)
    return _reading(socket, number, turn, cut, _Means(key, redactor))


def _ended_by(outcome: Outcome, up: Direction, down: Direction) -> Outcome:
    """How a turn ended that was not over, by the Close frames, else by the gateway."""
    if down.problem is not None:
        return Outcome.ANSWERED  # as far as anybody knows; the problem says so
    if up.closed and not 0 < down.closed <= up.closed:
        return Outcome.CLIENT_LEFT
    is_providers = down.closed or outcome is Outcome.ANSWERED
    return Outcome.UPSTREAM_CUT if is_providers else outcome


def _with_frames(
    socket: Reading, count: int, up: Direction, down: Direction, strays: AnswerFacts
) -> Reading:
    is_refused = bool(strays.error_text) and socket.outcome is Outcome.ANSWERED
    facts = AnswerFacts(error_kind=strays.error_kind, error_text=strays.error_text)
    socket = replace(
        socket,
        answer=facts,
        outcome=Outcome.REFUSED_BY_PROVIDER if is_refused else socket.outcome,
    )
    problems = [*_problems("client", up), *_problems("provider", down)]
    if count >= MAX_TURNS:
        problems.append(f"no more than {MAX_TURNS} turns are told apart")
    return troubled(socket, *problems)


def _problems(whose: str, direction: Direction) -> Iterator[str]:
    if direction.problem:
        yield f"the {whose}'s frames: {direction.problem}"
    elif direction.is_cut:
        yield f"the {whose}'s frames end within a message"


def _reading(
    socket: Reading, number: int, turn: Turn, cut: _Cut, means: _Means
) -> Reading:
    redaction = Redaction(means.redactor)
    raw, ending = _raw(socket, number, turn, cut)
    whole = turn.request.data
    sent = redaction.sent(whole)
    request = read_request(Endpoint.RESPONSES, sent) if sent else RequestFacts()
    told = _answer(turn)
    answer = redaction.answer(told)
    status = answer.error_status or socket.status
    head = read_head(socket.raw.request_head)
    who = session_of(Endpoint.RESPONSES, (*head.fields, *turn.asked.fields), whole)
    named = who.id is not None
    reading = replace(
        socket,
        raw=raw,
        ending=ending,
        timeline=timeline(raw, ending.times, turn.first_token),
        answer_head=read_head(b""),  # that of the WebSocket is in its own row
        endpoint=Endpoint.WARM_UP if turn.asked.is_warm_up else Endpoint.RESPONSES,
        session=(
            session_name(who.id, str(raw.id), redaction) if named else socket.session
        ),
        who=redaction.who(who) if named else socket.who,
        request=request,
        answer=answer,
        stream=_stream(turn, told, answer, redaction),
        sent=sent,
        request_json=parsed(sent),
        request_hash=keyed_hash(means.key, whole) if whole else None,
        is_streamed=True,
        status=status,
        outcome=outcome_of(ending, status, answer),
        problem=None,
    )
    reading = troubled(
        reading,
        said("request", request.problem if sent else "not kept"),
        said("answer", answer.problem),
        said("answer", cut.problem if raw.answer.truncated else None),
    )
    return redacted_reading(reading, redaction)


def _stream(
    turn: Turn, told: AnswerFacts, kept: AnswerFacts, redaction: Redaction
) -> Stream | None:
    """The answer's messages, a line each; they are JSON, and none has a break in it."""
    if not turn.messages or any(b"\n" in each for each in turn.messages):
        return None
    return redaction.stream(b"\n".join(turn.messages), told, kept, _read)


def _read(messages: bytes) -> AnswerFacts:
    reader = message_reader(Endpoint.RESPONSES)
    for message in messages.split(b"\n"):
        reader.feed(message)
    return reader.close()


def _answer(turn: Turn) -> AnswerFacts:
    answer = turn.reader.close()
    if turn.asked.is_warm_up and answer.usage is not None:
        # It is no turn, and must not be summed up with turns.
        return replace(answer, usage=Usage(vendor=answer.usage.vendor))
    return answer


def _raw(
    socket: Reading, number: int, turn: Turn, cut: _Cut
) -> tuple[RawExchange, Ending]:
    """The turn's messages as if they were the bodies of an exchange of their own."""
    whole, sent, is_over = socket.raw, turn.request, turn.is_over
    ending = Ending(
        outcome=Outcome.ANSWERED if is_over else cut.outcome,
        status=socket.status,
        error="" if is_over else socket.ending.error,
        request_bytes=sent.size,
        answer_bytes=turn.heard_bytes,
        times=_times(turn, socket.ending.times.ended),
        reused=number > 1 or socket.ending.reused,
    )
    raw = RawExchange(
        id=replace(whole.id, turn=number),
        anchor=whole.anchor,
        route=whole.route,
        opened=turn.begun,
        request_head=whole.request_head,
        request=Tapped(
            chunks=[(sent.ended, sent.data)] if sent.data else [],
            size=len(sent.data),
            truncated=not sent.data,
        ),
        answer_head=whole.answer_head if turn.heard else b"",
        answer=Tapped(
            chunks=[(when, b"") for when in turn.heard],  # their moments are asked for
            truncated=not is_over and cut.problem is not None,
        ),
        ending=ending,
        resent=whole.resent,
    )
    return raw, ending


def _times(turn: Turn, socket_ended: int) -> Times:
    return Times(
        accepted=turn.begun,
        first_byte_up=turn.request.begun,
        last_byte_up=turn.request.ended,
        first_byte_down=turn.first_heard,
        first_body_down=turn.first_heard,
        ended=turn.heard[-1] if turn.is_over else socket_ended,
    )
