"""Text as its reader sees it: JSON's escapes undone, every offset led back.

``a\\u0040b`` is an address to whoever parses it, and a search has to see it so. What is
found in a view is replaced in the text that the view was made of.
"""

import re
from bisect import bisect_left
from functools import cached_property

_ESCAPE = re.compile(
    r"""(?x) \\ (?:
        (?P<pair> u [dD][89abAB][0-9a-fA-F]{2} \\u [dD][c-fC-F][0-9a-fA-F]{2} )
      | u (?P<code> [0-9a-fA-F]{4} )
      | (?P<letter> ["\\/bfnrt] )
    )"""
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HALVES = range(0xD800, 0xE000)


class View:
    """``source`` with one level of escapes undone, as ``text``.

    What is no escape of JSON stays as it is; half a surrogate pair becomes U+FFFD.
    Every escape becomes one code point.
    """

    __slots__ = ("__dict__", "source", "text")

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = unescaped(source)

    @property
    def is_plain(self) -> bool:
        """Whether there was nothing to undo: every escape is longer than one."""
        return len(self.text) == len(self.source)

    def at(self, offset: int) -> int:
        """Where in ``source`` that stands which is at ``offset`` of ``text``, as the
        begin of a span or as the end of one.
        """
        if self.is_plain:
            return offset
        seen, ends = self._escapes
        passed = bisect_left(seen, offset)
        return ends[passed - 1] + offset - seen[passed - 1] - 1 if passed else offset

    @cached_property
    def _escapes(self) -> tuple[list[int], list[int]]:
        """Where each escape's character is in ``text``, and its end in ``source``."""
        seen, ends = [], []
        surplus = 0
        for escape in _ESCAPE.finditer(self.source):
            begin, end = escape.span()
            seen.append(begin - surplus)
            ends.append(end)
            surplus += end - begin - 1
        return seen, ends


def unescaped(text: str) -> str:
    """One level of JSON's escapes undone; the text itself if it has none."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    letter = escape["letter"]
    if letter:
        return _LETTERS.get(letter, letter)
    pair = escape["pair"]
    if pair:
        high, low = int(pair[1:5], 16), int(pair[7:], 16)
        return chr(0x10000 + (high - 0xD800 << 10) + low - 0xDC00)
    code = int(escape["code"], 16)
    return "\ufffd" if code in _HALVES else chr(code)
