"""Text as its reader sees it: JSON's escapes undone, every offset led back.

``a\\u0040b`` is an address to whoever parses it, and a search has to see it so. What is
found in a view is replaced in the text that the view was made of.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from lunaroute._fast import escapes, unescaped


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
    def _escapes(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where each escape's character is in ``text``, and its end in ``source``."""
        return escapes(self.source)
