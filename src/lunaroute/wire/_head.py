"""HTTP/1.1 heads without I/O: h11 judges, we keep the raw lines.

What is forwarded is made of the very lines that came; nothing is normalised. What
h11 would let pass and a proxy must not (section 11.2 of RFC 9112: request smuggling)
is refused here, above h11.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import h11

from lunaroute.errors import ClientFault, UpstreamFault

# Claude Code's head is 0.9 kB, Codex' 1.3 kB; nginx allows 4 x 8 kB.
MAX_HEAD = 64 * 1024
MAX_FIELDS = 200
END = b"\r\n\r\n"

# RFC 9110 7.6.1 and the older names that clients still send. Transfer-Encoding is
# absent: the body is forwarded in the framing it came in.
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"upgrade",
        b"http2-settings",
        b"x-lunaroute-token",  # for us alone
    )
)
# Connection may not name these: it would take off what frames or routes the message.
_NEVER_NAMED = frozenset((b"transfer-encoding", b"content-length", b"host"))


class Framing(Enum):
    """How the end of a body is found (RFC 9112 6.3)."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Field:
    """One header line: ``name`` in lower case, ``raw`` as it came, without CRLF."""

    name: bytes
    value: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request head that h11 and we accept. ``raw`` ends with the empty line."""

    raw: bytes
    method: bytes
    target: bytes
    minor: int  # of HTTP/1.x
    fields: tuple[Field, ...]
    framing: Framing
    length: int
    close: bool  # the client wants the connection closed afterwards
    upgrade: bytes  # lower case, empty without an offer

    def first(self, name: bytes) -> bytes:
        """The first value of a field (lower-case name), empty if there is none."""
        return _first(self.fields, name)


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response head from the provider."""

    raw: bytes
    status: int
    fields: tuple[Field, ...]
    framing: Framing
    length: int
    close: bool  # the connection cannot serve again

    def first(self, name: bytes) -> bytes:
        return _first(self.fields, name)


def parse_request(raw: bytes) -> RequestHead:
    """Judges a complete head block. Raises ClientFault, whose status says how."""
    judge = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD * 2)
    try:
        judge.receive_data(raw)
        event = judge.next_event()
    except h11.RemoteProtocolError as error:
        # h11's own words quote the line, which may hold a credential.
        raise ClientFault(
            "not a valid HTTP/1.1 request head", status=error.error_status_hint
        ) from None
    if not isinstance(event, h11.Request):
        raise ClientFault("not an HTTP/1.1 request")
    if event.http_version not in (b"1.1", b"1.0"):
        raise ClientFault("only HTTP/1.1 and HTTP/1.0 are spoken here", status=505)
    minor = 1 if event.http_version == b"1.1" else 0
    fields = _fields(raw)
    if fields is None:
        raise ClientFault("a header line is folded or ends in a bare CR or LF")
    if len(fields) > MAX_FIELDS:
        raise ClientFault(f"more than {MAX_FIELDS} header fields", status=431)
    framing, length = _request_framing(fields, minor)
    connection = _tokens(fields, b"connection")
    upgrade = _first(fields, b"upgrade").strip().lower()
    return RequestHead(
        raw=raw,
        method=bytes(event.method),
        target=_origin_form(bytes(event.target)),
        minor=minor,
        fields=fields,
        framing=framing,
        length=length,
        close=b"close" in connection or minor == 0,
        upgrade=upgrade if b"upgrade" in connection else b"",
    )


def parse_response(raw: bytes, method: bytes) -> ResponseHead:
    """Judges the head of an answer to ``method``. Raises UpstreamFault."""
    judge = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD * 8)
    ask = [(b"host", b"-"), (b"connection", b"upgrade"), (b"upgrade", b"-")]
    judge.send(h11.Request(method=b"GET", target=b"/", headers=ask))
    judge.send(h11.EndOfMessage())
    try:
        judge.receive_data(raw)
        event = judge.next_event()
    except h11.RemoteProtocolError as error:
        raise UpstreamFault("the provider's answer is not valid HTTP/1.1") from error
    if not isinstance(event, (h11.Response, h11.InformationalResponse)):
        raise UpstreamFault("the provider's answer is not HTTP")
    fields = _fields(raw)
    if fields is None:
        raise UpstreamFault("the provider folds a header line or ends one in a bare LF")
    framing, length = _response_framing(fields, event.status_code, method)
    connection = _tokens(fields, b"connection")
    old = event.http_version != b"1.1"
    return ResponseHead(
        raw=raw,
        status=event.status_code,
        fields=fields,
        framing=framing,
        length=length,
        close=b"close" in connection or framing is Framing.CLOSE or old,
    )


