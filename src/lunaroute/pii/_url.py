"""Addresses on the web that are secrets: with a password, or a webhook's."""

import re

from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_template

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,30}\Z")
_AUTHORITY = re.compile(
    r"://([^\s/?#:@\"'<>`\\]{0,128}):([^\s\"'<>`/\\]{1,256})@"
    r"[^\s\"'<>`\\/,;)\]}]+(?:,[\w.-]+:\d{1,5})*(?:/[^\s\"'<>`\\)\]}|,;]*)?"
)
_END = ".!?:"
_SLACK = re.compile(
    r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[0-9A-Za-z+/_-]{20,}"
)
_DISCORD = re.compile(r"/webhooks/\d{10,22}/[0-9A-Za-z_-]{40,}")
_DISCORD_HOST = re.compile(
    r"(?:https?://)?(?:[a-z]{2,8}\.)?discord(?:app)?\.com/api(?:/v\d{1,2})?\Z"
)
_HTTP = re.compile(r"https?://\Z")
# user:password is what documentation says; what is left out is no password at all.
_USERS = frozenset({"user", "username", "login", "usr"})
_PASSWORDS = frozenset({"password", "pass", "passwd", "pwd"})
_SAYS_SO = re.compile(r"your|placeholder|redacted", re.IGNORECASE)
_NONE = re.compile(r"[\[{<$%]|\*+\Z|[xX]{3,}\Z|\.{3}|\d{1,5}\Z")


def find_basic_auth(text: str, at: int, _context: int) -> Finding | None:
    """The address whose ``://`` is ``text[at]``, if it holds a password."""
    match = _AUTHORITY.match(text, at)
    if match is None:
        return None
    scheme = _SCHEME.search(text, max(0, at - 31), at)
    if scheme is None:
        return None
    password = match[2]
    if match[1].lower() in _USERS and password.lower() in _PASSWORDS:
        return None
    if _NONE.match(password) and not re.fullmatch(r"\d{4,}", password):
        return None
    if is_template(password) or _SAYS_SO.search(password):
        return None
    end = match.end()
    while text[end - 1] in _END:
        end -= 1
    return Finding(scheme.start(), end, "basic_auth_url", 0.95)


def find_slack_webhook(text: str, at: int, _context: int) -> Finding | None:
    """The webhook whose host begins at ``text[at]``."""
    match = _SLACK.match(text, at)
    if match is None or "XXXX" in match.group():
        return None
    scheme = _HTTP.search(text, max(0, at - 8), at)
    start = at if scheme is None else scheme.start()
    return Finding(start, match.end(), "slack_webhook", 0.98)


def find_discord_webhook(text: str, at: int, _context: int) -> Finding | None:
    """The webhook whose ``/webhooks/`` is ``text[at]``."""
    match = _DISCORD.match(text, at)
    host = _DISCORD_HOST.search(text, max(0, at - 48), at)
    if match is None or host is None:
        return None
    return Finding(host.start(), match.end(), "discord_token", 0.98)
