"""Body ends: the same verdict for every fragmentation."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.wire import Dechunker, Framing, FramingError, follower

GOOD = [
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"00005\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
    b'5;a=b;c="d;\\"\xff"\r\nhello\r\n0;x\r\n\r\n',
    b"5 ; a = b\r\nhello\r\n0\r\n\r\n",
    b"1\r\n\n\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n",
]
BAD = [
    b"zz\r\n",
    b"\r\n",
    b"-1\r\n",
    b"0x5\r\nhello\r\n",
    b"5\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloX\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b'5;a="open\r\nhello\r\n0\r\n\r\n',
    b"5;a=b\x00\r\nhello\r\n",
    b"5;\rx\r\nhello\r\n",
    b"11111111111111111\r\n",
    b"0\r\nbad trailer\r\n\r\n",
    b"0\r\n folded\r\n\r\n",
    b"1" + b"1" * 5000,
    b"0\r\n" + b"a: b\r\n" * 5000,
]


def verdict(data: bytes, cuts: list[int]):
    body = follower(Framing.CHUNKED, 0)
    taken = 0
    edges = [0, *cuts, len(data)]
    for start, end in itertools.pairwise(edges):
        try:
            used = body.feed(data[start:end])
        except FramingError:
            return "bad"
        taken += used
        if body.done:
            return taken
        assert used == end - start
    return "more"


@pytest.mark.parametrize("data", GOOD)
def test_chunked_bodies_end_where_they_end_at_every_cut(data):
    following = data + b"GET / HTTP/1.1"
    for cut in range(len(data) + 1):
        assert verdict(following, [cut]) == len(data)
    assert verdict(following, list(range(1, len(following)))) == len(data)


@pytest.mark.parametrize("data", BAD)
def test_bad_framing_is_bad_at_every_cut(data):
    for cut in range(min(len(data), 60)):
        assert verdict(data, [cut]) == "bad"
    assert verdict(data, list(range(1, len(data)))) == "bad"


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.lists(st.integers(0, 300), max_size=10),
)
def test_follower_and_dechunker_agree_on_any_well_formed_body(chunks, cuts):
    framed = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    inside = sorted(cut for cut in cuts if cut <= len(framed))
    assert verdict(framed, inside) == len(framed)
    dechunker = Dechunker()
    edges = [0, *inside, len(framed)]
    pieces = [framed[a:b] for a, b in itertools.pairwise(edges)]
    assert b"".join(map(dechunker.feed, pieces)) == b"".join(chunks)
    assert dechunker.done


def test_a_length_is_counted_down():
    body = follower(Framing.LENGTH, 10)
    assert (body.feed(b"12345"), body.done) == (5, False)
    assert (body.feed(b"67890next"), body.done) == (5, True)


def test_no_body_takes_nothing_and_close_takes_everything():
    none = follower(Framing.NONE, 0)
    assert (none.feed(b"abc"), none.done) == (0, True)
    close = follower(Framing.CLOSE, 0)
    assert (close.feed(b"abc"), close.done) == (3, False)
