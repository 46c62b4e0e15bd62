"""Keys of clouds that have no prefix: told by what stands beside them."""

import re

from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding
from lunaroute.pii._shape import is_random

_AWS_PAIR = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}\\*[\"'`]?[ \t]{0,4}[,:;|/\t ][ \t]{0,4}\\*[\"'`]?"
    r"([0-9A-Za-z+/]{40})(?![0-9A-Za-z+/=])"
)
_AWS_NEAR = re.compile(r"(?<![0-9A-Za-z+/=])[0-9A-Za-z+/]{40}(?![0-9A-Za-z+/=])")
_AZURE = re.compile(r"(?<![0-9A-Za-z+/=:-])[0-9A-Za-z+/]{86}\Z")
_AZURES = re.compile(
    r"azure|storage|shared_?key|account|blob|cosmos|key_?name|primary|secondary|windows\.net",
    re.IGNORECASE,
)
_BASE64_40 = re.compile(r"[0-9A-Za-z+/]{40}")
_BASE64_88 = re.compile(r"[0-9A-Za-z+/]{86}==")
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_SIGNATURE = re.compile(
    r"(?<=[?&;\"'])sig=((?:[0-9A-Za-z+/]|%2[BbFf]){42,60}(?:=|%3[Dd])?)"
)
_CLIENT_SECRET = re.compile(
    r"(?<![0-9A-Za-z_~.-])[0-9A-Za-z_~.-]{3}[78]Q~[0-9A-Za-z_~.-]{31,34}(?![0-9A-Za-z_~-])"
)
_TWILIO_PAIR = re.compile(
    r"(?:AC|SK)[0-9a-f]{32}\\*[\"'`]?\s{0,8}[,:|]\s{0,8}\\*[\"'`]?([0-9a-f]{32})(?![0-9A-Za-z])"
)


def find_aws_pair(text: str, at: int, _context: int) -> Finding | None:
    """The secret that follows the key id at ``text[at]``."""
    match = _AWS_PAIR.match(text, at)
    if match is None or not is_random(match[1]):
        return None
    return Finding(match.start(1), match.end(1), "aws_secret_key", 0.9)


def find_aws_secret(text: str, at: int, context: int) -> Finding | None:
    """The secret of AWS near the ``secret`` at ``text[at]``."""
    if not context & Context.AWS:
        return None
    match = _AWS_NEAR.search(text, at, at + 120)
    if match is None or not is_random(match.group()):
        return None
    return Finding(match.start(), match.end(), "aws_secret_key", 0.85)


def cloud_kind(value: str, context: int) -> tuple[str, float] | None:
    """The kind and confidence of a value that some name was given, if a cloud's."""
    if _BASE64_88.fullmatch(value):
        return "azure_storage_key", 0.97
    if context & Context.AWS and _BASE64_40.fullmatch(value) and is_random(value):
        return "aws_secret_key", 0.95
    if context & Context.TWILIO and _HEX_32.fullmatch(value):
        return "twilio_key", 0.9
    return None


def find_azure_key(text: str, at: int, _context: int) -> Finding | None:
    """The 64 bytes whose base64 ends with the ``==`` at ``text[at]``, near a word of
    Azure's: hashes of packages are as long.
    """
    if at < 86 or text[at - 1] == " ":
        return None
    match = _AZURE.search(text, max(0, at - 87), at)
    if match is None or text.startswith("=", at + 2) or not is_random(match.group()):
        return None
    if not _AZURES.search(text, max(0, match.start() - 128), match.start()):
        return None
    return Finding(match.start(), at + 2, "azure_storage_key", 0.9)


def find_azure_signature(text: str, at: int, _context: int) -> Finding | None:
    """The signature of an address that Azure shares, ``sig=`` at ``text[at]``."""
    match = _SIGNATURE.match(text, at)
    if match is None:
        return None
    return Finding(match.start(1), match.end(1), "azure_storage_key", 0.9)


def find_azure_client_secret(text: str, at: int, _context: int) -> Finding | None:
    """The secret of an application of Entra's, of which ``8Q~`` is the fourth."""
    match = _CLIENT_SECRET.match(text, at - 3) if at >= 3 else None
    if match is None or not is_random(match.group()):
        return None
    return Finding(*match.span(), "vendor_token", 0.95)


def find_twilio_pair(text: str, at: int, _context: int) -> Finding | None:
    """The token that follows the account at ``text[at]``."""
    match = _TWILIO_PAIR.match(text, at)
    if match is None or len(set(match[1])) < 5:
        return None
    return Finding(match.start(1), match.end(1), "twilio_key", 0.95)
