"""The parts of identifiers, so that `auth` finds `AuthMiddleware`.

What the index's tokenizer separates by itself (paths, dashes, dots) needs no help;
what it keeps as one word (`foo_bar`, `parseHTTPResponse2`) is cut here.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Pasted keys and encoded files are words of a kind too; nobody looks for their parts.
_LONGEST = 64
_MOST_PARTS = 4_000
# Words of at most 64 letters, some 300 bytes each.
_REMEMBERED = 8_192

_TOKEN = re.compile(r"\w+")
# Of ASCII the same: what is no letter of a word becomes a blank.
_BLANKED = "".join(chr(code) if _TOKEN.match(chr(code)) else " " for code in range(128))
# `HTTP` before `Response`, `Response`, `parse`, `HTTP` alone. Digits separate.
_PART = re.compile(r"[A-Z]+(?=[A-Z][^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


def identifier_parts(text: str) -> str:
    """The parts of all words in ``text``, each once, less those that stand alone."""
    tokens = dict.fromkeys(_words(text))
    whole = {token.lower() for token in tokens}
    found: dict[str, None] = {}
    for token in tokens:
        if len(token) <= _LONGEST and not (token.isalpha() and token[1:].islower()):
            found.update(_parts(token))
    return " ".join([part for part in found if part not in whole][:_MOST_PARTS])


def _words(text: str) -> list[str]:
    if text.isascii():  # a fifth of the time
        return text.translate(_BLANKED).split()
    return _TOKEN.findall(text)


def find_parts(text: str, wanted: dict[str, bool]) -> Iterator[tuple[int, int]]:
    """Where identifiers stand that have one of the ``wanted`` parts.

    A part whose value is True need only begin so.
    """
    whole = {_folded(part) for part, is_prefix in wanted.items() if not is_prefix}
    begins = tuple(_folded(part) for part, is_prefix in wanted.items() if is_prefix)
    for token in _TOKEN.finditer(text):
        if len(token[0]) > _LONGEST:
            continue
        parts = [_folded(part) for part in _parts(token[0])]
        if any(part in whole or part.startswith(begins) for part in parts):
            yield token.span()


@lru_cache(maxsize=_REMEMBERED)  # a project's names come again with every file of it
def _parts(token: str) -> dict[str, None]:
    """Its parts in lower case; a single letter says nothing, and a word of one piece
    has none.
    """
    if token.isdigit() or (token.isalpha() and token[1:].islower()):
        return {}
    parts = token.split("_") if "_" in token else []
    parts += _PART.findall(token)
    return dict.fromkeys([part.lower() for part in parts if len(part) > 1])


def _folded(word: str) -> str:
    """As the index compares: no case, no accents."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
