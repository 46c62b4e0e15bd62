"""h11 judges a head; what it would let pass and a proxy must not is refused above it.

Here is what is accepted, and why not (RFC 9112 11.2: request smuggling). The scan of
ordinary heads in ``_fast`` is only the shorter way to the same verdict.
"""

import re

import h11

from lunaroute.errors import ClientFault, UpstreamFault
from lunaroute.wire._message import (
    END,
    HOP_BY_HOP,
    Field,
    Framing,
    RequestHead,
    ResponseHead,
    split_fields,
)
from lunaroute.wire._target import resolve_target

# Claude Code's head is 0.9 kB, Codex' 1.3 kB; nginx allows 4 x 8 kB.
MAX_HEAD = 64 * 1024
MAX_FIELDS = 200
MAX_LENGTH = 2**63 - 1
BODILESS = (204, 304)

# Connection may not name these: it would take off what frames or routes the message.
_NEVER_NAMED = frozenset((b"transfer-encoding", b"content-length", b"host"))
# RFC 9110 5.5; h11 lets them pass. TAB is none of them, CR and LF have been judged.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def judge_request(raw: bytes) -> RequestHead:
    """Judges a complete head block. Raises ClientFault, whose status says how."""
    event = _h11_request(raw)
    # RFC 9110 2.5: a later minor version is understood as the highest we know.
    if not event.http_version.startswith(b"1."):
        raise ClientFault("only HTTP/1.1 and HTTP/1.0 are spoken here", status=505)
    minor = 0 if event.http_version == b"1.0" else 1
    fields = _fields(raw)
    if fields is None:
        raise ClientFault("a header line is folded or ends in a bare CR or LF")
    if len(fields) > MAX_FIELDS:
        raise ClientFault(f"more than {MAX_FIELDS} header fields", status=431)
    if _CONTROL.search(raw):
        raise ClientFault("a control character in a header field")
    hosts = _values(fields, b"host")
    if len(hosts) != 1 and (hosts or minor):
        raise ClientFault("not exactly one Host field")
    method = bytes(event.method)
    target, host = resolve_target(method, bytes(event.target), b"".join(hosts))
    framing, length = _request_framing(fields, minor)
    if method == b"TRACE" and framing is not Framing.NONE:
        raise ClientFault("TRACE with a body")  # RFC 9110 9.3.8
    options = _options(fields)
    return RequestHead(
        raw=raw,
        method=method,
        target=target,
        minor=minor,
        framing=framing,
        length=length,
        close=b"close" in options or minor == 0,
        upgrade=_upgrade(fields, options) if minor else b"",
        host=host,
        named=_named(options),
    )


def judge_response(raw: bytes, method: bytes) -> ResponseHead:
    """Judges the head of an answer to ``method``. Raises UpstreamFault."""
    event = _h11_response(raw)
    if not event.http_version.startswith(b"1."):
        raise UpstreamFault("the provider does not answer in HTTP/1.1")
    fields = _fields(raw)
    if fields is None:
        raise UpstreamFault("the provider folds a header line or ends one in a bare LF")
    framing, length = _response_framing(fields, event.status_code, method)
    options = _options(fields)
    old = event.http_version == b"1.0"
    return ResponseHead(
        raw=raw,
        status=event.status_code,
        framing=framing,
        length=length,
        close=b"close" in options or framing is Framing.CLOSE or old,
        named=_named(options),
    )


def has_no_body(status: int, method: bytes) -> bool:
    """Whether an answer ends with its head, whatever the head says (RFC 9112 6.3)."""
    return method == b"HEAD" or status < 200 or status in BODILESS


def _h11_request(raw: bytes) -> h11.Request:
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
    return event


def _h11_response(raw: bytes) -> h11.Response | h11.InformationalResponse:
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
    return event


def _fields(raw: bytes) -> tuple[Field, ...] | None:
    """The raw lines, names and values; None if a line is folded or ends otherwise
    than in CRLF. Values are ours, not h11's: it joins and de-duplicates lengths.
    """
    fields = split_fields(raw)
    ends = len(fields) + 2
    if not raw.endswith(END) or raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        return None
    if any(field.raw[:1] in (b" ", b"\t") for field in fields):
        return None
    return fields


def _values(fields: tuple[Field, ...], name: bytes) -> list[bytes]:
    return [field.value for field in fields if field.name == name]


def _options(fields: tuple[Field, ...]) -> frozenset[bytes]:
    """The list elements of all Connection fields, in lower case."""
    values = _values(fields, b"connection")
    return frozenset(
        part.strip().lower() for value in values for part in value.split(b",")
    )


def _named(options: frozenset[bytes]) -> frozenset[bytes]:
    return options - _NEVER_NAMED - HOP_BY_HOP - {b""}


def _upgrade(fields: tuple[Field, ...], options: frozenset[bytes]) -> bytes:
    """``websocket`` if that and nothing else is offered (RFC 9110 7.8)."""
    offers = [value.lower() for value in _values(fields, b"upgrade")]
    return b"websocket" if b"upgrade" in options and offers == [b"websocket"] else b""


def _request_framing(fields: tuple[Field, ...], minor: int) -> tuple[Framing, int]:
    lengths = _values(fields, b"content-length")
    codings = _values(fields, b"transfer-encoding")
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
    length = _length(lengths)
    if length is None:
        raise ClientFault("more than one Content-Length, or not a number")
    return (Framing.LENGTH, length) if length else (Framing.NONE, 0)


def _response_framing(
    fields: tuple[Field, ...], status: int, method: bytes
) -> tuple[Framing, int]:
    if has_no_body(status, method):
        return Framing.NONE, 0
    lengths = _values(fields, b"content-length")
    codings = _values(fields, b"transfer-encoding")
    if codings:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked":
            raise UpstreamFault("the provider frames its answer in two ways at once")
        return Framing.CHUNKED, 0
    if not lengths:
        return Framing.CLOSE, 0
    length = _length(lengths)
    if length is None:
        raise UpstreamFault("the provider's answer has no single valid length")
    return (Framing.LENGTH, length) if length else (Framing.NONE, 0)


def _length(values: list[bytes]) -> int | None:
    """One number below 2^63, which no body reaches; None for anything else."""
    if len(values) > 1 or not values[0].isdigit():
        return None
    length = int(values[0])  # h11 has bounded the digits
    return length if length <= MAX_LENGTH else None
