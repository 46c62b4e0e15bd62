"""An answer that is still coming: read as it comes, told in pieces.

The state is kept from one look to the next, so that an answer of an hour costs no more
than one of a minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from lunaroute.dialects import StreamReader, following_reader
from lunaroute.link import RawExchange
from lunaroute.model import AnswerFacts, Endpoint, HeardText, TextKind, Usage
from lunaroute.pii import Redactor
from lunaroute.pricing import Cost
from lunaroute.recording._allowed import answer_headers, split_target
from lunaroute.recording._body import framing
from lunaroute.recording._cost import cost_of_answer, with_cost
from lunaroute.recording._decode import Decoder
from lunaroute.recording._head import read_head
from lunaroute.recording._reading import (
    TURNS,
    clean,
    endpoint_named,
    is_event_stream,
    status_of,
)
from lunaroute.recording._redaction import Redaction
from lunaroute.store import Heard, Piece
from lunaroute.wire import Dechunker

# What was told already of a text is looked at again, for what it says of what follows.
_CONTEXT = 1024
# A text without one settled place is not waited for any longer; its end will bring it.
_MOST_UNSETTLED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one answer since the last look, to be read by another thread."""

    answer_head: bytes
    chunks: tuple[tuple[int, bytes], ...]


class SoFar:
    """What is known of the answer to one exchange: ``take`` what came, ``tell``."""

    __slots__ = (
        "_anew",
        "_answer_bytes",
        "_answer_chunks",
        "_dechunker",
        "_decoder",
        "_endpoint",
        "_first",
        "_first_token",
        "_head",
        "_is_given_up",
        "_last",
        "_opened",
        "_piece",
        "_reader",
        "_route",
        "_started_at",
        "_status",
        "_texts",
        "id",
    )

    def __init__(self, raw: RawExchange) -> None:
        method, target, _ = read_head(raw.request_head).first
        path, _ = split_target(target)
        self.id = str(raw.id)
        self._opened = raw.opened
        self._route = raw.route
        self._started_at = raw.anchor.wall(raw.opened) // 1_000
        self._endpoint = endpoint_named(raw.route.dialect, method, path)
        self._is_given_up = False
        self._texts = Texts()
        self._anew = True
        self._piece = 0
        self._status = 0
        self._head = read_head(b"")
        self._reader: StreamReader | None = None
        self._dechunker: Dechunker | None = None
        self._decoder: Decoder | None = None
        self._answer_bytes = self._answer_chunks = 0
        self._first = self._last = self._first_token = 0

    def give_up(self) -> None:
        """Reads no more of it."""
        self._is_given_up = True
        self._reader = None

    def take(self, came: Came) -> None:
        """Reads what came. Never raises for any bytes."""
        if self._is_given_up:
            return
        if not self._status and came.answer_head:
            self._begin(came.answer_head)
        for when, chunk in came.chunks:
            self._first = self._first or when
            self._last = when
            self._answer_bytes += len(chunk)
            self._answer_chunks += 1
            self._read(when, chunk)

    def tell(self, redactor: Redactor | None = None) -> Heard:
        """All that is known, and the pieces of texts that came since the last time.
        With a redactor the end of a text waits until nothing of it can change.
        """
        redaction = Redaction(redactor)
        heard = self._reader.take_heard() if self._reader is not None else []
        pieces = self._texts.pieces(heard, redactor)
        facts = AnswerFacts()
        if self._reader is not None:
            facts = redaction.answer(self._reader.so_far())
        usage = facts.usage or Usage()
        anew, self._anew = self._anew, False
        first_piece = self._piece
        self._piece += len(pieces)
        heard_row = Heard(
            id=self.id,
            anew=anew,
            first_piece=first_piece,
            pieces=pieces,
            status=self._status or None,
            answer_headers=_json(answer_headers(redaction.head(self._head))),
            answer_bytes=self._answer_bytes,
            answer_chunks=self._answer_chunks,
            streaming=self._reader is not None,
            model_used=_clean(facts.model),
            response_id=_clean(facts.response_id),
            first_body_down_us=self._since(self._first),
            first_token_us=self._since(self._first_token),
            ended_us=self._since(self._last),
            input_uncached=usage.input_uncached,
            cache_read=usage.cache_read,
            cache_write_5m=usage.cache_write_5m,
            cache_write_1h=usage.cache_write_1h,
            output=usage.output,
            thinking=usage.thinking,
            reasoning=usage.reasoning,
            audio_input=usage.audio_input,
            audio_output=usage.audio_output,
            vendor_usage=_json(dict(usage.vendor)),
        )
        return with_cost(heard_row, self._cost(facts))

    def _begin(self, answer_head: bytes) -> None:
        head = read_head(answer_head)
        self._status = status_of(head)
        self._head = head
        is_turn = self._endpoint in TURNS and self._endpoint is not Endpoint.WARM_UP
        if is_turn and self._status < 400 and is_event_stream(head):
            self._dechunker, self._decoder = framing(head)
            self._reader = following_reader(self._endpoint)

    def _read(self, when: int, chunk: bytes) -> None:
        if self._reader is None or self._decoder is None:
            return
        payload = chunk if self._dechunker is None else self._dechunker.feed(chunk)
        self._reader.feed(self._decoder.feed(payload))
        if not self._first_token and self._reader.saw_token:
            self._first_token = when

    def _cost(self, facts: AnswerFacts) -> Cost | None:
        return cost_of_answer(
            facts,
            model=facts.model,
            provider=self._route.provider,
            dialect=self._route.dialect,
            upstream=self._route.upstream,
            started_at=self._started_at,
        )

    def _since(self, moment: int) -> int | None:
        return max(0, moment - self._opened) // 1_000 if moment else None


