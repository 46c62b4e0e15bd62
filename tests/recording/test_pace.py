"""The gaps between pieces."""

import pytest

from lunaroute.recording._pace import Pace, pace

MS = 1_000_000


@pytest.mark.parametrize("moments", [[], [5 * MS]])
def test_without_two_pieces_there_is_no_gap(moments):
    assert pace(moments) == Pace()


def test_a_hundred_gaps():
    moments = [0]
    for gap in range(1, 101):
        moments.append(moments[-1] + gap * MS)
    assert pace(moments) == Pace(50.5, 50.0, 95.0, 99.0, 100.0, 1.0)


def test_a_clock_that_went_back_is_no_negative_gap():
    assert pace([2 * MS, MS]) == Pace(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
