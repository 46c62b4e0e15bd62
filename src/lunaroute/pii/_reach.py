"""How far a value reaches: in quotes, to the end of a line, to a sign that ends it."""

import re
from typing import NamedTuple

_LONGEST = 512
_QUOTE = re.compile(
    r"(?:[rRbBuUfF]{0,2}|@|\$)(?P<slashes>\\*)(?P<sign>\"\"\"|'''|[\"'`])"
)
_CLOSING = {sign: re.compile(rf"(\\*){sign}|[\r\n]") for sign in "\"'`"}
# An & ends a value where another name follows, as in addresses and forms; a quote
# within a word does not: it's-9.
_WITHIN = r"(?<=\w)[\"'`](?=\w)"
_INLINE = re.compile(
    rf"(?:(?!&[A-Za-z_][\w.\-\[\]]{{0,40}}=|&#?\w{{2,8}};)[^\s\"'`,;<>]|{_WITHIN}){{1,{_LONGEST}}}"
)
_LINEWISE = re.compile(rf"(?:[^\s\"'`]|{_WITHIN}){{1,{_LONGEST}}}")
_IN_URL = re.compile(rf"[^\s\"'`,;<>&#]{{1,{_LONGEST}}}")
_FURTHER = re.compile(r"[,;&]\s*[\w.-]+\s*[=:]|</|<\w|\$\(|[,;](?=[\"'`({\[]|$)")
_ESCAPE = re.compile(r"\\+[nrt\"']")
# What may stand before a name that has the rest of its line, or string, for itself.
_LINE = re.compile(r"(?:\A|[\r\n]|\\n|[:,\[][ ]?\\*\")[^\r\n({\[<\"'`]{0,160}\Z")
_MOST_BEFORE = 160


class Span(NamedTuple):
    """Where a value stands, and whether quotes, or markup, say where it ends."""

    start: int
    end: int
    is_quoted: bool = True


def quoted(text: str, at: int) -> tuple[int, int, int] | None:
    """Start and end of what is quoted at ``text[at]``, and where the quotes end.

    Escaped quotes are part of it, however often the whole text was escaped. One that
    the end of the text has cut counts as far as it goes.
    """
    opening = _QUOTE.match(text, at)
    if opening is None:
        return None
    start, sign = opening.end(), opening["sign"]
    if len(sign) == 3:
        return _in_three(text, start, sign)
    slashes = len(opening["slashes"])
    place, limit = start, min(len(text), start + _LONGEST)
    while close := _CLOSING[sign].search(text, place, limit):
        if close[1] is None:
            return None
        place = close.end()
        if len(close[1]) % (2 * slashes + 2) != slashes:
            continue
        end = place - 1 - slashes
        if end == start:
            return None
        if not slashes and sign == "'" and text[place : place + 1] == sign:
            # it''s: how SQL and YAML write a quote.
            place += 1
            continue
        return start, end, place
    return (start, limit, limit) if start < limit == len(text) else None


def _in_three(text: str, start: int, sign: str) -> tuple[int, int, int] | None:
    close = text.find(sign, start, start + _LONGEST)
    if close < 0:
        return None
    value = text[start:close]
    first = start + len(value) - len(value.lstrip())
    last = first + len(value.strip())
    if first == last or "\n" in text[first:last]:
        return None
    return first, last, close + 3


def has_line(text: str, name: int) -> bool:
    """Whether nothing opened before the name at ``name`` closes later in its line."""
    return _LINE.search(text, max(0, name - _MOST_BEFORE), name) is not None


def bare(
    text: str, at: int, *, in_url: bool, linewise: bool, ends: str
) -> tuple[int, int] | None:
    """Start and end of a value without quotes at ``text[at]``.

    ``linewise``: of a line of its own, where commas and the like may be part of it.
    ``ends``: signs that do not belong to it where they are last.
    """
    match = (_IN_URL if in_url else _LINEWISE if linewise else _INLINE).match(text, at)
    if match is None:
        return None
    end = before_escape(text, *match.span())
    if linewise and _FURTHER.search(text, at, end):
        linewise = False
        match = _INLINE.match(text, at)
        if match is None:
            return None
        end = before_escape(text, *match.span())
    if linewise:
        ends = ",;" + ends.strip(":")
    while end > at and (
        text[end - 1] in ends or (not linewise and _is_unbalanced(text, at, end))
    ):
        end -= 1
    return (at, end) if at < end else None


def before_escape(text: str, start: int, end: int) -> int:
    """The end of a value that stands in a string: before its first escape."""
    if text[end - 1 : end] == "\\" and text[end : end + 1] in ("'", '"', "`"):
        end = start + len(text[start:end].rstrip("\\"))
    escape = _ESCAPE.search(text, start, end)
    return end if escape is None else escape.start()


def _is_unbalanced(text: str, start: int, end: int) -> bool:
    opening = {")": "(", "]": "[", "}": "{"}.get(text[end - 1])
    return opening is not None and opening not in text[start:end]
