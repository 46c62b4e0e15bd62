"""Which last parts of a domain there are."""

import pytest

from lunaroute.pii._domain import is_known, is_plain


@pytest.mark.parametrize(
    "last", ["com", "de", "museum", "example", "internal", "xn--p1ai", "рф", "map"]
)
def test_known(last):
    assert is_known(last)


@pytest.mark.parametrize("last", ["method", "kernel", "service", "weight", "t", ""])
def test_unknown(last):
    assert not is_known(last)


def test_what_code_is_written_like_is_not_plain():
    assert is_plain("com")
    assert is_plain("испытание")
    assert not is_plain("map")
    assert not is_plain("to")
