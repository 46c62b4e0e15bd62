"""The grammar of chunked framing (RFC 9112 7.1) as a table that both builds walk.

Byte by byte, so that the verdict cannot depend on how the bytes were cut, and so that
nothing goes on that could not become a valid body. No padding of sizes, no bare LF.
"""

MAX_SIZE_LINE = 4096
MAX_TRAILERS = 16 * 1024
MAX_DIGITS = 15  # significant ones: the size stays below 2^60, which no body reaches

# In the order of the table; those up to ESCAPED are within a size line.
STATES = (
    *("FAILED", "SIZE", "DIGITS", "SPACE", "SEMICOLON", "NAME", "NAME_SPACE"),
    *("EQUALS", "VALUE", "QUOTED_END", "QUOTED", "ESCAPED", "SIZE_CR"),
    *("AFTER", "AFTER_CR", "TRAILER", "TRAILER_NAME", "TRAILER_VALUE", "TRAILER_CR"),
    *("LAST_CR", "DATA", "DONE"),
)
_CR, _LF, _BLANK = b"\r", b"\n", b"\t "
_HEX = b"0123456789abcdefABCDEF"
_TOKEN = (
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_TEXT = bytes((0x09, *range(0x20, 0x7F), *range(0x80, 0x100)))
_QUOTABLE = bytes(set(_TEXT) - set(b'"\\'))

# DATA stands for what follows a size line: the trailers if the size was zero.
_RULES = (
    ("SIZE", _HEX, "DIGITS"),
    ("DIGITS", _HEX, "DIGITS"),
    *((state, _CR, "SIZE_CR") for state in ("DIGITS", "NAME", "VALUE", "QUOTED_END")),
    *((state, _BLANK, "SPACE") for state in ("DIGITS", "SPACE", "VALUE", "QUOTED_END")),
    *(
        (state, b";", "SEMICOLON")
        for state in ("DIGITS", "SPACE", "NAME", "NAME_SPACE", "VALUE", "QUOTED_END")
    ),
    ("SEMICOLON", _BLANK, "SEMICOLON"),
    ("SEMICOLON", _TOKEN, "NAME"),
    ("NAME", _TOKEN, "NAME"),
    ("NAME", _BLANK, "NAME_SPACE"),
    ("NAME_SPACE", _BLANK, "NAME_SPACE"),
    ("NAME", b"=", "EQUALS"),
    ("NAME_SPACE", b"=", "EQUALS"),
    ("EQUALS", _BLANK, "EQUALS"),
    ("EQUALS", _TOKEN, "VALUE"),
    ("VALUE", _TOKEN, "VALUE"),
    ("EQUALS", b'"', "QUOTED"),
    ("QUOTED", _QUOTABLE, "QUOTED"),
    ("QUOTED", b"\\", "ESCAPED"),
    ("QUOTED", b'"', "QUOTED_END"),
    ("ESCAPED", _TEXT, "QUOTED"),
    ("SIZE_CR", _LF, "DATA"),
    ("AFTER", _CR, "AFTER_CR"),
    ("AFTER_CR", _LF, "SIZE"),
    ("TRAILER", _TOKEN, "TRAILER_NAME"),
    ("TRAILER_NAME", _TOKEN, "TRAILER_NAME"),
    ("TRAILER_NAME", b":", "TRAILER_VALUE"),
    ("TRAILER_VALUE", _TEXT, "TRAILER_VALUE"),
    ("TRAILER_VALUE", _CR, "TRAILER_CR"),
    ("TRAILER_CR", _LF, "TRAILER"),
    ("TRAILER", _CR, "LAST_CR"),
    ("LAST_CR", _LF, "DONE"),
)


class FramingError(ValueError):
    """The bytes break the rules of their framing; the message says how."""


def _table() -> bytes:
    table = bytearray(256 * len(STATES))
    for state, allowed, following in _RULES:
        row = 256 * STATES.index(state)
        for byte in allowed:
            table[row + byte] = STATES.index(following)
    return bytes(table)


# The next state at 256 * state + byte; 0, FAILED, for a byte that may not come.
TABLE = _table()


def failure(state: int) -> FramingError:
    """What is wrong if a byte fails in ``state``."""
    name = STATES[state]
    if name.startswith("AFTER"):
        return FramingError("a chunk is longer than its size says")
    if name.startswith(("TRAILER", "LAST")):
        return FramingError("bad trailer fields")
    if name == "FAILED":
        return FramingError("the framing was broken before")
    return FramingError("bad chunk size line")
