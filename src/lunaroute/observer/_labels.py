"""Which of the wire's words may be labels: few, well formed, and the provider's own.

A label that a client chooses freely would grow the metrics without bound.
"""

import re

from lunaroute.observer._board import OTHER

MAX_MODELS = 100
MAX_TOOLS = 100
MAX_KINDS = 100  # of redactions: ours, and those that a user names
NONE = "none"  # nothing of the kind was named
UNKNOWN = "unknown"  # a model that no provider has answered for yet

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]{0,99}")


class Words:
    """The first so many well-formed words; every other is ``other``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def label(self, word: str) -> str:
        if word in self._known:
            return word
        if len(self._known) >= self._most or not _WORD.fullmatch(word):
            return OTHER
        self._known.add(word)
        return word


class Models:
    """Names that a provider answered by. What a client asks for counts under the name
    that answered it before: failures of a model then stand beside its successes.
    """

    def __init__(self) -> None:
        self._words = Words(MAX_MODELS)
        self._asked = Words(MAX_MODELS * 4)
        self._answered_by: dict[str, str] = {}

    def label(self, used: str | None, requested: str | None) -> str:
        """``used`` is what the answer names, None where none came."""
        if used:
            name = self._words.label(used)
            if requested and self._asked.label(requested) == requested:
                self._answered_by[requested] = name
            return name
        if not requested:
            return NONE
        return self._answered_by.get(requested, UNKNOWN)
