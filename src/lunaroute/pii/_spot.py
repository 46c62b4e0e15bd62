"""Spots: stretches of a text that are to be replaced, found at any level of escapes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lunaroute._fast import unescaped
from lunaroute.pii._view import View

# JSON that stands in a string of JSON, and once more: deeper nobody writes it.
LEVELS = 3

# A label and, of a token, its digits; no label is longer than that.
_OURS = re.compile(r"\[[A-Z][A-Z0-9_]*(?::[0-9a-f]{8,64})?\]")
_LABEL = 64

_HALF = re.compile("[\ud800-\udfff]")


class Found(Protocol):
    """A finding: ``start`` and ``end`` in code points of the text searched."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Finder(Protocol):
    """What finds: sorted, no two overlap."""

    def find(self, text: str) -> Sequence[Found]: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """``value`` is what stands from ``start`` to ``end``, its escapes undone ``level``
    times.
    """

    start: int
    end: int
    kind: str
    value: str
    confidence: float
    level: int = 0


def spots(finder: Finder, text: str, first: int = 0) -> list[Spot]:
    """What is found in ``text``, from level ``first`` of escapes on, sorted and apart.

    Where nothing is escaped, all levels are the same one.
    """
    found: list[Spot] = []
    views: list[View] = []
    seen = text
    for level in range(LEVELS + 1):
        view = View(seen)
        if level >= first or view.is_plain:
            found += (_led_back(each, seen, views) for each in _found(finder, seen))
        if view.is_plain:
            break
        views.append(view)
        seen = view.text
    return merged(found, text)


def merged(found: Iterable[Spot], text: str) -> list[Spot]:
    """The same with those that overlap made one, of the kind of the surest."""
    apart: list[Spot] = []
    for spot in sorted(found, key=lambda each: (each.start, -each.end)):
        if apart and spot.start < apart[-1].end:
            apart[-1] = _union(apart[-1], spot, text)
        else:
            apart.append(spot)
    return apart


def _union(one: Spot, other: Spot, text: str) -> Spot:
    # Of equally sure ones that which saw more of the escapes undone.
    surest = max(one, other, key=lambda each: (each.confidence, each.level))
    start, end = min(one.start, other.start), max(one.end, other.end)
    if (surest.start, surest.end) == (start, end):
        return surest
    level = min(one.level, other.level)
    value = text[start:end]
    for _ in range(level):
        value = unescaped(value)
    return Spot(start, end, surest.kind, value, surest.confidence, level)


def _led_back(found: Found, seen: str, views: Sequence[View]) -> Spot:
    start, end = found.start, found.end
    for view in reversed(views):
        start, end = view.at(start), view.at(end)
    value = seen[found.start : found.end]
    return Spot(start, end, found.kind, value, found.confidence, len(views))


def _found(finder: Finder, text: str) -> Sequence[Found]:
    try:
        found = finder.find(text)
    except UnicodeEncodeError:
        # Halves of surrogate pairs, which stand for bytes that are no UTF-8.
        found = finder.find(_HALF.sub("\ufffd", text))
    return [each for each in found if not _is_ours(text, each)]


def _is_ours(text: str, found: Found) -> bool:
    """Whether it lies in what an earlier redaction put there."""
    begin = text.rfind("[", max(0, found.start - _LABEL), found.start + 1)
    if begin < 0:
        return False
    ours = _OURS.match(text, begin)
    return ours is not None and found.end <= ours.end()
