"""Secrets that follow one that was found: in the same list, in the same sentence."""

import re
from collections.abc import Iterator

from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._reach import quoted
from lunaroute.pii._shape import is_fair, is_given, is_key, is_strong

_OPENS = re.compile(r"[\[{]\s{0,16}\\*[\"'`]\Z")
# Items that are empty are passed over.
_NEXT = re.compile(
    r"(?:\\*[\"'`])?\s{0,4},\s{0,16}(?:\\*(?:\"\\*\"|'\\*'),\s{0,16}){0,4}(?=\\*[\"'`])"
)
# ... and the other one is X.
_OTHER = re.compile(
    r"[\"'`*]{0,3},? (?:and|but|while) (?:the |that |for )?(?:[\w-]{1,16} ){0,2}"
    r"one(?: is|'s| was|:) [\"'`*]{0,3}(?P<value>[^\s\"'`*<>]{6,128})"
)
_ENDS = ".,;:)]}"
# No further than what is kept of a stream that is let out.
_REACH = 400
_OPENING = 24


def find_further(text: str, found: Finding) -> Iterator[Finding]:
    """What belongs to the same name as ``found``, which was assigned to it."""
    if other := _OTHER.match(text, found.end):
        start = other.start("value")
        end = start + len(other["value"].rstrip(_ENDS))
        if is_fair(text[start:end]) and not is_placeholder(text[start:end]):
            yield Finding(start, end, "password", 0.8)
    elif _OPENS.search(text, max(0, found.start - _OPENING), found.start):
        yield from _listed(text, found)


def _listed(text: str, first: Finding) -> Iterator[Finding]:
    sure = is_strong if is_key(text[first.start : first.end]) else is_given
    place = first.end
    while following := _NEXT.match(text, place):
        item = quoted(text, following.end())
        if item is None or item[2] - first.start > _REACH:
            return
        start, end, place = item
        value = text[start:end]
        if place > end and sure(value) and not is_placeholder(value):
            yield Finding(start, end, "password", 0.8)
