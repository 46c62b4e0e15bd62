"""Event streams: the standard's vectors at every cut, and how long ones behave."""

import base64
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.wire._sse import SseDecoder, SseEvent

CORPUS = Path(__file__).parents[1] / "corpora" / "sse_vectors.jsonl"
VECTORS = [json.loads(line) for line in CORPUS.read_bytes().splitlines()]

# What the corpus leaves out: name, bytes, [(event, data, id)].
MORE = [
    ("empty", b"", []),
    ("bom-alone", b"\xef\xbb\xbf", []),
    ("bom-cut-short", b"\xef\xbb", []),
    ("bom-twice", b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\n", []),
    ("comment-keepalive", b": PROCESSING\n\ndata: x\n\n", [("message", "x", "")]),
    ("no-space", b'data:{"a":1}\n\n', [("message", '{"a":1}', "")]),
    ("data-empty", b"data\n\n", [("message", "", "")]),
    ("data-two-empty", b"data\ndata\n\n", [("message", "\n", "")]),
    ("data-colon-inside", b"data: a: b:c\n\n", [("message", "a: b:c", "")]),
    ("done", b"data: [DONE]\n\n", [("message", "[DONE]", "")]),
    ("field-case", b"DATA: x\n\nData: y\n\n", []),
    (
        "mixed-line-ends",
        b"data: a\r\ndata: b\rdata: c\n\r\n",
        [("message", "a\nb\nc", "")],
    ),
    ("retry-empty", b"retry\ndata: x\n\n", [("message", "x", "")]),
    (
        "retry-without-end",
        b"retry: " + b"9" * 9000 + b"\ndata: x\n\n",
        [("message", "x", "")],
    ),
    ("cut-in-data", b'data: x\n\ndata: {"a"', [("message", "x", "")]),
    ("cut-before-blank", b"data: x\n\nevent: e\ndata: y\n", [("message", "x", "")]),
    (
        "event-named-twice",
        b"event: a\ndata: 1\n\ndata: 2\n\n",
        [("a", "1", ""), ("message", "2", "")],
    ),
    ("wide-text", "data: ☃ 我\u2028\n\n".encode(), [("message", "☃ 我\u2028", "")]),
]
STREAMS = [
    (
        vector["name"],
        base64.b64decode(vector["bytes_b64"]),
        [SseEvent(**event) for event in vector["expect_events"]],
    )
    for vector in VECTORS
] + [
    (name, data, [SseEvent(*event) for event in events]) for name, data, events in MORE
]


def decode(chunks):
    """What a strict reader sees: the end of the stream adds nothing."""
    decoder = SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    decoder.close()
    return events


@pytest.mark.parametrize(
    ("data", "events"),
    [pytest.param(*rest, id=name) for name, *rest in STREAMS],
)
def test_streams_at_every_cut(data, events):
    assert decode([data]) == events
    assert decode([bytes([byte]) for byte in data]) == events
    # Every cut of the 9 kB stream would be 80 MB of work for nothing new.
    for cut in range(0, len(data) + 1, max(1, len(data) // 2000)):
        assert decode([data[:cut], b"", data[cut:]]) == events


def test_the_reconnection_time_is_read():
    wanted = [vector for vector in VECTORS if "expect_retry" in vector]
    assert wanted
    for vector in wanted:
        decoder = SseDecoder()
        decoder.feed(base64.b64decode(vector["bytes_b64"]))
        assert decoder.retry == vector["expect_retry"]


@pytest.mark.parametrize(
    "value", [b"", b"-1", b"1.5", b"1000x", b"9" * 5000, "٣".encode()]
)
def test_other_reconnection_times_are_ignored(value):
    decoder = SseDecoder()
    decoder.feed(b"retry: " + value + b"\n\n")
    assert decoder.retry is None


@pytest.mark.parametrize(
    ("stream", "last"),
    [
        (b"data: x\n\n", None),
        (b"data: x\n", SseEvent("message", "x", "")),
        (b"data: x", SseEvent("message", "x", "")),
        (b"id: 7\nevent: e\ndata: x\r", SseEvent("e", "x", "7")),
        (b"data: a\n\ndata: x\ndata: y", SseEvent("message", "x\ny", "")),
        (b"data: a\r\n\r\n", None),
        (b"event: e\n", None),
        (b": comment", None),
        (b"\xef\xbb", None),
        (b"", None),
    ],
)
def test_the_event_without_its_blank_line_is_returned_apart(stream, last):
    for chunks in ([stream], [bytes([byte]) for byte in stream]):
        decoder = SseDecoder()
        seen = [event for chunk in chunks for event in decoder.feed(chunk)]
        assert last not in seen
        assert decoder.close() == last
        assert decoder.close() is None


def test_a_line_of_a_mebibyte_in_small_pieces_takes_linear_time():
    line = b"data: " + b"x" * (1 << 20) + b"\n\n"
    chunks = [line[at : at + 1024] for at in range(0, len(line), 1024)]
    began = time.perf_counter()
    [event] = decode(chunks)
    taken = time.perf_counter() - began
    assert len(event.data) == 1 << 20
    assert taken < 0.5  # about a millisecond; quadratic work takes seconds


def test_five_thousand_data_lines_are_one_event():
    stream = b"".join(b"data: line %d\n" % number for number in range(5000)) + b"\n"
    began = time.perf_counter()
    [event] = decode([bytes([byte]) for byte in stream])
    taken = time.perf_counter() - began
    assert event.data.split("\n") == [f"line {number}" for number in range(5000)]
    assert taken < 2  # about 30 ms


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([b"data", b"event", b"id", b": ", b":", b"\n", b"\r", b"\r\n"])
        | st.binary(max_size=3)
    ),
    st.integers(1, 7),
)
def test_any_bytes_decode_the_same_however_they_are_cut(pieces, size):
    data = b"".join(pieces)
    whole = decode([data])
    assert decode(pieces) == whole
    assert decode([data[at : at + size] for at in range(0, len(data), size)]) == whole
