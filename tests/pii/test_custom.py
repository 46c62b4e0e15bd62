"""The user's own patterns."""

import pytest

from lunaroute.errors import ConfigError
from lunaroute.pii import CustomPattern, Detector, Finding


def test_matches_are_found_with_offsets_in_code_points():
    detector = Detector([], custom=[CustomPattern("badge", r"B-\d{4}", 0.8)])
    assert detector.find("né B-1234 \ud800 B-5678") == [
        Finding(3, 9, "badge", 0.8),
        Finding(12, 18, "badge", 0.8),
    ]


def test_a_match_of_nothing_is_none():
    assert Detector([], custom=[CustomPattern("x", "a*")]).find("bb") == []


def test_less_certain_ones_are_left_out():
    pattern = CustomPattern("badge", "B", 0.5)
    assert Detector([], custom=[pattern]).find("B") == []
    assert Detector([], custom=[pattern], min_confidence=0.5).find("B") != []


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "a("])
def test_what_re2_does_not_run_is_refused_with_the_reason(pattern):
    with pytest.raises(ConfigError, match=r"'mine' is none that RE2 can run: \w+"):
        Detector([], custom=[CustomPattern("mine", pattern)])


def test_time_stays_linear():
    detector = Detector([], custom=[CustomPattern("evil", "(a+)+$")])
    assert detector.find("a" * 50_000 + "b") == []
