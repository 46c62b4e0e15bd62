"""Where a word begins."""

import pytest

from lunaroute.pii._border import is_escaped, opens


@pytest.mark.parametrize(
    "before", ["", " ", '"', "=", "-", "\\n", "\\u003d", "%3D", "€"]
)
def test_open(before):
    assert opens(before + "x", len(before))


@pytest.mark.parametrize("before", ["a", "7", "_", "é", "n", "3D"])
def test_closed(before):
    assert not opens(before + "x", len(before))


def test_escapes():
    assert is_escaped("\\nx", 2)
    assert not is_escaped("nx", 1)
