"""Values of cookies that stand for somebody who logged in."""

import re

from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._shape import is_mixed

# What such cookies' names end with; a token's or secret's name tells by itself.
NAMES = (
    *("sessionid=", "session_id=", "sessid=", ".sid=", "session=", "sess=", "auth="),
    *("_sid=", " sid=", "\"sid=", "'sid=", "remember_me=", "login=", "jsession=", "asp.net_sessionid="),
    *("cf_clearance=", "_session_id=", "aspxauth="),
)  # fmt: skip
_COOKIE = re.compile(r"(?:cookie[\"'`]?[ \t]{0,2}[:=,(]|-b[ ]|--cookie)", re.IGNORECASE)
_VALUE = re.compile(r"\s?[^=\s]{0,20}=([^\s;,\"'`<>]{16,4096})")
# No further than what is kept of a stream that is let out.
_REACH = 400


def find_cookie(text: str, at: int, _context: int) -> Finding | None:
    """The value of the cookie whose name ends with what stands at ``text[at]``."""
    match = _VALUE.match(text, at)
    if match is None:
        return None
    begin = max(text.rfind("\n", max(0, at - _REACH), at), at - _REACH, 0)
    before = text[begin:at].lower()
    if "cookie" not in before and "-b " not in before:
        return None
    if _COOKIE.search(before) is None:
        return None
    value = match[1].rstrip("\\")
    if not is_mixed(value) or is_placeholder(value):
        return None
    return Finding(match.start(1), match.start(1) + len(value), "password", 0.85)
