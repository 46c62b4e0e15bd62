"""Luhn check digits in both builds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute._fast import _luhn_py, luhn_valid

MODULE = "_luhn"


@pytest.mark.parametrize(
    ("digits", "valid"),
    [
        (b"4111111111111111", True),
        (b"378282246310005", True),
        (b"79927398713", True),
        (b"79927398710", False),
        (b"4111111111111112", False),
        (b"0", True),
        (b"1", False),
        (b"18", True),
        (b"", False),
        (b"4111 1111 1111 1111", False),
        (b"-18", False),
        (b"1\x008", False),
        ("١٨".encode(), False),
        (b"/8", False),
        (b":8", False),
        (b"9" * 20_000, True),
    ],
)
def test_known_numbers(impl, digits, valid):
    assert impl.luhn_valid(digits) is valid


def test_only_bytes_are_taken(impl):
    with pytest.raises((TypeError, AttributeError)):
        impl.luhn_valid(None)


@settings(deadline=None)
@given(st.binary() | st.text("0123456789").map(str.encode))
def test_the_builds_agree(digits):
    assert luhn_valid(digits) is _luhn_py.luhn_valid(digits)


@settings(deadline=None)
@given(st.text("0123456789", min_size=1))
def test_exactly_one_check_digit_fits(digits):
    fits = [luhn_valid(f"{digits}{check}".encode()) for check in range(10)]
    assert fits.count(True) == 1
