"""The redactor: texts and bodies in, the same without what must not be kept out."""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from lunaroute._fast import value_spans
from lunaroute.pii._form import FormView, coded, looks_like_form
from lunaroute.pii._json import edits, is_container
from lunaroute.pii._pseudonym import MemoryBook, Tokens
from lunaroute.pii._rule import Rule
from lunaroute.pii._spot import Finder, Spot, spots

# A body is remembered in pieces that come back with the next turn of its session:
# messages, tools, long strings. Shorter ones go with the next.
_SMALLEST_MESSAGE = 64
_SMALLEST_STRING = 1024
_DEEPEST = 2
_QUOTE = ord('"')

# Pieces known to hold nothing, and the bytes of those that were changed.
_MOST_PIECES = 40_000
_MOST_BYTES = 16 * 1024 * 1024

# Short texts known to hold nothing: paths, addresses and headers come again and again.
_SHORT = 512
_MOST_SHORT = 2048


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something was replaced: bytes of the redacted body, and the kind.

    ``was`` is how many bytes stood there.
    """

    start: int
    end: int
    kind: str
    was: int = 0


@dataclass(frozen=True, slots=True)
class Redacted:
    """A body as it may be kept. Outside of ``marks`` every byte is as it was."""

    data: bytes
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    text: str
    kind: str


class Redactor:
    """Replaces what ``finder`` finds as the rule of its kind says.

    ``tokens`` makes the words of mode ``tokenize``; without it they last as long as
    the redactor. One thread at a time.
    """

    __slots__ = ("_clean", "_finder", "_known", "_rules", "_tokens")

    def __init__(
        self, finder: Finder, rules: Mapping[str, Rule], tokens: Tokens | None = None
    ) -> None:
        self._finder = finder
        self._rules = dict(rules)
        self._tokens = tokens or Tokens(lambda: secrets.token_bytes(32), MemoryBook())
        self._known = _Known()
        self._clean: set[str] = set()

    def text(self, text: str, counts: Counter[str] | None = None) -> str:
        """A text without what was found in it; what was is counted by kind.

        A text that is JSON stays so.
        """
        if text in self._clean:
            return text
        if is_container(text):
            changes = self._in_json(text)
        else:
            changes = self._in_text(spots(self._finder, text))
        if not changes:
            self._note_clean(text)
            return text
        parts: list[str] = []
        passed = 0
        for change in changes:
            parts += (text[passed : change.start], change.text)
            passed = change.end
            if counts is not None:
                counts[change.kind] += 1
        return "".join((*parts, text[passed:]))

    def settled(self, text: str) -> int:
        """Up to where nothing of a text that is still coming changes, whatever follows;
        0 where what finds does not say.
        """
        settled = getattr(self._finder, "settled", None)
        if settled is None:
            return 0
        end = int(settled(text))
        for spot in spots(self._finder, text):
            if spot.start < end < spot.end:
                end = spot.start
        return end

    def part(self, text: str, start: int) -> str:
        """As :meth:`text`, of what stands from ``start`` on, in the light of all of it.

        What began before ``start`` is not told again.
        """
        parts: list[str] = []
        passed = start
        for change in self._in_text(spots(self._finder, text)):
            if change.end <= start:
                continue
            if change.start >= start:
                parts += (text[passed : change.start], change.text)
            passed = change.end
        return "".join((*parts, text[passed:]))

    def body(self, body: bytes) -> Redacted:
        """A body of JSON, whole or cut, or of anything else."""
        if body.lstrip()[:1] not in (b"{", b"["):
            if looks_like_form(body):
                return self.form(body)
            text = body.decode("utf-8", "surrogateescape")
            return _redacted(text, self._in_text(spots(self._finder, text)), body)
        parts: list[bytes] = []
        marks: list[Mark] = []
        size = 0
        for start, end in _pieces(body):
            piece = body[start:end]
            redacted = self._piece(piece)
            if redacted.marks:
                marks += (_moved(mark, size) for mark in redacted.marks)
                piece = redacted.data
            parts.append(piece)
            size += len(piece)
        return Redacted(b"".join(parts), tuple(marks)) if marks else Redacted(body)

    def form(self, body: bytes) -> Redacted:
        """A body of a form's fields, coded by ``%`` and ``+``."""
        text = body.decode("utf-8", "surrogateescape")
        view = FormView(text)
        changes = [
            _Change(
                view.at(spot.start),
                view.at(spot.end),
                coded(self._replacement(spot)),
                spot.kind,
            )
            for spot in spots(self._finder, view.text)
        ]
        return _redacted(text, changes, body)

    def settle(self) -> None:
        """To be called before anything of what was redacted is written: what its
        tokens stand for is safe then.
        """
        self._tokens.settle()

    def alias(self, value: str) -> str:
        """A word for a value that tells nothing of it, the same one each time."""
        return f"redacted-{self._tokens.mac(value).hex()[:32]}"

    def _note_clean(self, text: str) -> None:
        if len(text) > _SHORT:
            return
        if len(self._clean) >= _MOST_SHORT:
            self._clean.clear()
        self._clean.add(text)

    def _piece(self, piece: bytes) -> Redacted:
        """As :meth:`body`, of JSON alone; one without marks has no data."""
        digest = blake2b(piece, digest_size=16).digest()
        known = self._known.get(digest)
        if known is None:
            text = piece.decode("utf-8", "surrogateescape")
            known = _redacted(text, self._in_json(text), b"")
            self._known.put(digest, known)
        return known

    def _in_json(self, text: str) -> list[_Change]:
        return [
            _Change(
                edit.start,
                edit.end,
                edit.written(self._replacement(edit.spot)),
                edit.spot.kind,
            )
            for edit in edits(self._finder, text)
        ]

    def _in_text(self, found: list[Spot]) -> list[_Change]:
        return [
            _Change(spot.start, spot.end, self._replacement(spot), spot.kind)
            for spot in found
        ]

    def _replacement(self, spot: Spot) -> str:
        rule = self._rules.get(spot.kind)
        if rule is None:
            # A kind that only the plug-in knows which found it.
            rule = self._rules[spot.kind] = Rule(spot.kind.upper())
        return rule.replaced(spot.value, self._tokens)


