"""Answers, read while they arrive: whole JSON, event streams, errors.

A reader takes the bytes in any pieces and gives the same facts for every cut.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from lunaroute.dialects._anthropic_answer import AnthropicAnswer
from lunaroute.dialects._chat_answer import ChatAnswer
from lunaroute.dialects._draft import Draft
from lunaroute.dialects._error import read_error
from lunaroute.dialects._json import JsonObject, read_object
from lunaroute.dialects._plain_answer import PlainAnswer
from lunaroute.dialects._responses_answer import ResponsesAnswer
from lunaroute.dialects._usage import chat_usage
from lunaroute.model import AnswerFacts, Endpoint, HeardText, Usage
from lunaroute.wire import SseDecoder, SseEvent

# An error's text is for people; a provider's HTML page need not be kept whole.
MAX_ERROR = 64 * 1024


class AnswerReader(Protocol):
    """Bytes of an answer in, its facts out at the end."""

    @property
    def saw_token(self) -> bool:
        """Whether any output of the model has come: text, thinking or a tool call."""

    def feed(self, data: bytes) -> None: ...

    def close(self) -> AnswerFacts: ...


class Answer(Protocol):
    """What a dialect makes of an answer's JSON."""

    draft: Draft

    def take_event(self, name: str, payload: JsonObject, /) -> bool:
        """One event of a stream; False if nobody knows it."""

    def take_body(self, payload: JsonObject, /) -> None:
        """The whole of an answer that was not streamed."""

    def usage_so_far(self) -> Usage | None:
        """What has been told of it."""

    def finish(self) -> None:
        """Nothing more comes: complete the draft from what was collected."""


_ANSWERS: dict[Endpoint, Callable[[], Answer]] = {
    Endpoint.MESSAGES: AnthropicAnswer,
    Endpoint.COUNT_TOKENS: partial(PlainAnswer, None),
    Endpoint.CHAT: ChatAnswer,
    Endpoint.RESPONSES: ResponsesAnswer,
    Endpoint.WEBSOCKET: partial(PlainAnswer, None),
    Endpoint.WARM_UP: ResponsesAnswer,
    Endpoint.EMBEDDINGS: partial(PlainAnswer, chat_usage),
    Endpoint.MODELS: partial(PlainAnswer, None),
    Endpoint.OTHER: partial(PlainAnswer, None),
}
# Their bodies may be anything at all.
_UNREAD = (Endpoint.MODELS, Endpoint.OTHER, Endpoint.WEBSOCKET)


def answer_reader(
    endpoint: Endpoint, *, content_type: str, status: int
) -> AnswerReader:
    """The reader for an answer that is already de-chunked and decompressed."""
    if status >= 400:
        return ErrorReader()
    answer = _ANSWERS[endpoint]()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/event-stream":
        return StreamReader(answer)
    return BodyReader(answer, must_parse=endpoint not in _UNREAD)


def following_reader(endpoint: Endpoint) -> "StreamReader":
    """The reader for an event stream that is looked at while it comes."""
    reader = StreamReader(_ANSWERS[endpoint]())
    reader.follow()
    return reader


def message_reader(endpoint: Endpoint) -> "MessageReader":
    """The reader for one answer that comes as messages of a WebSocket; of the messages
    that belong to no answer for ``Endpoint.WEBSOCKET``.
    """
    return MessageReader(_ANSWERS[endpoint]())


class _EventReader:
    """Events in. A malformed one is a problem, an unknown one is counted."""

    __slots__ = ("_answer", "_draft")

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._draft = answer.draft

    @property
    def saw_token(self) -> bool:
        return self._draft.saw_token

    def so_far(self) -> AnswerFacts:
        """What is known now, without texts and tool calls."""
        return replace(self._draft.facts(), usage=self._answer.usage_so_far())

    def follow(self) -> None:
        """From now on pieces of texts are there to be taken as they come."""
        self._draft.heard = []

    def take_heard(self) -> list[HeardText]:
        """The pieces of texts that came since the last time, of a reader that is
        followed.
        """
        heard, self._draft.heard = self._draft.heard or [], []
        return heard

    def _read(self, name: str, data: bytes | str) -> None:
        draft = self._draft
        payload, problem = read_object(data)
        if problem:
            draft.trouble(f"event {draft.events}: {problem}")
        elif not self._answer.take_event(name, payload):
            draft.unknown_events += 1


class MessageReader(_EventReader):
    """Messages of a WebSocket, each the JSON that a stream has as an event's data."""

    __slots__ = ()

    @property
    def is_over(self) -> bool:
        """True once the answer has ended, be it by an error."""
        return self._draft.complete or self._draft.error_text is not None

    def feed(self, data: bytes) -> None:
        """One whole message."""
        self._draft.events += 1
        self._read("", data)

    def close(self) -> AnswerFacts:
        self._answer.finish()
        return self._draft.facts()


class StreamReader(_EventReader):
    """An event stream."""

    __slots__ = ("_decoder",)

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self._decoder = SseDecoder()

    def feed(self, data: bytes) -> None:
        for event in self._decoder.feed(data):
            self._take(event)

    def close(self) -> AnswerFacts:
        tail = self._decoder.close()
        # SDKs take a last event without its blank line. One that does not parse was
        # cut, and says so by the end that did not come.
        if tail is not None and (
            tail.data == "[DONE]" or not read_object(tail.data)[1]
        ):
            self._take(tail)
        self._answer.finish()
        if not self._draft.events:
            self._draft.trouble("no events")
        return self._draft.facts()

    def _take(self, event: SseEvent) -> None:
        draft = self._draft
        draft.events += 1
        if event.data == "[DONE]":
            draft.complete = draft.complete or draft.ends_by_done
            return
        self._read(event.event, event.data)


class BodyReader:
    """A whole JSON body."""

    __slots__ = ("_answer", "_chunks", "_must_parse")

    def __init__(self, answer: Answer, *, must_parse: bool) -> None:
        self._answer = answer
        self._chunks: list[bytes] = []
        self._must_parse = must_parse

    @property
    def saw_token(self) -> bool:
        return self._answer.draft.saw_token

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)

    def close(self) -> AnswerFacts:
        draft = self._answer.draft
        payload, problem = read_object(b"".join(self._chunks))
        self._chunks.clear()
        if payload:
            self._answer.take_body(payload)
            self._answer.finish()
        if problem and self._must_parse:
            draft.trouble(problem)
        return draft.facts()


class ErrorReader:
    """The body of a status of 400 or more, whichever vendor's; text is kept as text."""

    __slots__ = ("_body",)

    saw_token = False

    def __init__(self) -> None:
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        self._body += data[: MAX_ERROR - len(self._body)]

    def close(self) -> AnswerFacts:
        body = bytes(self._body)
        payload, problem = read_object(body)
        if payload:
            kind, text = read_error(payload)
        else:
            kind, text = None, body.decode(errors="replace").strip()
        return AnswerFacts(
            error_kind=kind,
            error_text=text or None,
            complete=problem is None,
            problem=problem,
        )
