"""Ends of events in both builds, however the stream is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute._fast import _sse_py, event_ends

MODULE = "_sse"

STREAMS = st.binary() | st.text("\r\n:ab", max_size=40).map(str.encode)


def ends_of(scan, chunks):
    """All ends, counted from the beginning of the stream, and the last state."""
    ends, seen, state = [], 0, 1
    for chunk in chunks:
        found, state = scan(chunk, state)
        ends += [seen + end for end in found]
        seen += len(chunk)
    return ends, state


def blank_lines(data):
    """The same question answered byte by byte, as the standard's prose has it."""
    ends, is_empty, after_cr = [], True, False
    for offset, byte in enumerate(data, 1):
        if byte == 0x0A and after_cr:
            after_cr = False
            continue
        after_cr = byte == 0x0D
        if byte in (0x0A, 0x0D):
            if is_empty:
                ends.append(offset)
            is_empty = True
        else:
            is_empty = False
    return ends


@pytest.mark.parametrize(
    ("data", "ends", "state"),
    [
        (b"", [], 1),
        (b"data: x", [], 0),
        (b"data: x\n", [], 1),
        (b"data: x\r", [], 2),
        (b"data: x\n\n", [9], 1),
        (b"data: x\r\r", [9], 2),
        (b"data: x\r\n\r\n", [10], 1),
        (b"data: x\r\n\r", [10], 2),
        (b"data: x\n\r\n", [9], 1),
        (b"data: x\r\n\n", [10], 1),
        (b"data: x\r\r\n", [9], 1),
        (b"a\n\nb\n\nc", [3, 6], 0),
        (b"\n\n", [1, 2], 1),
        (b"\r\n\r\n", [1, 3], 1),
    ],
)
def test_line_ends(impl, data, ends, state):
    assert impl.event_ends(data, 1) == (ends, state)


@pytest.mark.parametrize(
    ("state", "data", "ends"),
    [
        (0, b"\n", []),
        (0, b"\n\n", [2]),
        (1, b"\n", [1]),
        (2, b"\n", []),
        (2, b"\n\n", [2]),
        (2, b"\r", [1]),
        (2, b"a\n", []),
    ],
)
def test_the_state_is_all_that_is_kept_between_chunks(impl, state, data, ends):
    assert impl.event_ends(data, state)[0] == ends


@pytest.mark.parametrize("state", [0, 1, 2])
def test_an_empty_chunk_changes_nothing(impl, state):
    assert impl.event_ends(b"", state) == ([], state)


def test_only_bytes_are_taken(impl):
    with pytest.raises(TypeError):
        impl.event_ends("a\n", 0)


@settings(deadline=None)
@given(STREAMS, st.integers(0, 2))
def test_the_builds_agree(data, state):
    assert event_ends(data, state) == _sse_py.event_ends(data, state)


@settings(deadline=None)
@given(STREAMS, st.data())
def test_cuts_change_nothing(data, draw):
    cut = draw.draw(st.integers(0, len(data)))
    whole = ends_of(event_ends, [data])
    assert ends_of(event_ends, [data[:cut], data[cut:]]) == whole
    assert ends_of(event_ends, [bytes([byte]) for byte in data]) == whole
    assert whole[0] == blank_lines(data)
