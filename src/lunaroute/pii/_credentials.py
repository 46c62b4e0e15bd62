"""Credentials of HTTP: what follows ``Bearer``, and ``Basic`` in its field."""

import base64
import binascii
import re

from lunaroute.pii._border import opens
from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder

_BEARER = re.compile(
    r"bearer(?:[ \t]{1,4}|%20|\+|[\"']?[:=,]?[ \t]{0,2}[\"']|[:=][ \t]{0,2})([0-9A-Za-z._~+/\-]{8,}=*)",
    re.IGNORECASE,
)
_BASIC = re.compile(
    r"(?:basic|token)(?:[ \t]{1,4}|%20)([0-9A-Za-z._~+/\-]{8,}=*)", re.IGNORECASE
)
_FIELD = re.compile(
    r"authori[sz]ation[\"'\]]*[ \t]{0,4}[:=,]>?[ \t]{0,4}[\"'`]{0,2}\Z", re.IGNORECASE
)


def find_bearer(text: str, at: int, _context: int) -> Finding | None:
    """The token after the ``Bearer`` at ``text[at]``."""
    match = _BEARER.match(text, at)
    if match is None or not opens(text, at):
        return None
    start, end = match.span(1)
    while text[end - 1] in ".~-/+":
        end -= 1
    if not _is_token(text[start:end]):
        return None
    return Finding(start, end, "bearer_token", 0.9)


def _is_token(value: str) -> bool:
    if is_placeholder(value):
        return False
    if (
        len(value) >= 16
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
    ):
        return True
    # Letters alone are words unless their case is mixed; digits alone are no token.
    inner = value[1:]
    if len(value) >= 24 and inner != inner.lower() and inner != inner.upper():
        return "." not in value and "_" not in value and "-" not in value
    short = any(c.isdigit() for c in value) and any(c.islower() for c in value)
    return (
        8 <= len(value) < 16
        and short
        and re.search(r"\d.*[A-Za-z].*\d|[A-Z].*\d|\d.*[A-Z]", value) is not None
    )


def find_basic(text: str, at: int, _context: int) -> Finding | None:
    """What follows ``Basic`` or ``token`` at ``text[at]`` in a field of credentials."""
    match = _BASIC.match(text, at)
    if match is None or not _FIELD.search(text, max(0, at - 32), at):
        return None
    value = match[1]
    if text[at] in "bB":
        try:
            plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
        if b":" not in plain:
            return None
    elif not _is_token(value):
        return None
    return Finding(match.start(1), match.end(1), "bearer_token", 0.9)