class Texts:
    """Texts that grow, each by its place: what of them may be written already."""

    __slots__ = ("_growing",)

    def __init__(self) -> None:
        self._growing: dict[str, _Growing] = {}

    def pieces(
        self, heard: Iterable[HeardText], redactor: Redactor | None
    ) -> tuple[Piece, ...]:
        """What may be written of them now, at most one piece for each place."""
        new: dict[str, tuple[TextKind, list[str]]] = {}
        for each in heard:
            new.setdefault(each.place, (each.kind, []))[1].append(each.text)
        found = []
        for place, (kind, texts) in new.items():
            text = "".join(texts)
            if redactor is not None:
                growing = self._growing.setdefault(place, _Growing(kind))
                text = growing.settled(text, redactor)
            if text:
                found.append(Piece(place, kind.value, clean(text)))
        return tuple(found)


@dataclass(slots=True)
class _Growing:
    """The part of one text that is not settled, behind the end of what is.

    Of JSON nothing is: a value in it is only known as such when it is whole.
    """

    kind: TextKind
    text: str = ""
    start: int = 0  # up to here it was told
    is_left_out: bool = False

    def settled(self, more: str, redactor: Redactor) -> str:
        is_json = not self.text and more.lstrip()[:1] in ("{", "[")
        if is_json or self.kind is TextKind.TOOL_INPUT:
            self.is_left_out = True
        if self.is_left_out:
            return ""
        self.text += more
        end = redactor.settled(self.text)
        if end <= self.start:
            if len(self.text) - self.start > _MOST_UNSETTLED:
                self.is_left_out, self.text = True, ""
            return ""
        whole = redactor.part(self.text, self.start)
        rest = redactor.part(self.text, end)
        told = whole[: len(whole) - len(rest)]
        kept = max(0, end - _CONTEXT)
        self.text = self.text[kept:]
        self.start = end - kept
        return told


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _json(values: dict[str, str] | dict[str, int]) -> str | None:
    return orjson.dumps(values).decode() if values else None
