"""The parts of identifiers, so that `auth` finds `AuthMiddleware`.

What the index's tokenizer separates by itself (paths, dashes, dots) needs no help;
what it keeps as one word (`foo_bar`, `parseHTTPResponse2`) is cut here.
"""

import re
import unicodedata
from collections.abc import Iterator

# Pasted keys and encoded files are words of a kind too; nobody looks for their parts.
_LONGEST = 64
_MOST_PARTS = 4_000

_TOKEN = re.compile(r"\w+")
# `HTTP` before `Response`, `Response`, `parse`, `HTTP` alone. Digits separate.
_PART = re.compile(r"[A-Z]+(?=[A-Z][^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


def identifier_parts(text: str) -> str:
    """The parts of all words in ``text``, each once, less those that stand alone."""
    tokens = dict.fromkeys(_TOKEN.findall(text))
    whole = {token.lower() for token in tokens}
    found: dict[str, None] = {}
    for token in tokens:
        found.update(dict.fromkeys(_parts(token)))
    return " ".join([part for part in found if part not in whole][:_MOST_PARTS])


def find_parts(text: str, wanted: dict[str, bool]) -> Iterator[tuple[int, int]]:
    """Where identifiers stand that have one of the ``wanted`` parts.

    A part whose value is True need only begin so.
    """
    whole = {_folded(part) for part, is_prefix in wanted.items() if not is_prefix}
    begins = tuple(_folded(part) for part, is_prefix in wanted.items() if is_prefix)
    for token in _TOKEN.finditer(text):
        parts = [_folded(part) for part in _parts(token[0])]
        if any(part in whole or part.startswith(begins) for part in parts):
            yield token.span()


def _parts(token: str) -> list[str]:
    """Its parts in lower case; a single letter says nothing."""
    if len(token) > _LONGEST or (token.isalpha() and token[1:].islower()):
        return []
    parts = token.split("_") if "_" in token else []
    return [part.lower() for part in parts + _PART.findall(token) if len(part) > 1]


def _folded(word: str) -> str:
    """As the index compares: no case, no accents."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
