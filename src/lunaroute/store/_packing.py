"""Long texts are compressed; the ``sqlite3`` shell reads them as we do.

What tools were given and brought, what a client says of itself and what a model thinks
are most of a record. Prompts and answers stay as they are, for every other program.
"""

import zlib
from typing import Any, NamedTuple

import apsw

# The shell's own name for it (https://sqlite.org/sqlar.html), so that the view
# ``readable_texts`` and the index read there without us.
_FUNCTION = "sqlar_uncompress"

_PLAIN = frozenset(("prompt", "answer", "error"))

# Shorter ones lose little and are read oftener.
_SMALLEST = 256

# Level 1 takes a third of the time for 1.07 times the bytes; level 9 gains nothing.
_LEVEL = 6


class Stored(NamedTuple):
    """A text and its parts as columns of `texts`: the one behind the other in
    ``packed``, or both as they are.
    """

    text: str
    parts: str
    packed: bytes | None = None
    packed_from: int | None = None
    text_bytes: int | None = None


def stored_text(kind: str, text: str, parts: str) -> Stored:
    """How a text of this kind is kept.

    Raises UnicodeEncodeError where it cannot be kept at all.
    """
    if kind not in _PLAIN and len(text) >= _SMALLEST:
        words = text.encode("utf-8")
        plain = words + parts.encode("utf-8")
        packed = zlib.compress(plain, _LEVEL)
        if len(packed) < len(plain):
            return Stored("", "", packed, len(plain), len(words))
    return Stored(text, parts)


def read_packed(connection: apsw.Connection) -> None:
    """Makes the view of texts, and their index, readable on this connection."""
    connection.create_scalar_function(
        _FUNCTION, _unpacked, 2, deterministic=True, flags=apsw.SQLITE_INNOCUOUS
    )


def _unpacked(*values: Any) -> Any:
    packed, size = values
    # As the shell's: what is as long as it was, was not compressed.
    if not isinstance(packed, bytes) or size == len(packed):
        return packed
    return zlib.decompress(packed)
