"""Rows are values."""

import dataclasses

import pytest

from tests.store.kit import exchange


def test_rows_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        exchange().status = 1
