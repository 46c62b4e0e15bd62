"""Scans of heads in both builds, and what h11 says to the same bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lunaroute._fast import (
    _head_py,
    field_value,
    head_end,
    pick_fields,
    rewrite,
    scan_request,
    scan_response,
)
from lunaroute.errors import Fault
from lunaroute.wire import parse_request, parse_response
from lunaroute.wire._judge import judge_request, judge_response
from lunaroute.wire._message import HOP_BY_HOP, split_fields

MODULE = "_head"
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CORPUS = Path(__file__).parents[1] / "corpora" / "http1_vectors.jsonl"
NONE = frozenset()


def heads():
    """The head of each vector of the corpus, as far as it has one."""
    for line in CORPUS.read_text().splitlines():
        raw = json.loads(line)["bytes"].encode("latin-1").lstrip(b"\r\n")
        head, end, _ = raw.partition(b"\r\n\r\n")
        yield head + end


HEADS = sorted(set(heads()))
NAMES = st.sampled_from(
    b"Host host Content-Length CONTENT-LENGTH Transfer-Encoding transfer-encoding "
    b"Connection connection Upgrade X-A Close Keep-Alive TE accept X_B x-api-key "
    b"Content-Type Hos".split()
)
VALUES = st.sampled_from(
    b"a|a.test:80|a:70000|a:65535|a:|[::1]:1|| |a,b|user@a|a/b|%zz|"
    b"5|0|007|+5|5, 5|999999999999999999|9999999999999999999|\xb2|"
    b"chunked|Chunked|chunked, gzip|gzip|identity|"
    b"close|keep-alive|Upgrade|close, Upgrade|close,|X-A|TE|"
    b"websocket|WebSocket|h2c|caf\xe9|a\tb|\t5 \t|"
    b"a\x00b|a\x7fb|a\x0bb|a\rb|a\nb|a\r\n b".split(b"|")
)
ODD = st.sampled_from([b"no-colon", b": x", b" folded", b"a : b", b"", b"\xe9: x"])
LINES = st.one_of(
    st.tuples(NAMES, st.sampled_from([b":", b": ", b":\t", b" :"]), VALUES).map(
        b"".join
    ),
    ODD,
)
PLAIN_LINES = st.sampled_from(
    b"Content-Length: 5|content-length:0 |Transfer-Encoding: chunked|Connection: close|"
    b"Connection: keep-alive, upgrade|Upgrade: websocket|X-A: 1|Close: 1|caf: \xe9|"
    b"connection:Close|x-api-key: k|Accept-Encoding: gzip|Empty:".split(b"|")
)
METHODS = st.sampled_from(
    [b"GET", b"POST", b"HEAD", b"OPTIONS", b"CONNECT", b"TRACE", b"get", b"G=T", b""]
)
TARGETS = st.sampled_from(
    b"/|/v1/messages?beta=true|*|x|http://b.test/x?y|http://|https://b.test?x=/y|"
    b"file:///x|/\xff|/a b|/a#b|b.test:443".split(b"|")
)
VERSIONS = st.sampled_from(
    b"HTTP/1.1 HTTP/1.0 HTTP/1.2 HTTP/2.0 HTTP/0.9 HTTP/1.10 http/1.1 HTTP/1. "
    b"HTTP/".split()
)
REQUEST_LINES = st.tuples(METHODS, TARGETS, VERSIONS).map(b" ".join)
STATUS_LINES = st.tuples(
    VERSIONS,
    st.sampled_from([b"200", b"204", b"304", b"101", b"100", b"999", b"20", b"099"]),
    st.sampled_from([b"OK", b"", b"Not  \xe9", b"a\x01", b"a\rb"]),
).map(b" ".join)
ENDS = st.sampled_from([b"\r\n\r\n", b"\r\n\r\n", b"\r\n\r\n", b"\r\n", b"\n\n", b""])


def whole(start_lines, plain):
    """Heads, most of them well-formed; about half of them ordinary."""

    def join(start, lines, end=b"\r\n\r\n"):
        return b"\r\n".join([start, *lines]) + end

    hosted = st.lists(PLAIN_LINES, max_size=4).map(lambda lines: [b"Host: a", *lines])
    ordinary = st.builds(join, st.sampled_from(plain), hosted)
    return ordinary | st.builds(
        join, start_lines, hosted | st.lists(LINES, max_size=6), ENDS
    )


@st.composite
def spoilt(draw):
    """A head of the corpus with a few bytes changed."""
    raw = bytearray(draw(st.sampled_from(HEADS)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 2))] = draw(
            st.sampled_from([b"", b"\r", b"\n", b"\r\n", b" ", b":", b",", b"\t", b"0"])
            | st.binary(min_size=1, max_size=1)
        )
    return bytes(raw)


REQUEST_HEADS = whole(REQUEST_LINES, [b"GET / HTTP/1.1", b"POST /x?y HTTP/1.0"])
REQUESTS = REQUEST_HEADS | spoilt() | st.binary(max_size=30)
RESPONSES = (
    whole(STATUS_LINES, [b"HTTP/1.1 200 OK", b"HTTP/1.0 204 "])
    | spoilt()
    | st.binary(max_size=30)
)

ASKED = (
    b"POST /v1/messages?beta=true HTTP/1.1\r\nhOST: 127.0.0.1:8080\r\nX-A:  1 \r\n"
    b"Connection: keep-alive\r\nContent-Length: 007\r\nX-A: 2\r\n\r\n"
)


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        (ASKED, (b"POST", b"/v1/messages?beta=true", 1, 7, False, False, b"127.0.0.1:8080")),
        (b"GET / HTTP/1.0\r\n\r\n", (b"GET", b"/", 0, 0, False, False, b"")),
        (b"GET / HTTP/1.1\r\nHost:\ta\r\ntransfer-encoding:CHUNKED\r\nConnection: Close \r\n\r\n", (b"GET", b"/", 1, -1, True, False, b"a")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nconnection: keep-alive,Upgrade\r\nUpgrade: WebSocket\r\n\r\n", (b"GET", b"/", 1, 0, False, True, b"a")),
        (b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", (b"GET", b"/", 1, 0, False, False, b"a")),
    ],
)  # fmt: skip
def test_ordinary_requests(impl, raw, result):
    assert impl.scan_request(raw) == result


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", (200, 1, 5, False)),
        (b"HTTP/1.1 529 \r\nTransfer-Encoding: chunked\r\n\r\n", (529, 1, -1, False)),
        (b"HTTP/1.0 200 caf\xe9 \r\nConnection: close\r\n\r\n", (200, 0, -2, True)),
    ],
)
def test_ordinary_answers(impl, raw, result):
    assert impl.scan_response(raw) == result


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        ASKED[:-2],
        ASKED + b"x",
        ASKED + b"\r\n",
        ASKED.replace(b"hOST", b"X"),
        ASKED.replace(b"POST", b"TRACE"),
        ASKED.replace(b"POST /v1/messages?beta=true", b"CONNECT /"),
        ASKED.replace(b"X-A: 2", b"Host: a"),
        ASKED.replace(b"X-A: 2", b"Connection: close"),
        ASKED.replace(b"X-A: 2", b"Transfer-Encoding: chunked"),
        ASKED.replace(b"X-A: 2", b"Upgrade: h2c"),
        ASKED.replace(b"keep-alive", b"X-A"),
        ASKED.replace(b"007", b"1234567890123456789"),
        ASKED.replace(b"X-A: 2", b"X-A: \x7f"),
        ASKED.replace(b"X-A: 2\r\n", b"X-A: 2\r\n" * 200),
        ASKED.replace(b"127.0.0.1:8080", b""),
        ASKED.replace(b"127.0.0.1:8080", b"[::1]"),
    ],
)
def test_anything_unusual_is_left_to_h11(impl, raw):
    assert impl.scan_request(raw) is None
    assert impl.scan_response(raw) is None


def test_values(impl):
    assert impl.field_value(ASKED, b"x-a") == b"1"
    assert impl.field_value(ASKED, b"content-length") == b"007"
    assert impl.field_value(ASKED, b"none") == b""
    assert impl.field_value(b"GET / HTTP/1.0\r\n\r\n", b"x") == b""


def test_fields_are_picked_in_their_order_repeated_ones_too(impl):
    raw = b"GET / HTTP/1.1\r\nA: 1\r\nb:\t2 \r\na: 3\r\nab: 4\r\n\r\n"
    assert impl.pick_fields(raw, {b"a", b"b"}) == (
        (b"a", b"1"),
        (b"b", b"2"),
        (b"a", b"3"),
    )
    assert impl.pick_fields(raw, set()) == ()


@pytest.mark.parametrize("raw", [b"", b"\n", b"x\r\n", b"\r\n\r\n."])
def test_a_part_of_a_head_is_no_head(impl, raw):
    with pytest.raises(ValueError, match="whole head"):
        impl.field_value(raw, b"x")
    with pytest.raises(ValueError, match="whole head"):
        impl.rewrite(raw, b"", NONE, NONE, None, b"")
    with pytest.raises(ValueError, match="whole head"):
        impl.pick_fields(raw, NONE)


@pytest.mark.parametrize(
    ("data", "start", "end"),
    [
        (ASKED + b"\n\n", 0, len(ASKED)),
        (ASKED[:-1], 0, 0),
        (b"a\n\nb\r\n\r\n", 0, 3),
        (b"a\r\n\nb", 0, 4),
        (b"a\n\r\n", 0, 4),
        (b"a\n\n", 2, 0),
        (b"\n\r", 0, 0),
        (b"\n", 0, 0),
        (b"\n", 5, 0),
        (b"", 0, 0),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_the_end_of_a_head(impl, kind, data, start, end):
    assert impl.head_end(kind(data), start) == end


@given(st.text("\r\na").map(str.encode), st.integers(0, 9))
def test_the_builds_agree_on_the_end(data, start):
    assert head_end(data, start) == _head_py.head_end(data, start)


def test_only_bytes_are_taken(impl):
    for call in (impl.scan_request, impl.scan_response):
        with pytest.raises(TypeError):
            call(None)


@PATIENT
@given(REQUESTS)
@example(ASKED)
@example(b"GET / HTTP/1.0\r\nHost:\r\n\r\n")
def test_h11_accepts_every_request_that_the_scan_accepts(raw):
    scanned = scan_request(raw)
    assert scanned == _head_py.scan_request(raw)
    if scanned is not None:
        assert parse_request(raw) == judge_request(raw)


@PATIENT
@given(RESPONSES, st.sampled_from([b"GET", b"POST", b"HEAD"]))
def test_h11_accepts_every_answer_that_the_scan_accepts(raw, method):
    scanned = scan_response(raw)
    assert scanned == _head_py.scan_response(raw)
    if scanned is not None:
        assert parse_response(raw, method) == judge_response(raw, method)


def test_the_corpus_has_one_verdict():
    scanned = 0
    for raw in HEADS:
        quick = scan_request(raw)
        assert quick == _head_py.scan_request(raw)
        scanned += quick is not None
        try:
            head = judge_request(raw)
        except Fault:
            assert quick is None
        else:
            assert parse_request(raw) == head
    assert scanned > 20


def rewritten(raw, start, gone, host, tail):
    """The same question answered line by line."""
    lines = [start]
    hosted = host is None
    for field in split_fields(raw):
        if field.name == b"host" and host is not None:
            lines.append(field.raw[:4] + b": " + host + b"\r\n")
            hosted = True
        elif field.name not in gone:
            lines.append(field.raw + b"\r\n")
    if not hosted:
        lines.append(b"Host: " + host + b"\r\n")
    return b"".join([*lines, tail, b"\r\n"])


GONE = st.frozensets(NAMES.map(bytes.lower), max_size=4) | st.just(HOP_BY_HOP)
HOSTS = st.sampled_from([None, b"", b"p.test:1"])


@PATIENT
@given(REQUEST_HEADS, GONE, GONE, HOSTS, st.sampled_from([b"", b"a: b\r\n"]))
def test_heads_are_rewritten_line_by_line(raw, gone, gone_too, host, tail):
    if scan_request(raw) is not None:
        out = rewrite(raw, b"GET /\r\n", gone, gone_too, host, tail)
        assert out == rewritten(raw, b"GET /\r\n", gone | gone_too, host, tail)


@PATIENT
@given(st.binary() | REQUESTS, GONE, GONE, HOSTS, NAMES.map(bytes.lower))
def test_the_builds_agree_on_any_bytes(raw, gone, gone_too, host, name):
    raw += b"\r\n\r\n"
    assert field_value(raw, name) == _head_py.field_value(raw, name)
    ways = (rewrite, _head_py.rewrite)
    first, second = [way(raw, b"s\r\n", gone, gone_too, host, b"t") for way in ways]
    assert first == second
    assert pick_fields(raw, gone) == _head_py.pick_fields(raw, gone)
