"""What is to be replaced in JSON so that it stays JSON.

The text may be a piece of JSON, cut anywhere between two values: the rules are those of
its tokens. Strings and numbers change where something was found in them, nothing else.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from lunaroute._fast import unescaped
from lunaroute.pii._spot import Finder, Spot, spots
from lunaroute.pii._view import View

_TOKEN = re.compile(
    r"""(?sx)
      (?P<string> " (?P<content> [^"\\]*+ (?: \\. [^"\\]*+ )*+ )
        (?: " (?P<name> [ \t\n\r]*+ : )? | \\? \Z ) )
    | (?P<number> -?[0-9] [0-9.eE+-]*+ )
    """
)
_MARKS = re.compile(r'["\\]')
_SPACE = re.compile(r" |\\[nrt]")
_CONTAINER = re.compile(r"[ \t\n\r]*[{\[]")

# A call and its result are told to belong together by these alone.
_BONDS = frozenset({"tool_use_id", "tool_call_id", "call_id"})
# The vendors' own ids, under a name that says so.
_ID_NAME = re.compile(r"(?:[a-z_]+_)?ids?")
_ID = re.compile(
    r"(?:toolu|srvtoolu|call|msg|resp|fc|rs|item|req|chatcmpl|cmpl|ctc|ws|run|thread"
    r"|batch|msgbatch|file|container|conv|ig|mcp|tool|chatcmpl-tool|cu|lsh|tsc|sc)"
    r"[_-][A-Za-z0-9_-]+"
)


@dataclass(frozen=True, slots=True)
class Edit:
    """From ``start`` to ``end`` something else is to be written for ``spot.value``.

    That stands in a string of JSON ``level`` strings deep. Of a number, which becomes
    a string, all is replaced: ``before`` and ``after`` are the digits of it that were
    not found.
    """

    start: int
    end: int
    spot: Spot
    level: int = 1
    is_number: bool = False
    before: str = ""
    after: str = ""

    def written(self, replacement: str) -> str:
        """What takes the place, given what is to be read for the value."""
        if self.is_number:
            string = f'"{_escaped(f"{self.before}{replacement}{self.after}", 1)}"'
            return _escaped(string, self.level - 1)
        return _escaped(replacement, self.level)


def _escaped(text: str, level: int) -> str:
    for _ in range(level):
        text = orjson.dumps(text).decode()[1:-1]
    return text


def edits(finder: Finder, text: str) -> list[Edit]:
    """The edits of a text of JSON, sorted and apart."""
    found = spots(finder, text, first=1)
    return list(_edits(finder, text, found)) if found else []


def is_container(text: str) -> bool:
    """Whether this is a whole object or array of JSON."""
    if not _CONTAINER.match(text):
        return False
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _edits(finder: Finder, text: str, found: list[Spot]) -> Iterator[Edit]:
    """Each spot in its token; what spans several is cut at their borders."""
    name = ""
    passed = 0
    for token in _TOKEN.finditer(text):
        while passed < len(found) and found[passed].end <= token.start():
            passed += 1
        if passed == len(found):
            return
        is_number = token.lastgroup == "number"
        start, end = token.span() if is_number else token.span("content")
        within = []
        for at in range(passed, len(found)):
            if found[at].start >= end:
                break
            within += _cut(found[at], start, end, text)
        if within and is_number:
            yield _of_number(token, within)
        elif within and not _is_kept(name, token["content"]):
            yield from _of_string(finder, text, (start, end), within)
        name = token["content"] if token["name"] else ""


def _is_kept(name: str, value: str) -> bool:
    if name in _BONDS:
        return True
    return bool(_ID_NAME.fullmatch(name) and _ID.fullmatch(value))


def _cut(spot: Spot, start: int, end: int, text: str) -> list[Spot]:
    if start <= spot.start and spot.end <= end:
        return [spot]
    start, end = max(start, spot.start), min(end, spot.end)
    if start >= end:
        return []
    value = text[start:end]
    for _ in range(max(1, spot.level)):
        value = unescaped(value)
    return [replace(spot, start=start, end=end, value=value)]


def _of_number(token: re.Match[str], within: list[Spot]) -> Edit:
    start, end = token.span()
    first, last = within[0].start, within[-1].end
    digits = token.group()
    value = digits[first - start : last - start]
    spot = replace(within[0], start=first, end=last, value=value)
    before, after = digits[: first - start], digits[last - start :]
    return Edit(start, end, spot, 1, True, before, after)


def _of_string(
    finder: Finder, text: str, content: tuple[int, int], within: list[Spot]
) -> Iterator[Edit]:
    start, end = content
    view = View(text[start:end])
    if not is_container(view.text):
        whole = _to_its_end(within[0], text, content)
        yield from (_edit(spot) for spot in ([whole] if whole else within))
        return
    inner = [
        _led_out(edit, start + view.at(edit.start), start + view.at(edit.end))
        for edit in edits(finder, view.text)
    ]
    # What only the outer text shows is replaced where no quote of the inner one can
    # be lost by it.
    ends = [edit.end for edit in inner]
    rest = [
        _edit(spot)
        for spot in within
        if not _meets(inner, bisect_right(ends, spot.start), spot)
        and not _MARKS.search(text, spot.start, spot.end)
    ]
    yield from sorted((*inner, *rest), key=lambda edit: edit.start)


def _meets(edits: list[Edit], at: int, spot: Spot) -> bool:
    """Whether the first one that ends behind the spot's begin overlaps it."""
    return at < len(edits) and edits[at].start < spot.end


def _edit(spot: Spot) -> Edit:
    return Edit(spot.start, spot.end, spot)


def _led_out(edit: Edit, start: int, end: int) -> Edit:
    return replace(edit, start=start, end=end, level=edit.level + 1)


def _to_its_end(spot: Spot, text: str, content: tuple[int, int]) -> Spot | None:
    """All of a word that begins with the spot: a search takes a quote within it for
    its end.
    """
    start, end = content
    is_ended = text.startswith('\\"', spot.end)
    if spot.start != start or not is_ended or _SPACE.search(text, start, end):
        return None
    return replace(spot, end=end, value=unescaped(text[start:end]))
