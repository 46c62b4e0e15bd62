"""Forms (application/x-www-form-urlencoded) as their reader sees them: ``%40`` and
``+`` undone, every offset led back.
"""

import re
from bisect import bisect_left
from urllib.parse import quote_plus, unquote_to_bytes

# One code point in UTF-8, or a byte that begins none.
_HIGHER = "%[89abAB][0-9a-fA-F]"
_CODED = re.compile(
    rf"\+|%(?:[cdCD][0-9a-fA-F]{_HIGHER}|[eE][0-9a-fA-F](?:{_HIGHER}){{2}}"
    rf"|[fF][0-7](?:{_HIGHER}){{3}}|[0-9a-fA-F]{{2}})"
)
# What of a replacement need not be coded to be read.
_PLAIN = "[]:*"

_FORM = re.compile(rb"[^\s&=]{1,256}=\S*")


def looks_like_form(body: bytes) -> bool:
    """Whether a body that nobody called a form is one that was coded."""
    return b"%" in body and _FORM.fullmatch(body) is not None


class FormView:
    """``source`` with its coding undone, as ``text``: each code is one code point."""

    __slots__ = ("_ends", "_seen", "text")

    def __init__(self, source: str) -> None:
        self._seen: list[int] = []  # where a code's character is in ``text``
        self._ends: list[int] = []  # where the code ends in ``source``
        parts: list[str] = []
        passed = length = 0
        for code in _CODED.finditer(source):
            begin, end = code.span()
            parts += (source[passed:begin], _meant(code.group()))
            length += begin - passed
            self._seen.append(length)
            self._ends.append(end)
            length += 1
            passed = end
        self.text = "".join((*parts, source[passed:]))

    def at(self, offset: int) -> int:
        """Where in the source that stands which is at ``offset`` of ``text``, as the
        begin of a span or as the end of one.
        """
        passed = bisect_left(self._seen, offset)
        if not passed:
            return offset
        return self._ends[passed - 1] + offset - self._seen[passed - 1] - 1


def coded(text: str) -> str:
    """A replacement as it may stand in a form."""
    return quote_plus(text, safe=_PLAIN)


def _meant(code: str) -> str:
    if code == "+":
        return " "
    meant = unquote_to_bytes(code).decode("utf-8", "replace")
    return meant if len(meant) == 1 else "\ufffd"
