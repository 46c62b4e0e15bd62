"""Keccak-256 as Ethereum has it."""

import pytest

from lunaroute._fast import keccak256

KNOWN = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
}


@pytest.mark.parametrize("data", KNOWN)
def test_known_digests(data):
    assert keccak256(data).hex() == KNOWN[data]


@pytest.mark.parametrize("length", [134, 135, 136, 137, 271, 272, 273])
def test_any_length_has_one(length):
    digests = {keccak256(b"x" * length), keccak256(b"x" * (length + 1))}
    assert {len(digest) for digest in digests} == {32}
    assert len(digests) == 2
