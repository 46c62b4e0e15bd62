"""HTTP/1.1 heads without I/O: a scan or h11 judges, we keep the raw lines.

What is forwarded is made of the very lines that came; nothing is normalised. An
ordinary head takes one scan, anything else is h11's to judge.
"""

from collections.abc import Iterable

from lunaroute._fast import rewrite, scan_request, scan_response
from lunaroute.wire._judge import has_no_body, judge_request, judge_response
from lunaroute.wire._message import HOP_BY_HOP, Framing, RequestHead, ResponseHead

_NONE: frozenset[bytes] = frozenset()
# Where Connection says close, a field of that name would be hop-by-hop.
_CLOSE = frozenset((b"close",))
# A 204 or an informational answer has neither (RFC 9110 8.6, RFC 9112 6.1).
_FRAMING = frozenset((b"transfer-encoding", b"content-length"))
_CHUNKED_ONLY = frozenset((b"transfer-encoding", b"trailer"))
_VERSION_END = len(b"HTTP/1.1")


def parse_request(raw: bytes) -> RequestHead:
    """Judges a complete head block. Raises ClientFault, whose status says how:

    505 for a version other than HTTP/1.x, 501 for CONNECT and for transfer codings
    other than chunked, 431 for too many fields, 400 for the rest.
    """
    scanned = scan_request(raw)
    if scanned is None:
        return judge_request(raw)
    method, target, minor, length, closes, websocket, host = scanned
    if length > 0:
        framing = Framing.LENGTH
    else:
        framing = Framing.CHUNKED if length else Framing.NONE
        length = 0
    return RequestHead(
        raw,
        method,
        target,
        minor,
        framing,
        length,
        closes or not minor,
        b"websocket" if websocket else b"",
        host,
        _CLOSE if closes else _NONE,
    )


def parse_response(raw: bytes, method: bytes) -> ResponseHead:
    """Judges the head of an answer to ``method``. Raises UpstreamFault."""
    scanned = scan_response(raw)
    if scanned is None:
        return judge_response(raw, method)
    status, minor, length, closes = scanned
    if length == 0 or has_no_body(status, method):
        framing = Framing.NONE
    elif length > 0:
        framing = Framing.LENGTH
    else:
        framing = Framing.CHUNKED if length == -1 else Framing.CLOSE
    return ResponseHead(
        raw,
        status,
        framing,
        length if framing is Framing.LENGTH else 0,
        closes or not minor or framing is Framing.CLOSE,
        _CLOSE if closes else _NONE,
    )


def forward_request(
    head: RequestHead,
    *,
    target: bytes,
    host: bytes,
    drop: frozenset[bytes] = _NONE,
    add: Iterable[bytes] = (),
) -> bytes:
    """The head for the provider: every line as it came, but for

    hop-by-hop fields (RFC 9110 7.6.1), the value of Host, the fields named in
    ``drop`` (lower case) and the lines in ``add``, which come last.
    """
    tail = b"".join([line + b"\r\n" for line in add])
    if head.upgrade:
        offer = b"Connection: Upgrade\r\nUpgrade: " + head.first(b"upgrade") + b"\r\n"
        tail = offer + tail
    return rewrite(
        head.raw,
        head.method + b" " + target + b" HTTP/1.1\r\n",
        HOP_BY_HOP,
        drop | head.named if head.named else drop,
        host,
        tail,
    )


def forward_response(
    head: ResponseHead,
    *,
    close: bool,
    dechunk: bool = False,
    tunnel: bool = False,
) -> bytes:
    """The head for the client; ``close`` adds what tells it that we will close.

    The version is ours (RFC 9112 2.3). ``dechunk`` is for an HTTP/1.0 client,
    ``tunnel`` for a 101, whose Connection and Upgrade fields belong to the handshake.
    """
    raw = head.raw
    if tunnel:
        return raw
    gone = head.named | _CHUNKED_ONLY if dechunk else head.named
    if head.status < 200 or head.status == 204:
        gone |= _FRAMING
    return rewrite(
        raw,
        b"HTTP/1.1" + raw[_VERSION_END : raw.index(b"\n") + 1],
        HOP_BY_HOP,
        gone,
        None,
        b"Connection: close\r\n" if close else b"",
    )
