"""A cost is a value."""

import dataclasses

import pytest

from lunaroute.pricing import Cost


def test_it_is_frozen():
    cost = Cost(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, "p", "m", "{}", "v")
    with pytest.raises(dataclasses.FrozenInstanceError):
        cost.total = 0.0
