"""The codec: what goes in comes out, however it is cut; nonsense is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.errors import LinkError
from lunaroute.link import (
    HEADER_SIZE,
    Anchor,
    FrameReader,
    Gauge,
    Hello,
    Kind,
    Route,
    pack_ack,
    pack_health,
    read_ack,
)
from lunaroute.link._frame import (
    MAX_PAYLOAD,
    pack_ending,
    pack_gauge,
    pack_header,
    pack_hello,
    pack_open,
    read_ending,
    read_gauge,
    read_hello,
    read_open,
    unpack_header,
)
from lunaroute.model import Outcome
from tests.link.build import HEAD, HELLO, ending


def frame(kind=Kind.ANSWER, flags=0, counter=1, time_ns=2, payload=b"x") -> bytes:
    return pack_header(kind, flags, len(payload), counter, time_ns) + payload


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Kind),
            st.integers(0, 255),
            st.integers(0, 2**64 - 1),
            st.integers(0, 2**64 - 1),
            st.binary(max_size=300),
        ),
        max_size=8,
    ),
    st.integers(1, 40),
)
def test_frames_survive_any_cut(frames, step):
    data = b"".join(frame(*entry) for entry in frames)
    reader = FrameReader()
    seen = []
    for at in range(0, len(data), step):
        seen += reader.feed(data[at : at + step])
    assert [(f.kind, f.flags, f.counter, f.time_ns, f.payload) for f in seen] == frames


def test_header_is_as_small_as_documented():
    assert HEADER_SIZE == 24
    assert unpack_header(pack_header(5, 1, 7, 8, 9)) == (5, 1, 7, 8, 9)


def test_hello_names_the_boot_and_anchors_the_clocks():
    hello = Hello("0f" * 16, 2, Anchor(10**18, 500))
    (read,) = FrameReader().feed(pack_hello(hello))
    assert read_hello(read.payload) == hello
    assert hello.anchor.wall(700) == 10**18 + 200


def test_another_version_is_refused():
    (read,) = FrameReader().feed(pack_hello(HELLO))
    other = read.payload[:4] + b"\xff\x00" + read.payload[6:]
    with pytest.raises(LinkError, match="version 255"):
        read_hello(other)
    with pytest.raises(LinkError, match="3 bytes"):
        read_hello(b"abc")


def test_open_carries_the_route_and_the_raw_head():
    route = Route("anthropic", "anthropic", "http://h/ü", "[::1]:9", "a")
    assert read_open(pack_open(route, HEAD)) == (route, HEAD)
    with pytest.raises(LinkError, match="open frame"):
        read_open(b"\xff\xff")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_ending_survives(outcome):
    sent = ending(2**40, 2**41, outcome, 503, "why: ümlaut")
    assert read_ending(pack_ending(sent)) == sent


def test_short_or_unknown_endings_are_refused():
    with pytest.raises(LinkError, match="close of 2 bytes"):
        read_ending(b"ab")
    with pytest.raises(LinkError, match="outcome number 99"):
        read_ending(b"\x63" + pack_ending(ending())[1:])


def test_gauge_ack_and_health():
    gauge = Gauge(1, 2, 3, 4, 5, 6, 7, {"anthropic": 8, "é": 0})
    (read,) = FrameReader().feed(pack_gauge(gauge, 77))
    assert (read_gauge(read.payload), read.time_ns) == (gauge, 77)
    (read,) = FrameReader().feed(pack_ack([1, 2**63], 0))
    assert read_ack(read.payload) == (1, 2**63)
    (read,) = FrameReader().feed(pack_health("disk full", 0))
    assert (read.kind, read.payload) == (Kind.HEALTH, b"disk full")
    with pytest.raises(LinkError):
        read_gauge(b"x")
    with pytest.raises(LinkError, match="unreadable gauge"):
        read_gauge(bytes(57))
    with pytest.raises(LinkError):
        read_ack(b"1234567")


def test_a_length_beyond_any_frame_means_the_place_is_lost():
    with pytest.raises(LinkError, match="frame of"):
        list(FrameReader().feed(pack_header(Kind.ANSWER, 0, MAX_PAYLOAD + 1, 0, 0)))


def test_an_unknown_kind_is_refused():
    with pytest.raises(LinkError, match="kind 200"):
        list(FrameReader().feed(pack_header(200, 0, 0, 0, 0)))
