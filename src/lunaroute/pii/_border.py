"""Where a word begins, escapes of JSON and URLs seen through."""

import re

_ESCAPE = re.compile(r"(?:\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")


def opens(text: str, at: int) -> bool:
    r"""Whether a word may begin here: behind none, or behind ``\n`` or ``%3D``."""
    if not at or not (text[at - 1].isalnum() or text[at - 1] == "_"):
        return True
    return is_escaped(text, at)


def is_escaped(text: str, at: int) -> bool:
    """Whether an escape ends just before ``text[at]``."""
    return _ESCAPE.search(text, max(0, at - 6), at) is not None
