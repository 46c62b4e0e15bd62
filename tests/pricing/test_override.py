"""Prices of one's own go before those of the table, in the parts that they give."""

import json

import pytest

from lunaroute.model import Usage
from lunaroute.pricing import PARTS, use_overrides
from lunaroute.pricing._override import find_override
from tests.pricing.test_price import ALL_KINDS, CLAUDE, cost

UNKNOWN = "my-own-model"


@pytest.fixture(autouse=True)
def none_afterwards():
    yield
    use_overrides([])


def test_a_model_that_the_table_does_not_know():
    assert cost(ALL_KINDS, UNKNOWN) is None
    use_overrides([{"model": "my-*", "input": 1, "output": 10, "cache_read": 0.1}])
    found = cost(Usage(input_uncached=1_000, cache_read=1_000, output=10), UNKNOWN)
    assert found.input == pytest.approx(0.001)
    assert found.cache_read == pytest.approx(0.0001)
    assert found.output == pytest.approx(0.0001)
    assert (found.provider, found.model) == ("anthropic", UNKNOWN)
    assert found.version == "configuration"
    entry = json.loads(found.entry)
    assert entry["override"] == "my-*"
    assert entry["usd_per_million"] == {"input": 1, "cache_read": 0.1, "output": 10}


def test_parts_that_are_not_given_are_those_of_the_table():
    before = cost(ALL_KINDS, CLAUDE)
    use_overrides([{"model": CLAUDE, "output": 1}])
    found = cost(ALL_KINDS, CLAUDE)
    assert (found.input, found.cache_read) == (before.input, before.cache_read)
    assert found.output == pytest.approx(500 / 1e6)
    assert found.thinking == pytest.approx(300 / 1e6)  # it comes out, too
    assert found.version.startswith("configuration, genai-prices ")


def test_the_wider_part_means_the_narrower_unless_it_is_given():
    given = {"model": "*", "cache_write": 2, "output": 1}
    use_overrides([given])
    found = cost(ALL_KINDS, CLAUDE)
    assert found.cache_write == pytest.approx(6_000 * 2 / 1e6)
    use_overrides([{**given, "cache_write_1h": 5, "thinking": 7}])
    found = cost(ALL_KINDS, CLAUDE)
    assert found.cache_write == pytest.approx((2_000 * 2 + 4_000 * 5) / 1e6)
    assert found.thinking == pytest.approx(300 * 7 / 1e6)


def test_the_first_that_fits():
    use_overrides(
        [
            {"model": "GPT-*", "provider": "openai", "input": 1},
            {"model": "gpt-x", "input": 2},
        ]
    )
    assert find_override("openai", "gpt-x").provider == "openai"
    assert find_override("azure", "gpt-x").provider is None
    assert find_override("openai", "claude-x") is None


def test_a_price_that_is_nought_is_known():
    use_overrides([dict.fromkeys(PARTS, 0) | {"model": UNKNOWN}])
    assert cost(ALL_KINDS, UNKNOWN).total == 0


def test_a_part_without_any_price_is_unknown():
    use_overrides([{"model": UNKNOWN, "output": 1}])
    assert cost(ALL_KINDS, UNKNOWN) is None


def test_a_tier_that_the_table_has_no_prices_for():
    use_overrides([dict.fromkeys(PARTS, 1) | {"model": CLAUDE}])
    assert cost(Usage(output=1_000_000), CLAUDE, tier="strange").total == 1
