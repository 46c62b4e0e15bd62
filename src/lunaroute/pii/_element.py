"""Values in XML and HTML: the text of an element, the cell beside a name's."""

import re

from lunaroute.pii._reach import Span

_ATTRIBUTE = re.compile(
    r"\b(?:key|name|id|property|field)[ ]?=[ ]?\\*[\"'](?:[\w-]{1,24}\.){0,4}\Z",
    re.IGNORECASE,
)
_ATTRIBUTES = re.compile(r"[ \t][^<>]{1,80}>")
_CDATA = re.compile(r"<!\[CDATA\[([^\]<]{1,256})\]\]>")
_CELL = re.compile(
    r"\*{0,2}:?</(?:td|th|dt|b|strong|label|span|key)>\s{0,16}(?:<(?:td|dd|span|code|string)[^<>]{0,80}>)+"
)
_OPENED = re.compile(r"<(?:\w{1,16}:)?\Z")
_LONGEST = 512


def element_text(text: str, name: int, at: int) -> Span | None:
    """The text at ``at`` of the element of which ``name`` is the name, or names it in
    an attribute.
    """
    before = text[max(0, name - 80) : name]
    if not _OPENED.search(before) and not _ATTRIBUTE.search(before):
        return None
    if cdata := _CDATA.match(text, at):
        return Span(*cdata.span(1))
    end = text.find("<", at, at + _LONGEST)
    return Span(at, end) if end > at and text.startswith("</", end) else None


def element_behind(text: str, name: int, end: int) -> Span | None:
    """The text of an element that has attributes, its name from ``name`` to ``end``."""
    if text[name - 1 : name] != "<":
        return None
    attributes = _ATTRIBUTES.match(text, end)
    return None if attributes is None else element_text(text, name, attributes.end())


def cell_behind(text: str, end: int) -> Span | None:
    """What stands in the next cell, the name's text ending at ``end``."""
    cell = _CELL.match(text, end)
    if cell is None:
        return None
    close = text.find("<", cell.end(), cell.end() + _LONGEST)
    return Span(cell.end(), close) if close > cell.end() else None
