"""Bank accounts: IBAN in any grouping, US routing numbers."""

import re

from lunaroute.pii import _checks
from lunaroute.pii._border import opens
from lunaroute.pii._finding import Finding

_GAP = "(?:[ .\\-\u00a0\u2009\u202f]| {2})"
_IBAN = re.compile(rf"[A-Za-z]{{2}}\d\d(?:{_GAP}?[0-9A-Za-z]){{11,30}}", re.ASCII)
_ROUTING = re.compile(r"\d{9}(?![\w]|[-.]\d)", re.ASCII)


def find_iban(text: str, at: int, _context: int) -> Finding | None:
    """The account number that begins at ``text[at]``."""
    match = _IBAN.match(text, at)
    if match is None or not opens(text, at):
        return None
    length = _checks.IBAN_LENGTHS.get(match.group()[:2].upper())
    if length is None:
        return None
    places = [i for i, character in enumerate(match.group()) if character.isalnum()]
    if len(places) < length:
        return None
    end = at + places[length - 1] + 1
    value = "".join(text[at + place] for place in places[:length])
    if text[end : end + 1].isalnum() or text[end : end + 1] == "_":
        return None
    if not (value[4:].isupper() or value[4:].islower() or value[4:].isdigit()):
        return None  # no account number, but base64
    if not _checks.iban(value):
        return None
    return Finding(at, end, "iban", 0.97)


def find_routing(text: str, at: int, _context: int) -> Finding | None:
    """The routing number that the words near by speak of."""
    match = _ROUTING.match(text, at)
    if match is None or not opens(text, at) or not _checks.routing(match.group()):
        return None
    return Finding(at, match.end(), "us_routing_number", 0.85)