class _Known:
    """What became of pieces, by their hashes; bounded, the oldest half goes at once."""

    __slots__ = ("_bytes", "_earlier", "_latest")

    def __init__(self) -> None:
        self._latest: dict[bytes, Redacted] = {}
        self._earlier: dict[bytes, Redacted] = {}
        self._bytes = 0

    def get(self, digest: bytes) -> Redacted | None:
        known = self._latest.get(digest)
        if known is None and (known := self._earlier.pop(digest, None)) is not None:
            self.put(digest, known)
        return known

    def put(self, digest: bytes, redacted: Redacted) -> None:
        if len(self._latest) >= _MOST_PIECES // 2 or self._bytes > _MOST_BYTES // 2:
            self._earlier, self._latest, self._bytes = self._latest, {}, 0
        self._latest[digest] = redacted
        self._bytes += len(redacted.data)


def _pieces(body: bytes) -> Iterator[tuple[int, int]]:
    """The body cut behind its messages and its long strings, never within a value."""
    passed = 0
    for start, end, depth in value_spans(body, _SMALLEST_MESSAGE, _DEEPEST):
        is_string = body[start] == _QUOTE
        if depth == 1 and not (is_string and end - start >= _SMALLEST_STRING):
            continue
        if depth and start >= passed:
            yield passed, end
            passed = end
    if passed < len(body):
        yield passed, len(body)


def _redacted(text: str, changes: list[_Change], whole: bytes) -> Redacted:
    """The changes made; ``whole`` where there are none."""
    if not changes:
        return Redacted(whole)
    parts: list[bytes] = []
    marks: list[Mark] = []
    size = passed = 0
    for change in changes:
        kept = text[passed : change.start].encode("utf-8", "surrogateescape")
        put = change.text.encode("utf-8", "replace")
        size += len(kept)
        was = len(text[change.start : change.end].encode("utf-8", "surrogateescape"))
        marks.append(Mark(size, size + len(put), change.kind, was))
        size += len(put)
        parts += (kept, put)
        passed = change.end
    parts.append(text[passed:].encode("utf-8", "surrogateescape"))
    return Redacted(b"".join(parts), tuple(marks))


def _moved(mark: Mark, by: int) -> Mark:
    return Mark(mark.start + by, mark.end + by, mark.kind, mark.was)
