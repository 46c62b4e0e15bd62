"""Heads: what is accepted, what is refused, what of them goes on."""

import pytest

from lunaroute.errors import ClientFault, UpstreamFault
from lunaroute.wire import (
    Framing,
    forward_request,
    forward_response,
    parse_request,
    parse_response,
)


def request(*lines: bytes, start: bytes = b"POST /v1/messages HTTP/1.1") -> bytes:
    return b"\r\n".join((start, b"Host: a", *lines)) + b"\r\n\r\n"


def test_a_request_head_is_taken_apart_without_losing_a_byte():
    raw = request(b"X-One:  1 ", b"x-ONE: caf\xe9", b"Content-Length: 7")
    head = parse_request(raw)
    assert (head.raw, head.method, head.target, head.minor) == (
        raw,
        b"POST",
        b"/v1/messages",
        1,
    )
    assert (head.framing, head.length, head.close) == (Framing.LENGTH, 7, False)
    assert [field.raw for field in head.fields][1] == b"X-One:  1 "
    assert head.first(b"x-one") == b"1"
    assert head.first(b"none") == b""


@pytest.mark.parametrize(
    ("lines", "framing", "length"),
    [
        ([], Framing.NONE, 0),
        ([b"Content-Length: 0"], Framing.NONE, 0),
        ([b"content-length: 12"], Framing.LENGTH, 12),
        ([b"Transfer-Encoding: chunked"], Framing.CHUNKED, 0),
        ([b"transfer-encoding: CHUNKED"], Framing.CHUNKED, 0),
    ],
)
def test_request_framing(lines, framing, length):
    head = parse_request(request(*lines))
    assert (head.framing, head.length) == (framing, length)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(b"Content-Length: 1", b"Transfer-Encoding: chunked"), 400),
        (request(b"Content-Length: 1", b"Content-Length: 1"), 400),
        (request(b"Content-Length: +1"), 400),
        (request(b"Content-Length: 1, 1"), 400),
        (request(b"Transfer-Encoding: gzip"), 501),
        (request(b"Transfer-Encoding: gzip, chunked"), 501),
        (request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 501),
        (request(b"Transfer-Encoding: chunked", start=b"GET / HTTP/1.0"), 400),
        (request(start=b"GET / HTTP/2.0"), 505),
        (request(start=b"GET / HTTP/0.9"), 505),
        (request(start=b"GET  / HTTP/1.1"), 400),
        (request(start=b"GET /"), 400),
        (request(b"folded: 1", b" 2"), 400),
        (request(b"bare: 1\nx: 2"), 400),
        (request(b"bare: 1\rx: 2"), 400),
        (request(b"no-colon"), 400),
        (request(b"space : 1"), 400),
        (request(b"nul: a\x00b"), 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (request(b"Host: b"), 400),
        (request(*(b"x: 1" for _ in range(300))), 431),
        (request(b"bell: a\x07b"), 400),
        (request(b"Content-Length: 9223372036854775808"), 400),
        (request(b"Content-Length: 1", start=b"TRACE / HTTP/1.1"), 400),
        (b"\x16\x03\x01 a TLS hello\r\n\r\n", 400),
    ],
)
def test_what_a_proxy_must_not_let_pass(raw, status):
    with pytest.raises(ClientFault) as refused:
        parse_request(raw)
    assert refused.value.status == status
    assert str(refused.value)


def test_http10_closes_and_needs_no_host():
    head = parse_request(b"GET / HTTP/1.0\r\n\r\n")
    assert head.close
    out = forward_request(head, target=b"/x", host=b"p:1")
    assert out == b"GET /x HTTP/1.1\r\nHost: p:1\r\n\r\n"


def test_hop_by_hop_fields_stay_here_and_nothing_else_does():
    head = parse_request(
        request(
            b"Connection: close, X-Mine ,content-length",
            b"X-Mine: 1",
            b"Keep-Alive: 5",
            b"TE: trailers",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AA",
            b"Proxy-Connection: keep-alive",
            b"Proxy-Authorization: x",
            b"Content-Length: 3",
            b"aCCept-Encoding: gzip",
            b"Trailer: x",
        )
    )
    assert head.close
    assert forward_request(head, target=b"/t?q=1", host=b"h") == (
        b"POST /t?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
        b"aCCept-Encoding: gzip\r\nTrailer: x\r\n\r\n"
    )


