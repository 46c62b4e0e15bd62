"""Credentials of HTTP: what follows ``Bearer``, and all else in its field."""

import base64
import binascii
import re

from lunaroute.pii._border import opens
from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._shape import has_three_classes, is_dotted, is_key

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
# Any other scheme, or none; what names its parameters is no token.
_ANY = re.compile(
    r"authori[sz]ation[\"'\]]*[ \t]{0,4}[:=,]>?[ \t]{0,4}[\"'`]{0,2}"
    r"(?:(?!basic|bearer|digest)[a-z][a-z0-9-]{1,20}[ \t]{1,2})?"
    r"([0-9a-z._~+/\-]{16,}={0,2})(?![0-9a-z=([{]|[ \t]+[\w\"'])",
    re.IGNORECASE,
)
# The file in which Docker keeps what it logs in with.
_DOCKER = re.compile(r"\"auth\"\s{0,4}:\s{0,4}\"([0-9A-Za-z+/]{8,}={0,2})\"")

_AUTHS = re.compile(
    r"\"auths\"\s{0,4}:\s{0,4}\{\s{0,16}\"[^\"\s]{1,128}\"\s{0,4}:\s{0,4}\{\s{0,24}\Z"
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
        if not _has_colon(value):
            return None
    elif not _is_token(value):
        return None
    return Finding(match.start(1), match.end(1), "bearer_token", 0.9)


def find_authorization(text: str, at: int, _context: int) -> Finding | None:
    """What the field ``Authorization`` at ``text[at]`` holds, whatever its scheme."""
    match = _ANY.match(text, at)
    if match is None or not _is_token(match[1]) or is_dotted(match[1]):
        return None
    if not (has_three_classes(match[1]) or is_key(match[1])):
        return None
    return Finding(match.start(1), match.end(1), "bearer_token", 0.85)


def find_docker_login(text: str, at: int, _context: int) -> Finding | None:
    """User and password of a registry, ``"auth"`` at ``text[at]``."""
    match = _DOCKER.match(text, at)
    if match is None:
        return None
    told = _AUTHS.search(text, max(0, at - 200), at) is not None
    if not _has_colon(match[1]) and not (told and is_key(match[1])):
        return None
    return Finding(match.start(1), match.end(1), "bearer_token", 0.9)


def _has_colon(value: str) -> bool:
    """Whether what is encoded could be user:password."""
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and plain.isascii()
