"""Moments: counted from the start, stamped in UTC, bounded."""

import pytest

from lunaroute.link import Anchor, Times
from lunaroute.recording._timeline import Timeline, between_ms, timeline, whole_ms
from tests.recording.build import MS, WALL, exchange


def test_it_begins_with_the_first_byte_of_the_request():
    raw = exchange(3)
    moments = timeline(raw, raw.ending.times, 0)
    assert moments.start == 3_000 * MS
    assert moments.started_at == WALL // 1_000 + 3_000_000
    assert moments.since_start_us(raw.ending.times.first_byte_up) == 2_000
    assert moments.since_start_us(0) is None
    assert moments.stamp(0) == "2025-10-09T08:53:23.000000Z"
    assert moments.stamp(moments.start + 1_500_000) == "2025-10-09T08:53:23.001500Z"


def test_without_that_moment_the_opening_counts():
    raw = exchange(3)
    assert timeline(raw, Times(), 0).start == raw.opened


@pytest.mark.parametrize("wall", [-(10**30), 0, 10**30])
def test_a_mad_clock_does_not_raise(wall):
    raw = exchange()
    raw.anchor = Anchor(wall, 0)
    moments = timeline(raw, raw.ending.times, 0)
    assert moments.stamp(10**40)
    assert 0 <= moments.started_at < 2**63


def test_durations():
    assert between_ms(1 * MS, 3 * MS) == 2.0
    assert between_ms(0, 3 * MS) is None
    assert between_ms(3 * MS, 1 * MS) == 0.0
    assert whole_ms(1, 1_600_001) == 2
    assert whole_ms(1, 0) is None


def test_time_running_backwards_is_no_time():
    assert Timeline(100, 0, Times(), 0).since_start_us(50) == 0
