"""Ordinary HTTP/1.1 heads: the twin of the compiled ``_head``.

Ordinary is what every client and provider sends every day. A head that is unusual in
any way, wrong or not, is None here: ``wire`` then asks h11. So what is accepted never
depends on this module, only how soon.
"""

import re
from collections.abc import Collection

_FIELD = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t \x21-\x7e\x80-\xff]*+\r\n"
_REQUEST = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++) (/[\x21-\x7e]*+) HTTP/1\.([01])\r\n"
    rb"((?:" + _FIELD + rb")*+)\r\n"
)
_RESPONSE = re.compile(
    rb"HTTP/1\.([01]) ([2-9][0-9][0-9]) [\t \x21-\x7e\x80-\xff]*+\r\n"
    rb"((?:" + _FIELD + rb")*+)\r\n"
)
_HOST = re.compile(rb"[0-9A-Za-z.\-_]+(?::[0-9]{1,5})?")
_DIGITS = re.compile(rb"[0-9]{1,18}")  # below 2^63
# Their rules are those of RFC 9110 9.3.6 and 9.3.8.
_UNUSUAL_METHODS = (b"CONNECT", b"TRACE")
_OPTIONS = frozenset((b"close", b"keep-alive", b"upgrade"))
_KNOWN = frozenset(
    (b"host", b"connection", b"upgrade", b"content-length", b"transfer-encoding")
)
_MAX_FIELDS = 200
_MAX_PORT = 65535
_END = b"\r\n\r\n"
_EMPTY_LINE = re.compile(rb"\n\r?\n")


def head_end(data: bytes | bytearray, start: int) -> int:
    """Behind the first empty line that ends at or after ``start``; 0 if there is none.

    The line before it may end in a bare LF, and so may it: to be refused, not to be
    waited on. ``start`` may be two less than the bytes that were searched before.
    """
    found = _EMPTY_LINE.search(data, start)
    return found.end() if found is not None else 0


def scan_request(
    raw: bytes,
) -> tuple[bytes, bytes, int, int, bool, bool, bytes] | None:
    """Method, target, minor version, body length (-1: chunked), whether Connection
    says close, whether a WebSocket is offered, Host's value; None for h11 to judge.
    """
    match = _REQUEST.fullmatch(raw)
    if match is None or match[1] in _UNUSUAL_METHODS:
        return None
    minor = int(match[3])
    known = _known_fields(match[4])
    if known is None:
        return None
    host = known.get(b"host", b"")
    if (minor or b"host" in known) and not _is_plain_host(host):
        return None
    length = _length(known, minor)
    options = _connection(known)
    offer = known.get(b"upgrade")
    if length is None or options is None:
        return None
    if offer is not None and (offer.lower() != b"websocket" or not minor):
        return None
    websocket = offer is not None and b"upgrade" in options
    return (
        match[1],
        match[2],
        minor,
        0 if length == -2 else length,
        b"close" in options,
        websocket,
        host,
    )


def scan_response(raw: bytes) -> tuple[int, int, int, bool] | None:
    """Status, minor version, body length (-1: chunked, -2: not said), whether
    Connection says close; None for h11 to judge.
    """
    match = _RESPONSE.fullmatch(raw)
    if match is None:
        return None
    minor = int(match[1])
    known = _known_fields(match[3])
    if known is None:
        return None
    length = _length(known, minor)
    options = _connection(known)
    if length is None or options is None:
        return None
    return int(match[2]), minor, length, b"close" in options


def field_value(raw: bytes, name: bytes) -> bytes:
    """The first value of a field (lower-case name) in an accepted head, or nothing."""
    size = len(name)
    for line in _lines(raw):
        if line[size : size + 1] == b":" and line[:size].lower() == name:
            return line[size + 1 :].strip(b" \t\r\n")
    return b""


def pick_fields(
    raw: bytes, names: Collection[bytes]
) -> tuple[tuple[bytes, bytes], ...]:
    """Names (lower case) and values of an accepted head's fields of these names, in
    their order, repeated ones too.
    """
    split = (line.partition(b":") for line in _lines(raw))
    return tuple(
        (name.lower(), value.strip(b" \t\r\n"))
        for name, colon, value in split
        if colon and name.lower() in names
    )


def rewrite(
    raw: bytes,
    start: bytes,
    gone: Collection[bytes],
    gone_too: Collection[bytes],
    host: bytes | None,
    tail: bytes,
) -> bytes:
    """An accepted head with another start line, ``tail`` behind its last field, and
    without the fields named in ``gone`` or ``gone_too`` (lower case).

    With ``host``, the value of Host becomes that; without a Host line one is added.
    ``start`` and ``tail`` are lines with their CRLF.
    """
    kept = [start]
    hosted = host is None
    for line in _lines(raw):
        name, colon, _ = line.partition(b":")
        name = name.lower() if colon else b""
        if host is not None and name == b"host":
            kept.append(line[:4] + b": " + host + b"\r\n")
            hosted = True
        elif not (name in gone or name in gone_too):
            kept.append(line)
    if host is not None and not hosted:
        kept.append(b"Host: " + host + b"\r\n")
    return b"".join(kept) + tail + b"\r\n"


def _lines(raw: bytes) -> list[bytes]:
    """The lines between the first and the empty one, with their ends."""
    if not raw.endswith(_END):
        raise ValueError("not a whole head")
    lines = [line + b"\n" for line in raw[:-2].split(b"\n")]
    return lines[1:-1]


def _known_fields(lines: bytes) -> dict[bytes, bytes] | None:
    """The values of the fields that decide something; None if one stands twice."""
    known: dict[bytes, bytes] = {}
    fields = lines.split(b"\r\n")[:-1]
    for line in fields:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _KNOWN:
            if name in known:
                return None
            known[name] = value.strip(b" \t")
    return known if len(fields) <= _MAX_FIELDS else None


def _length(known: dict[bytes, bytes], minor: int) -> int | None:
    length = known.get(b"content-length")
    coding = known.get(b"transfer-encoding")
    if coding is not None:
        usual = coding.lower() == b"chunked" and length is None and minor
        return -1 if usual else None
    if length is None:
        return -2
    return int(length) if _DIGITS.fullmatch(length) else None


def _connection(known: dict[bytes, bytes]) -> frozenset[bytes] | None:
    """Connection's options; None if it names a field of the head's own."""
    value = known.get(b"connection")
    if value is None:
        return frozenset()
    options = frozenset(part.strip(b" \t").lower() for part in value.split(b","))
    return options if options <= _OPTIONS else None


def _is_plain_host(host: bytes) -> bool:
    port = host.partition(b":")[2]
    return bool(_HOST.fullmatch(host)) and int(port or 0) <= _MAX_PORT
