"""A session as it is exported: rows, texts, calls, and the bodies that were kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from lunaroute.errors import StoreError
from lunaroute.insight import SessionDetail, Turn, session_detail
from lunaroute.pii import Mark
from lunaroute.recording import SessionFiles
from lunaroute.store import ExchangeRow, Store


@dataclass(frozen=True, slots=True)
class CopiedTurn:
    """One exchange. A body is None where it was not kept; then ``*_missing`` says why.

    ``answer_text`` is what the answer said, where its body did not stand in one piece.
    ``marks`` are the places where the request was redacted before it was kept.
    ``lines`` are the exchange's events as they stand in the JSONL file.
    """

    turn: Turn
    request: bytes | None
    request_missing: str | None
    marks: tuple[Mark, ...]
    answer: bytes | None
    stream: bytes | None  # an answer's events, where it streamed
    answer_missing: str | None
    answer_text: str | None
    lines: tuple[bytes, ...]

    @property
    def row(self) -> ExchangeRow:
        return self.turn.exchange


@dataclass(frozen=True, slots=True)
class Copy:
    """A session. Its turns are read one at a time: their bodies may be large."""

    detail: SessionDetail
    _store: Store
    _also: Path | None

    @property
    def session_id(self) -> str:
        return self.detail.summary.session_id

    def turns(self) -> Iterator[CopiedTurn]:
        """In the order they began."""
        files = SessionFiles(self._store, self._also)
        for turn in self.detail.turns:
            yield _copied(files, turn)


def copy_session(store: Store, session_id: str, also: Path | None = None) -> Copy:
    """The session of this id, or of the only id that begins so; else StoreError.

    ``also`` is where its files are looked for if they have moved.
    """
    return Copy(session_detail(store, session_id), store, also)


def _copied(files: SessionFiles, turn: Turn) -> CopiedTurn:
    row = turn.exchange
    request, request_missing = _or_why(lambda: files.request(row))
    marks = () if request is None else files.marks(row)
    answered, answer_missing = _or_why(lambda: files.answered(row).body)
    try:
        lines = tuple(files.lines(row))
    except StoreError:
        lines = ()
    return CopiedTurn(
        turn=turn,
        request=request,
        request_missing=request_missing,
        marks=marks,
        answer=None if row.streaming else answered,
        stream=answered if row.streaming else None,
        answer_missing=answer_missing,
        answer_text=_answer_text(turn, lines),
        lines=lines,
    )


def _or_why(read: Callable[[], bytes]) -> tuple[bytes | None, str | None]:
    try:
        return read(), None
    except StoreError as error:
        return None, str(error)


def _answer_text(turn: Turn, lines: tuple[bytes, ...]) -> str | None:
    """What the events say, else the texts that the session had not seen before."""
    for line in lines:
        if line.startswith(b'{"type":"response_recorded"'):
            text = orjson.loads(line).get("response_text")
            return text if isinstance(text, str) else None
    spoken = [text.text for text in turn.texts if text.kind == "answer"]
    return "\n".join(spoken) if spoken else None
