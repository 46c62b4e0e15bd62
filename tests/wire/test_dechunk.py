"""The recorder's de-chunker: every cut, every kind of damage, linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.wire import Dechunker

WHOLE = b'5\r\nhello\r\n1;ext="a;b"\r\n \r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n'
PAYLOAD = b"hello 0123456789"


def run(*pieces: bytes) -> tuple[bytes, Dechunker]:
    dechunker = Dechunker()
    return b"".join(dechunker.feed(piece) for piece in pieces), dechunker


def test_whole():
    payload, dechunker = run(WHOLE)
    assert payload == PAYLOAD
    assert dechunker.done
    assert dechunker.problem is None


@pytest.mark.parametrize("cut", range(len(WHOLE) + 1))
def test_every_cut(cut):
    payload, dechunker = run(WHOLE[:cut], WHOLE[cut:])
    assert payload == PAYLOAD
    assert dechunker.done


def test_byte_by_byte():
    payload, dechunker = run(*(WHOLE[i : i + 1] for i in range(len(WHOLE))))
    assert payload == PAYLOAD
    assert dechunker.done


@pytest.mark.parametrize(
    "pieces",
    [
        [b"5\r\nhello\r\n", b"00a\r\n0123456789\r\n", b"0\r\n\r\n", b"1\r\nx\r\n"],
        [b"2\r\n\r\n\r\n", b"4\r\n1\r\nx\r\n", b"0\r\n\r\n"],
        [b"5;x=y\r\nhello\r\n", b"5\nhello\n", b"5 \r\nhello\r\n"],
        [b"5\r\nhel", b"2\r\n\r\n", b"3\r\nabc\r\n"],
        [b"4\r\nhello\r\n", b"1\r\nx\r\n"],
        [b"6\r\nhello\r\n", b"1\r\nx\r\n"],
        [b"5\r\nhello\r\n5\r\nworld\r\n", b"1\r\nx\r\n", b"", b"1\r\n", b"x\r\n"],
        [b"1_0\r\n0123456789abcdef\r\n"],
        [b"+5\r\nhello\r\n"],
        [b"0\r\n\r\n", b"5\r\nhello\r\n"],
        [b"0\r\nX: y\r\n", b"5\r\nhello\r\n", b"\r\n"],
        [b"0000000000000005\r\nhello\r\n", b"00000000000000005\r\nhello\r\n"],
    ],
)
def test_chunks_that_come_whole_are_read_as_if_in_bytes(pieces):
    payload, dechunker = run(*pieces)
    data = b"".join(pieces)
    again, other = run(*(data[i : i + 1] for i in range(len(data))))
    assert (payload, dechunker.done, dechunker.problem) == (
        again,
        other.done,
        other.problem,
    )


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_a_body_that_stops_early_gives_what_came(end):
    payload, dechunker = run(WHOLE[:end])
    assert PAYLOAD.startswith(payload)
    assert not dechunker.done
    assert dechunker.problem is None


def test_bare_line_feeds_are_understood():
    payload, dechunker = run(b"3\nabc\n0\n\n")
    assert payload == b"abc"
    assert dechunker.done


@pytest.mark.parametrize(
    "damaged",
    [
        b"zz\r\n",
        b"\r\nabc",
        b"-1\r\n",
        b"5 5\r\nhello\r\n",
        b"3\r\nabcd\r\n",
        b"3\r\nabcX",
    ],
)
def test_damage_is_named_and_ends_the_reading(damaged):
    payload, dechunker = run(damaged, WHOLE)
    assert payload in (b"", b"abc")
    assert dechunker.problem
    assert not dechunker.done


def test_an_endless_size_line_is_not_collected():
    dechunker = Dechunker()
    for _ in range(100):
        dechunker.feed(b"1" * 1000)
    assert dechunker.problem
    assert dechunker.feed(WHOLE) == b""


def test_bytes_after_the_end_yield_nothing():
    payload, dechunker = run(WHOLE + b"5\r\nagain\r\n", b"more")
    assert payload == PAYLOAD
    assert dechunker.done


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_arbitrary_bytes_never_raise(pieces):
    payload, _ = run(*pieces)
    assert len(payload) <= sum(map(len, pieces))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=12), st.data())
def test_round_trip_however_cut(chunks, data):
    framed = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    at = data.draw(st.integers(0, len(framed)))
    payload, dechunker = run(framed[:at], framed[at:])
    assert payload == b"".join(chunks)
    assert dechunker.done


EVENTS = [b'data: {"n":%d}\n\n' % n for n in range(6)]
FRAMED = b"".join(b"%x\r\n%s\r\n" % (len(e), e) for e in EVENTS) + b"0\r\n\r\n"


@pytest.mark.parametrize("start", range(len(FRAMED) - 7))
def test_a_tail_beginning_anywhere_ends_with_the_whole_events(start):
    whole = b"".join(EVENTS)
    payload = Dechunker.of_tail(FRAMED[start:])
    kept = len(payload) - len(payload.lstrip(b"0123456789abcdef\r\n"))
    assert whole.endswith(payload[kept:])
    # At most the chunk that was cut is missing.
    assert len(payload) >= len(FRAMED[start:]) - 4 - 6 * (len(EVENTS) + 1)


def test_a_tail_inside_one_chunk_is_all_payload():
    assert Dechunker.of_tail(b"x" * 100) == b"x" * 100
    assert Dechunker.of_tail(b"x" * 100 + b"\r\n0\r\n\r\n") == b"x" * 100


@given(st.binary(max_size=300))
def test_no_tail_raises(tail):
    assert len(Dechunker.of_tail(tail)) <= len(tail)