def forward_request(
    head: RequestHead,
    *,
    target: bytes,
    host: bytes,
    drop: frozenset[bytes] = frozenset(),
    add: Iterable[bytes] = (),
) -> bytes:
    """The head for the provider: every line as it came, but for

    hop-by-hop fields (RFC 9110 7.6.1), the value of Host, the fields named in
    ``drop`` (lower case) and the lines in ``add``, which come last.
    """
    lines = [head.method + b" " + target + b" HTTP/1.1"]
    gone = drop | _named_by_connection(head.fields)
    hosted = False
    for field in head.fields:
        if field.name == b"host":
            hosted = True
            lines.append(field.raw[:4] + b": " + host)
        elif field.name not in HOP_BY_HOP and field.name not in gone:
            lines.append(field.raw)
    if not hosted:  # HTTP/1.0
        lines.append(b"Host: " + host)
    if head.upgrade == b"websocket":
        lines.append(b"Connection: Upgrade")
        lines += (field.raw for field in head.fields if field.name == b"upgrade")
    lines += add
    return b"\r\n".join(lines) + END


def forward_response(
    head: ResponseHead,
    *,
    close: bool,
    dechunk: bool = False,
    tunnel: bool = False,
) -> bytes:
    """The head for the client; ``close`` adds what tells it that we will close.

    ``dechunk`` is for an HTTP/1.0 client, ``tunnel`` for a 101, whose Connection and
    Upgrade fields belong to the handshake.
    """
    if tunnel:
        return head.raw
    status_line, _, _ = head.raw.partition(b"\r\n")
    gone = _named_by_connection(head.fields)
    if dechunk:
        gone |= {b"transfer-encoding", b"trailer"}
    lines = [status_line]
    lines += (
        field.raw
        for field in head.fields
        if field.name not in HOP_BY_HOP and field.name not in gone
    )
    if close:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + END


def host_name(head: RequestHead) -> str:
    """Host without its port and brackets, lower case; "" if there is none."""
    value = head.first(b"host").decode("latin-1").lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0]


def _origin_form(target: bytes) -> bytes:
    """An absolute-form target's path and query (RFC 9112 3.2.2): where the request
    goes is our own decision, and userinfo is nobody's business.
    """
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        return target
    authority, slash, path = rest.partition(b"/")
    if slash:
        return slash + path
    return b"/" + authority[authority.index(b"?") :] if b"?" in authority else b"/"


def _fields(raw: bytes) -> tuple[Field, ...] | None:
    """The raw lines, names and values; None if a line is folded or ends otherwise
    than in CRLF. Values are ours, not h11's: it joins and de-duplicates lengths.
    """
    lines = raw[: -len(END)].split(b"\r\n")[1:]
    ends = len(lines) + 2
    if not raw.endswith(END) or raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        return None
    if any(line[:1] in (b" ", b"\t") for line in lines):
        return None
    return tuple(map(_field, lines))


def _field(line: bytes) -> Field:
    name, _, value = line.partition(b":")
    return Field(name.lower(), value.strip(b" \t"), line)


def _first(fields: tuple[Field, ...], name: bytes) -> bytes:
    for field in fields:
        if field.name == name:
            return field.value
    return b""


def _tokens(fields: tuple[Field, ...], name: bytes) -> frozenset[bytes]:
    """The list elements of all fields of that name, in lower case."""
    found: list[bytes] = []
    for field in fields:
        if field.name == name:
            found += (part.strip().lower() for part in field.value.split(b","))
    return frozenset(found)


def _named_by_connection(fields: tuple[Field, ...]) -> frozenset[bytes]:
    return _tokens(fields, b"connection") - _NEVER_NAMED


def _lengths(fields: tuple[Field, ...]) -> list[bytes]:
    return [field.value for field in fields if field.name == b"content-length"]


def _request_framing(fields: tuple[Field, ...], minor: int) -> tuple[Framing, int]:
    lengths = _lengths(fields)
    codings = [field.value for field in fields if field.name == b"transfer-encoding"]
    if codings:
        if lengths:
            raise ClientFault("both Transfer-Encoding and Content-Length")
        if minor == 0:
            raise ClientFault("Transfer-Encoding in HTTP/1.0")
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise ClientFault("a transfer coding other than chunked", status=501)
        return Framing.CHUNKED, 0
    if not lengths:
        return Framing.NONE, 0
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise ClientFault("more than one Content-Length, or not a number")
    length = int(lengths[0])
    return (Framing.LENGTH, length) if length else (Framing.NONE, 0)


def _response_framing(
    fields: tuple[Field, ...], status: int, method: bytes
) -> tuple[Framing, int]:
    if method == b"HEAD" or status < 200 or status in (204, 304):
        return Framing.NONE, 0
    lengths = _lengths(fields)
    codings = [field.value for field in fields if field.name == b"transfer-encoding"]
    if codings:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked":
            raise UpstreamFault("the provider frames its answer in two ways at once")
        return Framing.CHUNKED, 0
    if not lengths:
        return Framing.CLOSE, 0
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise UpstreamFault("the provider's answer has no single valid length")
    length = int(lengths[0])
    return (Framing.LENGTH, length) if length else (Framing.NONE, 0)
