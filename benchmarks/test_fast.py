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
    _luhn_py,
    _session_py,
    _sse_py,
    event_ends,
    luhn_valid,
    user_id_span,
)

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
