"""Recorded text is hostile; numbers are short and true."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.insight import (
    counted,
    cut,
    dollars,
    json_text,
    neutral,
    one_line,
    seconds,
    short,
    sparkline,
)
from tests.cli.record import HOSTILE, is_harmless


@given(st.text())
def test_nothing_unsafe_remains(text):
    assert is_harmless(neutral(text))
    assert is_harmless(one_line(text))
    assert "\n" not in one_line(text)
    assert len(cut(text, 10)) <= 10


def test_neutral_keeps_lines_and_shows_marks():
    assert neutral("a\r\nb\tc\x1b[1m") == "a\nb\tc\N{REPLACEMENT CHARACTER}[1m"
    assert one_line("a\r\n\x00b") == "a b"
    assert cut("  a long line  ", 6) == "a lon…"


def test_json_is_safe_and_the_same():
    text = json_text({"a": HOSTILE})
    assert is_harmless(text)
    assert json.loads(text) == {"a": HOSTILE}


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files")],
)
def test_counted(number, expected):
    assert counted(number, "file") == expected


@pytest.mark.parametrize(
    ("usd", "unknown", "expected"),
    [
        (None, 0, "-"),
        (None, 2, "unknown"),
        (0.0, 0, "$0.0000"),
        (0.00001, 0, "<$0.0001"),
        (1.5, 0, "$1.5000"),
        (1.5, 3, "$1.5000 + 3 unknown"),
    ],
)
def test_dollars(usd, unknown, expected):
    assert dollars(usd, unknown) == expected


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (None, "-"),
        (0, "0us"),
        (0.4561, "456us"),
        (0.9999, "1ms"),
        (12.34, "12.3ms"),
        (999.4, "999ms"),
        (999.6, "1s"),
        (2_288, "2.29s"),
        (119_499, "119s"),
        (119_500, "2m00s"),
        (3_599_600, "1h00m"),
        (10_765_000, "2h59m"),
    ],
)
def test_seconds(milliseconds, expected):
    assert seconds(milliseconds) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (9_949, "9.9k"),
        (9_950, "10k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (181_680_382, "182M"),
        (2_500_000_000_000, "2.5T"),
    ],
)
def test_short(number, expected):
    assert short(number) == expected


def test_sparkline():
    assert sparkline([0, 1, 50, 100]) == " ▁▄█"
    assert sparkline([3]) == "█"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "
