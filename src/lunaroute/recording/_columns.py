"""The lines of a stream taken apart, so that values that came in pieces are seen whole.

The lines are of few shapes: JSON whose strings and numbers alone differ. Each shape
stands once, the values of each place in it together: so the words of an answer follow
each other without what framed them.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from lunaroute.pii import Mark, Redactor

# Strings that are no names, and numbers: what differs from one line to the next.
_VALUE = re.compile(
    rb'"((?:[^"\\]|\\.)*+)"(\s*:)?'
    rb"|(?<=[:\[,\s])(-?[0-9][0-9.eE+-]*)(?=[,\]}\s])"
)
# A value, and start, end and kind of what was put in it.
Stated = tuple[bytes, list[tuple[int, int, str]]]

_STRING = rb'"((?:[^"\\]|\\.)*+)"'
_NUMBER = rb"(-?[0-9][0-9.eE+-]*)"
# Members that never come in pieces: those of two lines have nothing to do with each
# other.
_WHOLE_VALUE = re.compile(
    rb'"(?:type|id|object|model|role|name|item_id|call_id|status|message|obfuscation'
    rb'|stop_reason|finish_reason|system_fingerprint|service_tier)"\s*:\s*"\Z'
)
_MEMBER = re.compile(rb'"\w+"\s*:\s*"\Z')
# A line that is like no other is a value itself.
_MOST_SHAPES = 200
# Lines of the shapes seen last are tried; a stream has a few in turn.
_TRIED = 6


@dataclass(slots=True)
class _Shape:
    """What stands around the values, one more part than there are values; ``strings``
    says which values are in quotes. ``columns`` has the values of each place.
    """

    literals: tuple[bytes, ...]
    strings: tuple[bool, ...]
    columns: list[list[bytes]]
    # Where in each value something was put, and of what kind.
    spans: list[dict[int, list[tuple[int, int, str]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spans = [{} for _ in self.columns]

    @property
    def pattern(self) -> re.Pattern[bytes]:
        parts = [re.escape(self.literals[0])]
        for is_string, after in zip(self.strings, self.literals[1:], strict=True):
            # The quotes are in the literals.
            value = _STRING[1:-1] if is_string else _NUMBER
            parts += (value, re.escape(after))
        return re.compile(b"".join(parts))


_WHOLE = 0


class Columns:
    """A body taken apart into lines of shapes; ``body`` puts it together."""

    __slots__ = ("_lines", "_shapes")

    def __init__(self, lines: list[int], shapes: list[_Shape]) -> None:
        self._lines = lines
        self._shapes = shapes

    @classmethod
    def of(cls, body: bytes) -> "Columns":
        """Any bytes."""
        return _Taken(body).stream

    def body(self) -> bytes:
        """To the byte what was taken apart."""
        return b"\n".join(line for line, _ in self._told())

    def marks(self) -> tuple[Mark, ...]:
        """Where in the body something was put by ``redact``."""
        marks: list[Mark] = []
        at = 0
        for line, spans in self._told():
            marks += (
                Mark(at + start, at + end, kind, end - start)
                for start, end, kind in spans
            )
            at += len(line) + 1
        return tuple(marks)

    def has_scattered(self) -> bool:
        """Whether a member that may come in pieces has words in more than one place:
        what is split over those is not seen whole.
        """
        places = Counter(
            name[0]
            for shape in self._shapes
            for literal, values in zip(shape.literals, shape.columns, strict=False)
            if (name := _MEMBER.search(literal)) and any(values)
            if not _WHOLE_VALUE.search(literal)
        )
        return any(count > 1 for count in places.values())

    def redact(self, redactor: Redactor) -> bool:
        """Replaces what is found in values, in those as well that came in pieces.

        False where it stands in what is no value.
        """
        for shape in self._shapes:
            frame = b'""'.join(shape.literals)
            if redactor.body(frame).marks:
                return False
            for at, values in enumerate(shape.columns):
                spans = shape.spans[at]
                if not shape.strings[at] or _WHOLE_VALUE.search(shape.literals[at]):
                    is_string = shape.strings[at]
                    _redact_each(values, spans, redactor, is_string=is_string)
                else:
                    _redact_together(values, spans, redactor)
        return True

    def _told(self) -> Iterator[tuple[bytes, list[tuple[int, int, str]]]]:
        """The lines with what was put there."""
        used = [0] * len(self._shapes)
        for number in self._lines:
            shape, at = self._shapes[number], used[number]
            used[number] += 1
            parts = [shape.literals[0]]
            spans: list[tuple[int, int, str]] = []
            size = len(parts[0])
            for place, after in enumerate(shape.literals[1:]):
                value = shape.columns[place][at]
                for start, end, kind in shape.spans[place].get(at, ()):
                    spans.append((size + start, size + end, kind))
                parts += (value, after)
                size += len(value) + len(after)
            yield b"".join(parts), spans


class _Taken:
    """A body taken apart."""

    def __init__(self, body: bytes) -> None:
        self._shapes = [_Shape((b"", b""), (False,), [[]])]
        self._by_literals: dict[tuple[bytes, ...], int] = {}
        # Lines without a value, as a whole.
        self._plain: dict[bytes, int] = {}
        self._latest: deque[tuple[re.Pattern[bytes], int]] = deque(maxlen=_TRIED)
        lines = [self._line(line) for line in body.split(b"\n")]
        self.stream = Columns(lines, self._shapes)

    def _line(self, line: bytes) -> int:
        known = self._plain.get(line)
        if known is not None:
            return known
        for at, (pattern, number) in enumerate(self._latest):
            if found := pattern.fullmatch(line):
                for column, value in zip(
                    self._shapes[number].columns, found.groups(), strict=True
                ):
                    column.append(value)
                if at:
                    self._latest.rotate(-at)
                return number
        return self._unlike(line)

    def _unlike(self, line: bytes) -> int:
        """Of a shape that was not seen, or not for long."""
        literals, values, strings = _cut(line)
        number = self._by_literals.get(literals)
        if number is None and len(self._shapes) < _MOST_SHAPES:
            number = len(self._shapes)
            self._shapes.append(_Shape(literals, strings, [[] for _ in values]))
            self._by_literals[literals] = number
            if not values:
                self._plain[line] = number
        if number is None:
            number, values = _WHOLE, [line]
        shape = self._shapes[number]
        for column, value in zip(shape.columns, values, strict=True):
            column.append(value)
        if values and number != _WHOLE:
            self._latest.appendleft((shape.pattern, number))
        return number


def _cut(line: bytes) -> tuple[tuple[bytes, ...], list[bytes], tuple[bool, ...]]:
    """What stands around the values of a line, these, and which are in quotes."""
    literals, values, strings = [], [], []
    passed = 0
    # What is no JSON has no values in it.
    for found in _VALUE.finditer(line) if b"{" in line else ():
        if found[2] is not None:
            continue  # a name
        group = 1 if found[1] is not None else 3
        literals.append(line[passed : found.start(group)])
        values.append(found[group])
        strings.append(group == 1)
        passed = found.end(group)
    literals.append(line[passed:])
    return tuple(literals), values, tuple(strings)


def _redact_each(
    values: list[bytes],
    spans: dict[int, list[tuple[int, int, str]]],
    redactor: Redactor,
    *,
    is_string: bool,
) -> None:
    """Values that have nothing to do with each other."""
    known: dict[bytes, Stated] = {}
    for at, value in enumerate(values):
        if value not in known:
            known[value] = _stated(value, redactor, is_string=is_string)
        values[at], found = known[value]
        if found:
            spans[at] = found


def _stated(value: bytes, redactor: Redactor, *, is_string: bool) -> Stated:
    """A value as it may stand there, and where something was put in it."""
    around = 2 if is_string else 0
    redacted = redactor.body(b'["%s"]' % value if is_string else value)
    end = len(redacted.data) - around
    found = [(m.start - around, m.end - around, m.kind) for m in redacted.marks]
    return redacted.data[around:end], found


def _redact_together(
    values: list[bytes],
    spans: dict[int, list[tuple[int, int, str]]],
    redactor: Redactor,
) -> None:
    """Strings, of which each may go on where the one before it ended. What is found
    is replaced in the one where it began.
    """
    if len(set(values)) == 1:
        _redact_each(values, spans, redactor, is_string=True)
        return
    redacted = redactor.body(b'["%s"]' % b"".join(values))
    if not redacted.marks:
        return
    starts = [0]
    for value in values:
        starts.append(starts[-1] + len(value))
    edits = _edits(redacted.data, redacted.marks)
    new: list[bytes] = []
    for at, (start, end) in enumerate(pairwise(starts)):
        parts, size, passed = [], 0, start
        for begin, until, text, kind in edits:
            if until <= start or begin >= end:
                continue
            kept = values[at][passed - start : max(0, begin - start)]
            size += len(kept)
            parts.append(kept)
            if begin >= start:
                parts.append(text)
                spans.setdefault(at, []).append((size, size + len(text), kind))
                size += len(text)
            passed = min(until, end)
        new.append(b"".join((*parts, values[at][passed - start :])))
    values[:] = new


def _edits(data: bytes, marks: Iterable[Mark]) -> list[tuple[int, int, bytes, str]]:
    """Start and end of what was replaced, as it was, by what, and of what kind."""
    moved, edits = 2, []  # two bytes before the text
    for mark in marks:
        start = mark.start - moved
        edits.append((start, start + mark.was, data[mark.start : mark.end], mark.kind))
        moved += mark.end - mark.start - mark.was
    return edits
