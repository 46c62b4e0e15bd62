"""What a request is for: target forms (RFC 9112 3.2) and Host (RFC 9110 7.2)."""

import ipaddress
import re

from lunaroute.errors import ClientFault

# RFC 3986 3.2.2. A comma is in its grammar and not here: it is what becomes of two
# Host fields when somebody joins them.
_REG_NAME = rb"(?:[0-9A-Za-z\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})*"
_IP_FUTURE = rb"[vV][0-9A-Fa-f]+\.[0-9A-Za-z\-._~!$&'()*+,;=:]+"
_AUTHORITY = re.compile(
    rb"(?P<name>"
    + _REG_NAME
    + rb"|\[(?:"
    + _IP_FUTURE
    + rb"|(?P<v6>[0-9A-Fa-f:.]+))\])(?::(?P<port>[0-9]*))?"
)
_USER = re.compile(rb"(?:[0-9A-Za-z\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@")
_PATH = re.compile(rb"[/?#]")
_MAX_PORT = 65535
_PORT_DIGITS = 5


def check_authority(value: bytes, *, may_be_empty: bool) -> None:
    """uri-host [ ":" port ], without user information. Raises ClientFault.

    Host may be empty (RFC 9112 3.2), the authority of an http URI may not
    (RFC 9110 4.2.1).
    """
    match = _AUTHORITY.fullmatch(value)
    if match is None or not _is_port(match["port"]) or not _is_ipv6(match["v6"]):
        raise ClientFault("the host that is asked for is not a valid one")
    if not match["name"] and (match["port"] is not None or not may_be_empty):
        raise ClientFault("the host that is asked for is empty")


def resolve_target(method: bytes, target: bytes, host: bytes) -> tuple[bytes, bytes]:
    """Target in origin-form, and the host it is for. Raises ClientFault.

    An absolute-form target (RFC 9112 3.2.2) is cut to path and query, for where the
    request goes is our own decision; its authority takes the place of Host, without
    user information, which is nobody's business. ``*`` is for OPTIONS alone. CONNECT
    is answered 501: this is no forward proxy, and no resource here knows the method
    (RFC 9110 9.3.6).
    """
    if method == b"CONNECT":
        raise ClientFault("CONNECT is not served here", status=501)
    check_authority(host, may_be_empty=True)
    if target.startswith(b"/"):
        return target, host
    if target == b"*" and method == b"OPTIONS":
        return target, host
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        raise ClientFault("not a valid request target")
    begin = _PATH.search(rest)
    at = begin.start() if begin is not None else len(rest)
    authority, path = _without_user(rest[:at]), rest[at:]
    check_authority(authority, may_be_empty=False)
    if not path and method == b"OPTIONS":  # RFC 9112 3.2.4
        return b"*", authority
    return (path if path.startswith(b"/") else b"/" + path), authority


def _without_user(authority: bytes) -> bytes:
    user = _USER.match(authority)
    return authority if user is None else authority[user.end() :]


def _is_port(port: bytes | None) -> bool:
    """RFC 3986 3.2.3: digits, perhaps none; and a number that TCP knows."""
    digits = (port or b"").lstrip(b"0")
    return len(digits) <= _PORT_DIGITS and int(digits or b"0") <= _MAX_PORT


def _is_ipv6(text: bytes | None) -> bool:
    if text is None:
        return True
    try:
        ipaddress.IPv6Address(text.decode("ascii"))
    except ValueError:
        return False
    return True
