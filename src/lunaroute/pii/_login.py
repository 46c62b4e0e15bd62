"""Passwords that a call is given by place, not by name: connect("db", "user", "x")."""

import re

from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._reach import quoted
from lunaroute.pii._shape import is_fair, is_given

# How a call begins, and which of its quoted arguments is the password; -1 the last.
_CALLS = {
    "getConnection(": -1,
    "new PDO(": -1,
    "mysqli_connect(": 2,
    "mysql_connect(": 2,
    "pymysql.connect(": 2,
    "MySQLdb.connect(": 2,
    "Sequelize(": 2,
    "PlainAuth(": 2,
    "PasswordAuthentication(": 1,
}
LOGINS = tuple(_CALLS)
# What writes into a field of a page; the field is told in it, or in the call before.
TYPING = (
    ".fill(",
    ".type(",
    ".sendkeys(",
    ".send_keys(",
    ".setvalue(",
    ".set_value(",
    ".presssequentially(",
)
_TYPING = re.compile(r"\.\w{4,17}\(\s{0,8}")
_FIELD = re.compile(r"(?i)passw|passphrase|pwd|passcode")
_BEFORE = re.compile(
    r"\(([^()\r\n]{1,100})\){1,2}(?:\.\w{1,20}\([^()\r\n]{0,40}\)){0,2}\Z"
)
# A field that a call of its own looks up, as tests of pages do.
_CALLED = re.compile(r"[\w.$]{1,60}\(([^()\r\n]{1,100})\)\s{0,4},\s{0,8}")
_BEHIND = re.compile(r"\s{0,4},\s{0,8}")
_NEXT = re.compile(r"[^()\\\"'`\n]{0,80}(?=\\*[\"'`])")
_NOTHING = re.compile(r"(\\*[\"'`])\1")
_MOST = 4


def find_login(text: str, at: int, _context: int) -> Finding | None:
    """The password among the arguments of the call that begins at ``text[at]``."""
    call = next((each for each in LOGINS if text.startswith(each, at)), None)
    if call is None:
        return None
    spans: list[tuple[int, int]] = []
    place = at + len(call)
    while len(spans) < _MOST and (gap := _NEXT.match(text, place)):
        if nothing := _NOTHING.match(text, gap.end()):
            spans.append((nothing.end(), nothing.end()))
            place = nothing.end()
            continue
        found = quoted(text, gap.end())
        if found is None:
            break
        spans.append(found[:2])
        place = found[2]
    which = _CALLS[call]
    if len(spans) < 2 or which >= len(spans):
        return None
    start, end = spans[which]
    value = text[start:end]
    if not is_fair(value) or is_placeholder(value):
        return None
    return Finding(start, end, "password", 0.8)


def find_typed(text: str, at: int, _context: int) -> Finding | None:
    """What the call at ``text[at]`` writes into the field of a password."""
    call = _TYPING.match(text, at)
    if call is None:
        return None
    called = _CALLED.match(text, call.end())
    first = quoted(text, called.end() if called else call.end())
    if first is None:
        return None
    start, end, behind = first
    following = None if called else _BEHIND.match(text, behind)
    second = following and quoted(text, following.end())
    if called:
        field = called[1]
    elif second:
        field, (start, end, _) = text[start:end], second
    else:
        before = _BEFORE.search(text, max(0, at - 200), at)
        field = before[1] if before else ""
    value = text[start:end]
    if not _FIELD.search(field) or not is_given(value) or is_placeholder(value):
        return None
    return Finding(start, end, "password", 0.8)
