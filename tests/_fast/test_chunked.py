"""The end of a chunked body in both builds, however the bytes are cut."""

import itertools
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lunaroute._fast import ChunkedBody, FramingError, _chunked_py
from lunaroute._fast._framing import MAX_DIGITS, MAX_SIZE_LINE, MAX_TRAILERS

MODULE = "_chunked"
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = st.sampled_from(
    b"0\r\n|5\r\nhello\r\n|\r\n|\r|\n|;|=|\"|\\|a|5| |\t|\x00|\x7f|\xff|x: 1\r\n|:|,|"
    b"5;a=b;c=\"d;\\\"\xff\"\r\nhello\r\n|0005\r\nhello\r\n|A\r\n0123456789\r\n|"
    b"1 ; a = b\r\nx\r\n|0;x\r\n|f|F|g|10000000000000|8000000000000000\r\n|ffffffffffffffff\r\n".split(b"|")
)  # fmt: skip
STREAMS = st.lists(PIECES | st.binary(max_size=2), max_size=8).map(b"".join)
WELL_FORMED = st.builds(
    lambda chunks, ext, trailers: (
        b"".join(b"%X%b\r\n%b\r\n" % (len(c), ext, c) for c in chunks)
        + b"000\r\n"
        + b"".join(trailers)
        + b"\r\n"
    ),
    st.lists(st.binary(min_size=1, max_size=40), max_size=4),
    st.sampled_from([b"", b";a", b' ;a = "b\\"c" ; d=e']),
    st.lists(st.sampled_from([b"x: 1\r\n", b"y:\r\n"]), max_size=3),
)


def verdict(make, pieces):
    """Where the body ended, that it was bad, or that more is due."""
    body = make()
    taken = 0
    for piece in pieces:
        try:
            used = body.feed(piece)
        except FramingError:
            assert not body.done
            with pytest.raises(FramingError):
                body.feed(b"0")
            return "bad"
        taken += used
        if body.done:
            assert body.feed(b"more") == 0
            return taken
        assert used == len(piece)
    return "more"


def singly(data):
    return [data[at : at + 1] for at in range(len(data))]


_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_SIZE_LINE = re.compile(
    rb"(0*[0-9A-Fa-f]{1,15})(?:[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?)*"
    % (_TOKEN, _TOKEN, _QUOTED)
)
_TRAILER_LINE = re.compile(_TOKEN + rb":[\t \x21-\x7e\x80-\xff]*")


def by_lines(data):
    """The same question answered line by line: it may be late to see what is bad."""
    at = 0
    in_trailers = False
    while b"\n" in data[at:]:
        line, _, _ = data[at:].partition(b"\n")
        at += len(line) + 1
        if not line.endswith(b"\r"):
            return "bad"
        line = line[:-1]
        if in_trailers:
            if not line:
                return at
            if not _TRAILER_LINE.fullmatch(line):
                return "bad"
            continue
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            return "bad"
        size = int(match[1], 16)
        in_trailers = not size
        if size:
            end = data[at + size : at + size + 2]
            if not b"\r\n".startswith(end):
                return "bad"
            if len(end) < 2:
                return "more"
            at += size + 2
    return "more"


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"0\r\n\r\nnext", 5),
        (b"5\r\nhello\r\n0\r\n\r\n", 15),
        (b"aB\r\n" + b"x" * 171 + b"\r\n0\r\n\r\n", 182),
        (b"0\r\na: b\r\nc:\r\n\r\n", 15),
        (b"5\r\nhell", "more"),
        (b"0\r\n", "more"),
        (b"5 \r\nhello", "bad"),
        (b"5;a \r\nhello", "bad"),
        (b"5;a=b\r", "more"),
        (b"5;\r\n", "bad"),
        (b"5;a=\r\n", "bad"),
        (b"fffffffffffffff\r\n", "more"),
        (b"0fffffffffffffff\r\n", "more"),
        (b"1000000000000000\r\n", "bad"),
        (b"z", "bad"),
        (b"\n", "bad"),
        (b"5\n", "bad"),
        (b"5\r\nhelloX", "bad"),
        (b"0\r\n:", "bad"),
        (b"0\r\nno colon", "bad"),
        (b"0\r\na: b\n", "bad"),
        (b"0\r\na: \x00", "bad"),
    ],
)
def test_framing(impl, data, result):
    assert verdict(impl.ChunkedBody, [data]) == result
    assert verdict(impl.ChunkedBody, singly(data)) == result


@pytest.mark.parametrize("first", b"123456789abcdefABCDEF")
@pytest.mark.parametrize("rest", [b"0", b"8", b"f"])
def test_no_number_of_digits_overflows(impl, first, rest):
    for count in range(1, 40):
        data = bytes((first,)) + rest * (count - 1) + b"\r\n" + b"x" * 50
        result = verdict(impl.ChunkedBody, [data])
        assert result == ("bad" if count > MAX_DIGITS else by_lines(data))
        assert verdict(impl.ChunkedBody, singly(data)) == result


@pytest.mark.parametrize(
    ("before", "filler", "after", "limit"),
    [
        (b"", b"0", b"\r\n\r\n", MAX_SIZE_LINE),
        (b"0;", b"a", b"\r\n\r\n", MAX_SIZE_LINE - 2),
        (b'0;a="', b"\xff", b'"\r\n\r\n', MAX_SIZE_LINE - 6),
        (b"0\r\na:", b"b", b"\r\n\r\n", MAX_TRAILERS - 2),
        (b"0\r\n", b"ab:c\r\n", b"\r\n", MAX_TRAILERS // 4),
    ],
)
def test_limits_are_the_same_at_every_cut(impl, before, filler, after, limit):
    for count, fits in ((limit, True), (limit + 1, False)):
        data = before + filler * count + after
        result = len(data) if fits else "bad"
        assert verdict(impl.ChunkedBody, [data]) == result
        assert verdict(impl.ChunkedBody, singly(data)) == result
        for cut in range(len(data) - len(after) - 2, len(data)):
            assert verdict(impl.ChunkedBody, [data[:cut], data[cut:]]) == result
    endless = before + filler * (limit + 7)
    assert verdict(impl.ChunkedBody, [endless]) == "bad"


def test_only_bytes_are_taken(impl):
    with pytest.raises(TypeError):
        impl.ChunkedBody().feed(None)


@PATIENT
@given(STREAMS | WELL_FORMED, st.data())
@example(b"5;a=b\x00", None)
def test_builds_and_cuts_agree(data, draw):
    whole = verdict(ChunkedBody, [data])
    assert verdict(_chunked_py.ChunkedBody, [data]) == whole
    assert verdict(_chunked_py.ChunkedBody, singly(data)) == whole
    assert verdict(ChunkedBody, singly(data)) == whole
    for cut in range(len(data) + 1):
        assert verdict(ChunkedBody, [data[:cut], data[cut:]]) == whole
    if draw is not None:
        cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=6)))
        edges = itertools.pairwise([0, *cuts, len(data)])
        pieces = [data[start:stop] for start, stop in edges]
        assert verdict(ChunkedBody, pieces) == whole


@PATIENT
@given(STREAMS | WELL_FORMED)
def test_the_grammar_is_that_of_the_standard(data):
    result = verdict(ChunkedBody, [data])
    by_line = by_lines(data)
    # A table sees at the first byte what a line shows at its end.
    assert result == by_line or (result, by_line) == ("bad", "more")


@PATIENT
@given(WELL_FORMED)
def test_what_is_well_formed_is_accepted(data):
    assert verdict(ChunkedBody, [data + b"GET /"]) == len(data)
