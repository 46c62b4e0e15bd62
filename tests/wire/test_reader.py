"""Requests told apart in a client's bytes: the same story however they are cut.

The corpus: ``expect`` is what RFC 9110 and 9112 ask of whoever passes the bytes on,
``requests`` how many whole ones they hold.
"""

import itertools
import json
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.errors import ClientFault
from lunaroute.wire import (
    MAX_HEAD,
    Dechunker,
    Framing,
    FramingError,
    HeadReader,
    follower,
    parse_request,
)

CORPUS = Path(__file__).parents[1] / "corpora" / "http1_vectors.jsonl"
ALL = [json.loads(line) for line in CORPUS.read_text().splitlines()]
# What heads and framing do not decide: another layer's policy, or no fault of theirs.
ELSEWHERE = {
    "cn-expect-unknown",  # Expect is the provider's to judge
    "rl-absolute-other-host",  # which hosts are ours is a setting
    "rl-max-forwards-0",  # answered by the gateway itself
}
DECIDED = [vector for vector in ALL if vector["name"] not in ELSEWHERE]
# "The last one wins" and "repeated equal ones are one" are allowed, refusal too.
REFUSED_BY_CHOICE = {"cl-same-dup", "cl-same-list", "fs-bare-lf-all"}


class Bytes:
    """Pieces of a connection, and those that were read and not used."""

    def __init__(self, pieces):
        self._pieces = iter(pieces)
        self.ahead = b""

    def receive(self):
        data, self.ahead = self.ahead, b""
        return data or next(self._pieces, b"")


def story(pieces):
    """What is understood of a connection: a row for each request, and how it ends."""
    source = Bytes(pieces)
    rows = []
    while True:
        reader, raw = HeadReader(), b""
        try:
            while not raw:
                data = source.receive()
                if not data:
                    return [*rows, "cut off" if reader.begun else "end"]
                raw = reader.feed(data)
            head = parse_request(raw)
        except ClientFault as fault:
            return [*rows, fault.status]
        source.ahead = reader.rest
        body = read_body(head, source)
        if isinstance(body, str):
            return [*rows, body]
        rows.append((head, body))
        if head.close:
            return [*rows, "close"]


def read_body(head, source):
    """Its bytes as they came, or what is wrong with it."""
    body = follower(head.framing, head.length)
    taken = b""
    while not body.done:
        data = source.receive()
        if not data:
            return "cut off"
        try:
            size = body.feed(data)
        except FramingError:
            return "bad body"
        taken += data[:size]
        source.ahead = data[size:]
    return taken


def singly(data):
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("vector", ALL, ids=itemgetter("name"))
def test_every_cut_tells_the_same_story(vector):
    data = vector["bytes"].encode("latin-1")
    whole = story([data])
    assert story(singly(data)) == whole
    for cut in range(1, len(data)):
        assert story([data[:cut], data[cut:]]) == whole


@pytest.mark.parametrize("vector", DECIDED, ids=itemgetter("name"))
def test_the_story_is_what_the_standard_says(vector):
    *rows, end = story([vector["bytes"].encode("latin-1")])
    if vector["expect"] == "reject" or vector["name"] in REFUSED_BY_CHOICE:
        assert rows == []
        assert end not in ("end", "close")
        return
    assert len(rows) == vector["requests"]
    assert end in ("end", "close")
    if "body" in vector:
        head, body = rows[0]
        if head.framing is Framing.CHUNKED:
            body = Dechunker().feed(body)
        assert body == vector["body"].encode("latin-1")


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
PARTS = st.sampled_from([GET, POST, b"\r\n", b"\n", b"\r", b" ", b"GET / HTTP/1.1\n\n"])


@given(st.lists(PARTS, max_size=5), st.lists(st.integers(0, 300), max_size=8))
def test_cuts_between_requests_tell_the_same_story(parts, cuts):
    data = b"".join(parts)
    inside = sorted(cut for cut in cuts if cut <= len(data))
    edges = itertools.pairwise([0, *inside, len(data)])
    pieces = [data[start:stop] for start, stop in edges if start < stop]
    assert story(pieces) == story([data])


@pytest.mark.parametrize(
    ("size", "end"), [(MAX_HEAD, "end"), (MAX_HEAD + 1, 431), (3 * MAX_HEAD, 431)]
)
def test_a_head_is_limited_to_the_byte(size, end):
    start, empty = GET[:-2] + b"X: ", b"\r\n\r\n"
    data = start + b"x" * (size - len(start) - len(empty)) + empty
    assert story([data])[-1] == end
    assert story([data[:-1], data[-1:]])[-1] == end
    assert story([data[:4], data[4:9], data[9:-3], data[-3:]])[-1] == end
    if end == 431:
        assert story([data[: MAX_HEAD + 1]])[-1] == end  # not waited for


def test_a_head_byte_by_byte_takes_linear_time():
    # A reader that copied what it has at each byte would move two gigabytes here.
    data = b"x" * MAX_HEAD
    assert story(singly(data)) == ["cut off"]


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x00", b" GET", b"\x00", b"\r\n\x16"])
def test_what_cannot_begin_a_request_is_not_waited_for(data):
    assert story([data]) == [400]


def test_a_bare_line_feed_ends_a_head_to_be_refused():
    assert story([b"GET / HTTP/1.1\nHost: a\n\n"]) == [400]
    assert story([b"GET / HTTP/1.1\r\nHost: a\r\n\n"]) == [400]
    assert story([b"GET / HTTP/1.1\r\nHost: a\n\r\n"]) == [400]
