"""Keccak-256 as Ethereum has it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute._fast import _keccak_py, keccak256

MODULE = "_keccak"

KNOWN = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
}


@pytest.mark.parametrize("data", KNOWN)
def test_known_digests(impl, data):
    assert impl.keccak256(data).hex() == KNOWN[data]


@pytest.mark.parametrize("length", [134, 135, 136, 137, 271, 272, 273])
def test_any_length_has_one(impl, length):
    digests = {impl.keccak256(b"x" * length), impl.keccak256(b"x" * (length + 1))}
    assert {len(digest) for digest in digests} == {32}
    assert len(digests) == 2


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300))
def test_the_builds_agree(data):
    assert keccak256(data) == _keccak_py.keccak256(data)
