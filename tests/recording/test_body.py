"""Bodies: framing, encoding, gaps, times and hashes."""

import gzip

import pytest

from lunaroute.link import Tapped
from lunaroute.recording._body import Unframed, read_body
from lunaroute.recording._head import Head
from tests.recording.build import ENCODERS, chunked, sse, tapped

KEY = b"k" * 32


def head(*fields):
    return Head(("", "", ""), fields)


CHUNKED = ("Transfer-Encoding", "chunked")
STREAM = ("Content-Type", "text/event-stream")


def test_a_plain_body_keeps_its_times():
    body = read_body(tapped([b"ab", b"c"], start=5, step=10), head(), KEY)
    assert body.pieces == ((5, b"ab"), (15, b"c"))
    assert body.problem is None
    assert body.joined() == b"abc"


@pytest.mark.parametrize("name", list(ENCODERS))
def test_chunked_and_encoded(name):
    packed = ENCODERS[name](b"the body")
    pieces = chunked([packed[:5], packed[5:]])
    body = read_body(tapped(pieces), head(CHUNKED, ("Content-Encoding", name)), KEY)
    assert body.joined() == b"the body"
    assert body.problem is None


def test_the_hash_is_of_the_dechunked_bytes_and_keyed():
    plain = read_body(tapped([b"abc"]), head(), KEY).hash
    assert plain == read_body(tapped(chunked([b"a", b"bc"])), head(CHUNKED), KEY).hash
    assert plain != read_body(tapped([b"abc"]), head(), b"other").hash
    assert read_body(Tapped(), head(), KEY).hash is None


def test_what_cannot_be_decoded_leaves_its_length_hash_and_reason():
    body = read_body(tapped([b"??"]), head(("Content-Encoding", "rot13")), KEY)
    assert body.joined() == b""
    assert body.hash
    assert "rot13" in body.problem
    assert "2 bytes" in body.problem


def test_nothing_is_kept_of_a_bomb():
    bomb = gzip.compress(b"x" * 5_000_000)
    pieces = [bomb[:100], bomb[100:]]
    body = read_body(tapped(pieces), head(("Content-Encoding", "gzip")), KEY)
    assert body.pieces == ()
    assert "decode to more" in body.problem


def test_damaged_framing_keeps_what_came_before():
    body = read_body(tapped([b"2\r\nab\r\nzz\r\n"]), head(CHUNKED), KEY)
    assert body.joined() == b"ab"
    assert "hexadecimal" in body.problem


EVENTS = sse(*({"n": n} for n in range(50)))
WHOLE = b"".join(EVENTS)


def gap(wire, first, last):
    """All of ``wire`` but the bytes between ``first`` and the ``last`` ones."""
    return Tapped(
        chunks=[(7, wire[:first])], tail=wire[-last:], size=len(wire), truncated=True
    )


@pytest.mark.parametrize("first", range(40, 60))
@pytest.mark.parametrize("last", range(100, 120))
def test_only_whole_events_stand_around_a_gap(first, last):
    body = read_body(gap(WHOLE, first, last), head(STREAM), KEY)
    events = [event + b"\n\n" for event in body.joined().split(b"\n\n")[:-1]]
    assert set(events) <= set(EVENTS)
    assert events[0] == EVENTS[0]
    assert events[-1] == EVENTS[-1]
    assert body.hash is None
    assert body.problem == f"{first + last} of {len(WHOLE)} bytes kept"


@pytest.mark.parametrize("last", range(100, 150))
def test_a_gap_in_chunked_framing(last):
    wire = b"".join(chunked(EVENTS))
    body = read_body(gap(wire, 90, last), head(STREAM, CHUNKED), KEY)
    events = [event + b"\n\n" for event in body.joined().split(b"\n\n")[:-1]]
    assert set(events) <= set(EVENTS)
    assert events[-1] == EVENTS[-1]


def test_no_tail_of_what_is_no_stream_or_is_encoded():
    assert read_body(gap(WHOLE, 60, 100), head(), KEY).joined() == WHOLE[:60]
    packed = gzip.compress(WHOLE)
    body = read_body(
        gap(packed, 60, 50), head(STREAM, ("Content-Encoding", "gzip")), KEY
    )
    assert WHOLE.startswith(body.joined())


def test_a_body_that_was_shed_whole():
    body = read_body(Tapped(size=9, truncated=True), head(STREAM), KEY)
    assert body.pieces == ()
    assert body.problem == "0 of 9 bytes kept"


@pytest.mark.parametrize("coding", ENCODERS)
def test_unframed_while_it_arrives(coding):
    data = ENCODERS[coding](b"abc" * 500)
    unframed = Unframed(head(CHUNKED, ("Content-Encoding", coding)))
    pieces = chunked([data[:10], data[10:]])
    assert b"".join(map(unframed.feed, pieces)) == b"abc" * 500
    assert Unframed(head()).feed(b"as it is") == b"as it is"
