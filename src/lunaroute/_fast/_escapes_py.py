"""The escapes of JSON within a text: ``_escapes``'s twin.

What is no escape of JSON stays as it is; half a surrogate pair becomes U+FFFD. Every
escape becomes one code point.
"""

import re
from collections.abc import Sequence
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


def unescaped(text: str) -> str:
    """One level of JSON's escapes undone; the text itself if it has none."""
    if "\\" not in text:
        return text
    # Between two escaped backslashes no escape's result is read as the begin of
    # another; replacing is cheaper than a call for each escape.
    return "\\".join(map(_between, text.split("\\\\")))


def escapes(text: str) -> tuple[Sequence[int], Sequence[int]]:
    """Where each escape's character is in the text without escapes, and where the
    escape ends in this one.
    """
    spans = [escape.span() for escape in _ESCAPE.finditer(text)]
    surplus = accumulate((end - begin - 1 for begin, end in spans), initial=0)
    seen = [begin - more for (begin, _), more in zip(spans, surplus, strict=False)]
    ends = [end for _, end in spans]
    return seen, ends


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
