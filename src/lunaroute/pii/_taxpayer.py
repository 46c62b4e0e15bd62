"""US social security and taxpayer numbers, by the ranges that are given out."""

import re

from lunaroute.pii._border import is_apart
from lunaroute.pii._context import Context, is_numbered
from lunaroute.pii._finding import Finding

_GAP = "[ \\-\u00a0\u2009\u202f\u2010\u2011\u2013]"
_GROUPED = re.compile(
    rf"(\d{{3}})({_GAP}|[./]| - )(\d{{2}})\2(\d{{4}})(?![\w]|[-.]\d|-[A-Za-z])"
)
# Separators that only mean it beside the word for it.
_RARE = (".", "/", " - ")
# Directly before it, and it is the number of something else.
_OTHERS = re.compile(
    r"(?:[A-Za-z][-#]|\b(?:po|p\.o\.|s/n|sn|ref|rma|inv|id|no|range|pages?|lines?|rows?)[ .:#]{0,3})\Z",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"#\Z")
_BARE = re.compile(r"(\d{3})()(\d{2})(\d{4})(?![\w]|[-.]\d)")
_CHAINED = re.compile(r"(?:\w|\d[./:+\-]|[$€£+#])\Z")


def find_taxpayer(text: str, at: int, context: int) -> Finding | None:
    """The SSN or ITIN that begins at ``text[at]``, with separators."""
    return _find(_GROUPED, text, at, context)


def find_bare_taxpayer(text: str, at: int, context: int) -> Finding | None:
    """The SSN or ITIN of nine digits that the words near by speak of."""
    if not context & (Context.SSN | Context.ITIN):
        return None
    return _find(_BARE, text, at, context)


def _find(pattern: re.Pattern[str], text: str, at: int, context: int) -> Finding | None:
    match = pattern.match(text, at)
    if match is None or (not match.group().isascii() and not match.group(1).isascii()):
        return None
    meant = bool(context & (Context.SSN | Context.ITIN))
    if (
        _CHAINED.search(text, max(0, at - 2), at)
        and not is_apart(text, at)
        and not (meant and _COUNTED.search(text, max(0, at - 1), at))
    ):
        return None
    area, group, serial = int(match[1]), int(match[3]), int(match[4])
    if not meant and (
        match[2] in _RARE
        or _OTHERS.search(text, max(0, at - 12), at)
        or (context & Context.NUMBERED and is_numbered(text, at, match.end()))
    ):
        return None
    if area >= 900:
        if not _is_itin_group(group):
            return None
        return Finding(at, match.end(), "itin", 0.95 if meant else 0.85)
    if area in (0, 666) or group == 0 or serial == 0:
        return None
    sure = 0.95 if meant else 0.85 if match[2] == "-" else 0.75
    return Finding(at, match.end(), "ssn", sure)


def _is_itin_group(group: int) -> bool:
    # IRS: 50-65, 70-88, 90-92, 94-99.
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or group >= 94
