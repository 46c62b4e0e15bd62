"""Costs that can be done by hand, and what has none."""

import json
from datetime import UTC, datetime

import pytest

from lunaroute.model import Usage
from lunaroute.pricing import price

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def cost(usage, model, provider="anthropic", **more):
    upstream = (
        "https://api.anthropic.com"
        if provider == "anthropic"
        else "https://api.openai.com/v1"
    )
    known = {"upstream": upstream, "when": WHEN, **more}
    return price(usage, provider=provider, dialect=provider, model=model, **known)


def test_anthropic_by_hand():
    """The example of docs/recording.md: 3 in, 0.30 read, 3.75 and 6 written, 15 out."""
    usage = Usage(
        input_uncached=1_000,
        cache_read=10_000,
        cache_write_5m=2_000,
        cache_write_1h=400,
        output=400,
        thinking=100,
    )
    found = cost(usage, "claude-sonnet-4-5")
    assert found.input == pytest.approx(1_000 * 3 / 1e6)
    assert found.cache_read == pytest.approx(10_000 * 0.30 / 1e6)
    assert found.cache_write == pytest.approx((2_000 * 3.75 + 400 * 6) / 1e6)
    assert found.output == pytest.approx(400 * 15 / 1e6)
    assert found.thinking == pytest.approx(100 * 15 / 1e6)
    assert found.total == pytest.approx(0.0234)
    assert json.loads(found.entry)["usd_per_million"]["cache_write_1h"] == 6
    assert found.version.startswith("genai-prices ")


def test_openai_by_hand():
    usage = Usage(input_uncached=1_000, cache_read=10_000, output=300, reasoning=200)
    found = cost(usage, "gpt-5", "openai")
    assert found.total == pytest.approx(
        (1_000 * 1.25 + 10_000 * 0.125 + 500 * 10) / 1e6
    )
    assert found.model == "gpt-5"


def test_a_dated_name_is_its_model():
    assert (
        cost(Usage(output=10), "claude-sonnet-4-20250514").model == "claude-sonnet-4-0"
    )


def test_a_local_address_is_priced_as_its_dialect():
    found = cost(
        Usage(output=1_000_000), "gpt-5", "openai", upstream="http://127.0.0.1:1/v1"
    )
    assert found.total == pytest.approx(10)


@pytest.mark.parametrize("model", ["no-such-model-9", "", "claude", "\x00"])
def test_an_unknown_model_has_no_price(model):
    assert cost(Usage(input_uncached=5, output=5), model) is None


def test_nothing_used_costs_nothing_known():
    assert cost(Usage(), "gpt-5", "openai") is None


def test_a_tier_without_a_price_is_unknown():
    assert cost(Usage(output=5), "gpt-5", "openai", service_tier="no-such-tier") is None
    assert cost(Usage(output=5), "gpt-5", "openai", service_tier="default") is not None
