"""Where a word begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.pii._border import (
    is_apart,
    is_escaped,
    is_placed,
    is_within_account,
    opens,
    set_apart,
)


@pytest.mark.parametrize(
    "before", ["", " ", '"', "=", "-", "\\n", "\\u003d", "%3D", "€", "は", "钥"]
)
def test_open(before):
    assert opens(before + "x", len(before))


@pytest.mark.parametrize("before", ["a", "7", "_", "é", "n", "3D"])
def test_closed(before):
    assert not opens(before + "x", len(before))


def test_escapes():
    assert is_escaped("\\nx", 2)
    assert not is_escaped("nx", 1)


@pytest.mark.parametrize(
    ("before", "is_within"),
    [
        ("DE89 3704 0044 ", True),
        ("RS35 ", True),
        ("MT84-MALT-0110-0001-2345-MTLC-AST0-", True),
        ("a DE89 370 ", False),
        ("XDE89 3704 ", False),
        ("de89 3704 ", False),
        ("call ", False),
    ],
)
def test_the_groups_of_an_account(before, is_within):
    assert is_within_account(before + "0532 0130 01", len(before)) is is_within


@pytest.mark.parametrize(
    ("before", "is_place"),
    [
        ("src/a.py:17:", True),
        ("./.env:3:12:", True),
        ("x\\n+app/config.ts:9:", True),
        ('{"text":"app/config.ts:9:', True),
        ("ratio 4:5:", False),
        ("12:30:", False),
        ('"a.b":1:', False),
        ("src/a.py:17", False),
        ("", False),
    ],
)
def test_places_of_lines(before, is_place):
    assert is_placed(before + "7", len(before)) is is_place
    assert is_apart(before + "7", len(before)) is is_place


def apart(text):
    return set_apart(text, text.encode("latin-1", "replace"))


def test_scripts_without_blanks_are_set_apart():
    han, kana, hangul = "\u5361\u53f7", "\u306f", "\uc785"
    assert apart(f"{han}4111{hangul}") == "\u5361\u30014111\u3001"
    assert apart(f"IP{kana}(1)") == "IP\u3001(1)"
    assert apart(f"{han} 4111") == f"{han} 4111"
    assert apart(f"{kana}1{kana}2?{kana}{kana}3") == f"\u30011\u30012?{kana}\u30013"
    for text in ("plain 12", "\u0433\u043e\u0434 2026", "na\u00efve1"):
        assert apart(text) == text


@given(st.text(alphabet="1a? \u5361\u306f\u00ef\u0433(", max_size=30))
def test_what_is_set_apart_is_told_by_its_neighbours_alone(text):
    one_by_one = [
        apart(text[max(0, at - 1) : at + 2])[min(at, 1)] for at in range(len(text))
    ]
    assert apart(text) == "".join(one_by_one)
