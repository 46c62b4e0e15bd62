"""Compiled scanner, its twin and the best builtin, at three sizes each.

Run: python -m pytest benchmarks/test_fast.py --benchmark-only
A module of ``_fast`` stays compiled only while it beats the best builtin twofold.
"""

import argparse
import json
import re
from pathlib import Path

import orjson
import pytest

from lunaroute._fast import (
    COMPILED,
    ChunkedBody,
    _chunked_py,
    _head_py,
    _luhn_py,
    _session_py,
    _sse_py,
    event_ends,
    luhn_valid,
    rewrite,
    scan_request,
    scan_response,
    user_id_span,
)
from lunaroute.wire import (
    forward_request,
    forward_response,
    parse_request,
    parse_response,
)
from lunaroute.wire._judge import judge_request, judge_response
from lunaroute.wire._message import HOP_BY_HOP

if not COMPILED:
    pytest.skip("nothing is compiled here", allow_module_level=True)

TEXT = b"x" * 67
EVENT = b'data: {"type":"content_block_delta","delta":{"text":"' + TEXT + b'"}}\n\n'


def find_ends(data):
    """Only LF, only whole streams: the standard's other line ends cost extra."""
    ends = []
    at = data.find(b"\n\n")
    while at >= 0:
        ends.append(at + 2)
        at = data.find(b"\n\n", at + 2)
    return ends


def split_ends(data):
    """Slices in place of offsets, only LF, only whole streams."""
    return data.split(b"\n\n")


_BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\n|\r)")


def regex_ends(data):
    """All line ends, only whole streams."""
    return [found.end() for found in _BLANK.finditer(data)]


SSE = {
    "compiled": lambda data: event_ends(data, 1),
    "twin": lambda data: _sse_py.event_ends(data, 1),
    "bytes.find (LF only)": find_ends,
    "bytes.split (LF only)": split_ends,
    "regex": regex_ends,
}


@pytest.mark.parametrize("events", [1, 8, 128])
@pytest.mark.parametrize("way", SSE)
def test_event_ends(benchmark, way, events):
    benchmark.group = f"event_ends, {events * len(EVENT)} B"
    assert len(benchmark(SSE[way], EVENT * events)) >= 1


USER = {"device_id": "f" * 64, "account_uuid": "", "session_id": "s" * 36}
SOURCE = Path(argparse.__file__).read_text(encoding="utf-8")
# As dense in escapes as text gets: JSON within a string.
DENSE = json.dumps([{"id": number, "name": "a", "ok": True} for number in range(100)])


def body(size, text):
    """A coding session's request: a file read piece by piece, then the metadata."""
    messages = []
    length = 0
    while length < size:
        at = length % (len(text) - 2000) if len(text) > 2000 else 0
        block = {"type": "tool_result", "tool_use_id": "t", "content": text[at:][:6000]}
        messages.append({"role": "user", "content": [block]})
        length += len(json.dumps(block))
    return json.dumps(
        {
            "model": "claude",
            "messages": messages,
            "metadata": {"user_id": json.dumps(USER)},
            "max_tokens": 128000,
            "stream": True,
        },
        separators=(",", ":"),
    ).encode()


_NAMED = re.compile(rb'"metadata"\s*:\s*\{[^{}]*?"user_id"\s*:\s*("(?:[^"\\]|\\.)*")')

# The inexact ones give another answer to repeated and nested names.
SESSION = {
    "compiled": user_id_span,
    "twin": _session_py.user_id_span,
    "orjson.loads": lambda data: orjson.loads(data)["metadata"]["user_id"],
    "json.loads": lambda data: json.loads(data)["metadata"]["user_id"],
    "regex search (inexact)": lambda data: _NAMED.search(data).span(1),
    "rfind (inexact)": lambda data: _NAMED.match(data, data.rfind(b'"metadata"')),
}


@pytest.mark.parametrize("size", [4_000, 49_000, 400_000])
@pytest.mark.parametrize("way", SESSION)
def test_user_id_span(benchmark, way, size):
    benchmark.group = f"user_id_span, source code, {size // 1000} kB"
    assert benchmark(SESSION[way], body(size, SOURCE))


@pytest.mark.parametrize("way", ["compiled", "orjson.loads"])
def test_user_id_span_among_escapes(benchmark, way):
    benchmark.group = "user_id_span, JSON within strings, 400 kB"
    assert benchmark(SESSION[way], body(400_000, DENSE))


_DOUBLES = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_VALUES = bytes.maketrans(b"0123456789", bytes(range(10)))


def translate(digits):
    """Two tables and two sums, all of it in C."""
    if not digits.isdigit():
        return False
    single = sum(digits[-1::-2].translate(_VALUES))
    return (single + sum(digits[-2::-2].translate(_DOUBLES))) % 10 == 0


LUHN = {"compiled": luhn_valid, "twin": _luhn_py.luhn_valid, "translate": translate}


@pytest.mark.parametrize(
    "number", ["4222222222222", "4111111111111111", "4" * 17 + "34"]
)
@pytest.mark.parametrize("way", LUHN)
def test_luhn_valid(benchmark, way, number):
    benchmark.group = f"luhn_valid, {len(number)} digits"
    result = benchmark(LUHN[way], number.encode())
    assert result is luhn_valid(number.encode())


# What Claude Code sends, and what its provider answers.
ASKED = b"\r\n".join(
    (
        b"POST /v1/messages?beta=true HTTP/1.1",
        b"Accept: application/json",
        b"X-Stainless-Retry-Count: 0",
        b"X-Stainless-Timeout: 600",
        b"X-Stainless-Lang: js",
        b"X-Stainless-Package-Version: 0.94.0",
        b"X-Stainless-OS: Linux",
        b"X-Stainless-Arch: x64",
        b"X-Stainless-Runtime: node",
        b"X-Stainless-Runtime-Version: v26.0.0",
        b"anthropic-dangerous-direct-browser-access: true",
        b"anthropic-version: 2023-06-01",
        b"x-api-key: sk-ant-bench-" + b"x" * 90,
        b"x-app: cli",
        b"User-Agent: claude-cli/2.1.329 (external, sdk-cli)",
        b"content-type: application/json",
        b"anthropic-beta: " + b"claude-code-20250219,interleaved-thinking-2025-05-14",
        b"X-Claude-Code-Session-Id: 11111111-2222-4333-8444-555555555555",
        b"Connection: keep-alive",
        b"Host: 127.0.0.1:8081",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Content-Length: 64214",
        b"\r\n",
    )
)
ANSWERED = b"\r\n".join(
    (
        b"HTTP/1.1 200 OK",
        b"Date: Sat, 21 Nov 2026 08:00:00 GMT",
        b"Content-Type: text/event-stream; charset=utf-8",
        b"Transfer-Encoding: chunked",
        b"Connection: keep-alive",
        b"Cache-Control: no-cache",
        b"anthropic-ratelimit-requests-limit: 4000",
        b"anthropic-ratelimit-requests-remaining: 3999",
        b"anthropic-ratelimit-requests-reset: 2026-11-21T08:00:00Z",
        b"anthropic-ratelimit-tokens-limit: 400000",
        b"anthropic-ratelimit-tokens-remaining: 399000",
        b"request-id: req_011111111111111111111111",
        b"anthropic-organization-id: 11111111-2222-4333-8444-555555555555",
        b"Server: cloudflare",
        b"CF-RAY: 9999999999999999-FRA",
        b"\r\n",
    )
)
NONE: frozenset[bytes] = frozenset()
DROP = frozenset((b"authorization", b"x-api-key"))

REQUEST_HEAD = {
    "scan, compiled": scan_request,
    "scan, twin": _head_py.scan_request,
    "parse_request": parse_request,
    "h11": judge_request,
}
RESPONSE_HEAD = {
    "scan, compiled": scan_response,
    "scan, twin": _head_py.scan_response,
    "parse_response": lambda raw: parse_response(raw, b"POST"),
    "h11": lambda raw: judge_response(raw, b"POST"),
}
REWRITE = {"compiled": rewrite, "twin": _head_py.rewrite}


@pytest.mark.parametrize("way", REQUEST_HEAD)
def test_request_head(benchmark, way):
    benchmark.group = f"request head, {len(ASKED)} B"
    assert benchmark(REQUEST_HEAD[way], ASKED)


@pytest.mark.parametrize("way", RESPONSE_HEAD)
def test_response_head(benchmark, way):
    benchmark.group = f"answer head, {len(ANSWERED)} B"
    assert benchmark(RESPONSE_HEAD[way], ANSWERED)


@pytest.mark.parametrize("way", REWRITE)
def test_rewrite(benchmark, way):
    benchmark.group = f"a request head rewritten, {len(ASKED)} B"
    start = b"POST /v1/messages HTTP/1.1\r\n"
    out = benchmark(REWRITE[way], ASKED, start, HOP_BY_HOP, NONE, b"p.test", b"")
    assert out.startswith(start)


@pytest.mark.parametrize("way", ["request", "request, another key", "answer"])
def test_forward(benchmark, way):
    benchmark.group = "heads forwarded"
    asked, answered = parse_request(ASKED), parse_response(ANSWERED, b"POST")
    change = (DROP, (b"x-api-key: " + b"y" * 100,)) if "key" in way else (NONE, ())

    def request():
        drop, add = change
        return forward_request(
            asked, target=asked.target, host=b"api.test", drop=drop, add=add
        )

    def answer():
        return forward_response(answered, close=False)

    assert benchmark(answer if way == "answer" else request)


CHUNKED = {"compiled": ChunkedBody, "twin": _chunked_py.ChunkedBody}


@pytest.mark.parametrize("chunks", [1, 8])
@pytest.mark.parametrize("way", CHUNKED)
def test_chunked(benchmark, way, chunks):
    """One receive's worth of an event stream: one chunk an event."""
    benchmark.group = f"chunked body followed, {chunks} chunks"
    body = CHUNKED[way]()
    data = (b"%x\r\n%b\r\n" % (len(EVENT), EVENT)) * chunks
    assert benchmark(body.feed, data) == len(data)
