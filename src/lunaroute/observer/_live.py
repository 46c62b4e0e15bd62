"""The live view: requests and answers as they pass, for somebody at the terminal.

It looks at what the links have brought ten times a second, beside the recording: no
stream waits for it, and what it shows is gone from here when the exchange has ended.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import unquote

from lunaroute.dialects import (
    AnswerReader,
    Delta,
    MessageReader,
    answer_reader,
    endpoint_of,
    message_reader,
    read_deltas,
    read_request,
    socket_request,
)
from lunaroute.link import ExchangeId, RawExchange
from lunaroute.model import AnswerFacts, Dialect, Endpoint, Outcome
from lunaroute.observer._mask import printable, word
from lunaroute.observer._view import Happening, Shown
from lunaroute.observer._voice import Voice
from lunaroute.pii import Detector
from lunaroute.recording import (
    Asked,
    Unframed,
    cost_of_answer,
    ending_of,
    is_deflated,
    outcome_of,
    read_head,
    split_target,
)
from lunaroute.wire import SseDecoder, WebSocketDecoder

log = logging.getLogger("lunaroute.requests")

Show = Callable[[Shown], object]

_NAMES = {"anthropic": "Anthropic", "openai": "OpenAI"}
_DIALECTS = {dialect.value: dialect for dialect in Dialect}
_SWITCHING = 101
_MAX_WORD = 200


class Live:
    """All exchanges under way. Never raises: one that cannot be shown is left out."""

    def __init__(self, show: Show, detector: Detector) -> None:
        self._show = show
        self._detector = detector
        self._numbers = count(1)
        self._scenes: dict[ExchangeId, _Scene | None] = {}

    def look(self, opened: Iterable[RawExchange]) -> None:
        """Shows what is new of those that are under way; of others nothing is kept."""
        seen: dict[ExchangeId, _Scene | None] = {}
        for raw in opened:
            self._follow(raw)
            seen[raw.id] = self._scenes[raw.id]
        self._scenes = seen

    def ended(self, raw: RawExchange) -> None:
        """Shows the rest of one that has ended."""
        self._follow(raw)
        scene = self._scenes.pop(raw.id, None)
        if scene is not None:
            self._safely(raw, lambda: scene.end(raw))

    def _follow(self, raw: RawExchange) -> None:
        if raw.id not in self._scenes:
            self._scenes[raw.id] = None
            self._safely(raw, lambda: self._begin(raw))
        scene = self._scenes[raw.id]
        if scene is not None and not self._safely(raw, lambda: scene.follow(raw)):
            self._scenes[raw.id] = None

    def _begin(self, raw: RawExchange) -> None:
        self._scenes[raw.id] = _Scene(raw, self._numbers, self._show, self._detector)

    def _safely(self, raw: RawExchange, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception:
            log.exception("exchange %s cannot be shown", raw.id)
            return False
        return True


class _Scene:
    """One exchange, be it of a request and an answer or a WebSocket with its turns."""

    def __init__(
        self, raw: RawExchange, numbers: "count[int]", show: Show, detector: Detector
    ) -> None:
        self._numbers = numbers
        self._show = show
        self._detector = detector
        self._asked: Asked | None = Asked(raw.request_head)
        self._head = read_head(raw.request_head)
        method, target, _ = self._head.first
        self._path, _ = split_target(target)
        self._endpoint = _endpoint(raw.route.dialect, method, self._path)
        self._number = next(numbers)
        self._model = ""
        self._answer: _Answer | None = None
        self._socket: _Socket | None = None

    def follow(self, raw: RawExchange) -> None:
        """As far as it has come."""
        if self._asked is not None and self._asked.is_whole(raw):
            self._asked = None
            self._request(raw)
        if self._asked is not None or not raw.answer_head:
            return
        if self._answer is None and self._socket is None:
            head = read_head(raw.answer_head)
            if head.first[1] == str(_SWITCHING):
                deflate = is_deflated(head)
                self._socket = _Socket(self._turn, deflate=deflate)
            else:
                self._answer = self._begin_answer(raw)
        if self._answer is not None:
            self._answer.follow(raw)
        if self._socket is not None:
            self._socket.follow(raw)

    def end(self, raw: RawExchange) -> None:
        """The end, after the last bytes were followed."""
        if self._asked is not None:  # it never came whole
            self._asked = None
            self._request(raw)
        if self._socket is not None:
            self._socket.end(raw)
            return
        answer = self._answer or self._begin_answer(raw)
        answer.end(raw, self._model)

    def _begin_answer(self, raw: RawExchange) -> "_Answer":
        voice = Voice(self._number, self._show, self._detector)
        return _Answer(raw, self._endpoint, voice, self._number, self._show)

    def _request(self, raw: RawExchange) -> None:
        unframed = Unframed(self._head)
        body = b"".join([unframed.feed(chunk) for _, chunk in raw.request.chunks])
        self._model = self._tell_request(raw, self._number, self._endpoint, body)

    def _turn(self, raw: RawExchange, body: bytes) -> "_Turn | None":
        """A request on the WebSocket, None for a message that asks for nothing."""
        asked = socket_request(body)
        if asked is None:
            return None
        number = next(self._numbers)
        endpoint = Endpoint.WARM_UP if asked.is_warm_up else Endpoint.RESPONSES
        model = self._tell_request(raw, number, endpoint, body, streaming=True)
        voice = Voice(number, self._show, self._detector)
        return _Turn(number, endpoint, model, voice, self._show)

    def _tell_request(
        self,
        raw: RawExchange,
        number: int,
        endpoint: Endpoint,
        body: bytes,
        *,
        streaming: bool = False,
    ) -> str:
        """Shows a request; the model that it names."""
        facts = read_request(endpoint, body)
        provider = _name(raw)
        is_streamed = streaming or facts.streaming
        model = word(self._detector, facts.model or "", _MAX_WORD)
        method = self._head.first[0]
        lines = [f"to {provider}" + (" (streaming)" if is_streamed else "")]
        if model:
            lines.append(f"Model: {model}")
            s = "" if facts.message_count == 1 else "s"
            lines.append(f"Messages: {facts.message_count} message{s}")
            if facts.tool_count:
                lines.append(f"Tools: {facts.tool_count}")
        else:
            path = unquote(self._path)
            lines.append(word(self._detector, f"{method} {path}", _MAX_WORD))
        told: dict[str, object] = {
            "exchange": str(raw.id),
            "provider": raw.route.provider,
            "endpoint": endpoint.value,
            "model": model or None,
            "streaming": is_streamed,
            "messages": facts.message_count,
            "tools": facts.tool_count,
        }
        self._show(Shown(Happening.REQUEST, number, "\n".join(lines), told))
        return model


class _Answer:
    """An answer, streamed or whole."""

    def __init__(
        self,
        raw: RawExchange,
        endpoint: Endpoint,
        voice: Voice,
        number: int,
        show: Show,
    ) -> None:
        self._endpoint = endpoint
        self._voice = voice
        self._seen = 0
        head = read_head(raw.answer_head)
        self._status = int(head.first[1]) if head.first[1].isdecimal() else 0
        kind = head.get("content-type") or ""
        self.is_stream = kind.lower().startswith("text/event-stream")
        self._unframed = Unframed(head)
        self._events = SseDecoder()
        self._reader: AnswerReader = answer_reader(
            endpoint, content_type=kind, status=self._status
        )
        if raw.answer_head:
            _announce(raw, number, show, streamed=self.is_stream)

    def follow(self, raw: RawExchange) -> None:
        """What came since the last time; of a shed answer no more comes."""
        chunks = raw.answer.chunks
        deltas: list[Delta] = []
        for _, chunk in chunks[self._seen :]:
            piece = self._unframed.feed(chunk)
            self._reader.feed(piece)
            if self.is_stream:
                for event in self._events.feed(piece):
                    deltas += read_deltas(self._endpoint, event.event, event.data)
        self._voice.take(deltas)
        self._seen = max(self._seen, len(chunks))

    def end(self, raw: RawExchange, model: str) -> None:
        facts = self._reader.close()
        self._voice.pause(is_cut=not facts.complete)
        if not self.is_stream:
            self._voice.whole(facts)
        ending = ending_of(raw)
        status = ending.status or self._status
        outcome = outcome_of(ending, status, facts)
        times = ending.times
        begun = times.accepted or raw.opened
        seconds = max(0, times.ended - begun) / 1e9
        what = "Stream" if self.is_stream else "Answer"
        _finish(
            self._voice, raw, facts, outcome, model=model, status=status,
            seconds=seconds, what=what, error=ending.error,
        )  # fmt: skip


@dataclass(slots=True)
class _Turn:
    """A turn on a WebSocket."""

    number: int
    endpoint: Endpoint
    model: str
    voice: Voice
    show: Show
    is_begun: bool = False
    reader: MessageReader = field(
        default_factory=lambda: message_reader(Endpoint.RESPONSES)
    )
    begun: int = 0
    heard: int = 0

    def hear(self, raw: RawExchange, when: int, message: bytes) -> None:
        if not self.is_begun:
            self.is_begun = True
            _announce(raw, self.number, self.show, streamed=True)
        self.heard = when
        self.reader.feed(message)
        self.voice.take(read_deltas(self.endpoint, "", message))

    def end(self, raw: RawExchange, outcome: Outcome) -> None:
        facts = self.reader.close()
        self.voice.pause(is_cut=not facts.complete)
        failed = facts.error_text is not None and outcome is Outcome.ANSWERED
        _finish(
            self.voice, raw, facts,
            Outcome.REFUSED_BY_PROVIDER if failed else outcome,
            model=self.model, status=facts.error_status or _SWITCHING,
            seconds=max(0, self.heard - self.begun) / 1e9, what="Stream", error="",
        )  # fmt: skip


class _Socket:
    """A WebSocket: answers come in the order of their requests."""

    def __init__(
        self,
        turn: Callable[[RawExchange, bytes], _Turn | None],
        *,
        deflate: bool,
    ) -> None:
        self._turn = turn
        self._up = WebSocketDecoder(deflate=deflate)
        self._down = WebSocketDecoder(deflate=deflate)
        self._seen_up = self._seen_down = 0
        self._turns: deque[_Turn] = deque()

    def follow(self, raw: RawExchange) -> None:
        up, down = raw.tunnel_up.chunks, raw.tunnel_down.chunks
        for when, chunk in up[self._seen_up :]:
            for message in self._up.feed(chunk):
                turn = self._turn(raw, message.data) if message.is_text else None
                if turn is not None:
                    turn.begun = when
                    self._turns.append(turn)
        self._seen_up = max(self._seen_up, len(up))
        for when, chunk in down[self._seen_down :]:
            for message in self._down.feed(chunk):
                if message.is_text and self._turns:
                    self._hear(raw, when, message.data)
        self._seen_down = max(self._seen_down, len(down))

    def _hear(self, raw: RawExchange, when: int, message: bytes) -> None:
        turn = self._turns[0]
        turn.hear(raw, when, message)
        if turn.reader.is_over:
            self._turns.popleft()
            turn.end(raw, Outcome.ANSWERED)

    def end(self, raw: RawExchange) -> None:
        outcome = ending_of(raw).outcome
        cut = Outcome.UPSTREAM_CUT if outcome is Outcome.ANSWERED else outcome
        for turn in self._turns:
            turn.end(raw, cut)


def _endpoint(dialect: str, method: str, path: str) -> Endpoint:
    known = _DIALECTS.get(dialect)
    return Endpoint.OTHER if known is None else endpoint_of(known, method, path)


def _name(raw: RawExchange) -> str:
    provider = raw.route.provider
    return printable(_NAMES.get(provider, provider))


def _announce(raw: RawExchange, number: int, show: Show, *, streamed: bool) -> None:
    what = "STREAMING" if streamed else "ANSWER"
    show(Shown(Happening.ANSWER, number, f"{what} #{number} from {_name(raw)}"))


def _finish(
    voice: Voice,
    raw: RawExchange,
    facts: AnswerFacts,
    outcome: Outcome,
    *,
    model: str,
    status: int,
    seconds: float,
    what: str,
    error: str,
) -> None:
    """Usage, what went wrong, the end."""
    if facts.usage is not None and facts.usage.total:
        cost = cost_of_answer(
            facts,
            model=facts.model or model or None,
            provider=raw.route.provider,
            dialect=raw.route.dialect,
            upstream=raw.route.upstream,
            started_at=raw.anchor.wall(raw.opened) // 1_000,
        )
        voice.usage(facts.usage, None if cost is None else cost.total)
    if why := facts.error_text or error:
        voice.fail(f"{facts.error_kind}: {why}" if facts.error_kind else why)
    how = voice.reason(facts.stop_reason or "")
    if outcome is not Outcome.ANSWERED or not how:
        how = f"{outcome.value}, {how}" if how else outcome.value
    took = f"{status}, {seconds:.1f} s" if status else f"{seconds:.1f} s"
    voice.end(
        f"{what} ended: {how} ({took})",
        outcome=outcome.value,
        status=status or None,
        stop_reason=how if facts.stop_reason else None,
        seconds=round(seconds, 3),
    )  # fmt: skip