def test_a_websocket_offer_goes_on_with_its_own_connection_line():
    head = parse_request(
        request(
            b"connection: Upgrade, keep-alive",
            b"Upgrade: WebSocket",
            b"Sec-WebSocket-Key: k",
            start=b"GET /v1/responses HTTP/1.1",
        )
    )
    assert head.upgrade == b"websocket"
    assert forward_request(head, target=b"/t", host=b"h") == (
        b"GET /t HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: k\r\n"
        b"Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
    )


@pytest.mark.parametrize(
    "raw",
    [
        request(b"Upgrade: websocket"),
        request(b"Upgrade: h2c", b"Connection: upgrade"),
        request(b"Upgrade: websocket, h2c", b"Connection: upgrade"),
        request(b"Upgrade: websocket", b"Upgrade: h2c", b"Connection: upgrade"),
        request(b"Upgrade: websocket", b"Connection: upgrade", start=b"GET / HTTP/1.0"),
    ],
)
def test_any_other_offer_stays_here(raw):
    head = parse_request(raw)
    assert head.upgrade == b""
    assert b"pgrade" not in forward_request(head, target=b"/", host=b"h")


def test_credentials_are_replaced_in_place_of_all_carriers():
    head = parse_request(request(b"Authorization: Bearer a", b"X-Api-Key: b", b"Z: 1"))
    out = forward_request(
        head,
        target=b"/",
        host=b"h",
        drop=frozenset((b"authorization", b"x-api-key")),
        add=(b"x-api-key: ours",),
    )
    assert out == b"POST / HTTP/1.1\r\nHost: h\r\nZ: 1\r\nx-api-key: ours\r\n\r\n"


def response(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join((start, *lines)) + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "method", "framing", "length", "close"),
    [
        (response(b"Content-Length: 5"), b"POST", Framing.LENGTH, 5, False),
        (response(b"Content-Length: 5"), b"HEAD", Framing.NONE, 0, False),
        (response(b"Transfer-Encoding: chunked"), b"GET", Framing.CHUNKED, 0, False),
        (response(), b"GET", Framing.CLOSE, 0, True),
        (response(b"Content-Length: 5", b"Connection: close"), b"GET", Framing.LENGTH, 5, True),
        (response(b"Content-Length: 1", start=b"HTTP/1.0 200 OK"), b"GET", Framing.LENGTH, 1, True),
        (response(start=b"HTTP/1.1 204 No Content"), b"GET", Framing.NONE, 0, False),
        (response(b"content-length: 9", start=b"HTTP/1.1 304 Not Modified"), b"GET", Framing.NONE, 0, False),
        (response(start=b"HTTP/1.1 100 Continue"), b"POST", Framing.NONE, 0, False),
        (response(start=b"HTTP/1.1 529 "), b"POST", Framing.CLOSE, 0, True),
    ],
)  # fmt: skip
def test_response_framing(raw, method, framing, length, close):
    head = parse_response(raw, method)
    assert (head.framing, head.length, head.close) == (framing, length, close)
    assert head.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        response(start=b"HTTP/2.0 200 OK"),
        response(b"Content-Length: 9223372036854775808"),
        response(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        response(b"Content-Length: 5", b"Content-Length: 6"),
        response(b"Content-Length: 5", b"Content-Length: 5"),
        response(b"Content-Length: 5, 5"),
        response(b"Content-Length: five"),
        response(b"a: 1\n b: 2"),
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
)
def test_a_provider_that_speaks_nonsense_is_a_502(raw):
    with pytest.raises(UpstreamFault) as refused:
        parse_response(raw, b"GET")
    assert refused.value.status == 502


def test_an_answers_head_goes_on_line_by_line():
    head = parse_response(
        response(
            b"Set-Cookie: a=1",
            b"set-cookie: b=2",
            b"request-id: r",
            b"Connection: keep-alive, x-hop",
            b"x-hop: 1",
            b"Keep-Alive: timeout=5",
            b"Transfer-Encoding: chunked",
            start=b"HTTP/1.1 429 Slow  down",
        ),
        b"POST",
    )
    start = b"HTTP/1.1 429 Slow  down\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nrequest-id: r\r\n"
    assert forward_response(head, close=False) == (
        start + b"Transfer-Encoding: chunked\r\n\r\n"
    )
    assert forward_response(head, close=True, dechunk=True) == (
        start + b"Connection: close\r\n\r\n"
    )
    assert forward_response(head, close=False, tunnel=True) == head.raw


def test_the_version_of_an_answer_is_ours():
    old = parse_response(response(b"a: b", start=b"HTTP/1.0 200 OK"), b"GET")
    assert forward_response(old, close=True) == (
        b"HTTP/1.1 200 OK\r\na: b\r\nConnection: close\r\n\r\n"
    )
