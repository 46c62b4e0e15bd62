"""Text as its reader sees it: JSON's escapes undone, every offset led back.

``a\\u0040b`` is an address to whoever parses it, and a search has to see it so. What is
found in a view is replaced in the text that the view was made of.
"""

import re
from bisect import bisect_left
from functools import cached_property
from itertools import accumulate

_ESCAPE = re.compile(
    r"""(?x) \\ (?:
        (?: u [dD][89abAB][0-9a-fA-F]{2} \\u [dD][c-fC-F][0-9a-fA-F]{2} )
      | u [0-9a-fA-F]{4}
      | ["\\/bfnrt]
    )"""
)
_CODE = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4})"
)
_LETTERS = (
    *((r"\n", "\n"), (r"\"", '"'), (r"\/", "/"), (r"\t", "\t")),
    *((r"\b", "\b"), (r"\f", "\f"), (r"\r", "\r")),
)
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
        spans = [escape.span() for escape in _ESCAPE.finditer(self.source)]
        surplus = accumulate((end - begin - 1 for begin, end in spans), initial=0)
        seen = [begin - more for (begin, _), more in zip(spans, surplus, strict=False)]
        ends = [end for _, end in spans]
        return seen, ends


def unescaped(text: str) -> str:
    """One level of JSON's escapes undone; the text itself if it has none."""
    if "\\" not in text:
        return text
    # Between two escaped backslashes no escape's result is read as the begin of
    # another; replacing is cheaper than a call for each escape.
    return "\\".join(map(_between, text.split("\\\\")))


def _between(part: str) -> str:
    """Without escapes; ``part`` has no backslash behind a backslash."""
    if "\\" not in part:
        return part
    if "\\u" not in part:
        return _with_letters(part)
    pieces = _CODE.split(part)
    pieces[::2] = map(_with_letters, pieces[::2])
    pieces[1::2] = map(_character, pieces[1::2])
    return "".join(pieces)


def _with_letters(part: str) -> str:
    for written, meant in _LETTERS:
        part = part.replace(written, meant)
    return part


def _character(written: str) -> str:
    """What ``\\u0040`` stands for, or a surrogate pair of such."""
    if len(written) > len("u0040") + 1:
        high, low = int(written[2:6], 16), int(written[8:], 16)
        return chr(0x10000 + (high - 0xD800 << 10) + low - 0xDC00)
    code = int(written.removeprefix("\\u"), 16)
    return "\ufffd" if code in _HALVES else chr(code)
